"""The Keras program as a whole, run against the app's own rates and its Keras trainer."""

import contextlib
import math
import subprocess
import sys
from functools import cache

import keras
import numpy as np
import pytest

from lrcore.takeaway import program
from tests.core.taken_home import RECIPES, app_run, every_rate, run, with_data


def whole(recipe):
    """The code of all of the program's parts, with seed 3."""
    return "\n".join([program.imports(recipe), *(part.code for part in program.parts(recipe, seed=3))])


@pytest.fixture(scope="module")
def program_run(tmp_path_factory):
    """Runs the program of RECIPES[name], seed 3, and gives its names; each only once."""
    home = with_data(tmp_path_factory.mktemp("home"))

    @cache
    def program_run(name):
        with contextlib.chdir(home):
            return run(whole(RECIPES[name]))

    return program_run


@pytest.mark.parametrize("name", RECIPES)
def test_the_program_makes_the_run_of_the_app(name, program_run):
    recipe, ran = RECIPES[name], program_run(name)
    expected = app_run(recipe, seed=3)
    np.testing.assert_array_equal(ran["rates"], every_rate(recipe))
    assert len(ran["result"]) == recipe.epochs
    assert int(ran["optimizer"].iterations) == recipe.epochs * recipe.updates_per_epoch()
    finite = np.isfinite(expected.loss[0])
    for metric, values in expected.curves().items():
        np.testing.assert_allclose(
            ran["result"][metric][finite],
            values[0, finite],
            rtol=1e-5,
            atol=1e-6,
            err_msg=metric,
        )
    np.testing.assert_array_equal(ran["result"]["learning_rate"], recipe.learning_rates()[:, 0])


def test_a_diverging_program_goes_on_to_its_last_epoch(program_run):
    result = program_run("diverging")["result"]
    assert len(result) == 4
    assert np.isnan(app_run(RECIPES["diverging"], seed=3).loss[0, -1])
    assert math.isnan(result["val_loss"].iloc[-1])


def test_keras_reports_the_rate_of_every_epoch_as_float32(program_run):
    used = program_run("tail, epochs, warmup")["history"].history["learning_rate"]
    assert used == every_rate(RECIPES["tail, epochs, warmup"]).astype(np.float32).tolist()


@pytest.mark.parametrize("name", ["updates, warmup, nesterov, odd batches", "tail, epochs, warmup"])
def test_keras_steps_by_the_rate_of_every_update_as_float32(name, tmp_path, monkeypatch):
    used = []

    class SGD(keras.optimizers.SGD):
        def apply_gradients(self, *arguments, **options):
            used.append(float(self.learning_rate))
            return super().apply_gradients(*arguments, **options)

    monkeypatch.setattr(keras.optimizers, "SGD", SGD)
    monkeypatch.chdir(with_data(tmp_path))
    recipe = RECIPES[name]
    run(whole(recipe).replace("model.compile(", "model.compile(run_eagerly=True, "))
    assert used == recipe.learning_rates().ravel().astype(np.float32).tolist()


@pytest.mark.parametrize("name", ["updates, warmup, nesterov, odd batches", "tail, epochs, warmup"])
def test_a_trained_model_can_be_saved_and_loaded_again(name, program_run, tmp_path):
    ran = program_run(name)
    ran["model"].save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    rows = ran["validation"]
    np.testing.assert_array_equal(again.predict(ran["x"][rows]), ran["model"].predict(ran["x"][rows]))
    again.fit(ran["x"], ran["y"], epochs=1, verbose=0)  # compiled as it was
    assert int(again.optimizer.iterations) > int(ran["optimizer"].iterations)


@pytest.mark.parametrize("name", ["updates, warmup, nesterov, odd batches", "tail, epochs, warmup"])
def test_a_trained_model_can_be_loaded_by_another_program(name, program_run, tmp_path):
    ran = program_run(name)
    ran["model"].save(tmp_path / "model.keras")
    code = (
        "import keras\nmodel = keras.models.load_model('model.keras')\n"
        "print('loaded', float(model.optimizer.learning_rate), model.count_params())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    last = float(np.float32(ran["rates"][-1]))
    assert f"loaded {last} {ran['model'].count_params()}" in done.stdout, done.stderr
