"""The Compare page: a comparison is built, read, changed, and told what it can tell."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from lrcore.optimizers import SGD
from lrcore.recipes.article import ARTICLE
from lrcore.recipes.presets import PRESETS, START
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, ExponentialDecay, OneCycle, StepDecay
from lrcore.training import experiments
from pages.components.compare import charts, comparison, links, one_by_one, panels
from pages.components.compare.comparison import Entry
from tests import visit
from tests.visit import address, press, run

SEEDS = 4


def opened(entries=(), **params):
    """The page with a link to those recipes."""
    link = links.link(entries) if entries else {}
    panels = {"compare.numbers": True, "compare.differences.open": True}
    return visit.opened("5_Compare.py", {"seeds": str(SEEDS)} | link | params, panels)


def four():
    """The article's four as the page names them."""
    return comparison.entries_of(PRESETS["article"])


def click(app, name):
    """Presses a button of the page."""
    return press(app, f"compare.{name}")


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
    return experiments.train(recipes, range(SEEDS))


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
    app.session_state[panels.EDITING] = "C"
    run(app)
    click(app, "duplicate")
    assert labels(app)[4] == "E: Article 3 (step) (copy)"
    assert table(app).iloc[4, 1:].tolist() == table(app).iloc[2, 1:].tolist()
    assert app.session_state[panels.EDITING] == "E"
    assert labels(app)[:4] == [entry.label for entry in four()]


def test_a_removed_recipe_leaves_the_others_as_they_were():
    app = opened(four())
    before = table(app)
    app.session_state[panels.EDITING] = "B"
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
    app.session_state[panels.EDITING] = removed
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


def sent_panels(app):
    """The charts as they are sent to the browser, the one of rates first."""
    return [*visit.drawn(app, charts.RATES)["panels"], *visit.drawn(app, charts.CURVES)["panels"]]


def sent_curves(app):
    """The curves of all charts."""
    return [curve for panel in sent_panels(app) for curve in panel["curves"]]


def chart_names(app):
    """The names of the charts' lines."""
    return {curve["label"] for curve in sent_curves(app)}


def bands(app):
    """The names of the curves that have a band."""
    return {curve["label"] for curve in sent_curves(app) if "area" in curve}


def test_single_runs_are_drawn_on_demand_and_other_curves():
    app = opened()
    titles = [panel["title"] for panel in sent_panels(app)]
    assert titles == ["learning rate", "validation loss", "validation accuracy"]
    assert not [curve for curve in sent_curves(app) if "runs" in curve]
    app.toggle(key="single").set_value(True)
    app.button_group(key="curves").set_value("both")
    run(app)
    titles = [panel["title"] for panel in sent_panels(app)]
    assert titles[3:] == ["training loss", "training accuracy"]
    assert [curve["runs"].count("M") for curve in sent_curves(app) if "runs" in curve] == [SEEDS] * 2 * 4
    assert not bands(app)


def test_each_split_has_its_own_baseline_of_accuracy():
    app = opened([Entry("A", Recipe()), Entry("B", Recipe(StepDecay(), split="tail"))])
    assert {'always "good": 63.8% (stratified split)', 'always "good": 92.2% (tail split)'} <= chart_names(
        app
    )
    (loss, accuracy) = visit.drawn(opened(four()), charts.CURVES)["panels"]
    assert loss["reference"] is None
    assert "92.2%" in accuracy["reference"][1]


# Differences and the guard


def test_the_verdicts_are_about_differences_paired_by_seed():
    app = opened(four(), baseline="B", seeds="8")
    heads = [each.partition(":")[0] for each in sentences(app)]
    assert heads == [f"**{each}** against **B**, the baseline" for each in "ACD"]
    constant, time_based = (
        each.val_loss[:, -1].astype(float)
        for each in experiments.train([ARTICLE["constant"], ARTICLE["time-based"]], range(8))
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
    app = opened([Entry("A", Recipe()), Entry("B", Recipe(optimizer=SGD(0.9), batch_size=56))])
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
    wild = Recipe(Constant(1000.0), optimizer=SGD(0.99), epochs=10)
    app = opened([Entry("A", replace(wild, schedule=Constant(0.1), optimizer=SGD(0.0))), Entry("B", wild)])
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
    assert "nan" not in " ".join(visit.drawn(app, charts.CURVES)["alt"])


# The verdict, what it depends on, and the view of differences


def lines(app):
    """The markdown of the page."""
    return [each.value for each in app.markdown]


def test_the_verdict_stands_above_the_curves_and_what_it_depends_on_below_it():
    told = lines(opened(seeds="20"))
    assert told[1].startswith(
        "**Final validation loss** of B against recipe A, the baseline: **higher on 20 of 20"
    )
    finals = {}
    for rate in (0.01, 0.03, 0.1, 0.3, 1.0):
        pair = [Recipe(Constant(rate)), Recipe(StepDecay(rate, 0.5, 5))]
        constant, halved = (each.val_loss[:, -1] for each in experiments.train(pair, range(20)))
        finals[rate] = int((halved > constant).sum())
    words = ["higher" if n >= 17 else "lower" if n <= 3 else "not decided" for n in finals.values()]
    assert told[2] == (
        "**At the equal rates** 0.01, 0.03, 0.1, 0.3 and 1, on 20 seeds each, B is, against A: "
        f"**{', '.join(words)}**."
    )


def test_recipes_that_differ_in_height_alone_are_one_at_equal_rates():
    app = opened([Entry("A", Recipe(Constant(0.1))), Entry("B", Recipe(Constant(10.0)))])
    assert "**At equal rates** B and A are the same recipe: they differ in height alone." in lines(app)


@pytest.mark.parametrize(
    ("recipe", "told"),
    [(Recipe(epochs=500, batch_size=4), "not computed"), (Recipe(Constant(1e-320)), "within the bounds")],
)
def test_what_is_too_dear_or_impossible_at_other_rates_is_said(recipe, told):
    app = opened([Entry("A", recipe), Entry("B", replace(recipe, optimizer=SGD(0.5)))], seeds="1")
    (said,) = (each.value for each in app.caption if each.value.startswith("At other rates"))
    assert told in said


def test_the_recipe_whose_tab_is_open_is_the_one_that_the_line_is_about():
    app = opened(four())
    assert "B is, against A:" in lines(app)[2]
    app.session_state[panels.EDITING] = "D"
    assert "D is, against A:" in lines(run(app))[2]


def test_from_three_recipes_on_the_baseline_alone_has_a_band():
    assert bands(opened()) == {"A: Constant", "B: Halved every 5"}
    assert bands(opened(four(), baseline="C")) == {"C: Article 3 (step)"}


def test_the_difference_from_the_baseline_ends_in_the_verdicts_interval():
    app = opened(view="difference from the baseline", seeds="20")
    constant, halved = (
        each.val_loss[:, -1].astype(float)
        for each in experiments.train([Recipe(), Recipe(StepDecay(0.1, 0.5, 5))], range(20))
    )
    apart = np.sort(halved - constant)
    (curve,) = visit.drawn(app, charts.CURVES)["panels"][0]["curves"]
    ends = [float(curve[name].split("\t")[-1]) for name in ("low", "texts", "high")]
    assert ends == pytest.approx([apart[4], np.median(apart), apart[-5]], rel=1e-3)


def test_when_all_recipes_are_hidden_a_sentence_stands_for_the_empty_axes():
    app = opened([replace(entry, shown=False) for entry in comparison.entries_of(START)])
    with pytest.raises(StopIteration):
        visit.drawn(app, charts.RATES)
    assert "All recipes are hidden." in app.info[0].value
    assert sentences(app), "the verdicts stay"


@pytest.mark.parametrize("height", ["highest rate", "first rate", "area under the rate"])
def test_the_schedules_are_set_equally_high_in_what_the_reader_chooses(height):
    app = opened([Entry("A", Recipe(StepDecay(0.2))), Entry("B", Recipe(OneCycle(0.5)))], equal_in=height)
    assert "the highest rate (0.5, not 0.2)" in app.warning[0].value
    click(app, "control")
    assert not app.warning
    assert f"equal in: {height}" in " ".join(each.value for each in app.caption)


# One seed at a time


def test_seeds_are_added_one_by_one_and_judged_at_the_number_that_was_set():
    app = opened(one_by_one="true")
    assert not sentences(app)
    finals = [each.val_loss[:, -1] for each in trained(Recipe(), Recipe(StepDecay(0.1, 0.5, 5)))]
    higher = finals[1] > finals[0]
    for number in range(1, SEEDS):
        click(app, "seed.next")
        (told,) = (each for each in lines(app) if each.startswith("**After"))
        assert told.startswith(
            f"**After {number} of {SEEDS} seeds** the final validation loss of B is, against A, "
        )
        assert f"higher on {higher[:number].sum()} of {number}" in told
        assert "[" not in told, "no interval before the end"
        assert not sentences(app)
        assert not any("At the equal rates" in each for each in lines(app))
        assert address(app)["added"] == str(number)
    assert len(sentences(click(app, "seed.all"))) == 1
    assert app.button(key="compare.seed.next").disabled


def test_each_pair_of_runs_has_a_dot_at_its_difference_and_a_lost_one_has_none():
    wild = Recipe(Constant(1000.0), optimizer=SGD(0.99), epochs=10)
    pairs = {"added": "3", "seeds": str(SEEDS), "one_by_one": "true"}
    for entries, dots in (((), 3), ([Entry("A", Recipe(epochs=10)), Entry("B", wild)], 0)):
        strip = visit.drawn(opened(entries, **pairs), "compare.seed.strip")
        pair, middle = strip["panels"][0]["curves"]
        assert (strip["unit"], strip["epochs"], pair["dots"].count("M"), pair["line"]) == (
            "pair",
            SEEDS,
            dots,
            "",
        )
        assert bool(middle["line"]) is bool(dots)
        if dots:
            finals = [each.val_loss[:3, -1] for each in trained(Recipe(), Recipe(StepDecay(0.1, 0.5, 5)))]
            assert [float(text) for text in pair["texts"].split("\t")] == pytest.approx(
                (finals[1] - finals[0]).tolist(), rel=1e-3
            )


@pytest.mark.parametrize(("key", "value"), [("seeds", 6), ("b.momentum", 0.5)])
def test_another_recipe_or_number_of_seeds_starts_anew(key, value):
    app = opened(one_by_one="true", added="3")
    assert any(each.startswith("**After 3 of 4 seeds**") for each in lines(app)), (
        "a link keeps what was added"
    )
    before = dict(app.query_params)
    widget = app.slider(key=key) if key == "seeds" else app.select_slider(key=key)
    widget.set_value(value)
    run(app)
    assert any(each.startswith("**No seed yet") for each in lines(app))
    assert any("starts anew" in each.value for each in app.caption)
    visit.follow(app, before)
    assert any(each.startswith("**After 3 of 4 seeds**") for each in lines(app)), "as Back does"


def false_alarms(looks):
    """The probability that fair coins look lopsided at one of the looks, by walking through all counts."""
    chances, found = {0: 1.0}, 0.0
    for seeds in range(1, max(looks) + 1):
        nxt = {}
        for heads, chance in chances.items():
            for more in (0, 1):
                nxt[heads + more] = nxt.get(heads + more, 0) + chance / 2
        if seeds in looks:
            lopsided = [n for n in nxt if stats.binomtest(n, seeds).pvalue <= 0.05]
            found += sum(nxt.pop(n) for n in lopsided)
        chances = nxt
    return round(100 * found)


def test_the_page_says_how_often_stopping_when_it_pleases_finds_what_is_not_there():
    assert false_alarms({10, 20, 50, 100, 200}) == one_by_one.FEW_LOOKS
    assert false_alarms(set(range(1, 201))) == one_by_one.EVERY_LOOK


def test_six_recipes_are_told_in_one_breath_where_the_same_holds_of_them():
    schedules = (Constant, StepDecay, ExponentialDecay, ExponentialDecay, StepDecay, Constant)
    app = opened(
        [Entry(letter, Recipe(schedule(0.1))) for letter, schedule in zip("ABCDEF", schedules, strict=True)],
        view="difference from the baseline",
    )
    told = next(each for each in lines(app) if each.startswith("**Final validation loss**"))
    assert told.count("**too few seeds to say**") <= 1
    (changes,) = (each.value for each in app.caption if each.value.startswith("Against recipe A"))
    assert "**B, C, D and E** change the schedule" in changes
    assert "**F** changes nothing" in changes
    assert bands(app) == {"B: Step decay"}, "the recipe that the line on equal rates is about"
