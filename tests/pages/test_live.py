"""Previews of a drag, without a browser."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import SCHEDULES, CosineDecay, StepDecay
from lrcore.server import fast
from lrcore.server.queue import Priority
from lrcore.settings import number_text
from lrcore.training import experiments
from pages.components.charts import bands, drawing, live, rates
from pages.components.compare import charts
from pages.components.compare.comparison import Entry
from tests.visit import opened, received

RECIPE = Recipe(StepDecay(0.1, 0.5, 10), optimizer=SGD(0.9))
PICTURE = live.OneRecipe(log=False, log_loss=True)
THERE = replace(RECIPE, schedule=StepDecay(0.1, 0.3, 10))


def preview(text: str, recipe: Recipe = RECIPE, picture: live.Picture = PICTURE, seeds: int = 20) -> dict:
    return live.Shown(recipe, picture, seeds).moved("drop", text)


@pytest.mark.parametrize(
    ("name", "text", "recipe"),
    [
        ("drop", "0.3", THERE),
        ("momentum", "0.5", replace(RECIPE, optimizer=SGD(0.5))),
        ("epochs", "100", replace(RECIPE, epochs=100)),
    ],
)
def test_a_slider_changes_what_it_is_of(name, text, recipe):
    assert live.changed(RECIPE, name, text) == recipe


@pytest.mark.parametrize(
    ("name", "text"),
    [("schedule", "Constant"), ("drop", "x"), ("drop", "99"), ("nobody", "1"), ("a.epochs", "10"), ("", "")],
)
def test_what_no_slider_says_is_refused_and_answered_with_nothing(name, text):
    with pytest.raises(ValueError, match="must be"):
        live.changed(RECIPE, name, text)
    assert live.Shown(RECIPE, PICTURE).moved(name, text) == {}


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_stop_that_changes_the_rates_is_drawn_beforehand(name):
    recipe = Recipe(SCHEDULES[name]())
    for key, setting in live.sliders(recipe).items():
        made = live.Shown(recipe, PICTURE).near(key)
        for value in setting.offered:
            there = live.changed(recipe, key, number_text(value))
            if not np.array_equal(there.learning_rates(), recipe.learning_rates()):
                assert number_text(value) in made
        json.dumps(made, allow_nan=False)


@pytest.mark.parametrize("clock", ["epoch", "update"])
def test_a_stop_is_drawn_as_after_the_release(clock):
    recipe = replace(RECIPE, clock=clock, epochs=10)
    (stop,) = live.Shown(recipe, live.OneRecipe(log=True, log_loss=False)).near("drop")["0.3"].values()
    later = rates.rate_drawing(live.changed(recipe, "drop", "0.3"), log=True)
    for curve in later["panels"][0]["curves"]:
        del curve["texts"]
    assert stop == later


def test_stops_stay_small():
    long = Recipe(CosineDecay(0.1), "update", batch_size=4, epochs=500)
    sent = {key: json.dumps(live.Shown(long, PICTURE).near(key)) for key in live.sliders(long)}
    assert max(map(len, sent.values())) < 30_000


@pytest.mark.parametrize("name", ["momentum", "hidden_units", "nobody", "schedule", ""])
def test_a_slider_that_does_not_change_the_rates_and_what_is_no_slider_have_no_stops(name):
    assert live.Shown(RECIPE, PICTURE).near(name) == {}


def test_a_preview_trains_as_many_seeds_as_fit_and_none_where_three_do_not():
    assert live.preview_seeds(RECIPE) == 20
    for epochs in (100, 150, 200, 300, 500):
        recipe = replace(RECIPE, epochs=epochs)
        seeds = live.preview_seeds(recipe)
        assert seeds == 0 or 3 <= seeds <= 20
        assert seeds * experiments.seconds(recipe) <= live.SECONDS
    assert live.preview_seeds(replace(RECIPE, epochs=500, batch_size=4)) == 0
    assert [live.preview_seeds(RECIPE, seeds) for seeds in (0, 2, 200)] == [
        0,
        2,
        live.preview_seeds(RECIPE, 100),
    ]


@pytest.fixture
def asked(monkeypatch) -> list:
    """Requests that a trainer was given, which it has trained at once."""
    requests: list = []

    class Stub:
        def submit(self, request):
            requests.append(request)
            request.end("finished", result=experiments.train(*request.work[:2]))
            return request

        def leave(self, request):
            pass

    monkeypatch.setattr(fast, "trainer", Stub)
    return requests


def test_a_preview_is_the_lowest_priority_and_draws_what_the_release_would(asked):
    drawn = preview("0.3")
    (request,) = asked
    assert request.priority is Priority.PREVIEW
    (history,) = experiments.train([THERE], range(20))
    expected = drawing.chart(bands.band_panels(THERE, history, log=True), 50)
    assert drawn[bands.KEY] == {**expected, "note": ""}
    assert drawn[rates.KEY] == rates.rate_drawing(THERE, log=False)


def test_a_page_that_shows_no_runs_has_the_rates_alone_previewed(asked):
    assert list(preview("0.3", seeds=0)) == [rates.KEY]
    assert asked == []


def test_a_preview_that_does_not_come_in_time_leaves_the_bands_and_the_queue(monkeypatch):
    left: list = []

    class Busy:
        submit = staticmethod(lambda request: request)
        leave = staticmethod(left.append)

    monkeypatch.setattr(fast, "trainer", Busy)
    monkeypatch.setattr(live, "PATIENCE", 0.01)
    assert list(preview("0.3")) == [rates.KEY, live.LATE]
    assert len(left) == 1


# Of a comparison


OTHERS = (Recipe(), RECIPE, Recipe(CosineDecay(0.2), "update", epochs=80))


def compared(opened: str, baseline: str, view: charts.View, recipe: Recipe | None = None) -> charts.Picture:
    """The charts of three recipes; `recipe` is in place of the open one."""
    recipes = [
        recipe if recipe and letter == opened else each for letter, each in zip("ABC", OTHERS, strict=True)
    ]
    entries = [Entry(letter, each) for letter, each in zip("ABC", recipes, strict=True)]
    return charts.Picture(entries, baseline, opened, view, experiments.train(recipes, range(20)), 8)


@pytest.mark.parametrize(
    "view", [charts.View(), charts.View(differences=True), charts.View(single=True, log=True)]
)
@pytest.mark.parametrize(("opened", "baseline"), [("B", "A"), ("B", "B"), ("B", "C")])
def test_a_preview_trains_the_open_recipe_alone_and_completes_to_what_the_release_draws(
    asked, view, opened, baseline
):
    picture = compared(opened, baseline, view)
    drawn = preview("0.3", picture=picture)
    (request,) = asked
    assert request.work[0] == (THERE,)
    later = compared(opened, baseline, view, THERE)
    for key, whole in ((charts.RATES, later.drawn_rates()), (charts.CURVES, later.drawn_runs())):
        drawn[key].pop("note", None)
        for panel, of_release in zip(drawn[key].pop("panels"), whole.pop("panels"), strict=True):
            pairs = list(zip(panel.pop("curves"), of_release.pop("curves"), strict=True))
            assert panel == of_release
            assert all(sent in (None, curve) for sent, curve in pairs)
            moved = {curve["label"][0] for sent, curve in pairs if sent}
            assert moved == (
                {"A", "C"} if view.differences and baseline == opened and len(pairs) == 2 else {"B"}
            )
        assert drawn[key] == whole


def test_a_preview_of_fewer_seeds_is_compared_on_those(asked):
    slow = replace(RECIPE, epochs=150)
    seeds = live.preview_seeds(slow)
    assert 0 < seeds < 20
    picture = compared("B", "A", charts.View(differences=True), slow)
    drawn = preview("0.3", slow, picture)
    assert drawn[charts.CURVES]["note"] == f"{seeds} of 20 seeds"
    fewer = [each[:seeds] for each in picture.histories]
    (history,) = experiments.train([replace(THERE, epochs=150)], range(seeds))
    whole = replace(picture, histories=[fewer[0], history, fewer[2]]).drawn_runs()
    assert drawn[charts.CURVES]["panels"][0]["curves"][0] == whole["panels"][0]["curves"][0]


def test_the_stops_of_a_comparison_hold_the_open_recipe_alone():
    picture = compared("C", "A", charts.View())
    stop = live.Shown(OTHERS[2], picture).near("epochs")["100"][charts.RATES]
    assert [bool(curve) for curve in stop["panels"][0]["curves"]] == [False, False, True]
    assert stop["epochs"] == 100
    json.dumps(stop, allow_nan=False)


@pytest.mark.parametrize(
    ("page", "params", "prefix", "recipe"),
    [
        ("3_Schedules.py", {"schedule": "Step decay"}, "", Recipe(StepDecay())),
        ("5_Compare.py", {"seeds": "2", "a.epochs": "5", "b.epochs": "5"}, "a-", Recipe(epochs=5)),
    ],
)
def test_the_page_tells_the_browser_which_sliders_to_follow(page, params, prefix, recipe):
    app = opened(page, params)
    (hand,) = (each for each in received(app) if "held" in each)
    assert hand["held"] == {name: f"st-key-{prefix}{name}" for name in live.sliders(recipe)}
