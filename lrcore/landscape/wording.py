"""Sentences on the surface, the paths on it and their curvature, true whatever the numbers are."""

from __future__ import annotations

from math import isfinite, isnan

import numpy as np

from lrcore.findings.wording import counted, number
from lrcore.landscape.curvature import Edge
from lrcore.landscape.path import AFTER, BEFORE, Drop
from lrcore.landscape.plane import Misfit

HELD_WELL, OFF_LITTLE = 0.7, 0.1
"""A plane gets a warning if it holds less of the movement, or if the median error of its losses is larger."""
STRAIGHT, STEADY = 0.3, 0.1
"""A mean cosine closer to 0 is no direction; less progress, as a share of the loss, may be chance.

That is for the median of twenty seeds with twenty points each.
"""
OFTEN = 1 / 3
"""The share of steps that jump from which on a path bounces."""
AT_THE_LIMIT = (0.9, 1.2)
"""The range in which a gauge counts as near the limit 1."""


def share(value: float) -> str:
    """A share as a percentage, "96 %"; "0 %" and "100 %" stand only for 0 and 1, to within a millionth.

    Args:
        value: any number; "-" if it is not finite.
    """
    if not isfinite(100 * value):
        return "-"
    percentage = round(100 * value, 4)
    if 99.5 <= percentage < 100:
        return f"{min(percentage, 99.9):.1f} %"
    return f"{number(percentage, 0)} %"


def accuracy_of(held: float, misfit: Misfit) -> str:
    """How much of the movement the plane holds, and the error of its colours.

    Args:
        held: the share of the variance, 0 to 1.
        misfit: at the points that the plane was made for.
    """
    said = f"These two directions hold {share(held)} of the movement"
    if not isfinite(misfit.worst):
        return f"{said}; the loss at some of the points is not finite."
    return (
        f"{said}; at the points the colours are off by {share(misfit.median)} (median) and by {share(misfit.worst)} "
        "at worst."
    )


def warning(held: float, misfit: Misfit) -> str:
    """The reasons not to trust the picture, or "" without any. Arguments as in `accuracy_of`."""
    hidden, wrong = held < HELD_WELL, not misfit.median <= OFF_LITTLE
    reasons = [
        f"{share(1 - held)} of the movement goes in directions that are not drawn" * hidden,
        f"the colours are off by {share(misfit.median)} at a typical point"
        * (wrong and isfinite(misfit.median)),
        "the loss at the points is not finite" * (wrong and not isfinite(misfit.median)),
    ]
    said = " and ".join(reason for reason in reasons if reason)
    return f"Do not trust this picture: {said}." if said else ""


def toggling(cosine: float, jumped: float, progress: float) -> str:
    """Whether a path toggles around a minimum: how it moves, then the conclusion.

    The numbers are those of `path.Movement`: the medians over the seeds, or of one long path.

    Args:
        cosine: mean cosine of successive steps, -1 to 1; NaN if there is none.
        jumped: share of the steps that jump over a lower point, 0 to 1.
        progress: how much lower the middle of the second half is than that of the first, as a share of the loss.
    """
    if isnan(cosine):
        return "There are no two steps in a row whose directions could be compared."
    if not isfinite(progress):
        return "The loss is not finite here: this run is lost."
    return f"{_direction(cosine)}, and {_jumps(jumped)}. {_conclusion(cosine, jumped, progress)}"


def _direction(cosine: float) -> str:
    if cosine > STRAIGHT:
        said = "On average a step goes on in the direction of the one before"
    elif cosine < -STRAIGHT:
        said = "On average a step turns back against the one before"
    else:
        said = "On average a step has little to do with the direction of the one before"
    return f"{said} (cosine {number(cosine, 2, sign=True)})"


def _jumps(jumped: float) -> str:
    return f"{'no step jumps' if jumped == 0 else f'{share(jumped)} of the steps jump'} over a lower point"


def _conclusion(cosine: float, jumped: float, progress: float) -> str:
    """The conclusion: around a minimum, the middle of the path would stay at one height."""
    bounces = jumped >= OFTEN
    if abs(progress) < STEADY:
        level = f"The middle of its points changes its height by only {share(abs(progress))} of the loss meanwhile"
        if cosine > STRAIGHT and not bounces:
            return f"{level}. So it does not toggle: it goes on in one direction."
        return f"{level}: these numbers do not tell a minimum from the floor of a valley or a plateau."
    moves = f"The middle of its points moves to {'lower' if progress > 0 else 'higher'} ground meanwhile"
    lower = f"{moves}, by {share(abs(progress))} of the loss. So it does not toggle around a minimum"
    if progress < 0:
        return f"{lower}: it leaves the place where it was."
    walks = "walks" if jumped == 0 else "mostly walks"
    return f"{lower}: it {'bounces across a valley and walks along it' if bounces else walks}."


def gone(with_drop: float, without: float, factor: float) -> str:
    """How much the loss changes within one epoch of a drop of the rate, and without the drop.

    Args:
        with_drop: `path.share_gone` of the run whose rate drops.
        without: the same for the run without the drop.
        factor: what the rate is multiplied by, > 0.
    """
    if not isfinite(with_drop):
        return "The loss is not finite around the drop."
    start = f"One epoch after a drop of the rate to {share(factor)}, the loss is {_changed(with_drop)}"
    kept = (
        f"without the drop {_changed(without)}" if isfinite(without) else "without the drop it is not finite"
    )
    return f"{start} than the mean of the epochs before; {kept}."


def _changed(fall: float) -> str:
    return f"{share(abs(fall))} {'lower' if fall >= 0 else 'higher'}"


def dropped(found: Drop) -> str:
    """The effect of a drop of the rate: soon after it, and at the end of the run."""
    if not isfinite(found.fall):
        return "The loss is not finite around the drop."
    lowest = ", below the lowest of them" * found.below_all
    start = (
        f"{AFTER} updates after the drop the loss is {_changed(found.fall)} than the mean of the last {BEFORE} "
        f"before it{lowest}."
    )
    if found.overtaken is None:
        end = f"{counted(found.updates, 'update')} after the drop"
        return f"{start} At the end, {end}, it is not above the loss at the rate kept."
    shown = found.fall > 0 and found.overtaken > AFTER
    return (
        f"{start} From update {found.overtaken} after the drop on, the loss at the rate kept is lower."
        f"{' The drop shows progress that was hidden, and then slows it.' * shown}"
    )


def edge(found: Edge) -> str:
    """The curvature compared with the bowl's limit, and whether the loss rises."""
    gauges, rises = found.gauge, int(found.rises.sum())
    if not np.isfinite(gauges).all():
        return "The weights stop being finite: the path flies out."
    falls = (
        f"the loss rises in {rises} of {counted(len(found.rises), 'update')}"
        if rises
        else "the loss rises at no update"
    )
    above, highest = int((gauges > 1).sum()), number(float(gauges.max()), 2)
    if not above:
        return (
            f"The curvature never exceeds the limit: it is at most {highest} times the limit, and in a bowl of this "
            f"curvature the path would not fly out. Here {falls}."
        )
    return (
        f"The curvature is above the limit in {above} of {len(gauges)} means of two updates, at most {highest} times "
        f"it: the path would fly out of a bowl of this curvature. {_late(gauges)}, and {falls}."
    )


def _late(gauges: np.ndarray) -> str:
    """The range of the gauge in the second half of the run."""
    late = gauges[len(gauges) // 2 :]
    ends = " to ".join(number(float(end), 2) for end in (late.min(), late.max()))
    if late.mean() > AT_THE_LIMIT[1]:
        return f"In the second half it is above the limit ({ends})"
    near = "stays near" if late.mean() >= AT_THE_LIMIT[0] else "is below"
    return f"In the second half it {near} the limit ({ends})"
