"""Arrays to plotly figures: one look, and one colour for one thing, on every page.

Everything drawn against the epoch is made of `Curve`s in `Panel`s, one above the other on a shared axis.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sequential

from lrcore.schedules.catalogue import SCHEDULES

# Distinguishable under the common colour vision deficiencies, and at least 3:1 against both themes'
# backgrounds. Dashes always say the same as the colours.
TRAINING, VALIDATION, RATE, BASELINE = "#0f7fc4", "#d95f02", "#12926b", "#7c878e"
BOTH = (("training", "", TRAINING, "solid"), ("validation", "val_", VALIDATION, "dash"))
"""Label, prefix of a metric's name, colour and dash of the two curves of a run, on every page."""
REFERENCE = "#8a949b"
"""What was kept, or drawn before, behind what is drawn now."""
GOOD, BAD = "#0b7480", "#9a5b12"
HUES = (
    "#7c878e",
    "#2f7fd6",
    "#d9730d",
    "#12926b",
    "#a061d1",
    "#d6455d",
    "#0e97a7",
    "#a86f2d",
    "#cc4fa3",
    "#7f8a12",
    "#6a70e6",
    "#b5651d",
    "#ad6b8c",
)
DARK, LIGHT = 0.135, 0.29
"""Relative luminances of the shades of a hue: the ends of what has 3:1 against both themes' backgrounds."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
FONT_SIZE = 15
TOOLBAR = {
    "displaylogo": False,
    "toImageButtonOptions": {"format": "svg", "filename": "learning_rate_laboratory"},
}
"""Plotly's `config` for a chart whose camera button saves an SVG file."""
POINTS, FEW_POINTS = 2000, 120
"""Points of a curve of rates, at most: more cannot be seen and cost the browser time. Fewer where there are many."""


@dataclass(frozen=True)
class Curve:
    """A line, with a band behind it where `low` and `high` are given; all arrays are (n,).

    `label` is plain text, and what is hidden together by a click on the legend. `runs` (runs, n) are drawn
    behind the line as thin ones, NaN as a gap.
    """

    label: str
    y: np.ndarray
    colour: str
    dash: str = "solid"
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    x: np.ndarray | None = None  # default: epochs 1..n
    steps: bool = False  # the value holds until the next x, as a rate does
    runs: np.ndarray | None = None
    texts: Sequence[str] | None = (
        None  # the values of epochs 1, 2, ... in words; default: those of y; (): none
    )
    short: str = ""  # its name in the legend of a chart below one that has its label


@dataclass(frozen=True)
class Panel:
    """One chart of a figure: `title` names its y axis, with the unit."""

    title: str
    curves: Sequence[Curve]
    reference: tuple[float, str] | None = None  # a labelled horizontal line
    log: bool = False
    span: tuple[float, float] | None = None  # of the y axis; without it, that of what is drawn
    share: bool = False  # the values are shares of a whole: 0 to 1


def schedule_style(name: str, repeat: int = 0) -> tuple[str, str]:
    """Colour and dash of the schedule of that name.

    `repeat` counts further recipes with the same schedule: each has another dash, and another shade of the
    schedule's hue than the one before.
    """
    index = list(SCHEDULES).index(name)
    hue, round_ = HUES[index % len(HUES)], index // len(HUES)
    shades = (hue, _shade(hue, DARK), _shade(hue, LIGHT))
    return shades[repeat % len(shades)], DASHES[(round_ + repeat) % len(DASHES)]


@cache
def _shade(colour: str, luminance: float) -> str:
    """`colour` mixed with black or with white until it has that relative luminance (WCAG 2.2)."""
    srgb = np.array(_channels(colour)) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    now = float(linear @ (0.2126, 0.7152, 0.0722))
    white = max(0, (luminance - now) / (1 - now))
    linear = white + (1 - white) * linear * min(1, luminance / now)
    srgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in srgb)


def rate_curve(
    label: str, rates: np.ndarray, colour: str, dash: str = "solid", *, brief: bool = False
) -> Curve:
    """The rates (epochs, updates) over the run, against the epochs passed (an update is part of one).

    Args:
        brief: in few points and without texts, for one of many that are sent together.
    """
    epochs, updates = rates.shape
    points = FEW_POINTS if brief else POINTS
    if (rates == rates[:, :1]).all():
        keep = _seen(rates[:, 0], points)
        x, y = np.append(keep, float(epochs)), np.append(rates[keep, 0], rates[-1, 0])
    else:
        keep = _seen(rates.ravel(), points)
        x, y = np.append(keep / updates, epochs), np.append(rates.ravel()[keep], rates[-1, -1])
    return Curve(label, y, colour, dash, x=x, steps=True, texts=() if brief else _first_and_last(rates))


def _first_and_last(rates: np.ndarray) -> list[str]:
    """The rates (epochs, updates) of each epoch in words: that of all its updates, or the first and the last."""
    ends = zip(rates[:, 0].tolist(), rates[:, -1].tolist(), strict=True)
    return [number(first) if first == last else f"{number(first)} → {number(last)}" for first, last in ends]


def number(value: float) -> str:
    """A number of four digits as charts write it: 0.0001, 29,500, 2.5e-5, and a dash for what is not finite."""
    if not math.isfinite(value):
        return "–"
    if 1000 <= abs(value) < 1e7:
        return f"{value:,.0f}"
    mantissa, e, exponent = f"{value:.4g}".partition("e")
    return f"{mantissa}{e}{int(exponent)}" if e else mantissa


def _seen(values: np.ndarray, points: int) -> np.ndarray:
    """The positions of at most `points` of the values (n,), ascending: the lowest and the highest of each stretch."""
    positions = np.arange(len(values))
    if len(values) <= points:
        return positions
    stretch = -(-len(values) // (points // 2))
    rows = np.pad(values, (0, -len(values) % stretch), mode="edge").reshape(-1, stretch)
    first = stretch * np.arange(len(rows))
    ends = np.concatenate([first + rows.argmin(axis=1), first + rows.argmax(axis=1)])
    return np.unique(np.minimum(ends, positions[-1]))


def epoch_figure(panels: Sequence[Panel], *, height: int = 300, legend: bool = True) -> go.Figure:
    """The panels one above the other on a shared epoch axis; `height` of each, in pixels."""
    return _figure(*_epoch_parts(panels, height, legend))


def update_figure(panel: Panel, epochs: int, updates: int, *, height: int = 300) -> go.Figure:
    """The panel against the epochs 0 to `epochs` and, on a second axis on top, the updates, this many an epoch."""
    traces, layout = _epoch_parts([panel], height, legend=True)
    layout["xaxis"] |= {"range": [0, epochs]}
    layout["xaxis"]["title"]["text"] = f"epoch (each of {updates} updates)"
    top = {"title": {"text": "update", "font": {"size": FONT_SIZE}}, "side": "top", "showgrid": False}
    layout["xaxis2"] = _X_AXIS | top | {"overlaying": "x", "range": [0, epochs * updates]}
    layout["yaxis"]["rangemode"] = "tozero"  # rates are never negative: no room for that below a constant one
    layout["legend"]["y"] = 1.32
    layout["margin"]["t"] = 96
    empty = {
        "type": "scatter",
        "x": [0],
        "y": [None],
        "xaxis": "x2",
        "showlegend": False,
        "hoverinfo": "skip",
    }
    return _figure([*traces, empty], layout)


def _figure(traces: list[dict], layout: dict) -> go.Figure:
    """The parts as a figure, unchecked: plotly's check takes three times as long as the rest, and the tests make it."""
    return go.Figure(traces, layout, _validate=False)


def _epoch_parts(panels: Sequence[Panel], height: int, legend: bool) -> tuple[list[dict], dict]:
    """Traces and layout as plain dictionaries: plotly's `update_layout` and such take several times as long."""
    traces, layout = [], _epoch_layout(panels, height)
    named: set[str] = set()
    for row, panel in enumerate(panels, start=1):
        axes = {"xaxis": _axis("x", row), "yaxis": _axis("y", row)}
        behind = [trace for curve in panel.curves for trace in (*_band(curve), *_runs(curve))]
        lines = [_line(curve, shown=legend and curve.label not in named) for curve in panel.curves]
        traces += [trace | axes for trace in (*behind, *lines)]
        named |= {curve.label for curve in panel.curves}
        if panel.reference:
            layout["shapes"].append(_level(panel.reference[0], row))
            layout["annotations"].append(_level_text(*panel.reference, row))
    return traces, layout


# Labels in margins of a fixed size: a browser needs three times as long to draw a chart with automatic ones.
_FIXED = {"automargin": False, "tickfont": {"size": FONT_SIZE}}
_X_AXIS = _FIXED | {"tickangle": 0}


def _epoch_layout(panels: Sequence[Panel], height: int) -> dict:
    font = {"size": FONT_SIZE}
    layout = {
        "template": {},  # all that is drawn has its colours; plotly's default would be copied, sent and read each time
        "height": height * len(panels) + 60,
        "margin": {"l": 84, "r": 16, "t": 36, "b": 56},
        "hovermode": "x unified",
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "font": font},
        "hoverlabel": {"font": font},
        "font": font,
        "shapes": [],
        "annotations": [],
    }
    gap = 0.09 / len(panels)
    tall = (1 + gap) / len(panels)
    for row, panel in enumerate(panels, start=1):
        last = row == len(panels)
        layout[_axis("xaxis", row)] = (
            _X_AXIS
            | {
                "anchor": _axis("y", row),
                "showticklabels": last,
                "title": {"text": "epoch" if last else None, "font": font},
            }
            | ({"matches": "x"} if row > 1 else {})
        )
        layout[_axis("yaxis", row)] = {
            "anchor": _axis("x", row),
            "domain": [max(1 - row * tall + gap, 0), 1 - (row - 1) * tall],
            "type": "log" if panel.log else "linear",
            **_FIXED,
            "title": {"text": panel.title, "font": font},
        } | ({"range": list(panel.span)} if panel.span else {})
    return layout


def _axis(name: str, row: int) -> str:
    """plotly's name for the axis of a row: x, x2, x3, ..."""
    return name if row == 1 else f"{name}{row}"


def _line(curve: Curve, *, shown: bool) -> dict:
    return _common(curve) | {
        **_x(curve),
        "y": curve.y,
        "showlegend": shown,
        "line": {"color": curve.colour, "dash": curve.dash, "width": 3, "shape": _shape(curve)},
        "hovertemplate": "%{y:.4g}",
    }


def _band(curve: Curve) -> list[dict]:
    if curve.low is None or curve.high is None:
        return []
    edge = _common(curve) | {
        **_x(curve),
        "showlegend": False,
        "hoverinfo": "skip",
        "line": {"width": 0, "shape": _shape(curve)},
    }
    filled = {"y": curve.high, "fill": "tonexty", "fillcolor": _translucent(curve.colour)}
    return [edge | {"y": curve.low}, edge | filled]


def _runs(curve: Curve) -> list[dict]:
    """All the single runs as one trace, with a gap after each."""
    if curve.runs is None:
        return []
    gaps = np.full((len(curve.runs), 1), np.nan, np.float32)
    x = np.arange(1, len(curve.y) + 1) if curve.x is None else curve.x
    x = np.append(x, np.nan).astype(np.float32)
    return [
        _common(curve)
        | {
            "x": np.tile(x, len(curve.runs)),
            "y": np.append(curve.runs, gaps, axis=1).ravel(),
            "showlegend": False,
            "hoverinfo": "skip",
            "opacity": 0.45,
            "line": {"color": curve.colour, "width": 1, "shape": _shape(curve)},
        }
    ]


def _common(curve: Curve | RateLine) -> dict[str, Any]:
    label = html.escape(curve.label, quote=False)  # plotly reads some HTML in names
    return {"type": "scatter", "mode": "lines", "legendgroup": label, "name": label}


def _x(curve: Curve) -> dict:
    return {"x0": 1, "dx": 1} if curve.x is None else {"x": curve.x}


def _shape(curve: Curve) -> str:
    return "hv" if curve.steps else "linear"


def _translucent(colour: str) -> str:
    red, green, blue = _channels(colour)
    return f"rgba({red},{green},{blue},0.22)"


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def _level(value: float, row: int) -> dict:
    """A horizontal line across the panel of that row."""
    return {
        "type": "line",
        **{"xref": f"{_axis('x', row)} domain", "x0": 0, "x1": 1},
        **{"yref": _axis("y", row), "y0": value, "y1": value},
        "line": {"color": BASELINE, "dash": "longdash", "width": 2},
    }


def _level_text(value: float, text: str, row: int) -> dict:
    """What the line is, below its right end."""
    return {
        "text": text,
        "font": {"size": FONT_SIZE},
        "showarrow": False,
        **{"xref": f"{_axis('x', row)} domain", "x": 1, "xanchor": "right"},
        **{"yref": _axis("y", row), "y": value, "yanchor": "top"},
    }


# Against the rate of whole runs


@dataclass(frozen=True)
class RateLine:
    """What the runs of a schedule come to at each rate of a grid; arrays are (rates,), infinite where runs are lost.

    Attributes:
        label, colour, dash: as of a `Curve`.
        x: where the rates stand on the axis.
        low, median, high: of the runs.
        hover: what each point says.
        keys: what a click on each point gives.
        lost: how many runs are lost.
        wins: the share of the resamples that each rate wins; None where that is not known yet.
        best: the position of the best rate; None where that is not known yet.
    """

    label: str
    colour: str
    dash: str
    x: np.ndarray
    low: np.ndarray
    median: np.ndarray
    high: np.ndarray
    hover: Sequence[str]
    keys: Sequence[Sequence]
    lost: np.ndarray
    wins: np.ndarray | None = None
    best: int | None = None


def rate_figure(
    lines: Sequence[RateLine],
    titles: tuple[str, str],
    *,
    span: tuple[float, float],
    log: bool,
    reference: tuple[float, str] | None = None,
    chosen: float | None = None,
    height: int = 460,
) -> go.Figure:
    """Medians and bands against the rate, on a log axis; below them how sure the best rates are, above lost runs.

    Args:
        titles: of the x and the y axis.
        span: of the y axis; what lies beyond it is cut off.
        log: whether the y axis is logarithmic.
        reference: a labelled horizontal line.
        chosen: the position of a vertical line.
    """
    traces = [trace for line in lines for trace in _rate_band(line, span)]
    traces += [trace for line in lines for trace in _rate_points(line)]
    traces += [_wins(line, number) for number, line in enumerate(lines) if line.wins is not None]
    losing = [line for line in lines if line.lost.any()]
    traces += [_lost(line, number) for number, line in enumerate(losing)]
    layout = _rate_layout(lines, titles, span, log=log, height=height, losing=len(losing))
    if reference:
        layout["shapes"].append(_level(reference[0], 1))
        layout["annotations"].append(_level_text(*reference, 1))
    if chosen is not None:
        layout["shapes"].append(_chosen(chosen))
    return _figure(traces, layout)


def _rate_layout(
    lines: Sequence[RateLine],
    titles: tuple[str, str],
    span: tuple[float, float],
    *,
    log: bool,
    height: int,
    losing: int,
) -> dict:
    """The layout; `losing` is how many lines have lost runs: each has a row above the chart."""
    font = {"size": FONT_SIZE}
    x = np.concatenate([line.x for line in lines])
    x_span = (x.min() / 1.15, x.max() * 1.15)
    strip = 0.045 * losing + 0.02 if losing else 0.0
    return {
        "template": {},
        "height": height,
        "margin": {"l": 84, "r": 16, "t": 36 + 24 * (len(lines) > 3), "b": 56},
        "hovermode": "closest",
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "font": font},
        "hoverlabel": {"font": font},
        "font": font,
        "shapes": [],
        "annotations": [],
        "xaxis": _X_AXIS
        | _log_axis(x_span, decades=True)
        | {"anchor": "y2", "title": {"text": titles[0], "font": font}},
        "yaxis": _FIXED
        | (_log_axis(span) if log else {"range": list(span)})
        | {"anchor": "x", "domain": [0.17, 1 - strip], "title": {"text": titles[1], "font": font}},
        **_strips(losing, 1 - strip),
    }


def _strips(losing: int, bottom: float) -> dict:
    """The axes of the strip of certainty and of that of lost runs, which has `losing` rows and begins at `bottom`."""
    return {
        "yaxis2": _FIXED
        | {
            "anchor": "x",
            "domain": [0, 0.12],
            "range": [0, 1.05],
            "tickvals": [0, 1],
            "ticktext": ["0", "100 %"],
            "fixedrange": True,
            "title": {"text": "best<br>in", "font": {"size": FONT_SIZE}},
        },
        "yaxis3": _FIXED
        | {
            "anchor": "x",
            "domain": [bottom + 0.01, 1] if losing else [0.999, 1],
            "range": [max(losing, 1) - 0.5, -0.5],
            "tickvals": [(losing - 1) / 2] if losing else [],
            "ticktext": ["lost"],
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
    }


def _log_axis(span: tuple[float, float], *, decades: bool = False) -> dict:
    """A logarithmic axis over the span, marked at powers of ten, or at 1, 2 and 5 times these where there are few."""
    low, high = np.log10(span)
    steps = (1,) if decades and high - low > 2 else (1, 2, 5)
    powers = range(int(np.floor(low)) - 1, int(np.ceil(high)) + 1)
    marks = [step * 10.0**power for power in powers for step in steps]
    return {
        "type": "log",
        "range": [float(low), float(high)],
        "tickvals": marks,
        "ticktext": [f"{mark:g}" for mark in marks],
    }


def _rate_band(line: RateLine | Curve, span: tuple[float, float]) -> list[dict]:
    """The band, as far as the chart needs it: plotly fills nothing up to infinity."""
    if line.low is None or line.high is None:
        return []
    bottom, top = span[0] - abs(span[0]) / 2, 10 * span[1]
    edge = {
        **_common(line),
        "x": line.x,
        "showlegend": False,
        "hoverinfo": "skip",
        "line": {"width": 0},
    }
    filled = {"fill": "tonexty", "fillcolor": _translucent(line.colour)}
    return [
        edge | {"y": np.clip(line.low, bottom, top)},
        edge | {"y": np.clip(line.high, bottom, top)} | filled,
    ]


def _rate_points(line: RateLine) -> list[dict]:
    """The medians, and once more the one of the best rate, as a star."""
    look = {"size": 9, "color": line.colour}
    points = _common(line) | {
        "mode": "lines+markers",
        "x": line.x,
        "y": np.where(np.isfinite(line.median), line.median, np.nan),
        "line": {"color": line.colour, "dash": line.dash, "width": 3},
        "marker": look,
        "selected": {"marker": look | {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
        "text": list(line.hover),
        "customdata": [list(key) for key in line.keys],
        "hovertemplate": "%{text}<extra></extra>",
    }
    if line.best is None or not np.isfinite(line.median[line.best]):
        return [points]
    star = _common(line) | {
        "mode": "markers",
        "x": line.x[[line.best]],
        "y": line.median[[line.best]],
        "marker": {
            "size": 19,
            "symbol": "star",
            "color": line.colour,
            "line": {"width": 1.5, "color": "#ffffff"},
        },
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
        "showlegend": False,
        "text": [line.hover[line.best]],
        "customdata": [list(line.keys[line.best])],
        "hovertemplate": "best: %{text}<extra></extra>",
    }
    return [points, star]


def _wins(line: RateLine, number: int) -> dict:
    """The shares as upright strokes; those of a further schedule stand a little to the right."""
    wins = np.zeros(len(line.x)) if line.wins is None else line.wins
    won = wins > 0
    x = line.x[won] * 1.025**number
    gaps = np.full(len(x), np.nan)
    return _common(line) | {
        "x": np.stack([x, x, gaps], axis=1).ravel(),
        "y": np.stack([np.zeros(len(x)), wins[won], gaps], axis=1).ravel(),
        "yaxis": "y2",
        "line": {"color": line.colour, "width": 6},
        "showlegend": False,
        "hovertemplate": "best in %{y:.0%} of the resamples<extra>%{fullData.name}</extra>",
    }


def _lost(line: RateLine, number: int) -> dict:
    """How many runs are lost, as numbers in the row of that number above the chart."""
    is_lost = line.lost > 0
    return _common(line) | {
        "mode": "text",
        "x": line.x[is_lost],
        "y": np.full(int(is_lost.sum()), number),
        "yaxis": "y3",
        "text": [str(lost) for lost in line.lost[is_lost]],
        "textfont": {"color": line.colour, "size": FONT_SIZE},
        "showlegend": False,
        "hovertemplate": "%{text} lost<extra>%{fullData.name}</extra>",
    }


def _chosen(x: float) -> dict:
    return {
        "type": "line",
        **{"xref": "x", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1},
        "line": {"color": BASELINE, "dash": "dot", "width": 2},
    }


def range_figure(
    whole: RateLine,
    test: Curve,
    readings: Mapping[str, tuple[float, float, float]],
    titles: tuple[str, str],
    *,
    span: tuple[float, float],
    good: tuple[float, float] | None,
    height: int = 460,
) -> go.Figure:
    """A learning rate range test over what whole runs come to, and below both the rates that are read off it.

    Args:
        whole: the whole runs.
        test: the test's smoothed loss; its `x` are the rates.
        readings: by its name, lower end, median and upper end of each reading; NaN where there is nothing to read.
        titles, span: as of `rate_figure`.
        good: the ends of the good range, which is shaded.
    """
    assert test.x is not None
    traces = [*_rate_band(whole, span), *_rate_band(test, span), *_rate_points(whole)]
    line = _line(test, shown=True) | {"y": np.clip(test.y, 0, 10 * span[1]), "hoverinfo": "skip"}
    traces.append(line | {"hovertemplate": None})
    traces += [_reading(name, ends, row, test) for row, (name, ends) in enumerate(readings.items())]
    ends = replace(whole, x=np.array([*whole.x, test.x[0], test.x[-1]]))
    layout = _rate_layout([ends], titles, span, log=True, height=height, losing=int(whole.lost.any()))
    if whole.lost.any():
        traces.append(_lost(whole, 0))
    share = 0.06 * len(readings)
    layout["yaxis"]["domain"][0] = share + 0.05
    layout["yaxis2"] |= {
        "domain": [0, share],
        "range": [len(readings) - 0.5, -0.5],
        "tickvals": list(range(len(readings))),
        "ticktext": [str(number + 1) for number in range(len(readings))],
        "title": {"text": "read", "font": {"size": FONT_SIZE}},
    }
    if good:
        shade = {"fillcolor": _translucent(whole.colour), "line": {"width": 0}, "layer": "below"}
        place = {"xref": "x", "x0": good[0], "x1": good[1], "yref": "paper", "y0": 0, "y1": 1}
        layout["shapes"].append({"type": "rect", **place, **shade})
    return _figure(traces, layout)


def _reading(name: str, ends: tuple[float, float, float], row: int, test: Curve) -> dict:
    """A reading as its median between the ends of its band, in a row of its own."""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": html.escape(name, quote=False),
        "x": list(ends),
        "y": [row] * 3,
        "yaxis": "y2",
        "line": {"color": test.colour, "width": 4},
        "marker": {"color": test.colour, "size": [1, 12, 1]},
        "showlegend": False,
        "hovertemplate": "%{x:.2g}<extra>%{fullData.name}</extra>",
    }


def rate_map(
    losses: np.ndarray,
    areas: np.ndarray,
    columns: Sequence[str],
    rows: Sequence[str],
    titles: tuple[str, str],
    *,
    hover: Sequence[Sequence[str]],
    keys: Sequence[Sequence[Sequence]],
    best: tuple[int, int] | None = None,
    chosen: tuple[int, int] | None = None,
    height: int = 500,
) -> go.Figure:
    """Losses as a heat map with lines of equal area, and an invisible point on each cell, to be clicked.

    Args:
        losses, areas: (rows, columns); NaN where there is no cell, infinite where runs are lost.
        columns, rows: what the axes say of each.
        titles: of the x and the y axis.
        hover, keys: of each cell, what it says, and what a click on it gives.
        best, chosen: row and column of the cells to be marked.
    """
    shown = np.log10(np.where(np.isfinite(losses), np.maximum(losses, 1e-9), np.nan))
    low = float(np.nanmin(shown)) if np.isfinite(shown).any() else 0.0
    high = min(float(np.nanmax(shown, initial=low)), low + 1)
    traces = [_cells(shown, (low, max(high, low + 0.1))), _equal_areas(areas), _targets(hover, keys)]
    if best:
        traces.append(
            _mark("best", best, {"symbol": "star", "size": 19, "color": VALIDATION}, "#ffffff", 1.5)
        )
    if chosen:  # dark around white, to be seen on every colour
        ring = {"symbol": "circle-open", "size": 26}
        traces.append(_mark("chosen", chosen, ring | {"color": "#1a1a1a"}, "#1a1a1a", 6))
        traces.append(_mark("chosen", chosen, ring | {"color": "#ffffff"}, "#ffffff", 2))
    layout = _map_layout(columns, rows, titles)
    return _figure(traces, layout | {"height": height})


def _map_layout(columns: Sequence[str], rows: Sequence[str], titles: tuple[str, str]) -> dict:
    font = {"size": FONT_SIZE}
    step = max(1, (len(columns) - 1) // 4)  # of the usual grids, the powers of ten
    return {
        "template": {},
        "margin": {"l": 84, "r": 16, "t": 16, "b": 56},
        "hovermode": "closest",
        "showlegend": False,
        "hoverlabel": {"font": font},
        "font": font,
        "xaxis": _X_AXIS | _labels(columns, step) | {"title": {"text": titles[0], "font": font}},
        "yaxis": _FIXED | _labels(rows, 1) | {"title": {"text": titles[1], "font": font}},
    }


def _labels(labels: Sequence[str], step: int) -> dict:
    positions = list(range(0, len(labels), step))
    return {
        "tickvals": positions,
        "ticktext": [labels[position] for position in positions],
        "range": [-0.5, len(labels) - 0.5],
        "showgrid": False,
        "zeroline": False,
    }


_VIRIDIS = [[number / 9, colour] for number, colour in enumerate(sequential.Viridis)]


def _cells(logs: np.ndarray, span: tuple[float, float]) -> dict:
    """The losses, given as powers of ten, as colours; what is above the span has its last one."""
    marks = [mark for power in range(-6, 7) for mark in (10.0**power, 2 * 10.0**power, 5 * 10.0**power)]
    marks = [mark for mark in marks if span[0] <= np.log10(mark) <= span[1]]
    return {
        "type": "heatmap",
        "z": logs,
        "zmin": span[0],
        "zmax": span[1],
        "colorscale": _VIRIDIS,
        "reversescale": True,
        "hoverinfo": "skip",
        "colorbar": {
            "title": {"text": "loss", "font": {"size": FONT_SIZE}},
            "tickvals": np.log10(marks).tolist(),
            "ticktext": [f"{mark:g}" for mark in marks],
            "tickfont": {"size": FONT_SIZE},
            "thickness": 14,
        },
    }


def _equal_areas(areas: np.ndarray) -> dict:
    """Lines of equal area, two in each power of ten."""
    logs = np.log10(areas)
    return {
        "type": "contour",
        "z": logs,
        "showscale": False,
        "hoverinfo": "skip",
        "line": {"color": "#ffffff", "width": 2},
        "contours": {
            "coloring": "none",
            "showlines": True,
            "start": float(np.floor(np.nanmin(logs))),
            "end": float(np.ceil(np.nanmax(logs))),
            "size": 0.5,
        },
    }


def _targets(hover: Sequence[Sequence[str]], keys: Sequence[Sequence[Sequence]]) -> dict:
    """An invisible point on each cell: a heat map itself gives no clicks."""
    cells = [(row, column) for row, line in enumerate(hover) for column in range(len(line))]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [column for _, column in cells],
        "y": [row for row, _ in cells],
        "marker": {"symbol": "square", "size": 24, "opacity": 0, "color": "#ffffff"},
        "selected": {"marker": {"opacity": 0}},
        "unselected": {"marker": {"opacity": 0}},
        "text": [hover[row][column] for row, column in cells],
        "customdata": [list(keys[row][column]) for row, column in cells],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _mark(name: str, cell: tuple[int, int], marker: dict, colour: str, width: float) -> dict:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [cell[1]],
        "y": [cell[0]],
        "marker": marker | {"line": {"width": width, "color": colour}},
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
        "hoverinfo": "skip",
    }


def class_counts(counts: Mapping[str, Mapping[str, int]], *, height: int = 230) -> go.Figure:
    """Rows per class as stacked bars, one bar a part: `counts` is {part: {class: rows}}."""
    figure = go.Figure()
    for name, colour in (("good", GOOD), ("bad", BAD)):
        rows = [part[name] for part in counts.values()]
        figure.add_bar(
            y=list(counts),
            x=rows,
            name=name,
            orientation="h",
            marker={"color": colour},
            text=[f"{name}: {n}" for n in rows],
            textposition="inside",
            insidetextanchor="middle",
            textfont={"size": 16, "color": "#ffffff"},
        )
    figure.update_layout(
        barmode="stack",
        height=height,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        xaxis={"title": "rows"},
        yaxis={"autorange": "reversed"},
        showlegend=False,
    )
    return _readable(figure)


def _readable(figure: go.Figure) -> go.Figure:
    """Type that can be read from the back of a classroom; on the axes, where a theme cannot shrink it."""
    font = {"size": FONT_SIZE}
    figure.update_layout(font=font, legend={"font": font}, hoverlabel={"font": font})
    figure.update_xaxes(tickfont=font, title_font=font)
    figure.update_yaxes(tickfont=font, title_font=font)
    return figure
