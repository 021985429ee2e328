"""Panels as the browser draws them: axes, ticks, SVG paths, and the numbers as text. Draws nothing itself.

A path has its x in epochs, or in decimal logarithms, and its y in `HEIGHT`ths of its own axis, from the top. The
browser only stretches it to the axis that is shown, which may be another one: during a drag axes hold still.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from lrcore.figures import Curve, Panel, number

HEIGHT = 10_000
"""Units of a path's y from the upper end of its axis to the lower one."""
MARGIN, SIDE = 0.04, 0.015
"""The share of an axis's range that is shown beyond each of its ends: of the y axis and of the x axis."""
TINY = sys.float_info.min
"""Smaller numbers have too few digits for the ticks of an axis."""
DASHES = {
    "solid": "",
    "dash": "9 5",
    "dot": "2 5",
    "dashdot": "9 5 2 5",
    "longdash": "14 6",
    "longdashdot": "14 6 2 6",
}
"""SVG's dash patterns by plotly's names."""

Ticks = list[tuple[float, str]]
"""Positions on an axis, with their texts."""


@dataclass(frozen=True)
class Axis:
    """A y axis. `low`, `high` and the ticks' positions are decimal logarithms on a logarithmic one."""

    low: float
    high: float
    ticks: Ticks
    log: bool = False

    def heights(self, values: np.ndarray) -> np.ndarray:
        """Where the values (n,) are drawn, in `HEIGHT`ths; at most one axis beyond it, NaN for what has no place."""
        with np.errstate(all="ignore"):
            units = np.log10(values) if self.log else np.asarray(values, dtype=float)
            heights = np.clip(HEIGHT * (self.high - units) / (self.high - self.low), -HEIGHT, 2 * HEIGHT)
        return np.where(np.isfinite(units), np.round(heights), np.nan)


def chart(
    panels: Sequence[Panel],
    epochs: int,
    updates: int = 0,
    *,
    unit: str = "epoch",
    only: Collection[str] | None = None,
) -> dict[str, Any]:
    """The panels on an axis from epoch 0 to `epochs`; with `updates` an epoch, updates are shown on top.

    Args:
        unit: what is counted from 0 to `epochs`, if not epochs.
        only: the labels of the curves to draw, for the others to stay as they are; default: all.

    Returns:
        `epochs`, `unit` and `updates`; `x`, the ends of the shared axis; `columns` and `top`, its ticks below and
        above; and `panels`, each with its `axis`, `rows` (the ticks), `curves` (None for one that stays) and
        `reference`.
    """
    return {
        "epochs": epochs,
        "unit": unit,
        "updates": updates,
        "x": (-SIDE * epochs, (1 + SIDE) * epochs),
        "columns": _whole_ticks(unit, epochs),
        "top": [(tick / updates, text) for tick, text in _whole_ticks("update", epochs * updates)]
        if updates
        else [],
        "panels": [_panel(each, only) for each in panels],
    }


def log_chart(panels: Sequence[Panel], at: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """The panels on a logarithmic axis of what has no epochs; `x` of the curves are decimal logarithms.

    Args:
        at: the positions of a pointer (n,), ascending and above 0, which fill the axis.
        names: of each of them.

    Returns:
        As `chart`, where `epochs` are positions, and `at`, their decimal logarithms, and `names`.
    """
    axis = _log_axis(at)
    side = (SIDE - MARGIN) / (1 + 2 * MARGIN) * (axis.high - axis.low)
    return {
        "epochs": len(at),
        "unit": "",
        "updates": 0,
        "x": (axis.low - side, axis.high + side),
        "columns": axis.ticks,
        "top": [],
        "panels": [_panel(each, None) for each in panels],
        "at": np.log10(at).tolist(),
        "names": list(names),
    }


def points(x: np.ndarray, heights: np.ndarray) -> str:
    """The path of dots, one at each point that has a place."""
    corners = zip(_corners(x, heights), np.isfinite(heights), strict=True)
    return "".join(f"M{corner}h0" for corner, has_place in corners if has_place)


def _panel(panel: Panel, only: Collection[str] | None) -> dict[str, Any]:
    axis = axis_of(panel)
    reference = panel.reference and (
        float(axis.heights(np.array([panel.reference[0]]))[0]),
        panel.reference[1],
    )
    return {
        "title": panel.title,
        "log": panel.log,
        "axis": (axis.low, axis.high),
        "rows": axis.ticks,
        "curves": [
            _curve(each, axis, panel.share) if only is None or each.label in only else None
            for each in panel.curves
        ],
        "reference": reference,
    }


def _curve(curve: Curve, axis: Axis, share: bool) -> dict[str, Any]:
    x = np.arange(1.0, len(curve.y) + 1) if curve.x is None else curve.x
    heights = axis.heights(curve.y)
    line, dots = _steps(x, heights) if curve.steps else _line(x, heights)
    drawn = {
        "label": curve.label,
        "short": curve.short,
        "colour": curve.colour,
        "dash": DASHES[curve.dash],
        "line": line,
        "dots": dots,
        "texts": None if curve.texts == () else in_one(curve.texts or texts_of(curve.y, share)),
    }
    if curve.low is not None and curve.high is not None:
        drawn |= {
            "area": _area(x, axis.heights(curve.low), axis.heights(curve.high)),
            "low": in_one(texts_of(curve.low, share)),
            "high": in_one(texts_of(curve.high, share)),
        }
    if curve.runs is not None:
        drawn["runs"] = "".join(_line(x, axis.heights(run))[0] for run in curve.runs)
    return drawn


def texts_of(values: np.ndarray, share: bool = False) -> list[str]:
    """The values as their readers see them: to four digits, and shares to three decimals."""
    values = np.asarray(values, dtype=float).tolist()
    return [f"{value:.3f}" if share and math.isfinite(value) else number(value) for value in values]


def in_one(texts: Iterable[str]) -> str:
    """Texts as one, short to send: a tab between two, and nothing where one repeats the one before."""
    parts, last = [], None
    for text in texts:
        parts.append("" if text == last else text)
        last = text
    return "\t".join(parts)


def _line(x: np.ndarray, heights: np.ndarray) -> tuple[str, str]:
    """The path of a curve, which begins anew after a gap, and that of its points without a neighbour."""
    corners = _corners(x, heights)
    pieces = _pieces(heights)
    line = "".join("M" + " ".join(corners[first:stop]) for first, stop in pieces if stop - first > 1)
    return line, "".join(f"M{corners[first]}h0" for first, stop in pieces if stop - first == 1)


def _steps(x: np.ndarray, heights: np.ndarray) -> tuple[str, str]:
    """The path of values that hold until the next x."""
    parts = []
    for first, stop in _pieces(heights):
        last = min(stop, len(x) - 1)
        changes = 1 + first + np.flatnonzero(np.diff(heights[first:stop]))
        parts += [f"M{_short(x[first])} {heights[first]:.0f}"]
        parts += [f"H{_short(x[i])}V{heights[i]:.0f}" for i in changes.tolist()]
        parts += [f"H{_short(x[last])}"]
    return "".join(parts), ""


def _area(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> str:
    """The path of a band; where it is one point wide, a narrow bar."""
    below, above = _corners(x, low), _corners(x, high)
    parts = []
    for first, stop in _pieces(low + high):
        if stop - first == 1:
            half = _short(0.01 * max(1, x[-1]))
            parts.append(f"M{above[first]}m-{half} 0h{2 * float(half)}V{low[first]:.0f}h-{2 * float(half)}Z")
        else:
            parts.append("M" + " ".join([*above[first:stop], *reversed(below[first:stop])]) + "Z")
    return "".join(parts)


def _corners(x: np.ndarray, heights: np.ndarray) -> list[str]:
    return [f"{_short(at)} {height:.0f}" for at, height in zip(x.tolist(), heights.tolist(), strict=True)]


def _pieces(heights: np.ndarray) -> list[tuple[int, int]]:
    """The stretches without a gap, each its first position and the one behind its last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], np.isfinite(heights), [False]]).astype(np.int8)))
    return [(int(first), int(stop)) for first, stop in edges.reshape(-1, 2)]


def _short(value: float) -> str:
    return f"{value:.6g}"


def axis_of(panel: Panel) -> Axis:
    """The axis on which all of the panel can be read."""
    values = np.concatenate(
        [np.ravel(each) for curve in panel.curves for each in _arrays(curve)] or [np.empty(0)]
    )
    values = values[np.isfinite(values)].astype(float)
    if panel.log:
        return _log_axis(np.array(panel.span) if panel.span else values[values > TINY], tall=panel.tall)
    low, high = 1.05 * float(values.min(initial=0)), 1.05 * float(values.max(initial=0))
    high = high if high - low > TINY else 1.0
    if panel.span:
        low, high = panel.span
    elif panel.share:
        lowest = values.min(initial=min(0.9, panel.reference[0] if panel.reference else 1))
        low, high = max(0, math.floor(10 * lowest - 0.2)) / 10, 1.0
    elif len(values) and not all(curve.steps for curve in panel.curves):
        lowest, highest = (2 * float(np.quantile(values, share)) for share in (0.1, 0.9))
        low, high = max(low, min(-1.0, lowest)), min(high, max(1.0, highest))  # so that the rest can be read
    return _padded(low, high, ticks(low, high, 8 if panel.tall else 4))


def _arrays(curve: Curve) -> list[np.ndarray]:
    return [each for each in (curve.y, curve.low, curve.high, curve.runs) if each is not None]


def _padded(low: float, high: float, at: Ticks, log: bool = False) -> Axis:
    margin = MARGIN * (high - low)
    return Axis(low - margin, high + margin, at, log)


def _log_axis(values: np.ndarray, *, tall: bool = False) -> Axis:
    """From the lowest to the highest value, ticks at powers of ten, and at 2 and 5 times those where there are few."""
    low, high = (math.log10(each) for each in ((values.min(), values.max()) if len(values) else (0.1, 1)))
    if high - low < 0.5:  # a constant needs ticks on both sides
        low, high = low - 0.35, high + 0.35
    powers = range(math.floor(low), math.ceil(high) + 1)
    marks = (
        (1,) if high - low > (3 if tall else 2.2) else (1, 2, 5) if high - low > 0.8 else (1, 1.5, 2, 3, 5, 7)
    )
    every = 1 + math.floor(high - low) // 7 if len(marks) == 1 else 1
    at = [mark * 10.0**power for power in powers if power % every == 0 for mark in marks]
    shown = [(math.log10(tick), number(tick)) for tick in at if low - 0.01 <= math.log10(tick) <= high + 0.01]
    return _padded(low, high, shown, log=True)


def ticks(low: float, high: float, count: int) -> Ticks:
    """Round numbers from `low` to `high`, at most `count` steps of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10((high - low) / count))
    step = next(step * power for step in (1, 2, 5, 10) if step * power * count >= (high - low) * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(i * step, number(i * step)) for i in range(first, last + 1)]


@lru_cache(maxsize=256)
def _whole_ticks(name: str, last: int) -> Ticks:
    """Those of an axis of whole numbers from 0 to `last`; the first has the axis's name."""
    at = [(tick, text) for tick, text in ticks(0, last, 7) if float(tick).is_integer()]
    return [(0, f"{name} 0"), *at[1:]]
