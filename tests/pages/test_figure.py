"""The charts that are plotly's, for a projector."""

from __future__ import annotations

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from lrcore import figures
from lrcore.figures import Curve, Panel
from lrcore.recipes.recipe import Recipe
from pages.components.charts.figure import LARGER, enlarged
from tests.visit import ROOT, opened

Y = np.linspace(0.2, 1, 7)
LAYOUT = {"margin": {"l": 8}, "font": {"size": 15}}
FIGURES = {
    "epochs": lambda: figures.epoch_figure(
        [Panel("loss", [Curve("a", Y, "#0f7fc4", low=Y / 2, high=2 * Y)], (0.5, "half"))]
    ),
    "updates": lambda: figures.update_figure(
        Panel("rate", [figures.rate_curve("a", Recipe().learning_rates(), "#0f7fc4")]), 50, 9, height=300
    ),
    "marks": lambda: go.Figure({"x": Y, "y": Y, "marker": {"size": [9, 15]}}, {"height": 90, **LAYOUT}),
    "map": lambda: figures.rate_map(
        *(np.outer(Y, Y), np.outer(Y, Y), [*"abcdefg"], [*"abcdefg"], ("rate", "drop")),
        hover=[[*"abcdefg"]] * 7,
        keys=[[(1, 2)] * 7] * 7,
        best=(0, 1),
        height=470,
    ),
    "counts": lambda: figures.class_counts({"training": {"good": 3, "bad": 4}}),
}


@pytest.mark.parametrize("name", FIGURES)
def test_type_and_lines_are_larger_and_nothing_else_has_changed(name):
    figure = FIGURES[name]()
    before, after = (json.loads(each.to_json()) for each in (figure, enlarged(figure)))
    assert after["layout"]["margin"]["l"] == LARGER * before["layout"]["margin"]["l"]
    assert after["layout"]["font"]["size"] == LARGER * before["layout"]["font"]["size"]
    assert after["layout"]["height"] == LARGER * before["layout"]["height"]
    for one, two in zip(before["data"], after["data"], strict=True):
        assert {key: one[key] for key in ("x", "y", "name") if key in one} == {
            key: two[key] for key in ("x", "y", "name") if key in two
        }
        if "marker" in one and "size" in one["marker"]:
            assert two["marker"]["size"] == (LARGER * np.array(one["marker"]["size"])).tolist()
        if one.get("line", {}).get("width"):
            assert two["line"]["width"] == LARGER * one["line"]["width"]
    assert json.loads(figure.to_json()) == before, "the original is left alone"


def test_every_plotly_chart_of_the_pages_can_be_enlarged():
    files = [path for path in (ROOT / "pages").rglob("*.py") if ".plotly_chart" in path.read_text("utf-8")]
    assert [path.name for path in files] == ["figure.py"]


@pytest.mark.parametrize("projector", ["true", "false"])
def test_a_link_asks_for_it(projector):
    app = opened("2_Data.py", {"projector": projector})
    (chart,) = app.get("plotly_chart")
    sizes = json.loads(chart.proto.spec)["layout"]["font"]["size"]
    assert sizes == (LARGER if projector == "true" else 1) * figures.FONT_SIZE
