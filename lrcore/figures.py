"""The charts: the curves and panels of every page, their colours, and the plotly figures made of them.

A chart against the epoch is made of `Curve`s in `Panel`s, one above the other on a shared axis. Most are drawn live,
without plotly, and so are the `RateLine`s of Tune; the figures here are for files, and for what has no epochs.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sequential

from lrcore.schedules.catalogue import SCHEDULES

# Distinguishable under the common colour vision deficiencies, with a contrast of at least 3:1 to both themes'
# backgrounds. Curves of different colours also differ in their dashes.
TRAINING, VALIDATION, RATE, BASELINE = "#0f7fc4", "#d95f02", "#12926b", "#7c878e"
BOTH = (("training", "", TRAINING, "solid"), ("validation", "val_", VALIDATION, "dash"))
"""The two curves of a run, on every page: label, prefix of the metric's name, colour, dash."""
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
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
FONT_SIZE = 15
TOOLBAR = {
    "displaylogo": False,
    "toImageButtonOptions": {"format": "svg", "filename": "learning_rate_laboratory"},
}
"""Plotly's `config` for a chart whose camera button saves an SVG file."""
POINTS, FEW_POINTS = 2000, 120
"""The most points of a rate curve, and of one of many that are sent together: more only slow the browser down."""


@dataclass(frozen=True)
class Curve:
    """A line, and the band from `low` to `high` if these are given; all arrays are (n,).

    `label` is plain text; a click on it in the legend hides all curves of that label. `runs` (runs, n) are drawn as
    thin lines behind this one. NaN is a gap.
    """

    label: str
    y: np.ndarray
    colour: str
    dash: str = "solid"
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    x: np.ndarray | None = None  # default: epochs 1..n
    steps: bool = False  # each value holds until the next x, as a rate does
    runs: np.ndarray | None = None
    texts: Sequence[str] | None = None  # the values of epochs 1, 2, ...; default: those of y; (): none
    short: str = ""  # its name in the legend of a chart below one that has its label


@dataclass(frozen=True)
class Panel:
    """One chart of a figure: its curves, and its y axis with `title` and unit."""

    title: str
    curves: Sequence[Curve]
    reference: tuple[float, str] | None = None  # a labelled horizontal line
    log: bool = False
    span: tuple[float, float] | None = None  # of the y axis; default: fitted to the curves
    share: bool = False  # the values are between 0 and 1, as accuracies are
    tall: bool = False  # there is room for more ticks


def schedule_style(name: str) -> tuple[str, str]:
    """Colour and dash of a schedule, by its class name."""
    index = list(SCHEDULES).index(name)
    return HUES[index % len(HUES)], DASHES[index // len(HUES) % len(DASHES)]


def rate_curve(
    label: str, rates: np.ndarray, colour: str, dash: str = "solid", *, brief: bool = False
) -> Curve:
    """The rates (epochs, updates) of a run against the epochs passed, with a fraction within an epoch.

    Args:
        brief: whether to use few points and no texts, for one of many curves that are sent together.
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
    """The rate of each epoch as text, from rates (epochs, updates): the first and the last if they differ."""
    ends = zip(rates[:, 0].tolist(), rates[:, -1].tolist(), strict=True)
    return [number(first) if first == last else f"{number(first)} → {number(last)}" for first, last in ends]


def number(value: float) -> str:
    """`value` to four digits: 0.0001, 29,500, 2.5e-5; a dash if it is not finite."""
    if not math.isfinite(value):
        return "–"
    if 1000 <= abs(value) < 1e7:
        return f"{value:,.0f}"
    mantissa, e, exponent = f"{value:.4g}".partition("e")
    return f"{mantissa}{e}{int(exponent)}" if e else mantissa


def _seen(values: np.ndarray, points: int) -> np.ndarray:
    """Ascending positions of at most `points` of the values (n,): the lowest and the highest of each stretch."""
    positions = np.arange(len(values))
    if len(values) <= points:
        return positions
    stretch = -(-len(values) // (points // 2))
    rows = np.pad(values, (0, -len(values) % stretch), mode="edge").reshape(-1, stretch)
    first = stretch * np.arange(len(rows))
    ends = np.concatenate([first + rows.argmin(axis=1), first + rows.argmax(axis=1)])
    return np.unique(np.minimum(ends, positions[-1]))


def epoch_figure(panels: Sequence[Panel], *, height: int = 300, legend: bool = True) -> go.Figure:
    """The panels one above the other on a shared axis of epochs, each `height` pixels tall."""
    return _figure(*_epoch_parts(panels, height, legend))


def update_figure(panel: Panel, epochs: int, updates: int, *, height: int) -> go.Figure:
    """The panel against the epochs 0 to `epochs` and, on a second axis on top, against the updates.

    Args:
        updates: how many there are in an epoch.
    """
    traces, layout = _epoch_parts([panel], height, legend=True)
    layout["xaxis"] |= _title(f"epoch (each of {updates} updates)") | {"range": [0, epochs]}
    top = {"side": "top", "showgrid": False, "overlaying": "x", "range": [0, epochs * updates]}
    layout["xaxis2"] = _X_AXIS | _title("update") | top
    layout["yaxis"]["rangemode"] = "tozero"  # rates are never negative: no room for that below a constant one
    layout["legend"]["y"] = 1.32
    layout["margin"]["t"] = 96
    empty = _SILENT | {"type": "scatter", "x": [0], "y": [None], "xaxis": "x2"}  # an axis needs a trace
    return _figure([*traces, empty], layout)


def _figure(traces: list[dict], layout: dict) -> go.Figure:
    """A figure that plotly does not check: checking takes three times as long as the rest, and the tests do it."""
    return go.Figure(traces, layout, _validate=False)


def _epoch_parts(panels: Sequence[Panel], height: int, legend: bool) -> tuple[list[dict], dict]:
    """Traces and layout as plain dictionaries: plotly's `update_layout` and the like take several times as long."""
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


_FONT = {"size": FONT_SIZE}
# Labels in margins of a fixed size: a browser needs three times as long to draw a chart with automatic ones.
_FIXED = {"automargin": False, "tickfont": _FONT}
_X_AXIS = _FIXED | {"tickangle": 0}
_SILENT = {"showlegend": False, "hoverinfo": "skip"}
_NEVER_FADED = {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}}


def _title(text: str | None) -> dict:
    return {"title": {"text": text, "font": _FONT}}


def _layout(height: int, **more: Any) -> dict:
    """The layout that all figures share, and `more`. The type can be read from the back of a classroom."""
    return {
        "template": {},  # every mark has its own colours; plotly's default would be sent with each figure
        "height": height,
        "margin": {"l": 84, "r": 16, "t": 36, "b": 56},
        "hovermode": "closest",
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "font": _FONT},
        "hoverlabel": {"font": _FONT},
        "font": _FONT,
        "shapes": [],
        "annotations": [],
    } | more


def _epoch_layout(panels: Sequence[Panel], height: int) -> dict:
    layout = _layout(height * len(panels) + 60, hovermode="x unified")
    gap = 0.09 / len(panels)
    tall = (1 + gap) / len(panels)
    for row, panel in enumerate(panels, start=1):
        last = row == len(panels)
        x_axis = {"anchor": _axis("y", row), "showticklabels": last}
        matched = {"matches": "x"} if row > 1 else {}
        layout[_axis("xaxis", row)] = _X_AXIS | _title("epoch" if last else None) | x_axis | matched
        y_axis = {
            "anchor": _axis("x", row),
            "domain": [max(1 - row * tall + gap, 0), 1 - (row - 1) * tall],
            "type": "log" if panel.log else "linear",
        }
        span = {"range": list(panel.span)} if panel.span else {}
        layout[_axis("yaxis", row)] = _FIXED | _title(panel.title) | y_axis | span
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


def cut_off(values: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """The values (n,), cut off well beyond the `span` of their axis: no band can be filled up to infinity."""
    return np.clip(values, span[0] - abs(span[0]) / 2, 10 * span[1])


def _band(line: Curve | RateLine, span: tuple[float, float] = (-math.inf, math.inf)) -> list[dict]:
    """The band as two traces; `span` is that of the y axis."""
    if line.low is None or line.high is None:
        return []
    edge = _common(line) | _SILENT | _x(line) | {"line": {"width": 0, "shape": _shape(line)}}
    filled = {"fill": "tonexty", "fillcolor": _translucent(line.colour)}
    return [
        edge | {"y": cut_off(line.low, span)},
        edge | {"y": cut_off(line.high, span)} | filled,
    ]


def _runs(curve: Curve) -> list[dict]:
    """All the single runs as one trace, with a gap after each."""
    if curve.runs is None:
        return []
    gaps = np.full((len(curve.runs), 1), np.nan, np.float32)
    x = np.arange(1, len(curve.y) + 1) if curve.x is None else curve.x
    x = np.append(x, np.nan).astype(np.float32)
    trace = {
        "x": np.tile(x, len(curve.runs)),
        "y": np.append(curve.runs, gaps, axis=1).ravel(),
        "opacity": 0.45,
        "line": {"color": curve.colour, "width": 1, "shape": _shape(curve)},
    }
    return [_common(curve) | _SILENT | trace]


def _common(curve: Curve | RateLine) -> dict[str, Any]:
    label = html.escape(curve.label, quote=False)  # plotly reads some HTML in names
    return {"type": "scatter", "mode": "lines", "legendgroup": label, "name": label}


def _x(curve: Curve | RateLine) -> dict:
    return {"x0": 1, "dx": 1} if curve.x is None else {"x": curve.x}


def _shape(curve: Curve | RateLine) -> str:
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
    """The name of that line, below its right end."""
    return {
        "text": text,
        "font": _FONT,
        "showarrow": False,
        **{"xref": f"{_axis('x', row)} domain", "x": 1, "xanchor": "right"},
        **{"yref": _axis("y", row), "y": value, "yanchor": "top"},
    }


# Against the rate of whole runs


@dataclass(frozen=True)
class RateLine:
    """The results of a schedule's runs at each rate of a grid; arrays are (rates,), infinite where runs are lost.

    Attributes:
        label, colour, dash: as in `Curve`.
        x: the rates' positions on the axis.
        low, median, high: of the runs.
        keys: the data that a click on each point returns.
        lost: how many runs are lost.
        best: the index of the best rate; None if not yet known.
    """

    steps: ClassVar[bool] = False  # as in `Curve`
    label: str
    colour: str
    dash: str
    x: np.ndarray
    low: np.ndarray
    median: np.ndarray
    high: np.ndarray
    keys: Sequence[Sequence]
    lost: np.ndarray
    best: int | None = None


def _log_axis(span: tuple[float, float], *, decades: bool = False) -> dict:
    """A logarithmic axis with ticks at 1, 2 and 5 times the powers of ten; with `decades`, on a long one at 1 only."""
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


def _rate_points(line: RateLine, hover: Sequence[str]) -> list[dict]:
    """The medians, and a star at the best rate; `hover` has the text of each point."""
    points = _common(line) | {
        "mode": "lines+markers",
        "x": line.x,
        "y": np.where(np.isfinite(line.median), line.median, np.nan),
        "line": {"color": line.colour, "dash": line.dash, "width": 3},
        "marker": {"size": 9, "color": line.colour},
        "text": list(hover),
        "customdata": [list(key) for key in line.keys],
        "hovertemplate": "%{text}<extra></extra>",
        **_NEVER_FADED,
    }
    if line.best is None or not np.isfinite(line.median[line.best]):
        return [points]
    edge = {"width": 1.5, "color": "#ffffff"}
    star = points | {
        "mode": "markers",
        "x": line.x[[line.best]],
        "y": line.median[[line.best]],
        "marker": {"size": 19, "symbol": "star", "color": line.colour, "line": edge},
        "showlegend": False,
        "text": [hover[line.best]],
        "customdata": [list(line.keys[line.best])],
        "hovertemplate": "best: %{text}<extra></extra>",
    }
    return [points, star]


def range_figure(
    whole: RateLine,
    test: Curve,
    readings: Mapping[str, tuple[float, float, float]],
    titles: tuple[str, str],
    *,
    hover: Sequence[str],
    span: tuple[float, float],
    good: tuple[float, float] | None,
    height: int,
) -> go.Figure:
    """A learning rate range test and the results of whole runs; below both, the rates read off the test.

    Args:
        whole: the whole runs.
        test: the test's smoothed loss; its `x` are the rates.
        readings: lower end, median and upper end of each reading, by its name; NaN if there is nothing to read.
        titles: of the x and the y axis.
        hover: the text of each point of the whole runs.
        span: of the y axis, which is logarithmic; values beyond it are cut off.
        good: the ends of the good range, which is shaded.
    """
    assert test.x is not None
    traces = [*_band(whole, span), *_band(test, span), *_rate_points(whole, hover)]
    line = _line(test, shown=True) | {"y": np.clip(test.y, 0, 10 * span[1]), "hoverinfo": "skip"}
    traces.append(line | {"hovertemplate": None})
    traces += [_reading(name, ends, row, test) for row, (name, ends) in enumerate(readings.items())]
    x = np.array([*whole.x, test.x[0], test.x[-1]])
    rates, has_lost = (x.min() / 1.15, x.max() * 1.15), bool(whole.lost.any())
    strips = _strips(len(readings), has_lost)
    layout = _layout(
        height,
        xaxis=_X_AXIS | _title(titles[0]) | _log_axis(rates, decades=True) | {"anchor": "y2"},
        yaxis=_FIXED | _title(titles[1]) | _log_axis(span) | strips.pop("yaxis"),
        **strips,
    )
    if has_lost:
        traces.append(_lost(whole))
    if good:
        shade = {"fillcolor": _translucent(whole.colour), "line": {"width": 0}, "layer": "below"}
        place = {"xref": "x", "x0": good[0], "x1": good[1], "yref": "paper", "y0": 0, "y1": 1}
        layout["shapes"].append({"type": "rect", **place, **shade})
    return _figure(traces, layout)


def _strips(readings: int, has_lost: bool) -> dict:
    """The upright places of the chart, of the readings below it in a row each, and of lost runs in a row above it."""
    share, top = 0.06 * readings, 1 - 0.065 * has_lost
    strip = _FIXED | {"anchor": "x", "fixedrange": True}
    read = {
        "domain": [0, share],
        "range": [readings - 0.5, -0.5],
        "tickvals": list(range(readings)),
        "ticktext": [str(number + 1) for number in range(readings)],
    }
    lost = {
        "domain": [top + 0.01 if has_lost else 0.999, 1],
        "range": [0.5, -0.5],
        "tickvals": [0] * has_lost,
        "ticktext": ["lost"],
        "showgrid": False,
        "zeroline": False,
    }
    return {
        "yaxis": {"anchor": "x", "domain": [share + 0.05, top]},
        "yaxis2": strip | _title("read") | read,
        "yaxis3": strip | lost,
    }


def _lost(line: RateLine) -> dict:
    """How many runs are lost at each rate, as text in the row above the chart."""
    is_lost = line.lost > 0
    return _common(line) | {
        "mode": "text",
        "x": line.x[is_lost],
        "y": np.zeros(int(is_lost.sum())),
        "yaxis": "y3",
        "text": [str(lost) for lost in line.lost[is_lost]],
        "textfont": {"color": line.colour, "size": FONT_SIZE},
        "showlegend": False,
        "hovertemplate": "%{text} lost<extra>%{fullData.name}</extra>",
    }


def _reading(name: str, ends: tuple[float, float, float], row: int, test: Curve) -> dict:
    """A reading in a row of its own: its median between the ends of its band."""
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
        **_NEVER_FADED,
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
    height: int,
) -> go.Figure:
    """Losses as a heat map with lines of equal area; each cell can be clicked.

    Args:
        losses, areas: (rows, columns); NaN where there is no cell, infinite where runs are lost.
        columns, rows: the labels on the axes.
        titles: of the x and the y axis.
        hover, keys: the text of each cell, and the data that a click on it returns.
        best, chosen: row and column of the cells to mark.
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
    return _figure(traces, _map_layout(columns, rows, titles, height))


def _map_layout(columns: Sequence[str], rows: Sequence[str], titles: tuple[str, str], height: int) -> dict:
    step = max(1, (len(columns) - 1) // 4)  # of the usual grids, the powers of ten
    layout = _layout(
        height,
        showlegend=False,
        xaxis=_X_AXIS | _labels(columns, step) | _title(titles[0]),
        yaxis=_FIXED | _labels(rows, 1) | _title(titles[1]),
    )
    layout["margin"]["t"] = 16
    return layout


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
    """The decimal logarithms of the losses as colours; those above the span have its last colour."""
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
            "tickvals": np.log10(marks).tolist(),
            "ticktext": [f"{mark:g}" for mark in marks],
            "tickfont": _FONT,
            "thickness": 14,
            **_title("loss"),
        },
    }


def _equal_areas(areas: np.ndarray) -> dict:
    """Lines of equal area, two per power of ten."""
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
    """An invisible point on each cell: plotly's heat map itself reports no clicks."""
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
        "hoverinfo": "skip",
        **_NEVER_FADED,
    }


def class_counts(counts: Mapping[str, Mapping[str, int]]) -> go.Figure:
    """Rows per class as stacked bars, one bar per part: `counts` is {part: {class: rows}}, of two classes."""
    bars = [
        {
            "type": "bar",
            "y": list(counts),
            "x": [part[name] for part in counts.values()],
            "name": name,
            "orientation": "h",
            "marker": {"color": colour},
            "text": [f"{name}: {part[name]}" for part in counts.values()],
            "textposition": "inside",
            "textangle": 0,  # on a phone smaller rather than upright
            "insidetextanchor": "middle",
            "textfont": {"size": 16, "color": "#ffffff"},
        }
        for name, colour in zip(next(iter(counts.values())), (GOOD, BAD), strict=True)
    ]
    layout = _layout(
        230,
        barmode="stack",
        showlegend=False,
        xaxis=_X_AXIS | _title("rows"),
        yaxis=_FIXED | {"autorange": "reversed"},
    )
    layout["margin"] |= {"l": 94, "t": 10}
    return _figure(bars, layout)
