"""The Surface page: its views, its drawing and sentences, the drop, and the measures over seeds."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lrcore.landscape.views import TOGGLING, VIEWS
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, StepDecay
from pages.components import results
from pages.components.compare.comparison import Entry, entries_of
from pages.components.surface import controls, toggling
from pages.components.surface.drop import is_branch, with_branch
from pages.components.surface.toggling import link_to_claim
from tests.visit import address, go, opened, opened_alone, press, received

PAGE = "7_Surface.py"
SMALL = {"a.epochs": "6", "b.epochs": "6", "recipes": "2", "last_epoch": "6"}


def drawn(app: AppTest) -> dict:
    """The data that the player was sent; empty without a player."""
    return next((data for data in received(app) if "moments" in data), {})


def charts(app: AppTest) -> list[dict]:
    """The charts below the map; each with the curves that are played, by their letters."""
    panels = drawn(app)["charts"]["panels"]
    return [
        panel | {"curves": {each["label"]: each for each in panel["curves"] if "played" in each}}
        for panel in panels
    ]


def words(app: AppTest) -> str:
    """The texts on the page."""
    return "\n".join(
        each.value for kind in ("markdown", "caption", "warning", "info") for each in getattr(app, kind)
    )


def test_without_a_link_the_first_view_is_shown():
    data = drawn(opened(PAGE))
    view = VIEWS["valley"]
    assert [run["name"][3:] for run in data["runs"]] == list(view.preset.recipes)
    assert data["moments"] == list(range(51))
    assert data["texts"][:2] == ["epoch 0", "epoch 1"]
    assert len(data["charts"]["panels"]) == 1


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_a_link_and_states_the_accuracy_of_its_plane(name):
    view = VIEWS[name]
    app = opened(PAGE)
    press(app, f"surface.view.{name}")
    data = drawn(app)
    assert [run["name"][3:] for run in data["runs"]] == list(view.preset.recipes)
    assert (data["moments"][0], data["moments"][-1]) == (view.first, view.last)
    assert len(data["moments"]) == (view.last - view.first) * (9 if view.by_update else 1) + 1
    assert "These two directions hold " in words(app)
    assert not app.warning
    again = opened(PAGE, address(app))
    assert drawn(again) == data


def test_the_drop_is_marked_and_a_branch_is_drawn_from_there_on():
    app = opened(PAGE, controls.link(VIEWS["across"]))
    kept, branch = drawn(app)["runs"]
    assert (kept["drop"], kept["own"]) == (None, 0)
    assert (branch["drop"], branch["own"]) == (20, 20)
    assert kept["x"][:21] == branch["x"][:21]
    assert kept["x"][21] != branch["x"][21]
    assert "**B** against **A**: 3 updates after the drop the loss is " in words(app)


def test_the_curvature_is_shown_for_full_batches_without_momentum_alone():
    link = controls.link(VIEWS["across"])
    _, gauge = charts(opened(PAGE, link))
    assert gauge["reference"][1] == "the bowl's limit"
    assert list(gauge["curves"]) == ["A", "B"]
    first = gauge["curves"]["A"]
    assert first["line"].startswith("M1.5 "), "a mean of two updates is drawn between them"
    assert first["heights"][0] is None
    texts = first["texts"].split("\t")
    assert texts[0] == "–"
    assert 0.9 < np.mean([float(text) for text in texts[11:] if text]) < 1.2
    app = opened(PAGE, link | {"b.momentum": "0.9"})
    assert list(charts(app)[1]["curves"]) == ["A"]
    small = {"a.batch_size": "28", "b.momentum": "0.5"}
    assert len(charts(opened(PAGE, link | small))) == 1


def test_a_branch_is_played_from_its_drop_on_at_the_heights_of_its_line():
    loss = charts(opened(PAGE, controls.link(VIEWS["across"])))[0]
    branch = loss["curves"]["B"]
    assert branch["heights"].index(next(each for each in branch["heights"] if each is not None)) == 20
    assert branch["line"].split()[:2] == ["M21", str(branch["heights"][20])]
    kept = loss["curves"]["A"]
    assert kept["texts"].split("\t")[:21] == branch["texts"].split("\t")[:21]


def test_the_charts_axis_has_its_ticks_at_whole_epochs():
    by_epoch = drawn(opened(PAGE, controls.link(VIEWS["across"])))
    places = {text: place for place, text in by_epoch["charts"]["columns"]}
    assert (places["epoch 10"], places["30"], places["50"]) == (1, 21, 41)
    by_update = drawn(opened(PAGE, controls.link(VIEWS["closer"])))
    assert by_update["charts"]["columns"] == [[1 + 9 * i, f"{'epoch ' * (i == 0)}{23 + i}"] for i in range(6)]
    assert by_update["charts"]["names"] == by_update["texts"]


def test_losses_that_hardly_differ_are_on_a_linear_axis_that_they_fill():
    wide, narrow = (charts(opened(PAGE, controls.link(VIEWS[name])))[0] for name in ("valley", "closer"))
    assert wide["log"]
    assert not narrow["log"]
    heights = [each for curve in narrow["curves"].values() for each in curve["heights"] if each is not None]
    assert min(heights) < 1000
    assert max(heights) > 9000


def test_the_surface_is_that_of_the_chosen_rows():
    training, validation = (drawn(opened(PAGE, SMALL | {"validation": text})) for text in ("false", "true"))
    assert training["charts"]["panels"][0]["title"] == "loss of the training rows"
    assert validation["charts"]["panels"][0]["title"] == "loss of the validation rows"
    assert training["runs"] == validation["runs"]
    assert training["map"]["steps"] != validation["map"]["steps"]


def test_a_window_stays_within_the_runs_and_has_few_enough_updates():
    app = opened(PAGE, SMALL | {"first_epoch": "400", "last_epoch": "500"})
    assert drawn(app)["moments"] == [5, 6]
    app = opened(
        PAGE, SMALL | {"points": "per update", "a.epochs": "20", "b.epochs": "4", "last_epoch": "20"}
    )
    assert "Per update at most 6 epochs of these runs can be drawn: epochs 0 to 6." in words(app)
    first, second = drawn(app)["runs"]
    assert (len(first["x"]), len(second["x"])) == (6 * 9 + 1, 4 * 9 + 1)
    assert drawn(app)["texts"][10] == "epoch 1 + 1 of 9 updates"
    app = opened(PAGE, SMALL | {"points": "per update", "a.batch_size": "1"})
    assert "Per update at most 1 epoch" in words(app)
    assert len(drawn(app)["runs"][0]["x"]) == 236


def test_runs_of_another_network_or_other_rows_are_left_out_and_named():
    app = opened(PAGE, SMALL | {"b.hidden_units": "8"})
    assert [run["letter"] for run in drawn(app)["runs"]] == ["A"]
    assert "Not drawn: B." in words(app)
    hidden = opened(PAGE, SMALL | {"a.shown": "false", "b.shown": "false"})
    assert not drawn(hidden)
    assert "There is nothing to draw" in words(hidden)


def test_a_run_that_diverges_is_cut_and_called_lost():
    wild = {"b.initial_learning_rate": "1000", "b.momentum": "0.99", "b.batch_size": "4", "b.epochs": "60"}
    app = opened(PAGE, SMALL | wild | {"toggles": "true"})
    data = drawn(app)
    assert np.isfinite(data["map"]["steps"]).all()
    first, second = data["runs"]
    assert len(second["x"]) < len(first["x"]) == 7
    assert any("B is lost: after epoch " in each.value for each in app.warning)
    assert "**B**: Every run is lost" in words(app)


def test_four_runs_are_the_most_and_a_fifth_is_not_offered():
    app = opened(PAGE, SMALL | {"recipes": "4", "last_epoch": "2"})
    assert app.button(key="compare.add").disabled
    assert app.button(key="compare.duplicate").disabled
    press(app, "compare.remove")
    assert not app.button(key="compare.add").disabled


def test_one_seed_is_one_seed(monkeypatch):
    monkeypatch.setattr(results, "BUDGET", 1e-9)
    told = words(
        opened(PAGE, SMALL | {"toggles": "true", "b.initial_learning_rate": "1000", "b.momentum": "0.99"})
    )
    assert "Median of 1 seed, " in told
    assert not re.search(r"\b1 (seeds|runs)\b", told)


@pytest.mark.parametrize(("drop_epoch", "start"), [(0, 0), (4, 4), (15, 0)])
def test_a_run_is_measured_from_its_drop_on_if_that_is_in_the_window(drop_epoch, start):
    entry = Entry("A", Recipe(epochs=20, drop_epoch=drop_epoch))
    assert toggling._measured(entry, controls.Window(0, 10, by_update=False), 2).start == start


def test_an_inaccurate_plane_has_a_warning():
    app = opened(PAGE, {"recipes": "2", "a.initial_learning_rate": "2", "b.initial_learning_rate": "1"})
    assert any("Do not trust this picture: " in each.value for each in app.warning)


def test_full_batches_have_buttons_for_rates_around_the_limit():
    app = opened(PAGE, controls.link(VIEWS["across"]) | {"b.momentum": "0.9"})
    assert "Start A at the rate" in words(app)
    app = opened(PAGE, controls.link(VIEWS["across"]))
    assert "Start all runs at the rate" in words(app)
    press(app, "surface.rate.0.5")
    assert (address(app)["a.initial_learning_rate"], address(app)["b.initial_learning_rate"]) == (
        "0.5",
        "0.5",
    )
    assert "**A**: The curvature never exceeds the limit" in words(app)
    assert not [each for each in opened(PAGE).button if each.key.startswith("surface.rate")]


def test_runs_that_are_renamed_are_drawn_by_their_new_names():
    for name in ("first", "second"):
        assert drawn(opened(PAGE, SMALL | {"b.name": name}))["runs"][1]["name"] == f"B: {name}"


def test_in_long_runs_not_every_epoch_has_a_point():
    long = {f"{letter}.epochs": "500" for letter in "abcd"} | {"recipes": "4", "last_epoch": "500"}
    data = drawn(opened(PAGE, long | {"d.drop_epoch": "150", "a.batch_size": "235", "d.batch_size": "235"}))
    assert sum(len(run["x"]) for run in data["runs"]) <= 1000
    assert (data["moments"][0], data["moments"][-1]) == (0, 500)
    branch = data["runs"][3]
    assert (
        data["moments"][branch["at"][branch["drop"]]]
        <= 150
        < data["moments"][branch["at"][branch["drop"] + 1]]
    )
    assert len(data["charts"]["panels"]) == 1


def test_more_than_four_runs_are_not_drawn():
    app = opened(PAGE, {"recipes": "6", "a.epochs": "3", "last_epoch": "3"})
    assert len(drawn(app)["runs"]) == 4


def test_drop_adds_a_branch_or_replaces_an_earlier_one():
    entries = entries_of(VIEWS["valley"].preset)
    branched = with_branch(entries, entries[0], 20, 0.1)
    assert branched[:3] == entries
    assert branched[3].recipe == replace(entries[0].recipe, drop_epoch=20, drop_factor=0.1)
    assert branched[3].label == "D: Constant 0.5, dropped after 20"
    moved = with_branch(branched, branched[0], 30, 0.5)
    assert moved[:3] == entries
    assert (moved[3].recipe.drop_epoch, moved[3].recipe.drop_factor, moved[3].letter) == (30, 0.5, "D")
    assert moved[3].name == "Constant 0.5, dropped after 30"
    other = with_branch(branched, branched[1], 25, 0.1)
    assert [entry.letter for entry in other] == ["A", "B", "C", "D"]
    assert is_branch(other[3].recipe, entries[1].recipe)
    full = [*entries, Entry("D", Recipe(Constant(0.2)))]
    assert with_branch(full, full[3], 9, 0.1)[2].recipe.schedule == Constant(0.2)
    assert not is_branch(Recipe(StepDecay(), drop_epoch=3), Recipe())


def test_drop_branches_the_run_whose_tab_is_open():
    app = opened(PAGE, SMALL)
    assert drawn(app)["drop"] == {"letter": "A", "words": "to a tenth", "epochs": 6}
    app = opened(PAGE, SMALL | {"drop_to": "0.5"}, {"compare.editing": "B"})
    assert drawn(app)["drop"] == {"letter": "B", "words": "to 0.5", "epochs": 6}


def test_compare_has_the_branch():
    app = opened(PAGE, controls.link(VIEWS["across"]))
    go(app, "5_Compare.py")
    assert address(app)["b.drop_epoch"] == "30"
    assert "changes the schedule (equal in: highest rate and first rate)" in words(app)


def numbers(app: AppTest) -> dict[str, list[str]]:
    return app.dataframe[0].value.set_index("run").T.to_dict("list")


def test_movement_is_measured_over_20_seeds_before_and_after_the_drop():
    app = opened(PAGE, controls.link(VIEWS["across"]) | {"toggles": "true"})
    table = numbers(app)
    kept, dropped = table["A: Constant 1.5"], table["B: Dropped after 30"]
    assert (kept[0], dropped[0]) == ("10 to 50", "30 to 50")
    assert kept[1].startswith("-0.8")
    assert kept[2] == "100 % [100 %, 100 %]"
    assert dropped[2] == "0 % [0 %, 0 %]"
    said = words(app)
    assert "So it does not toggle around a minimum: it bounces across a valley and walks along it." in said
    assert "So it does not toggle" in said.partition("**B**: ")[2]


def test_the_articles_claim_has_a_link_to_its_measurement():
    article = opened_alone("8_The_article.py", {"runs": "50"})
    labels = [each.proto.label for each in article.get("page_link")] + [
        each.value for each in article.caption
    ]
    assert "Does it toggle around a minimum? Watch its weights, and measure" in labels
    app = opened(PAGE, link_to_claim())
    assert [run["name"][3:] for run in drawn(app)["runs"]] == list(TOGGLING.preset.recipes)
    assert numbers(app)["A: The article's rate"][0] == "30 to 50"
    assert "**A**: On average a step goes on in the direction of the one before (cosine +0.3" in words(app)


def test_a_link_hides_controls_of_this_page():
    app = opened(
        PAGE, SMALL | {"hide": "points,first_epoch,last_epoch,toggles,drop_to", "points": "per update"}
    )
    assert not [each for each in app.button_group if each.key in ("points", "drop_to")]
    assert len(drawn(app)["moments"]) == 55
