"""Train: what is drawn of a run, without Keras."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest

from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, StepDecay
from lrcore.server import keras
from lrcore.server.keras import RunProgress
from lrcore.training import experiments
from lrcore.training.run import METRICS
from pages.components import results
from pages.components.charts import drawing
from pages.components.train import page_run, widgets
from pages.components.train.address import RunSettings
from pages.components.train.page_run import PageRun
from tests.tools.load import TRAINED
from tests.tools.student import Student, attended
from tests.visit import address, drawn, follow, go, opened, press, run

PAGE = "4_Train.py"
RECIPE = Recipe(StepDecay(0.1, 0.5, 3), epochs=6)


def told(recipe: Recipe, seed: int = 0, until: int | None = None) -> str:
    """The run of that recipe, as a link spells it."""
    return RunSettings(recipe, seed, until).spell()


def with_run(recipe: Recipe = RECIPE, before: str = "", *, seen: bool = True, **more: str) -> AppTest:
    """The page with a finished run of that recipe, by a link that also says which run was before, and `more`."""
    (history,) = experiments.train([recipe], range(1))
    progress = RunProgress("finished", history=results.run_of(history, 0), seconds=0.1)
    run = PageRun(told(recipe), progress=progress, seen=seen)
    params = recipe.to_params() | {"run": run.text} | ({"before": before} if before else {}) | more
    return opened(PAGE, params, {page_run.KEY: run})


@pytest.fixture
def no_keras(monkeypatch) -> None:
    """A Keras that never starts: runs stay in its queue."""
    trainer = keras.new_trainer()
    monkeypatch.setattr(trainer, "start", lambda: None)
    monkeypatch.setattr(keras, "trainer", lambda: trainer)
    monkeypatch.setattr(widgets, "IN_QUEUE", 0)


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


def test_a_reference_gives_way_to_a_run_and_stays_in_the_link():
    kept = urlencode(replace(RECIPE, optimizer=SGD(0.9)).to_params())
    before = told(RECIPE, seed=4)
    for more, grey in (({}, None), ({"before": before}, "before: Step decay, seed 4")):
        app = with_run(**more, reference=kept)
        assert (behind(app) or {}).get("name") == grey, "one grey, and that is the run before"
        assert address(app)["reference"] == kept
        assert not [each for each in app.button if each.key.startswith("reference.")]
        assert any(each.value.startswith("The reference is not drawn beside a run") for each in app.caption)
        assert drawn(go(app, "3_Schedules.py"), "rates.chart")["behind"]["name"] == "reference: Step decay"


def test_a_reference_is_drawn_while_the_first_run_waits(no_keras):
    app = opened(PAGE, RECIPE.to_params() | {"reference": "schedule=Constant"})
    press(app, "train.start")
    assert drawn(app, "rates.chart")["behind"]["name"] == "reference: Constant"
    assert any(each.value.startswith("The reference, in grey: Constant") for each in app.caption)
    assert "reference.keep" not in [each.key for each in app.button], "until there is a run or none"


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
    (early, nothing), (late, band) = drawn_so_far
    assert early == late, "the legend keeps its place"
    assert [len(values["val_loss"]["median"]) for values in (nothing, band)] == [0, 6]
    assert drawn(app, "train.player")["finished"]


def behind(app: AppTest) -> dict | None:
    """The run before, as the player was sent it."""
    return drawn(app, "train.player")["behind"]


def test_the_run_before_stays_in_grey_while_the_next_one_waits_until_it_is_cleared(no_keras):
    app = with_run()
    assert behind(app) is None
    numbers = [curve["texts"] for curve in panel(app, "loss")["curves"] if curve.get("played")]
    app.slider(key="seed").set_value(3)
    run(app)
    press(app, "train.start")
    assert behind(app)["name"] == "before: Step decay, seed 0"
    assert [curve["texts"] for curve in behind(app)["panels"][1]["curves"]] == numbers
    assert address(app)["before"] == told(RECIPE)
    assert any(each.value.startswith("In grey, the run before: Step decay: ") for each in app.caption)
    press(app, "train.clear")
    assert "before" not in address(app)
    assert drawn(app, "rates.chart"), "without either run there is what is set"


def test_the_run_before_comes_with_the_link_and_goes_with_one_that_does_not_name_it():
    kept = replace(RECIPE, epochs=9, optimizer=SGD(0.9))
    app = with_run(before=told(kept, seed=4, until=7))
    (history,) = experiments.train([kept], range(4, 5))
    assert behind(app)["name"] == "before: Step decay, momentum 0.9, epochs 9, …"
    assert behind(app)["epochs"] == 9
    texts = behind(app)["panels"][1]["curves"][1]["texts"].split("\t")
    assert texts == drawing.texts_of(history.val_loss[0, :7])
    assert address(app)["before"] == told(kept, seed=4, until=7)
    go(app, "2_Data.py")
    app = go(app, PAGE)
    assert behind(app)["name"].startswith("before: Step decay")
    assert behind(follow(app, {**RECIPE.to_params(), "run": told(RECIPE)})) is None


def test_a_link_of_ours_keeps_the_run_that_was_shown_and_back_undoes_it(no_keras):
    app = with_run()
    first = dict(app.query_params)
    press(app, "page.next.0")
    assert address(app)["run"] == "as set"
    assert address(app)["before"] == told(RECIPE)
    press(app, "page.next.1")  # what has not begun is not before anything
    assert address(app)["before"] == told(RECIPE)
    follow(app, first)
    assert "before" not in address(app)
    assert "train.clear" not in [each.key for each in app.button]


@pytest.mark.parametrize(
    "text", ["x", "=", "schedule=Nope", "epochs=99999", "seed=-1", "until=0", "as", "<b>=1", "lr=1&lr=2"]
)
@pytest.mark.parametrize("name", ["run", "before"])
def test_a_run_that_cannot_be_read_is_reported_and_left_out(name, text):
    app = opened(PAGE, {"run": told(RECIPE), name: text}) if name == "run" else with_run(before=text)
    assert any("cannot be read. " in each.value for each in app.code)
    assert name not in address(app)


def test_what_the_legend_says_of_the_run_before_is_what_differs():
    now = RunSettings(RECIPE, 0)
    for before, name in (
        (now, "before: Step decay"),
        (RunSettings(Recipe(Constant(0.2)), 0), "before: Constant, initial learning rate 0.2, epochs 50"),
        (RunSettings(replace(RECIPE, split="tail"), 5), "before: Step decay, split tail, seed 5"),
    ):
        assert widgets._name_of(before, now) == name


@pytest.mark.parametrize(
    ("loss", "why", "words"),
    [
        (
            [0.7, 0.9, 1.2],
            "its training loss ended above that of the same network before training.",
            "lost: above",
        ),
        (
            [0.7, 9.0, math.nan],
            "its loss stopped being a number in epoch 3, where the rate was 0.1.",
            "lost in epoch 3",
        ),
    ],
)
def test_a_lost_run_is_called_lost_by_the_page_and_by_its_chart(loss, why, words):
    history = {metric: loss if "loss" in metric else [0.5] * 3 for metric in METRICS} | {
        "learning_rate": [0.1] * 3
    }
    recipe = Recipe(Constant(0.1), epochs=3)
    made = PageRun(told(recipe), progress=RunProgress("lost", history=history), seen=True)
    app = opened(PAGE, recipe.to_params() | {"run": made.text, "band": "false"}, {page_run.KEY: made})
    (warning,) = app.warning
    assert warning.value == f"The run is lost: {why} A finding, not a fault: the steps are too large."
    assert drawn(app, "train.player")["lost"][1].startswith(words)


@pytest.mark.server
def test_a_page_that_runs_again_soon_after_it_was_opened_says_again_what_its_controls_show(server):
    """The browser may draw them by that run alone."""

    async def sliders() -> tuple[list, list[str]]:
        student = Student(server)
        await student.open(
            "Train", f"epochs=100&batch_size=4&band=false&run=as+set&momentum={random.random():.6f}"
        )
        student.look_out_for(TRAINED)
        await student.wait()
        drawn = [each.slider for each in student.elements.values() if each.WhichOneof("type") == "slider"]
        await student.close()
        return drawn, student.errors

    drawn, errors = attended(sliders())
    assert not errors
    assert len(drawn) > 5
    assert all(each.set_value for each in drawn)
