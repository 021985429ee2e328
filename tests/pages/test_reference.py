"""The recipe that is kept as a reference: in the link, in the charts, in words, and from older links."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from lrcore.figures import Curve, Panel
from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import SCHEDULES, CosineDecay, StepDecay
from lrcore.server import fast
from lrcore.training import experiments
from pages.components.charts import bands, drawing, rates
from pages.components.state import reference
from tests.visit import address, drawn, follow, go, mirrored, opened, press, run

PAGE, TRAIN = "3_Schedules.py", "4_Train.py"
BOTH = pytest.mark.parametrize("page", [PAGE, TRAIN])
STEP = {"schedule": "StepDecay", "momentum": "0.9", "epochs": "6"}
KEPT = Recipe(StepDecay(), optimizer=SGD(0.9), epochs=6)


def kept(app: AppTest) -> Recipe | None:
    """The reference in the address."""
    text = address(app).get("reference")
    return Recipe.from_params(dict(parse_qsl(text))) if text else None


def behind(app: AppTest) -> list[dict | None]:
    """What each chart has behind its curves."""
    return [drawn(app, key)["behind"] for key in (rates.KEY, bands.KEY)]


def is_marked(app: AppTest) -> bool:
    return app.button(key="reference.keep").disabled


@BOTH
def test_what_is_set_is_kept_while_it_is_changed_until_it_is_cleared(page):
    app = opened(page, STEP)
    assert behind(app) == [None, None]
    press(app, "reference.keep")
    assert kept(app) == KEPT
    assert is_marked(app)
    assert mirrored(app)["acts"] == 1
    app.select_slider(key="momentum").set_value(0.5)
    run(app)
    assert kept(app) == KEPT
    assert not is_marked(app)
    assert [each["name"] for each in behind(app)] == ["reference: Step decay"] * 2
    press(app, "reference.clear")
    assert "reference" not in address(app)
    assert behind(app) == [None, None]
    assert mirrored(app)["acts"] == 2


def test_it_goes_along_to_other_pages_and_back_and_comes_with_its_address_alone():
    app = press(opened(PAGE, STEP), "reference.keep")
    there = address(app)
    for page in ("2_Data.py", PAGE):
        go(app, page)
    assert kept(app) == KEPT
    assert kept(follow(app, STEP)) is None
    assert kept(follow(app, there)) == KEPT


def test_train_draws_the_reference_of_schedules_and_what_it_clears_is_cleared_everywhere():
    app = press(opened(PAGE, STEP), "reference.keep")
    app.select_slider(key="momentum").set_value(0.5)
    drawn_there = behind(run(app))
    go(app, TRAIN)
    assert kept(app) == KEPT
    assert behind(app) == drawn_there
    assert any(each.value.startswith("The reference, in grey: Step decay: ") for each in app.caption)
    app.toggle(key="band").set_value(False)
    assert drawn(run(app), rates.KEY)["behind"] == drawn_there[0]
    press(app, "reference.clear")
    assert drawn(app, rates.KEY)["behind"] is None
    assert not any("reference" in each.value for each in app.caption)
    assert kept(go(app, PAGE)) is None
    assert behind(app) == [None, None]


def test_back_and_forward_undo_and_redo_what_train_keeps():
    app = opened(TRAIN, STEP)
    before = address(app)
    after = address(press(app, "reference.keep"))
    assert kept(follow(app, before)) is None
    assert behind(app) == [None, None]
    assert kept(follow(app, after)) == KEPT


@BOTH
def test_an_error_of_the_trainer_leaves_the_reference_in_the_link(page, monkeypatch):
    def lose(*args):
        raise fast.TrainerLostError("The trainer was lost.")

    monkeypatch.setattr(fast, "run", lose)
    reference = Recipe(SCHEDULES["Constant"](0.123), epochs=7)
    app = opened(page, STEP | {"reference": urlencode(reference.to_params())})
    assert app.error[0].value == "The trainer was lost."
    assert kept(app) == reference
    go(app, "2_Data.py")
    assert kept(go(app, page)) == reference


def test_the_charts_have_its_rates_and_medians_on_their_own_axes():
    recipe = Recipe(CosineDecay(0.2), epochs=4, batch_size=56)
    app = opened(PAGE, STEP | {"reference": "&".join(f"{k}={v}" for k, v in recipe.to_params().items())})
    rate, band = behind(app)
    expected = rates.rate_drawing(recipe, log=False)
    assert rate == {**_as_json(expected), "name": "reference: Cosine decay"}
    (history,) = experiments.train([recipe], range(20))
    panels = [
        Panel("loss", [_median(history.loss), _median(history.val_loss)]),
        Panel(
            "accuracy", [_median(history.accuracy), _median(history.val_accuracy)], (0.638, ""), share=True
        ),
    ]
    lines = [curve["line"] for panel in drawing.chart(panels, 4)["panels"] for curve in panel["curves"]]
    assert [curve["line"] for panel in band["panels"] for curve in panel["curves"]] == lines
    assert not any("area" in curve for panel in band["panels"] for curve in panel["curves"])


def _median(values: np.ndarray) -> Curve:
    return Curve("", np.median(values, axis=0), "#000000")


def _as_json(drawn: dict) -> dict:
    """The drawing as the browser gets it: tuples are lists there."""

    return json.loads(json.dumps(drawn))


def test_words_and_file_speak_of_it_too():
    app = opened(PAGE, STEP | {"reference": "schedule=Constant&initial_learning_rate=0.3&epochs=9"})
    assert "In grey, the reference. Learning rate over 9 epochs, Constant" in drawn(app, rates.KEY)["alt"][0]
    assert all("In grey, the reference." in words for words in drawn(app, bands.KEY)["alt"])
    assert any(
        "The reference, in grey: Constant: initial learning rate 0.3;" in each.value for each in app.caption
    )
    figure = rates.rate_figure(KEPT, log=False, reference=Recipe(epochs=9))
    named = {trace.name: trace.y for trace in figure.data if trace.name}
    assert np.unique(named["reference: Constant"]) == pytest.approx(Recipe().learning_rates()[0, 0])


@settings(max_examples=25)
@given(
    st.sampled_from([*SCHEDULES.values()]),
    st.sampled_from(["update", "epoch"]),
    st.integers(1, 500),
    st.floats(0, 0.99),
)
def test_any_recipe_can_be_kept_and_read_back(kind, clock, epochs, momentum):
    recipe = Recipe(kind(), clock, SGD(momentum), epochs=epochs)
    text = reference._spell(recipe)
    assert reference.REFERENCE.setting.accepts(text)
    assert reference._parse(text) == recipe


@BOTH
@pytest.mark.parametrize("word", ["CosineDecay", "Cosine decay"])
def test_a_second_schedule_of_an_older_link_becomes_the_reference(word, page):
    old = {"second": "true", "overlay.schedule": word, "overlay.initial_learning_rate": "0.2"}
    app = opened(page, STEP | old)
    assert kept(app) == replace(KEPT, schedule=CosineDecay(0.2))
    assert not {key for key in address(app) if key == "second" or key.startswith("overlay.")}
    assert not app.code
    app.select_slider(key="momentum").set_value(0.5)
    run(app)
    assert kept(app) == replace(KEPT, schedule=CosineDecay(0.2)), "it stays as it was set"
    assert not kept(press(app, "reference.clear"))


def test_faults_of_an_older_link_are_told_by_their_labels():
    app = opened(PAGE, STEP | {"second": "true", "overlay.initial_learning_rate": "-1"})
    assert "Second schedule: Initial learning rate must be" in app.code[0].value
    assert kept(app) == replace(KEPT, schedule=SCHEDULES["Constant"]())


@pytest.mark.parametrize(
    "text", ["x", "schedule=Nobody", "momentum=7", "schedule=Constant&drop=0.5", "&&", "a=b", "=", "x" * 2000]
)
@BOTH
def test_a_reference_that_cannot_be_read_is_told_once_and_dropped(page, text):
    app = opened(page, STEP | {"reference": text})
    assert "eference" in app.code[0].value
    assert len(app.code[0].value) < 500
    assert behind(app) == [None, None]
    assert "reference" not in address(app)
    assert not run(app).code


@BOTH
def test_a_link_can_hide_the_buttons_and_still_keep_a_reference(page):
    app = opened(page, STEP | {"reference": "schedule=Constant", "hide": "reference"})
    assert not [each for each in app.button if each.key.startswith("reference.")]
    assert behind(app)[0]["name"] == "reference: Constant"
