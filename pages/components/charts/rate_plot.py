"""The results of whole runs against their rate, drawn in the browser on the plot of `plot.py`.

Above, the medians and bands of each schedule on a logarithmic axis, and in rows above the chart how many runs are lost;
below, a strip with the share of the resamples that each rate wins. `rate_plot/rate_plot.js` adds to the plot what
others have not: marks, and points to click.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lrcore.figures import Curve, Panel, RateLine, cut_off, number
from lrcore.findings import wording
from lrcore.settings import number_text
from pages.components.charts import drawing as charts
from pages.components.charts.plot import component, more

_FILES = Path(__file__).parent / "rate_plot"
_PLOT = component("rate_plot", _FILES / "rate_plot.js", _FILES / "rate_plot.css")
CHOSEN = "chosen"
"""What the browser reports of a click on a point: the schedule's letter and the rate. It may report anything."""
RATE = "rate"
"""The unit of an axis on which each point stands at its rate."""
STROKE = 0.011
"""The width of a stroke in the strip, as a share of the axis."""
SEEN = 0.01
"""The least share that has a stroke: less would be lower than a pixel."""


class RatePlot:
    """A plot in a place, which may be drawn again and again within a run of the page.

    Args:
        place: an empty place.
        key: the widget key, by which the files are named, too.
        on_click: the callback of a click on a point; `CHOSEN` of the key's state is the point's key.
    """

    def __init__(self, place: DeltaGenerator, key: str, on_click: Callable[[], None]) -> None:
        self._place, self._key, self._on_click = place, key, on_click
        self._later: DeltaGenerator | None = None

    def draw(self, drawn: Mapping[str, Any], alt: Sequence[str]) -> None:
        """Draws what `drawing` has made; `alt` says in words what each of the two panels shows."""
        data = {**drawn, "alt": list(alt)}
        if self._later is not None:
            more(self._later, data, key=self._key)
            return
        with self._place.container(gap=None):
            _PLOT(
                data={**data, "key": self._key, "group": self._key},
                key=self._key,
                **{f"on_{CHOSEN}_change": self._on_click},
            )
            self._later = st.empty()


def drawing(
    lines: Sequence[RateLine],
    wins: Sequence[np.ndarray],
    titles: tuple[str, str],
    *,
    unit: str,
    span: tuple[float, float],
    log: bool,
    written: Callable[[float], str],
    reference: tuple[float, str] | None = None,
    chosen: float | None = None,
) -> dict[str, Any]:
    """What the browser draws of the schedules' results.

    Args:
        lines: at least one.
        wins: of each line, the share of the resamples that each rate wins, (rates,); none if they are not yet known.
        titles: of the x and the y axis.
        unit: of the x axis, in a word or two; `RATE` where it has the rates themselves.
        span: of the y axis; what is beyond it is cut off.
        log: whether the y axis is logarithmic.
        written: a value as text.
        reference: a labelled horizontal line.
        chosen: the position of a vertical line.

    Returns:
        As `drawing.log_chart`, and `chosen`, its decimal logarithm; `rest`, what is pointed at without a pointer;
        `axis`, the title of the x axis; `widest`, the length of the longest value of a point; `table`, the numbers as
        rows of texts. The curves above have their `letter` and the `points` that can be clicked, and their panel has
        `lost` and `stars`, and `above`, how many rows the former take; the strip has the wins of positions in `said`,
        each as a label and a share in words.
    """
    at = np.unique(np.concatenate([line.x for line in lines]))
    curves = [_curve(line, at, unit, span, written) for line in lines]
    above = Panel(titles[1], curves, reference, log, span, tall=True)
    below = Panel("best in", [Curve(each.label, np.empty(0), each.colour, texts=()) for each in lines])
    drawn = charts.log_chart([above, below], at, [f"{unit} {number(x)}" for x in at.tolist()])
    width = STROKE * (drawn["x"][1] - drawn["x"][0])
    _mark(drawn["panels"][0], lines, charts.axis_of(above))
    _fill(drawn["panels"][1], lines, wins, at, width)
    return drawn | {
        "chosen": None if chosen is None else float(np.log10(chosen)),
        "rest": 0 if chosen is None else 1 + _nearest(at, chosen),
        "axis": titles[0],
        "widest": max(
            len((curve.texts or ())[i])
            for line, curve in zip(lines, curves, strict=True)
            for i in np.searchsorted(at, line.x)
        ),
        "table": _table(lines, wins, titles[1], unit),
    }


def _curve(
    line: RateLine, at: np.ndarray, unit: str, span: tuple[float, float], written: Callable[[float], str]
) -> Curve:
    """The line as `drawing` takes it: its text at each position is that of its nearest point."""
    values = zip(line.median.tolist(), line.low.tolist(), line.high.tolist(), strict=True)
    texts = [f"{written(middle)} ({written(low)} to {written(high)})" for middle, low, high in values]
    named = [f"rate {number_text(rate)}: {text}" for (_, rate), text in zip(line.keys, texts, strict=True)]
    nearest = [_nearest(line.x, position) for position in at.tolist()]
    return Curve(
        line.label,
        np.where(np.isfinite(line.median), line.median, np.nan),
        line.colour,
        line.dash,
        cut_off(line.low, span),
        cut_off(line.high, span),
        x=np.log10(line.x),
        texts=[
            texts[i] if unit == RATE and line.x[i] == position else named[i]
            for i, position in zip(nearest, at.tolist(), strict=True)
        ],
    )


def _nearest(positions: np.ndarray, position: float) -> int:
    return int(np.abs(np.log(positions / position)).argmin())


def _mark(panel: dict[str, Any], lines: Sequence[RateLine], axis: charts.Axis) -> None:
    """Adds the points, the stars and the numbers of lost runs to the upper panel; all bands come before the lines."""
    losing = [line for line in lines if line.lost.any()]
    panel |= {"stars": [], "lost": [], "above": len(losing)}
    for line, curve in zip(lines, panel["curves"], strict=True):
        x, heights = np.log10(line.x), axis.heights(line.median)
        shown = np.flatnonzero((heights >= 0) & (heights <= charts.HEIGHT)).tolist()
        curve["dots"] = charts.points(x, heights)
        curve["letter"] = line.keys[0][0]
        curve["points"] = [{"x": float(x[i]), "y": float(heights[i]), "rate": line.keys[i][1]} for i in shown]
        look = {"label": line.label, "colour": line.colour}
        if line.best in shown:
            panel["stars"].append({"x": float(x[line.best]), "height": float(heights[line.best])} | look)
        panel["lost"] += [
            {"x": float(x[i]), "row": losing.index(line), "text": str(line.lost[i])} | look
            for i in np.flatnonzero(line.lost)
        ]
    bands = [{key: curve[key] for key in ("label", "colour", "area")} for curve in panel["curves"]]
    panel["curves"] = bands + [curve | {"area": ""} for curve in panel["curves"]]


def _fill(
    strip: dict[str, Any],
    lines: Sequence[RateLine],
    wins: Sequence[np.ndarray],
    at: np.ndarray,
    width: float,
) -> None:
    """Adds the strokes to the strip, and the wins at each position in words."""
    axis = charts.Axis(-charts.MARGIN, 1 + charts.MARGIN, [(0, "0"), (1, "100 %")])
    strip |= {"flat": True, "axis": (axis.low, axis.high), "rows": axis.ticks, "said": []}
    paths, right = [""] * len(lines), -np.inf
    for position in at:
        won = [
            (row, share)
            for row, (line, shares) in enumerate(zip(lines, wins, strict=False))
            for share in shares[line.x == position].tolist()
            if share
        ]
        strip["said"].append(
            [(lines[row].label, f"{wording.number(100 * share, 0)} %") for row, share in won]
        )
        seen = [(row, share) for row, share in won if share >= SEEN]
        right = max(right, np.log10(position) - len(seen) * width / 2)  # beside each other, none over another
        for row, share in seen:
            bottom, top = axis.heights(np.array([0, share]))
            paths[row] += f"M{right:.5g} {bottom:.0f}V{top:.0f}h{0.85 * width:.5g}V{bottom:.0f}Z"
            right += width
    for curve, path in zip(strip["curves"], paths, strict=True):
        curve |= {"kind": "bars", "area": path}


def _table(lines: Sequence[RateLine], wins: Sequence[np.ndarray], title: str, unit: str) -> list[list[str]]:
    """The numbers: a row for each rate below the names of the columns, of which each line has some."""
    rates = sorted({rate for line in lines for _, rate in line.keys})
    columns = [["rate", *map(number_text, rates)]]
    for row, line in enumerate(lines):
        own = {} if unit == RATE else {unit: line.x}
        own |= {title: line.median, "low": line.low, "high": line.high, "lost": line.lost}
        own |= {"best in": wins[row]} if wins else {}
        for name, values in own.items():
            of_rate = dict(zip([rate for _, rate in line.keys], values.tolist(), strict=True))
            columns.append([f"{line.label}: {name}", *(_plain(of_rate.get(rate)) for rate in rates)])
    return [list(row) for row in zip(*columns, strict=True)]


def _plain(value: float | None) -> str:
    return "" if value is None or not np.isfinite(value) else f"{value:.6g}"
