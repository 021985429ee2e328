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
from tests.visit import opened

RECIPE = Recipe(StepDecay(0.1, 0.5, 10), optimizer=SGD(0.9))
RECIPES = {"": RECIPE, "overlay.": replace(RECIPE, schedule=CosineDecay(0.1))}


def stops(recipes: dict[str, Recipe], log: bool = False) -> dict:
    return live.stops(tuple(recipes.items()), log)


def test_a_slider_changes_its_own_recipe_and_a_shared_one_both():
    assert live.changed(RECIPES, "drop", "0.3") == {
        **RECIPES,
        "": replace(RECIPE, schedule=StepDecay(0.1, 0.3, 10)),
    }
    second = live.changed(RECIPES, "overlay.initial_learning_rate", "0.2")
    assert second == {"": RECIPE, "overlay.": replace(RECIPES["overlay."], schedule=CosineDecay(0.2))}
    longer = live.changed(RECIPES, "epochs", "100")
    assert {recipe.epochs for recipe in longer.values()} == {100}


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("schedule", "Constant"),
        ("drop", "x"),
        ("drop", "99"),
        ("nobody", "1"),
        ("overlay.epochs", "10"),
        ("", ""),
    ],
)
def test_what_no_slider_says_is_refused_and_answered_with_nothing(key, text):
    with pytest.raises(ValueError, match="must be"):
        live.changed(RECIPES, key, text)
    assert live.preview(RECIPES, key, text, log=False, log_loss=False) == {}


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_stop_that_changes_the_rates_is_drawn_beforehand(name):
    recipe = Recipe(SCHEDULES[name]())
    made = stops({"": recipe})
    for key, setting in live.sliders({"": recipe}).items():
        for value in setting.offered:
            there = live.changed({"": recipe}, key, number_text(value))[""]
            if not np.array_equal(there.learning_rates(), recipe.learning_rates()):
                assert number_text(value) in made[key]
    json.dumps(made, allow_nan=False)


@pytest.mark.parametrize("clock", ["epoch", "update"])
def test_a_stop_is_drawn_as_after_the_release(clock):
    recipe = replace(RECIPE, clock=clock, epochs=10)
    (stop,) = stops({"": recipe}, log=True)["drop"]["0.3"].values()
    there = live.changed({"": recipe}, "drop", "0.3")
    later = rates.rate_drawing([*there.values()], log=True)
    for curve in later["panels"][0]["curves"]:
        del curve["texts"]
    assert stop == later


def test_stops_stay_small():
    long = Recipe(CosineDecay(0.1), "update", batch_size=4, epochs=500)
    assert len(json.dumps(stops({"": long}))) < 150_000


def test_a_preview_trains_as_many_seeds_as_fit_and_none_where_three_do_not():
    assert live.preview_seeds(RECIPE) == 20
    for epochs in (100, 150, 200, 300, 500):
        recipe = replace(RECIPE, epochs=epochs)
        seeds = live.preview_seeds(recipe)
        assert seeds == 0 or 3 <= seeds <= 20
        assert seeds * experiments.seconds(recipe) <= live.SECONDS
    assert live.preview_seeds(replace(RECIPE, epochs=500, batch_size=4)) == 0


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
    drawn = live.preview(RECIPES, "drop", "0.3", log=False, log_loss=True)
    (request,) = asked
    assert request.priority is Priority.PREVIEW
    there = replace(RECIPE, schedule=StepDecay(0.1, 0.3, 10))
    (history,) = experiments.train([there], range(20))
    expected = drawing.chart(bands.band_panels(there, history, log=True), 50)
    assert drawn[bands.KEY] == {**expected, "note": ""}
    assert drawn[rates.KEY] == rates.rate_drawing([there, RECIPES["overlay."]], log=False)


def test_a_second_schedule_is_drawn_without_training(asked):
    assert list(live.preview(RECIPES, "overlay.initial_learning_rate", "0.2", log=False, log_loss=False)) == [
        rates.KEY
    ]
    assert asked == []


def test_a_preview_that_does_not_come_in_time_leaves_the_bands_and_the_queue(monkeypatch):
    left: list = []

    class Busy:
        submit = staticmethod(lambda request: request)
        leave = staticmethod(left.append)

    monkeypatch.setattr(fast, "trainer", Busy)
    monkeypatch.setattr(live, "PATIENCE", 0.01)
    assert list(live.preview(RECIPES, "drop", "0.3", log=False, log_loss=False)) == [rates.KEY, live.LATE]
    assert len(left) == 1


def test_the_page_tells_the_browser_which_sliders_to_follow():
    app = opened("3_Schedules.py", {"schedule": "Step decay"})
    sent = [json.loads(each.proto.json) for each in app.get("bidi_component")]
    (hand,) = (each for each in sent if "held" in each)
    assert hand["held"]["initial_learning_rate"] == "st-key-initial_learning_rate"
    assert set(hand["held"]) == set(live.sliders({"": Recipe(StepDecay())}))
