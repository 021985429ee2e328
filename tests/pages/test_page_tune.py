"""The Tune page: the curves are those of the trainer, the best rates judged on other seeds, the point a recipe."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import patch
from urllib.parse import parse_qs

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcore.findings import range_test, tuning, tuning_wording
from lrcore.findings.metrics import MEASURES
from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import SCHEDULES, Constant, CosineDecay, OneCycle, PolynomialDecay, StepDecay
from lrcore.training import ensemble, experiments
from lrcore.training.run import Run, result_of
from pages.components import results
from pages.components.charts import bands
from pages.components.compare import comparison
from pages.components.compare.links import link as compare_link
from pages.components.tune import curve, entries, heat_map, plan, point, rising, stops, views
from tests import visit
from tests.visit import address, press, received, run

QUICK = {"epochs": "6", "tune.rates": "9"}
THREE = [Recipe(kind(), epochs=6) for kind in (Constant, StepDecay, CosineDecay)]
GRID = tuning.grid(9)
LOSS = MEASURES["val_loss"]


def opened(recipes=(), **params):
    """The page with a link to the curves of those recipes, few rates and short runs."""
    link = entries.link(recipes) if recipes else {}
    return visit.opened(
        "6_Tune.py", link | QUICK | {key.replace("__", "."): text for key, text in params.items()}
    )


def spec(app, number=0):
    """A chart as it is sent to the browser; the first one is that of the view."""
    sent = json.loads(app.get("plotly_chart")[number].proto.spec)
    for trace in sent["data"]:
        trace |= {axis: numbers(trace[axis]) for axis in "xy" if isinstance(trace.get(axis), dict)}
    return sent


def numbers(sent):
    """An array as plotly sends it, as a list."""
    return np.frombuffer(base64.b64decode(sent["bdata"]), sent["dtype"]).astype(float).tolist()


def sent(app):
    """The chart of the curves as it is in the end: what comes later in a run replaces what came before."""
    chart = {}
    for part in received(app):
        if part.get("key") == curve.KEY:
            chart |= part.get("drawn", part)
    return chart


def columns(app):
    """The numbers of the chart by the names of the columns, infinite where there is none."""
    name, *rows = sent(app)["table"]
    return {key: [float(text or "inf") for text in texts] for key, *texts in zip(name, *rows, strict=True)}


def curves(app):
    """The medians of the chart by the schedules' names."""
    title = sent(app)["panels"][0]["title"]
    parts = [(key.rpartition(": "), values) for key, values in columns(app).items()]
    return {label: values for (label, _, name), values in parts if name == title}


def said(app, begin):
    """The paragraphs that begin so."""
    return [each.value for each in app.markdown if each.value.startswith(begin)]


def links(app):
    """The parameters of each link to another page, by its label."""
    return {
        each.proto.label: {key: texts[0] for key, texts in parse_qs(each.proto.query_string).items()}
        for each in app.get("page_link")
    }


def values(recipe, seeds, measure=LOSS, rates=GRID):
    """The final values straight from the trainer, (rates, seeds)."""
    histories = experiments.train([tuning.at_rate(recipe, rate) for rate in rates], seeds)
    return np.stack([measure.values(history) for history in histories])


# The curves


def test_a_reader_who_asks_for_nothing_finds_three_schedules_over_seventeen_rates():
    app = visit.opened("6_Tune.py", {"epochs": "2"})
    found = curves(app)
    assert list(found) == ["Constant", "Step decay", "Cosine decay"]
    assert columns(app)["rate"] == list(tuning.grid())
    assert not app.warning


def test_the_curves_are_medians_of_the_first_ten_tuning_seeds():
    app = opened()
    for name, recipe in zip(curves(app), THREE, strict=True):
        medians = np.median(values(recipe, range(1000, 1010)), axis=1)
        assert curves(app)[name] == pytest.approx(medians, rel=1e-5)


@pytest.mark.parametrize(
    ("word", "of"),
    [
        ("training loss", lambda history: history.loss[:, -1]),
        ("validation accuracy", MEASURES["val_accuracy"].of),
        ("roughness", MEASURES["roughness"].of),
    ],
)
def test_other_measures_are_drawn_of_the_same_runs(word, of):
    app = opened(tune__measure=word)
    histories = experiments.train([tuning.at_rate(THREE[0], rate) for rate in GRID[:6]], range(1000, 1010))
    expected = [np.median(of(history).astype(float)) for history in histories]
    assert curves(app)["Constant"][:6] == pytest.approx(expected, rel=1e-5)
    reference = sent(app)["panels"][0]["reference"]
    assert ("63.8%" in str(reference)) == (word == "validation accuracy")


def test_against_the_area_and_the_highest_rate_the_points_stand_where_their_recipes_do():
    for axis, of in (("area", Recipe.area), ("highest rate", lambda each: each.learning_rates().max())):
        app = opened(tune__axis=axis)
        expected = [of(tuning.at_rate(THREE[2], rate)) for rate in GRID]
        assert columns(app)[f"Cosine decay: {axis}"] == pytest.approx(expected, rel=1e-5)
        assert said(app, "**Rank correlation**")


def test_lost_runs_are_counted_above_the_chart():
    wild = Recipe(Constant(), optimizer=SGD(0.99), epochs=6)
    app = opened([wild])
    counts = [each["text"] for each in sent(app)["panels"][0]["lost"]]
    lost = np.isinf(values(wild, range(1000, 1010))).sum(axis=1)
    assert lost.any()
    assert counts == [str(each) for each in lost if each]


def test_a_reader_who_waits_for_more_sees_the_curves_grow_in_one_chart(monkeypatch):
    monkeypatch.setattr(results, "NOTICED", 0)
    app = opened([Recipe(kind(), epochs=5) for kind in (Constant, StepDecay)], tune__rates="17")
    first, last = (part for part in received(app) if part.get("key") == curve.KEY)
    assert (len(first["table"]), len(last["drawn"]["table"])) == (1 + 9, 1 + 17)
    assert not first["panels"][0]["stars"]
    assert [star["label"] for star in sent(app)["panels"][0]["stars"]] == ["Constant", "Step decay"]


@pytest.mark.parametrize(
    ("value", "chooses"),
    [
        (["B", 0.1], [("B", 0.1)]),
        (["B", 1], [("B", 1.0)]),
        *((value, []) for value in (["C", 0.1], ["B", 0.123], ["B"], "B", None, [["B"], 0.1], ["B", {}], {})),
    ],
)
def test_a_click_chooses_a_point_of_the_chart_and_nothing_else_that_a_browser_sends(
    monkeypatch, value, chooses
):
    chosen = []
    monkeypatch.setattr(views.st, "session_state", {curve.KEY: {"chosen": value}})
    monkeypatch.setattr(views, "choose", lambda *point: chosen.append(point))
    views.take_point(curve.KEY, ["A", "B"], GRID)
    assert chosen == chooses


@pytest.mark.parametrize(("point", "chooses"), [({"customdata": ["B", 1]}, [("B", 1.0)]), ({"x": 1}, [])])
def test_a_click_on_a_reading_of_the_range_test_chooses_nothing(monkeypatch, point, chooses):
    chosen = []
    state = SimpleNamespace(selection=SimpleNamespace(points=[point]))
    monkeypatch.setattr(views.st, "session_state", {rising.KEY: state})
    monkeypatch.setattr(views, "choose", lambda *point: chosen.append(point))
    views.clicked(rising.KEY)
    assert chosen == chooses


def test_a_schedule_has_its_own_extra_drop():
    dropped = Recipe(Constant(), epochs=6, drop_epoch=3, drop_factor=0.5)
    app = opened([Recipe(Constant(), epochs=6), dropped])
    assert (address(app)["tune.b.drop_epoch"], address(app)["tune.b.drop_factor"]) == ("3", "0.5")
    expected = np.median(values(dropped, tuning.tuning_seeds(10)), axis=1)
    assert curves(app)["Constant (B)"] == pytest.approx(expected, rel=1e-3)
    assert not any("the same recipe" in each for each in said(app, "**Each at"))
    press(app, "tune.remove")
    assert address(app)["tune.a.drop_epoch"] == "3", "the first one was open and has gone"
    press(app, "tune.add")
    assert "tune.b.drop_epoch" not in address(app)


def test_the_chart_in_words_names_its_axis_and_has_numbers():
    app = opened(tune__axis="area", tune__measure="roughness")
    words = sent(app)["alt"][0]
    assert words.startswith("Chart of the roughness (points) against the area under the rate curve")
    assert re.search(r"lowest medians: Constant \d", words)
    words = sent(opened(epochs="1", tune__measure="roughness"))["alt"][0]
    assert "Constant none" in words


def test_a_schedule_on_its_own_is_compared_with_none():
    app = opened([THREE[0]])
    headings = [each.value for each in app.subheader]
    assert "The best rates" in headings
    assert "Each at its own best rate" not in headings


def test_a_schedule_s_own_hyperparameters_count_and_a_maximum_is_called_so():
    recipes = [Recipe(StepDecay(epochs_drop=2), epochs=6), Recipe(OneCycle(), epochs=6)]
    app = opened(recipes)
    assert app.select_slider(key="tune.a.epochs_drop").value == 2
    medians = np.median(values(recipes[0], range(1000, 1010)), axis=1)
    assert curves(app)["Step decay"] == pytest.approx(medians, rel=1e-5)
    assert said(app, "**One cycle**. The best maximum learning rate of the grid")
    assert "tune.a.initial_learning_rate" not in {each.key for each in app.select_slider}


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_can_be_tuned(name):
    app = visit.opened("6_Tune.py", entries.link([Recipe(SCHEDULES[name](), epochs=2)]) | {"tune.rates": "9"})
    assert list(curves(app)) == [SCHEDULES[name].title]


def test_a_link_keeps_the_shape_of_a_curve_whatever_its_rate():
    recipe = Recipe(PolynomialDecay(0.4, end_learning_rate=0.04), epochs=6)
    app = opened([recipe, recipe])
    medians = np.median(values(recipe, range(1000, 1010)), axis=1)
    assert curves(app)["Polynomial decay (B)"] == pytest.approx(medians, rel=1e-5)


def test_schedules_are_added_and_removed_and_share_the_rest():
    app = opened([Recipe(StepDecay(drop=0.3), optimizer=SGD(0.5), epochs=6)])
    press(app, "tune.add")
    assert list(curves(app)) == ["Step decay", "Constant"]
    assert app.select_slider(key="tune.a.drop").value == 0.3
    assert app.select_slider(key="momentum").value == 0.5
    app.session_state[entries.EDITING] = "A"
    run(app)
    press(app, "tune.remove")
    assert list(curves(app)) == ["Constant"]
    assert app.button(key="tune.remove").disabled
    assert address(app)["momentum"] == "0.5"


def test_a_link_says_every_schedule_even_if_all_are_the_usual_one():
    app = opened([THREE[0]] * 3)
    again = visit.opened("6_Tune.py", address(app))
    assert list(curves(again)) == ["Constant (A)", "Constant (B)", "Constant (C)"]


# The verdict


def test_the_verdict_is_on_seeds_that_chose_no_rate():
    app = opened(THREE[:2])
    tuned = [tuning.choose(GRID, values(recipe, tuning.tuning_seeds())) for recipe in THREE[:2]]
    judged = [
        values(recipe, range(tuning.JUDGING_SEEDS), rates=[each.rate])[0]
        for recipe, each in zip(THREE[:2], tuned, strict=True)
    ]
    given = tuning.judge_tuned((tuned[1], tuned[0]), judged[1], judged[0], 1)
    names = ("Step decay", "Constant")
    assert said(app, "**Each at its own best rate**") == [tuning_wording.fair(given, names)]
    assert tuning_wording.scores(given, names) in [each.value for each in app.caption]
    equal = tuning.at_equal_rates(*(values(recipe, tuning.tuning_seeds()) for recipe in reversed(THREE[:2])))
    assert said(app, "**At equal rates**") == [tuning_wording.equal_rates(GRID, equal, names)]
    assert any(tuning_wording.certainty(tuned[0]) in each for each in said(app, "**Constant**."))


def test_the_verdict_leads_to_the_same_recipes_on_compare():
    app = opened(THREE[:2])
    link = links(app)["Compare them at these rates"]
    rates = [tuning.choose(GRID, values(recipe, tuning.tuning_seeds())).rate for recipe in THREE[:2]]
    assert [float(link[f"{letter}.initial_learning_rate"]) for letter in "ab"] == rates
    assert (link["seeds"], link["recipes"], link["baseline"]) == ("100", "2", "A")


# The point


def test_a_point_is_the_recipe_that_schedules_shows():
    app = opened(tune__of="Step decay", tune__rate="0.32")
    recipe = tuning.at_rate(THREE[1], 0.32)
    (history,) = experiments.train([recipe], range(20))
    told = f"final validation loss **{np.median(LOSS.values(history)):.3f}**, the median of the seeds 0 to 19"
    assert any(told in each.value for each in app.caption)
    shown = visit.opened("3_Schedules.py", links(app)["Schedules"])
    assert shown.select_slider(key="initial_learning_rate").value == 0.32
    assert shown.select_slider(key="epochs").value == 6
    loss = visit.drawn(shown, bands.KEY)["panels"][0]
    texts = {curve["label"]: curve["texts"] for curve in loss["curves"]}
    assert f"{np.median(history.val_loss[:, -1]):.4f}" in str(texts["validation"])


def test_a_point_leads_to_train_and_to_compare_with_all_schedules_at_its_rate():
    app = opened(tune__of="B", tune__rate="0.1")
    train, compare = links(app)["Train"], links(app)["Compare at this rate"]
    assert (train["schedule"], train["initial_learning_rate"], train["run"]) == (
        "StepDecay",
        "0.1",
        "as set",
    )
    assert [compare[f"{letter}.schedule"] for letter in "abc"] == ["StepDecay", "Constant", "CosineDecay"]
    assert {compare[f"{letter}.initial_learning_rate"] for letter in "abc"} == {"0.1"}


def test_the_best_rate_is_chosen_with_one_click_and_is_in_the_link():
    app = opened()
    best = tuning.choose(GRID, values(THREE[1], tuning.tuning_seeds())).rate
    press(app, "tune.best.b")
    assert app.select_slider(key="tune.rate").value == best
    assert address(app)["tune.of"] == "B"
    assert float(address(app)["tune.rate"]) == best
    again = visit.opened("6_Tune.py", address(app))
    assert sent(again) == sent(app)
    assert [each.value for each in again.caption] == [each.value for each in app.caption]


def test_a_rate_out_of_a_schedule_s_bounds_is_said():
    recipe = Recipe(PolynomialDecay(0.001, end_learning_rate=1000.0), epochs=2)
    app = opened([recipe], tune__rate="10")
    assert any("cannot have the rate 10" in each.value for each in app.info)


# The point while the slider is held


def held(app):
    """What was sent beforehand of the slider: the group of the plot, and what it shows by the thumb's text."""
    (data,) = (data for data in received(app) if "held" in data)
    assert data["stops"], "the server is not asked"
    return data["group"], {text: plots[point.KEY] for text, plots in data["stops"]["tune.rate"].items()}


def last_texts(drawn):
    """What the plot says of its curves at the last epoch: a text that repeats the one before is left out."""
    curves = [curve for panel in drawn["panels"] for curve in panel["curves"]]
    return [next(text for text in reversed(curve["texts"].split("\t")) if text) for curve in curves]


@pytest.mark.parametrize(
    ("recipe", "rates"),
    [
        (Recipe(CosineDecay(), epochs=6), ("0.001", "0.32", "10")),
        (Recipe(Constant(), optimizer=SGD(0.99), epochs=50, batch_size=56), ("0.01", "3.2")),
        (Recipe(OneCycle(), clock="update", epochs=1, split="tail"), ("0.1", "10")),
    ],
)
def test_each_stop_shows_what_the_page_shows_after_the_release(recipe, rates):
    params = entries.link([recipe]) | {"tune.rates": "9"}
    group, sent = held(visit.opened("6_Tune.py", params))
    assert list(sent) == [tuning_wording.number_text(rate) for rate in GRID]
    for rate in rates:
        app = visit.opened("6_Tune.py", params | {"tune.rate": rate})
        drawn = visit.drawn(app, point.KEY)
        assert (held(app), drawn["group"]) == ((group, sent), group)
        for one, other in zip(sent[rate]["panels"], drawn["panels"], strict=True):
            assert (one["axis"], one["rows"], one["title"]) == (other["axis"], other["rows"], other["title"])
        for one, other in zip(sent[rate]["panels"][1:], drawn["panels"][1:], strict=True):
            assert [curve["line"] for curve in one["curves"]] == [curve["line"] for curve in other["curves"]]
            assert [curve["area"] for curve in one["curves"]] == [curve["area"] for curve in other["curves"]]
        assert last_texts(sent[rate]) == last_texts(drawn)


def test_a_rate_of_no_grid_has_its_stop_while_it_is_chosen():
    _, sent = held(opened(tune__rate="0.123"))
    assert sorted(map(float, sent)) == sorted([*GRID, 0.123])


def test_stops_of_other_settings_are_of_another_group():
    groups = {held(opened([Recipe(StepDecay(drop=drop), epochs=6)]))[0] for drop in (0.3, 0.5)}
    assert len(groups) == 2


def test_where_runs_take_long_the_rate_curve_alone_follows():
    _, sent = held(opened([Recipe(batch_size=4)], epochs="500", tune__view="map"))
    assert {drawn["note"] for drawn in sent.values()} == {"runs: on release"}
    assert all(len(drawn["panels"]) == 1 for drawn in sent.values())


def test_stops_of_long_runs_are_short_to_send():
    recipe = Recipe(CosineDecay(), epochs=500)
    (history,) = experiments.train([recipe], range(3))
    assert len(json.dumps(stops.stop(recipe, ("#000000", "solid"), history))) < 16_000


def test_a_stop_out_of_bounds_says_so():
    _, sent = held(opened([Recipe(PolynomialDecay(0.001, end_learning_rate=1000.0), epochs=2)]))
    assert sent["10"] == {"note": "out of bounds"}


# Budget and links


def test_settings_that_are_dear_get_fewer_seeds_and_it_is_said(monkeypatch):
    seconds = 3 * experiments.seconds(THREE[0])
    monkeypatch.setattr(results, "BUDGET", seconds * (9 * 3 + 15))
    app = opened()
    (told,) = [each.value for each in app.warning if "shared" in each.value]
    assert "The grid has 9 rates, 3 seeds choose, and 15 seeds judge." in told
    assert any("on 15 seeds that chose neither" in each for each in said(app, "**Each at"))


def test_what_not_even_one_seed_is_affordable_of_is_not_computed(monkeypatch):
    monkeypatch.setattr(results, "BUDGET", 1e-9)
    app = opened()
    assert not sent(app)
    assert visit.drawn(app, point.KEY), "one seed of one recipe always is"
    assert "Nothing is computed" in app.warning[0].value


@pytest.mark.parametrize("size", [9, 17, 33])
def test_the_plan_is_within_the_budget(size):
    for recipe in (
        Recipe(),
        Recipe(epochs=500),
        Recipe(epochs=500, batch_size=4),
        Recipe(epochs=500, hidden_units=128),
    ):
        for number in (1, 3, 6):
            made = plan.plan([recipe] * number, size)
            if made is not None:
                seconds = number * experiments.seconds(recipe)
                assert seconds * (made.size * made.tuning + made.judging) <= results.BUDGET


@given(st.floats(0.001, 4), st.sampled_from(tuning.SIZES))
def test_nothing_is_computed_only_where_one_seed_at_each_rate_and_one_to_judge_are_too_dear(seconds, size):
    with patch.object(experiments, "seconds", lambda recipe: seconds):
        made = plan.plan([Recipe()], size)
    smallest = tuning.SIZES[0]
    if made is None:
        assert seconds * (smallest + 1) > results.BUDGET
    else:
        assert seconds * (made.size * made.tuning + made.judging) <= results.BUDGET * (1 + 1e-9)
        assert min(made.tuning, made.judging) >= 1


def test_what_a_link_cannot_mean_is_named():
    app = opened(tune__of="Z", tune__rate="-1", tune__axis="time", tune__schedules="7")
    told = app.code[0].value
    for label in ("Schedule must be", "Rate must be", "Against must be", "Number of schedules must be"):
        assert re.search(f"^{label}", told, re.M)


def test_a_point_of_no_grid_is_a_recipe_too():
    assert point.recipe_of(entries.Entry("A", THREE[0], "Constant"), 0.123).schedule == Constant(0.123)


# The map


def test_a_cell_of_the_map_is_the_recipe_with_both_values():
    app = opened([Recipe(StepDecay(), epochs=6)], tune__view="map")
    cells = next(trace for trace in spec(app)["data"] if trace["type"] == "heatmap")
    shape = (
        spec(app)["layout"]["yaxis"]["ticktext"],
        list(map(float, spec(app)["layout"]["xaxis"]["ticktext"])),
    )
    losses = np.array(numbers_of(cells["z"])).reshape(len(shape[0]), -1)
    row, column = shape[0].index("0.3"), 4
    recipe = Recipe(StepDecay(GRID[column], drop=0.3), epochs=6)
    (history,) = experiments.train([recipe], range(1000, 1005))
    assert 10 ** losses[row, column] == pytest.approx(np.median(LOSS.values(history)), rel=1e-6)
    assert any(
        "The best cell, by its average place over 5 tuning seeds" in each.value for each in app.markdown
    )
    assert not said(app, "**Each at its own best rate**"), "only the view that is chosen is computed"


def test_where_the_second_hyperparameter_is_a_rate_the_best_cell_is_told_with_its_own():
    app = opened([Recipe(PolynomialDecay(), epochs=6)], tune__view="map", tune__second="end_learning_rate")
    (told,) = [each.value for each in app.markdown if "The best cell" in each.value]
    rate, end = re.findall(r"\*\*([\d.]+)\*\*", told)
    grid = heat_map.grid_of(
        entries.Entry("A", Recipe(PolynomialDecay(), epochs=6), "Polynomial"), "end_learning_rate", 9
    )
    cells = [(grid.rates[column], grid.value_at((row, column))) for row, column in grid.recipes]
    assert (float(rate), float(end)) in [
        (pytest.approx(rate, rel=1e-3), pytest.approx(end, rel=1e-3)) for rate, end in cells
    ]
    assert spec(app)["layout"]["yaxis"]["title"]["text"] == "end learning rate, at the rate 0.1"
    assert any(text.startswith(f"rate {rate}, {end}<br>") for text in spec(app)["data"][2]["text"])


def test_the_factor_of_a_drop_is_offered_where_there_is_one():
    offered = [
        opened([recipe], tune__view="map").selectbox(key="tune.second").options
        for recipe in (Recipe(epochs=6), Recipe(epochs=6, drop_epoch=3))
    ]
    assert ["Factor of the extra drop" in options for options in offered] == [False, True]


@pytest.mark.parametrize("second", sorted(heat_map._NUMBERS))
def test_the_rows_go_from_the_first_stop_to_the_last_with_the_value_that_is_set(second):
    offered = heat_map._NUMBERS[second].offered
    for own in (offered[0], offered[1], offered[-1], (offered[0] + offered[1]) / 2):
        kind = next(kind for kind in SCHEDULES.values() if second in Recipe(kind()).settings())
        recipe = replace(Recipe(kind()), epochs=500).with_setting(second, type(offered[0])(own))
        found = heat_map._values(recipe, second)
        assert (min(found), max(found)) == (min(offered), max(offered))
        assert type(offered[0])(own) in found == sorted(found)
        assert len(found) <= heat_map.MOST_VALUES


def numbers_of(sent):
    """A matrix as plotly sends it, flat."""
    return numbers(sent) if isinstance(sent, dict) else np.ravel(sent)


@pytest.mark.parametrize("second", ["Epochs", "Batch size", "Hidden units", "Momentum", "Warmup"])
def test_the_second_axis_may_be_any_number_of_the_recipe(second):
    app = opened(tune__view="map", tune__second=second)
    assert spec(app)["layout"]["yaxis"]["title"]["text"] == second.lower()
    assert app.selectbox(key="tune.second").value


def test_a_map_that_is_dear_has_fewer_seeds_and_says_so(monkeypatch):
    monkeypatch.setattr(heat_map, "DEAREST", 1e-9)
    app = opened(tune__view="map")
    assert any("would take too long for a shared server" in each.value for each in app.caption)
    assert any("average place over 1 tuning seed," in each.value for each in app.markdown)
    monkeypatch.setattr(results, "BUDGET", 1e-9)
    assert "Nothing is computed" in opened(tune__view="map").warning[0].value


def test_a_link_keeps_what_other_views_draw():
    app = opened(tune__view="map", tune__axis="area", tune__measure="roughness")
    assert (address(app)["tune.axis"], address(app)["tune.measure"]) == ("area", "roughness")


# The range test


def test_the_range_test_is_read_against_the_best_rate_of_whole_runs():
    app = opened(tune__view="range test", tune__of="B", epochs="20")
    recipe = Recipe(StepDecay(), epochs=20)
    tuned = tuning.choose(GRID, values(recipe, tuning.tuning_seeds()))
    rates = range_test.rising_rates(20 * 9)
    plain = Run((Recipe(epochs=20),), tuple(tuning.tuning_seeds()))
    (losses,) = result_of(ensemble.update_losses(plain, rates.reshape(20, 9)))
    for number, (name, found) in enumerate(range_test.read(rates, losses).items(), start=1):
        label = f"{number}. {range_test.READINGS[name].label}"
        told = tuning_wording.reading(label, range_test.suggested(found, tuned), tuned)
        assert told in [each.value for each in app.markdown]
    assert not said(app, "**Each at its own best rate**")


def test_a_range_test_of_long_runs_is_on_one_seed(monkeypatch):
    monkeypatch.setattr(rising, "QUICK", 1e-9)
    app = opened(tune__view="range test")
    assert any("on 1 tuning seed." in each.value for each in app.caption)


def test_a_single_update_is_no_range_test():
    app = opened([Recipe(batch_size=351)], tune__view="range test", epochs="1")
    assert "needs several updates" in app.info[0].value


# From Compare


def test_compare_leads_here_with_its_two_rate_curves():
    pair = [Recipe(StepDecay(0.3, drop=0.4), optimizer=SGD(0.5), epochs=6), Recipe(OneCycle(0.2), epochs=6)]
    compared = compare_link([comparison.Entry(*each) for each in zip("AB", pair, strict=True)])
    label = "At all rates, and each at its own best one"
    app = visit.opened("6_Tune.py", links(visit.opened("5_Compare.py", compared | {"seeds": "2"}))[label])
    assert list(curves(app)) == ["Step decay", "One cycle"]
    assert app.select_slider(key="tune.a.drop").value == 0.4
    assert app.select_slider(key="momentum").value == 0.5
    assert app.select_slider(key="epochs").value == 6
