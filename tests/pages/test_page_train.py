"""Train: what is drawn of a run, without Keras."""

from __future__ import annotations

from urllib.parse import urlencode

from streamlit.testing.v1 import AppTest

from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import StepDecay
from lrcore.training import experiments
from pages.components import results
from pages.components.train import training
from tests.visit import address, drawn, go, opened, run

PAGE = "4_Train.py"
RECIPE = Recipe(StepDecay(0.1, 0.5, 3), epochs=6)


def with_run(recipe: Recipe = RECIPE, **params: str) -> AppTest:
    """The page with a finished run of that recipe."""
    (history,) = experiments.train([recipe], range(1))
    told = urlencode(recipe.to_params() | {"seed": 0})
    made = {
        "id": "a run",
        "request": None,
        "params": recipe.to_params(),
        "seed": 0,
        "until": None,
        "told": told,
        "progress": {
            "status": "finished",
            "history": results.run_of(history, 0),
            "seconds": 0.1,
            "place": 0,
            "message": "",
        },
    }
    return opened(PAGE, recipe.to_params() | {"run": told} | params, {training.RUN: made})


def panel(app: AppTest, name: str) -> dict:
    """What the player was sent for the chart of that name."""
    return next(
        each for each in drawn(app, "train.player")["panels"] if each["title"].partition(" (")[0] == name
    )


def test_the_log_switch_is_for_losses_alone_and_one_with_that_of_schedules():
    app = with_run()
    assert not panel(app, "loss")["log"]
    app.toggle(key="log_loss").set_value(True)
    run(app)
    assert panel(app, "loss")["log"]
    assert not panel(app, "accuracy")["log"]
    assert address(app)["log_loss"] == "true"
    assert drawn(go(app, "3_Schedules.py"), "bands.charts")["panels"][0]["log"]
