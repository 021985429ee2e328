"""The results of whole runs against their rate, as the browser draws them."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from lrcore.figures import RateLine
from pages.components.charts.drawing import HEIGHT
from pages.components.charts.rate_plot import drawing

RATES = np.array([0.01, 0.1, 1.0, 10.0])
LOSSES = np.array([0.5, 0.2, 400, np.inf])
LINE = RateLine(
    *("Step decay", "#0f7fc4", "dash", RATES, LOSSES / 2, LOSSES, LOSSES * 2),
    keys=[("A", rate) for rate in RATES.tolist()],
    lost=np.array([0, 0, 0, 7]),
    best=1,
)
OTHER = replace(
    LINE, label="Constant", keys=[("B", rate) for rate in RATES.tolist()], lost=np.zeros(4, int), best=None
)
WINS = [np.array([0, 0.9, 0.1, 0]), np.array([0.2, 0.8, 0, 0])]


def sent(lines=(LINE, OTHER), wins=WINS, **settings) -> dict:
    """What the browser gets, which is strict JSON."""
    usual = {"unit": "rate", "span": (0.1, 6.0), "log": True, "written": "{:.3g}".format}
    return json.loads(
        json.dumps(drawing(lines, wins, ("initial rate", "loss"), **usual | settings), allow_nan=False)
    )


def curves(drawn: dict, label: str) -> list[dict]:
    """The band and the line of a schedule."""
    return [curve for curve in drawn["panels"][0]["curves"] if curve["label"] == label]


def xs(path: str) -> list[float]:
    return [float(x) for x in re.findall(r"M(\S+) ", path)]


def test_the_axis_is_logarithmic_and_has_all_rates_and_ticks_without_prefixes():
    drawn = sent()
    assert drawn["at"] == pytest.approx([-2, -1, 0, 1])
    assert drawn["x"][0] < -2 < 1 < drawn["x"][1]
    assert [text for _, text in drawn["columns"]] == ["0.01", "0.1", "1", "10"]
    assert [text for _, text in drawn["panels"][0]["rows"]] == ["0.1", "0.2", "0.5", "1", "2", "5"]


def test_all_bands_lie_behind_all_lines_and_what_is_lost_is_a_gap():
    drawn = sent()
    kinds = [bool(curve.get("line")) for curve in drawn["panels"][0]["curves"]]
    assert kinds == [False, False, True, True]
    band, line = curves(drawn, "Step decay")
    assert xs(line["dots"]) == [-2, -1, 0], "the median of lost runs has no place"
    assert line["line"].startswith("M-2 ")
    assert line["dash"]
    assert band["area"].count("Z") == 1, "the band is filled up to infinity"
    assert " 1 " in band["area"]


def test_points_within_the_frame_can_be_clicked():
    line = curves(sent(), "Constant")[1]
    assert line["letter"] == "B"
    assert [point["rate"] for point in line["points"]] == [0.01, 0.1], "400 is beyond the frame"
    assert all(0 <= point["y"] <= HEIGHT for point in line["points"])


def test_a_schedule_whose_runs_are_all_lost_has_no_line_but_its_words():
    gone = np.full(4, np.inf)
    drawn = sent(
        [replace(LINE, low=gone, median=gone, high=gone, lost=np.full(4, 9), best=None)], [0 * WINS[0]]
    )
    line = curves(drawn, "Step decay")[1]
    assert (line["line"], line["dots"], line["points"]) == ("", "", [])
    assert line["texts"].split("\t")[0] == "inf (inf to inf)"
    assert len(drawn["panels"][0]["lost"]) == 4


def test_lost_runs_have_a_row_above_for_each_schedule_that_has_some():
    panel = sent()["panels"][0]
    assert panel["above"] == 1
    assert [(each["x"], each["row"], each["text"]) for each in panel["lost"]] == [(1, 0, "7")]
    both = sent([LINE, replace(OTHER, lost=np.array([0, 0, 2, 9]))])["panels"][0]
    assert both["above"] == 2
    assert [(each["row"], each["text"]) for each in both["lost"]] == [(0, "7"), (1, "2"), (1, "9")]


def test_the_best_rate_has_a_star_where_it_is_known_and_within_the_frame():
    drawn = sent()
    (star,) = drawn["panels"][0]["stars"]
    point = curves(drawn, "Step decay")[1]["points"][1]
    assert (star["label"], star["x"], star["height"]) == ("Step decay", -1, point["y"])
    assert sent([replace(LINE, best=2)])["panels"][0]["stars"] == []


def test_the_strip_has_a_stroke_for_each_win_and_none_lies_over_another():
    strip = sent()["panels"][1]
    first, second = (curve["area"] for curve in strip["curves"])
    left, width = np.array(xs(first)), 0.011 * 3
    assert [len(xs(path)) for path in (first, second)] == [2, 2]
    assert left[0] + width == pytest.approx(xs(second)[1], abs=0.002), "beside each other, around their rate"
    assert left[1] + width / 2 == pytest.approx(0, abs=0.01)
    heights = [float(height) for height in re.findall(r"V(\d+)h", first)]
    assert heights[0] < 0.15 * HEIGHT < 0.85 * HEIGHT < heights[1] < HEIGHT
    step, other = "Step decay", "Constant"
    assert strip["said"] == [[[other, "20 %"]], [[step, "90 %"], [other, "80 %"]], [[step, "10 %"]], []]


def test_a_share_that_is_lower_than_a_pixel_takes_no_place_but_is_said():
    strip = sent(wins=[WINS[0], np.array([0, 0.005, 0.995, 0])])["panels"][1]
    assert xs(strip["curves"][0]["area"])[0] + 0.011 * 3 / 2 == pytest.approx(-1, abs=0.01)
    assert strip["said"][1] == [["Step decay", "90 %"], ["Constant", "0.5 %"]]


def test_before_the_best_rates_are_known_the_strip_is_empty():
    strip = sent(wins=[])["panels"][1]
    assert [curve["area"] for curve in strip["curves"]] == ["", ""]
    assert strip["said"] == [[]] * 4
    assert not any("best in" in name for name in sent(wins=[])["table"][0])


def test_the_pointer_says_the_value_and_the_spread_of_the_nearest_point_and_its_rate_where_that_is_another():
    drawn = sent([LINE, replace(OTHER, x=OTHER.x[:3], low=LOSSES[:3], median=LOSSES[:3], high=LOSSES[:3],
                                keys=OTHER.keys[:3], lost=np.zeros(3, int))], [WINS[0], WINS[1][:3]])  # fmt: skip
    assert drawn["names"] == ["rate 0.01", "rate 0.1", "rate 1", "rate 10"]
    assert curves(drawn, "Step decay")[1]["texts"].split("\t")[1] == "0.2 (0.1 to 0.4)"
    assert curves(drawn, "Constant")[1]["texts"].split("\t")[-1] == "rate 1: 400 (400 to 400)"
    areas = sent([LINE, replace(OTHER, x=OTHER.x * 5)], unit="area")
    assert len(areas["names"]) == 8
    assert areas["names"][1] == "area 0.05"
    assert curves(areas, "Step decay")[1]["texts"].split("\t")[0] == "rate 0.01: 0.5 (0.25 to 1)"


def test_without_a_pointer_the_chosen_rate_is_said():
    assert (sent(chosen=0.11)["rest"], sent(chosen=1)["chosen"]) == (2, 0)
    assert (sent()["rest"], sent()["chosen"]) == (0, None)


def test_the_table_has_a_row_for_each_rate_and_nothing_where_there_is_no_number():
    name, *rows = sent()["table"]
    assert name[:6] == [
        "rate",
        *(f"Step decay: {each}" for each in ("loss", "low", "high", "lost", "best in")),
    ]
    assert rows[1][:6] == ["0.1", "0.2", "0.1", "0.4", "0", "0.9"]
    assert rows[3][:6] == ["10", "", "", "", "7", "0"]


def test_a_linear_axis_has_its_reference():
    panel = sent(log=False, span=(0.0, 1.0), reference=(0.638, "always"))["panels"][0]
    assert panel["reference"][1] == "always"
    assert len(panel["rows"]) > 4
