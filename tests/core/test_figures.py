"""Figures: plotly knows every property in them, and they show what they are given."""

from __future__ import annotations

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from lrcore import figures
from lrcore.recipes.article import ARTICLE
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import SCHEDULES, CyclicalLearningRate

RUNS = np.random.default_rng(0).random((20, 50))


def panels() -> list[figures.Panel]:
    """A band with its median, single runs with a reference, and rates on a logarithmic axis."""
    low, middle, high = np.quantile(RUNS, (0.25, 0.5, 0.75), axis=0)
    rates = figures.rate_curve("rate", ARTICLE["step"].learning_rates(), figures.RATE)
    return [
        figures.Panel("loss", [figures.Curve("training", middle, figures.TRAINING, "dash", low, high)]),
        figures.Panel(
            "accuracy", [figures.Curve("all", middle, figures.VALIDATION, runs=RUNS)], (0.7, "always")
        ),
        figures.Panel("learning rate", [rates], log=True),
    ]


def rate_line() -> figures.RateLine:
    """A schedule over four rates, with lost runs and a best rate."""
    rates = np.array([0.01, 0.1, 1.0, 10.0])
    losses = np.array([0.5, 0.2, 0.4, np.inf])
    return figures.RateLine(
        *("A", figures.TRAINING, "dash", rates),
        *(losses / 2, losses, losses * 2),
        keys=[("A", rate) for rate in rates.tolist()],
        lost=np.array([0, 0, 0, 7]),
        best=1,
    )


def rate_map() -> go.Figure:
    """A map of two rows and three columns, with one lost and one missing cell."""
    losses = np.array([[0.5, 0.2, 0.4], [3.0, np.inf, np.nan]])
    areas = np.array([[0.1, 1, 10], [1, 10, np.nan]])
    cells = [[f"{row}, {column}" for column in range(3)] for row in range(2)]
    keys = [[(column, row) for column in range(3)] for row in range(2)]
    return figures.rate_map(
        *(losses, areas, ["0.01", "0.1", "1"], ["1", "2"], ("rate", "drop")),
        hover=cells,
        keys=keys,
        best=(0, 1),
        chosen=(1, 0),
        height=500,
    )


def range_figure() -> go.Figure:
    """A range test over whole runs, some of them lost, with one reading and one without a value."""
    rates, losses = np.geomspace(0.001, 30, 9), np.linspace(0.7, 9, 9)
    test = figures.Curve("test", losses, figures.TRAINING, "dot", losses / 2, losses * 2, rates)
    readings = {"lowest": (0.1, 0.2, 0.3), "none": (np.nan, np.nan, np.nan)}
    return figures.range_figure(
        rate_line(),
        test,
        readings,
        ("rate", "loss"),
        hover=[*"abcd"],
        span=(0.1, 5.0),
        good=(0.05, 0.2),
        height=460,
    )


def drawn() -> dict[str, go.Figure]:
    """A figure of every kind, with every part that it can have."""
    return {
        "epochs": figures.epoch_figure(panels()),
        "one panel, no legend": figures.epoch_figure(panels()[:1], legend=False),
        "updates": figures.update_figure(panels()[2], 50, 9, height=272),
        "map": rate_map(),
        "range test": range_figure(),
        "classes": figures.class_counts(
            {part: {"good": 10, "bad": 3} for part in ("training", "validation")}
        ),
    }


@pytest.mark.parametrize("kind", drawn())
def test_plotly_finds_nothing_wrong_with_a_figure(kind):
    figure = drawn()[kind]
    assert json.loads(go.Figure(figure.to_dict()).to_json())["data"] == json.loads(figure.to_json())["data"]
    assert go.Figure(json.loads(figure.to_json())).data  # it raises for a property that plotly does not know


def test_a_click_on_the_range_test_fades_no_mark():
    marked = [trace for trace in range_figure().data if "markers" in (trace.mode or "")]
    assert len(marked) > 2
    assert {trace.unselected.marker.opacity for trace in marked} == {1}


def test_what_is_shaded_has_the_colour_of_its_line_and_lets_the_grid_through():
    bands = [trace.fillcolor for trace in figures.epoch_figure(panels()).data if trace.fill]
    spans = [shape.fillcolor for shape in range_figure().layout.shapes if shape.type == "rect"]
    assert figures.TRAINING == "#0f7fc4"
    assert [*bands, *spans] == ["rgba(15,127,196,0.22)"] * 2


def test_every_schedule_has_a_look_of_its_own():
    assert len(set(map(figures.schedule_style, SCHEDULES))) == len(SCHEDULES)


@pytest.mark.parametrize(("epochs", "batch_size", "half_cycle"), [(50, 28, 5), (500, 28, 1), (500, 4, 8)])
def test_a_long_rate_curve_keeps_the_lowest_and_highest_rates(epochs, batch_size, half_cycle):
    schedule = CyclicalLearningRate(0.1, 0.3, half_cycle)
    rates = Recipe(schedule, "update", batch_size=batch_size, epochs=epochs).learning_rates()
    curve = figures.rate_curve("", rates, figures.RATE)
    assert len(curve.y) <= figures.POINTS + 1
    assert (curve.x[-1], curve.y[-1]) == (epochs, rates[-1, -1])
    updates = np.round(curve.x[:-1] * rates.shape[1]).astype(int)
    np.testing.assert_array_equal(curve.y[:-1], rates.ravel()[updates])
    stretch = -(-rates.size // (figures.POINTS // 2))
    for first in range(0, rates.size - 2 * stretch, stretch):  # any two neighbours hold a whole stretch
        drawn = curve.y[:-1][(updates >= first) & (updates < first + 2 * stretch)]
        whole = rates.ravel()[first + stretch // 2 : first + stretch]
        assert drawn.min() <= whole.min()
        assert drawn.max() >= whole.max()


def test_over_whole_runs_lost_ones_are_counted_above_and_the_best_rate_is_a_star():
    traces = range_figure().data
    (counts,) = [trace for trace in traces if trace.mode == "text"]
    assert (list(counts.x), list(counts.text)) == ([10.0], ["7"])
    (star,) = [trace for trace in traces if trace.marker.symbol == "star"]
    assert (list(star.x), list(star.y)) == ([0.1], [0.2])
    points = next(trace for trace in traces if trace.mode == "lines+markers")
    assert np.isnan(points.y[-1]), "the median of lost runs has no place on the axis"


def test_every_cell_of_a_map_has_an_invisible_point_with_its_data():
    cells, _, points, *_ = rate_map().data
    assert points.marker.opacity == 0
    assert list(zip(points.x, points.y, points.customdata, strict=True))[4] == (1, 1, [1, 1])
    assert cells.zmax - cells.zmin <= 1, "the colours distinguish losses up to ten times the lowest"
    np.testing.assert_allclose(10.0 ** np.array(cells.colorbar.tickvals), [0.2, 0.5, 1, 2])
    assert list(cells.colorbar.ticktext) == ["0.2", "0.5", "1", "2"]


def test_the_axes_of_a_map_show_every_cell_whole_and_label_its_rows():
    layout = rate_map().layout
    assert (list(layout.xaxis.range), list(layout.yaxis.range)) == ([-0.5, 2.5], [-0.5, 1.5])
    assert list(zip(layout.yaxis.tickvals, layout.yaxis.ticktext, strict=True)) == [(0, "1"), (1, "2")]


def test_a_range_test_spans_more_rates_than_the_whole_runs_and_each_reading_has_its_row():
    figure = range_figure()
    low, high = figure.layout.xaxis.range
    assert 10**low < 0.001 < 30 < 10**high
    rows = {trace.name: trace.y[0] for trace in figure.data if trace.yaxis == "y2"}
    assert rows == {"lowest": 0, "none": 1}
    assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].x1) == (0.05, 0.2)
