"""The Compare page: a comparison is built, read, changed, and told what it can tell."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from lrcore import experiments
from lrcore.presets import PRESETS
from lrcore.recipes import ARTICLE, Recipe
from lrcore.schedules import Constant, ExponentialDecay, StepDecay
from pages.components import comparison
from pages.components.comparison import Entry
from tests import visit
from tests.visit import address, run

SEEDS = 4


def opened(entries=(), **params):
    """The page with a link to those recipes."""
    link = comparison.link(entries) if entries else {}
    app = visit.opened("5_Compare.py", {"seeds": str(SEEDS)} | link | params)
    app.session_state["compare.numbers"] = app.session_state["compare.differences.open"] = True
    return run(app)


def four():
    """The article's four as the page names them."""
    return comparison.entries_of(PRESETS["article"])


def click(app, name):
    """Presses a button of the page."""
    app.button(key=f"compare.{name}").click()
    return run(app)


def table(app):
    """The table of measures."""
    return app.dataframe[-1].value


def labels(app):
    """What the recipes are called."""
    return table(app)["Recipe"].tolist()


def sentences(app):
    """The verdicts."""
    return [each.value for each in app.markdown if " against **" in each.value]


def momentum(app):
    """The momentum of each recipe, by its control."""
    return [app.select_slider(key=f"{letter}.momentum").value for letter in "abcdef"[: len(app.tabs)]]


def trained(*recipes):
    """The runs of the recipes, straight from the trainer."""
    return experiments.run(recipes, range(SEEDS))


# Building a comparison


def test_a_reader_who_asks_for_nothing_finds_a_comparison_that_changes_the_schedule_alone():
    app = opened()
    assert labels(app) == ["A: Constant", "B: Halved every 5"]
    assert not app.warning
    assert (
        "Against recipe A, the baseline: **B** changes the schedule (equal in: highest rate and first rate)."
        in [each.value for each in app.caption]
    )


def test_a_comparison_is_built_by_hand_and_its_table_read():
    app = opened()
    click(app, "add")
    assert labels(app)[2] == "C: Time-based decay"
    assert momentum(app) == [0, 0, 0], "a new recipe takes over what the baseline has"
    app.selectbox(key="c.schedule").set_value("ExponentialDecay")
    run(app)
    app.select_slider(key="c.decay_rate").set_value(0.1)
    app.text_input(key="c.name").input("Mine")
    run(app)
    assert labels(app) == ["A: Constant", "B: Halved every 5", "C: Mine"]
    (history,) = trained(Recipe(ExponentialDecay(0.1, 0.1)))
    final = history.val_loss[:, -1].astype(float)
    row = table(app).iloc[2]
    assert row["Final validation loss"] == f"{np.median(final):.3f} ({final.min():.3f} to {final.max():.3f})"
    best = history.val_accuracy.max(axis=1).astype(float)
    assert row["Best validation accuracy"].startswith(f"{np.median(best):.3f} ({best.max():.3f}")
    assert row["Lost"] == f"0 of {SEEDS}"
    assert row["Effective step"] == "0.1"
    assert float(row["Area under the rate"]) == pytest.approx(
        0.1 * np.exp(-0.1 * np.arange(50)).sum(), rel=5e-3
    )
    assert len(sentences(app)) == 2


def test_a_duplicate_is_the_recipe_once_more_and_stands_last():
    app = opened(four())
    app.session_state[comparison.EDITING] = "C"
    run(app)
    click(app, "duplicate")
    assert labels(app)[4] == "E: Article 3 (step) (copy)"
    assert table(app).iloc[4, 1:].tolist() == table(app).iloc[2, 1:].tolist()
    assert app.session_state[comparison.EDITING] == "E"
    assert labels(app)[:4] == [entry.label for entry in four()]


def test_a_removed_recipe_leaves_the_others_as_they_were():
    app = opened(four())
    before = table(app)
    app.session_state[comparison.EDITING] = "B"
    run(app)
    click(app, "remove")
    assert labels(app) == ["A: Article 1 (constant)", "B: Article 3 (step)", "C: Article 4 (exponential)"]
    assert table(app).iloc[:, 1:].values.tolist() == before.iloc[[0, 2, 3], 1:].values.tolist()


@pytest.mark.parametrize("hide", ["", "baseline"])
def test_the_baseline_of_a_link_stays_when_a_recipe_is_added_at_once(hide):
    app = opened(four(), baseline="C", hide=hide)
    click(app, "add")
    assert address(app)["baseline"] == "C"
    assert any(each.value == "Against recipe C, the baseline" for each in app.subheader)


@pytest.mark.parametrize(("removed", "baseline"), [("B", "B"), ("C", "A"), ("D", "C")])
def test_the_baseline_stays_the_same_recipe_when_another_one_goes(removed, baseline):
    app = opened(four(), baseline="C")
    app.session_state[comparison.EDITING] = removed
    run(app)
    click(app, "remove")
    assert app.button_group(key="baseline").value == baseline


def test_there_are_never_more_than_six_recipes_nor_fewer_than_two():
    app = opened()
    assert app.button(key="compare.remove").disabled
    for _ in range(4):
        click(app, "add")
    assert len(set(labels(app))) == 6
    assert app.button(key="compare.add").disabled
    assert app.button(key="compare.duplicate").disabled
    schedules = [app.selectbox(key=f"{letter}.schedule").value for letter in "abcdef"]
    assert len(set(schedules)) == 6, "each added recipe tries another schedule"


def test_a_recipe_that_is_not_shown_keeps_its_place_in_the_table():
    app = opened(four())
    names = chart_names(app)
    app.toggle(key="b.shown").set_value(False)
    run(app)
    assert chart_names(app) == names - {"B: Article 2 (time-based)"}
    assert len(table(app)) == 4


def chart_names(app):
    """The names of the chart's lines."""
    return {trace["name"] for trace in spec(app)["data"]}


def spec(app):
    """The chart as it is sent to the browser."""
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def test_single_runs_are_drawn_on_demand_and_other_curves():
    app = opened()
    titles = [axis["title"]["text"] for name, axis in spec(app)["layout"].items() if name.startswith("yaxis")]
    assert titles == ["learning<br>rate", "validation<br>loss", "validation<br>accuracy"]
    assert not [trace for trace in spec(app)["data"] if trace["line"]["width"] == 1]
    app.toggle(key="single").set_value(True)
    app.button_group(key="curves").set_value("both")
    run(app)
    titles = [axis["title"]["text"] for name, axis in spec(app)["layout"].items() if name.startswith("yaxis")]
    assert len(titles) == 5
    assert len([trace for trace in spec(app)["data"] if trace["line"]["width"] == 1]) == 2 * 4


def test_each_split_has_its_own_baseline_of_accuracy():
    app = opened([Entry("A", Recipe()), Entry("B", Recipe(StepDecay(), split="tail"))])
    assert {'always "good" (stratified): 63.8%', 'always "good" (tail): 92.2%'} <= chart_names(app)
    assert "92.2%" in opened(four()).get("plotly_chart")[0].proto.spec


# Differences and the guard


def test_the_verdicts_are_about_differences_paired_by_seed():
    app = opened(four(), baseline="B", seeds="8")
    heads = [each.partition(":")[0] for each in sentences(app)]
    assert heads == [f"**{each}** against **B**, the baseline" for each in "ACD"]
    constant, time_based = (
        each.val_loss[:, -1].astype(float)
        for each in experiments.run([ARTICLE["constant"], ARTICLE["time-based"]], range(8))
    )
    higher = int((constant > time_based).sum())
    assert f"final validation loss: **too few seeds to say** (higher on {higher}" in sentences(app)[0]
    median = np.median(constant - time_based)
    row = app.dataframe[0].value.iloc[0]
    assert (row["Higher or later"], row["Median difference"]) == (str(higher), f"{median:+.3f}")


def test_more_seeds_decide_more_and_one_seed_nothing():
    few = sentences(opened(four(), seeds="1"))
    assert all("loss: **too few seeds to say** (" in each for each in few)
    assert all("at least 9 are needed for 12 comparisons" in each for each in few)
    decided = [
        re.search(r"final validation loss: \*\*(lower|higher) on ", each)
        for each in sentences(opened(four(), seeds="20"))
    ]
    assert sum(map(bool, decided)) >= 2


def test_recipes_that_never_reach_the_target_are_equal_in_that_and_counted():
    app = opened(four(), target="1")
    assert table(app)["Never"].tolist() == [f"{SEEDS} of {SEEDS}"] * 4
    assert all(
        f"epochs to 1: **neither gets there on any of {SEEDS} seeds**" in each for each in sentences(app)
    )
    assert any("12 comparisons are made on this page" in each.value for each in app.caption)


def test_the_target_may_be_of_the_validation_accuracy():
    app = opened(four(), target="0.97", target_of="validation")
    histories = trained(*ARTICLE.values())
    reached = [np.argmax(each.val_accuracy >= np.float32(0.97), axis=1) + 1 for each in histories]
    medians = [float(each.split(" ")[0]) for each in table(app)["Epochs to 0.97"].iloc[[1, 2]]]
    assert medians == [np.median(reached[1]), np.median(reached[2])]


def test_several_changes_at_once_are_named_and_undone_with_one_click():
    app = opened(four())
    said = app.warning[0].value
    assert (
        "**B** changes the schedule (equal in: highest rate and first rate) and the momentum (0.8, not 0);"
        in said
    )
    assert (
        "**D** changes the schedule, the initial learning rate (0.01, not 0.1) and the momentum (0.9, not 0)."
        in said
    )
    click(app, "control")
    assert not app.warning
    assert momentum(app) == [0, 0, 0, 0]
    assert app.select_slider(key="d.initial_learning_rate").value == 0.1
    assert [app.selectbox(key=f"{letter}.schedule").value for letter in "abcd"] == [
        type(recipe.schedule).__name__ for recipe in ARTICLE.values()
    ]
    assert app.button_group(key="b.clock").value == "update"
    assert labels(app) == [entry.label for entry in four()]


def test_two_changes_without_a_schedule_have_no_controlled_version():
    app = opened([Entry("A", Recipe()), Entry("B", Recipe(momentum=0.9, batch_size=56))])
    assert "the momentum (0.9, not 0) and the batch size (56, not 28)" in app.warning[0].value
    assert "compare.control" not in {button.key for button in app.button}


def test_each_recipe_shows_its_effective_step():
    captions = [each.value for each in opened(four()).caption if each.value.startswith("Effective step")]
    assert [re.findall(r"(?:most|end) ([\d.e-]*\d)", each) for each in captions] == [
        ["0.1", "0.1"],
        ["0.5", "0.263"],
        ["1", "0.0625"],
        ["0.1", "0.0613"],
    ]


def test_lost_runs_are_counted_and_explained():
    wild = Recipe(Constant(1000.0), momentum=0.99, epochs=10)
    app = opened([Entry("A", replace(wild, schedule=Constant(0.1), momentum=0.0)), Entry("B", wild)])
    (history,) = trained(wild)
    lost = int(np.isnan(history.loss).any(axis=1).sum())
    assert lost == SEEDS
    assert table(app)["Lost"].tolist() == [f"0 of {SEEDS}", f"{lost} of {SEEDS}"]
    told = f"B is lost on {lost} of {SEEDS} seeds"
    assert any(each.value.startswith(f"{told}. A run is lost when") for each in app.warning)
    assert all(
        each.startswith(f"**B** against **A**, the baseline: **{told}, which counts as worse**.")
        for each in sentences(app)
    )
    assert "nan" not in app.get("plotly_chart")[0].proto.alt
