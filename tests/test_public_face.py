"""What a notebook needs, and what checks outside the repository call: all of it from two modules."""

import re
import subprocess
import sys
import time

import numpy as np
import pytest

from lrcore import ARTICLE, DATASETS, OPTIMIZERS, SCHEDULES, History, Recipe, train
from lrcore.takeaway import keras_script, notebook, pytorch_scheduler
from tests.conftest import ROOT


def test_importing_the_core_is_quick_and_brings_nothing_heavy():
    heavy = ("tensorflow", "keras", "streamlit", "plotly", "sklearn", "scipy.stats", "pandas")
    code = f"import sys, lrcore; print(*[name for name in {heavy} if name in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == []


def test_a_recipe_is_made_from_the_registries_and_comes_back_from_its_parameters():
    recipe = Recipe(
        SCHEDULES["StepDecay"](0.1, drop=0.5, epochs_drop=10), optimizer=OPTIMIZERS["SGD"](momentum=0.9)
    )
    assert recipe.learning_rates().shape == (50, 9)
    assert recipe.learning_rates().dtype == float
    assert Recipe.from_params(recipe.to_params()) == recipe
    assert "optimizer" not in recipe.to_params()
    assert list(ARTICLE) == ["constant", "time-based", "step", "exponential"]


@pytest.mark.parametrize("name", SCHEDULES)
def test_all_schedules_of_the_catalogue_are_planned(name):
    assert SCHEDULES[name].planned


def test_a_schedule_that_is_not_planned_has_no_rates_before_the_run(monkeypatch):
    monkeypatch.setattr(SCHEDULES["StepDecay"], "planned", False)
    with pytest.raises(ValueError, match="`schedule` must be planned"):
        Recipe(SCHEDULES["StepDecay"]()).learning_rates()


def test_histories_say_what_they_were_computed_from():
    recipes = [Recipe(epochs=3), ARTICLE["step"]]
    histories = train(recipes, [4, 7])
    for recipe, history in zip(recipes, histories, strict=True):
        assert isinstance(history, History)
        assert (history.recipe, list(history.seeds)) == (recipe, [4, 7])
        for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
            values = getattr(history, name)
            assert (values.shape, values.dtype) == ((2, recipe.epochs), np.float32)
        np.testing.assert_array_equal(history.learning_rate, [recipe.learning_rates()[:, 0]] * 2)
        assert (history.lost.shape, history.lost.dtype) == ((2,), bool)


def test_a_data_set_gives_features_labels_splits_and_baseline():
    data = DATASETS["ionosphere"]
    assert (data.x.shape, data.x.dtype, data.y.shape) == ((351, 34), np.float32, (351,))
    assert [len(rows) for rows in data.split("tail", 0)] == [235, 116]
    assert data.baseline("tail", 0) == pytest.approx(107 / 116)


def test_a_recipe_is_taken_home_as_text():
    for make in (keras_script, notebook, pytorch_scheduler):
        assert "step_decay" in make(ARTICLE["step"])
    assert "SEED = 7" in keras_script(ARTICLE["step"], seed=7)


def test_the_example_of_the_readme_runs_and_prints_what_it_says():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(from lrcore import .*?)```", readme, re.S)
    began = time.perf_counter()
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    printed = re.findall(r"# prints (.*)", code)
    assert result.stdout.splitlines() == printed, time.perf_counter() - began
