"""Landmarks: rates worth trying among a slider's stops, with names that never contradict each other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lrcore.descent.outcome import Outcome


def landmarks(found: Mapping[float, Outcome]) -> dict[str, float]:
    """The landmarks' rates by name, in ascending order; a landmark that no stop fits is left out.

    Args:
        found: the outcome without noise at each stop, in ascending order.

    Returns:
        "too small": far below the best, does not arrive, and ends farther away than the best.
        "fastest": the best, the first to arrive; if none arrives, "gets nearest".
        "bouncing": worse than the best, and changing sides at most updates.
        "diverging": from this stop on, every stop ends farther away than it began.
    """
    best = min(found, key=lambda rate: found[rate].rank)
    diverging = _diverging(found, best)
    marks = {
        "too small": _too_small(found, best),
        "gets nearest" if found[best].arrival is None else "fastest": best,
        "bouncing": _bouncing(found, best, diverging),
        "diverging": diverging,
    }
    return {name: rate for name, rate in marks.items() if rate is not None}


def _too_small(found: Mapping[float, Outcome], best: float) -> float | None:
    """The stop nearest to a tenth of the best, in ratio, among those that do not arrive and end farther away."""
    small = [
        rate
        for rate, each in found.items()
        if rate <= best / 5 and each.arrival is None and each.left > found[best].left
    ]
    return min(small, key=lambda rate: abs(np.log(10 * rate / best)), default=None)


def _diverging(found: Mapping[float, Outcome], best: float) -> float | None:
    """The lowest stop above the best from which on every stop ends farther away than it began."""
    diverging = None
    for rate in sorted(found, reverse=True):
        if rate <= best or found[rate].left <= 1:
            break
        diverging = rate
    return diverging


def _bouncing(found: Mapping[float, Outcome], best: float, diverging: float | None) -> float | None:
    """The highest stop between the two that changes sides at most updates; if possible, one that arrives later."""
    ahead, end = found[best], np.inf if diverging is None else diverging
    mostly = [rate for rate, each in found.items() if best < rate < end and 2 * each.sides > each.updates]
    worse = [rate for rate in mostly if found[rate].rank > ahead.rank]
    later = [rate for rate in worse if found[rate].rank[0] > ahead.rank[0]]
    return max(later or worse, default=None)
