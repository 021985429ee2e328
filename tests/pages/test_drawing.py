"""Panels as the browser draws them: axes, ticks, paths and texts."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from lrcore.figures import DASHES, RATE, Curve, Panel, number, rate_curve
from lrcore.recipes.article import ARTICLE
from pages.components.charts import drawing
from pages.components.charts.drawing import HEIGHT, axis_of, chart


def curve(y, **more) -> Curve:
    return Curve("training", np.asarray(y, dtype=float), RATE, **more)


def sent(*panels: Panel, epochs: int = 4, updates: int = 0) -> dict:
    """What the browser gets, which is strict JSON."""
    return json.loads(json.dumps(chart(panels, epochs, updates), allow_nan=False))


def drawn(y, **more) -> dict:
    return sent(Panel("loss", [curve(y, **more)]))["panels"][0]["curves"][0]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0001, "0.0001"),
        (2.5e-5, "2.5e-5"),
        (29500, "29,500"),
        (1e9, "1e9"),
        (np.nan, "–"),
        (0.12345, "0.1235"),
    ],
)
def test_a_number_is_written_without_prefixes_of_units(value, text):
    assert number(value) == text


def test_the_shared_axis_goes_from_0_to_the_last_epoch_and_update():
    data = sent(Panel("learning rate", [curve([1])]), epochs=500, updates=59)
    assert data["columns"][0] == [0, "epoch 0"]
    assert data["columns"][-1] == [500, "500"]
    assert data["top"][1] == [5000 / 59, "5,000"]
    assert [text for _, text in sent(Panel("", [curve([1])]), epochs=3)["columns"]] == [
        "epoch 0",
        "1",
        "2",
        "3",
    ]
    assert sent(Panel("", [curve([1])]), epochs=1)["columns"] == [[0, "epoch 0"], [1, "1"]]


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(
    "y", [[0.1] * 4, [1e-7, 1e-3, 2, 0], [0.0] * 4, [np.nan] * 4, [0.31, 0.3, 0.29, 0.3]]
)
def test_every_axis_has_its_values_and_at_least_two_ticks_within_it(y, log):
    axis = axis_of(Panel("learning rate", [curve(y, steps=True)], log=log))
    assert 2 <= len(axis.ticks) <= 7
    assert all(axis.low <= at <= axis.high for at, _ in axis.ticks)
    assert len({text for _, text in axis.ticks}) == len(axis.ticks)
    heights = axis.heights(np.array(y))
    assert ((heights[np.isfinite(heights)] >= 0) & (heights[np.isfinite(heights)] <= HEIGHT)).all()


@pytest.mark.parametrize("log", [False, True])
def test_a_number_that_is_too_small_for_ticks_leaves_the_usual_axis(log):
    tiny, none = (axis_of(Panel("learning rate", [curve([y])], log=log)) for y in (5e-324, 0))
    assert tiny == none


def test_a_logarithmic_axis_has_powers_of_ten_and_no_place_for_0():
    axis = axis_of(Panel("learning rate", [curve([0, 1e-4, 1e-1])], log=True))
    assert [text for _, text in axis.ticks] == ["0.0001", "0.001", "0.01", "0.1"]
    assert np.isnan(axis.heights(np.array([0.0]))).all()


def test_shares_end_at_1_and_leave_room_for_the_reference():
    axis = axis_of(Panel("accuracy", [curve([0.8, 0.99])], (0.638, "always"), share=True))
    assert (axis.ticks[0][1], axis.ticks[-1][1]) == ("0.6", "1")


def test_a_few_huge_losses_leave_the_chart_and_the_rest_can_be_read():
    y = np.array([1e9, *np.linspace(0.9, 0.1, 49)])
    heights = axis_of(Panel("loss", [curve(y)])).heights(y)
    assert heights[0] == -HEIGHT
    assert 0 <= heights[1] < heights[-1] - 0.3 * HEIGHT < 0.7 * HEIGHT


def test_a_curve_has_a_gap_where_a_value_is_missing_and_a_dot_where_it_is_alone():
    made = drawn([1, 2, np.nan, 1])
    assert re.fullmatch(r"M1 \d+ 2 \d+", made["line"])
    assert re.fullmatch(r"M4 \d+h0", made["dots"])
    assert made["texts"] == "1\t2\t–\t1"


def test_a_run_of_one_epoch_is_a_dot_with_a_bar_for_its_band():
    one = np.array([0.5])
    (made,) = sent(Panel("loss", [curve(one, low=one - 0.1, high=one + 0.1)]), epochs=1)["panels"][0][
        "curves"
    ]
    assert made["line"] == ""
    assert made["dots"].startswith("M1 ")
    assert made["area"].endswith("Z")


def test_a_band_is_one_piece_between_two_gaps():
    low, high = np.array([1, 1, np.nan, 1, 1.0]), np.array([2, 2, 2, 2, 2.0])
    made = drawn([1.5] * 5, low=low, high=high)
    assert made["area"].count("M") == made["area"].count("Z") == 2


def test_steps_hold_until_the_next_x_and_repetitions_are_left_out():
    rates = rate_curve("rate", ARTICLE["step"].learning_rates(), RATE)
    (made,) = sent(Panel("learning rate", [rates]), epochs=50)["panels"][0]["curves"]
    assert re.sub(r"[ V]\d+", "", made["line"]) == "M0H10H20H30H40H50"
    assert made["texts"].split("\t")[:11] == ["0.1", *[""] * 9, "0.05"]


def test_a_rate_that_changes_within_an_epoch_says_its_first_and_last():
    rates = np.array([[0.2, 0.1], [0.1, 0.1]])
    assert list(rate_curve("rate", rates, RATE).texts) == ["0.2 → 0.1", "0.1"]


def test_every_dash_of_a_figure_is_known():
    assert set(DASHES) <= set(drawing.DASHES)


def test_a_logarithmic_axis_may_have_given_ends():
    values = np.array([1e-6, 3.0, 1e9])
    axis = axis_of(Panel("loss", [Curve("a", values, "#000000")], log=True, span=(0.01, 100)))
    assert [text for _, text in axis.ticks] == ["0.01", "0.1", "1", "10", "100"]
    assert axis.low < -2 < 2 < axis.high
    heights = axis.heights(values)
    assert heights[0] > HEIGHT > heights[1] > 0 > heights[2]
