"""Train: what is drawn of a run, without Keras."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import StepDecay
from lrcore.server.keras import RunProgress
from lrcore.training import experiments
from pages.components import results
from pages.components.train import page_run, widgets
from pages.components.train.address import RunSettings
from pages.components.train.page_run import PageRun
from tests.visit import address, drawn, go, opened, run

PAGE = "4_Train.py"
RECIPE = Recipe(StepDecay(0.1, 0.5, 3), epochs=6)


def with_run(recipe: Recipe = RECIPE, *, seen: bool = True) -> AppTest:
    """The page with a finished run of that recipe."""
    (history,) = experiments.train([recipe], range(1))
    progress = RunProgress("finished", history=results.run_of(history, 0), seconds=0.1)
    run = PageRun(RunSettings(recipe, 0).spell(), progress=progress, seen=seen)
    return opened(PAGE, recipe.to_params() | {"run": run.told}, {page_run.KEY: run})


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


def test_the_page_opens_with_the_rate_and_the_band_of_what_is_set():
    app = opened(PAGE, {"schedule": "Step decay", "epochs": "6"})
    schedules = opened("3_Schedules.py", {"schedule": "Step decay", "epochs": "6"})
    for key in ("rates.chart", "bands.charts"):
        assert drawn(app, key)["panels"] == drawn(schedules, key)["panels"]
    app.toggle(key="band").set_value(False)
    run(app)
    assert drawn(app, "rates.chart")
    with pytest.raises(StopIteration):
        drawn(app, "bands.charts")


def test_a_run_takes_the_place_of_what_is_set_and_says_when_it_is_another():
    app = with_run()
    with pytest.raises(StopIteration):
        drawn(app, "rates.chart")
    assert any(
        each.value.startswith("Keras has trained 6 of 6 epochs in 100 ms; below") for each in app.caption
    )
    app.slider(key="seed").set_value(3)
    run(app)
    assert any("computed from other settings** than those set now" in each.value for each in app.caption)
    assert any(each.value.startswith("The run above: ") and "Seed 0" in each.value for each in app.caption)


@pytest.mark.parametrize(("seeds", "label"), [(20, "20 seeds"), (3, "3 seeds"), (1, "1 seed")])
def test_a_band_of_as_many_seeds_as_schedules_draws_stands_behind_every_run(seeds, label, monkeypatch):
    monkeypatch.setattr(results, "BUDGET", (seeds + 0.5) * experiments.seconds(RECIPE))
    app = with_run()
    labels = [curve["label"] for curve in panel(app, "loss")["curves"]]
    assert labels[:2] == [f"{label}: band and median"] * 2
    assert len([each for each in app.warning if "too long" in each.value]) == (seeds < 20)


def test_a_band_that_takes_long_comes_after_the_run(monkeypatch):
    monkeypatch.setattr(results, "QUICK", 0)
    drawn_so_far = []
    real = widgets.run_player
    monkeypatch.setattr(
        widgets, "run_player", lambda *args, **more: (drawn_so_far.append(more["band"]), real(*args, **more))
    )
    app = with_run(seen=False)
    assert [band is None for band in drawn_so_far] == [True, False]
    assert drawn(app, "train.player")["finished"]
