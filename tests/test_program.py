"""The Keras program, run part by part and as a whole against the app's own rates and its Keras trainer."""

import contextlib
import math
import re
from functools import cache

import numpy as np
import pytest

from lrcore import program
from lrcore.data import DATASETS, SPLITS
from lrcore.recipes import Recipe
from lrcore.schedules import SCHEDULES, StepDecay
from lrcore.settings import settings_of
from tests.taken_home import METRICS, RECIPES, app_run, every_rate, run, with_data

DATA = DATASETS["ionosphere"]

EVERY_SCHEDULE = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
EVERY_CLOCK = pytest.mark.parametrize("clock", ["epoch", "update"])


def offered_values(schedule, position):
    """The schedule with its defaults, or with every hyperparameter at one end of its slider."""
    if position == "default":
        return schedule()
    index = {"first": 0, "last": -1}[position]
    return schedule(**{name: each.offered[index] for name, each in settings_of(schedule).items()})


@pytest.fixture(scope="module")
def program_run(tmp_path_factory):
    """Runs the program of RECIPES[name], seed 3, and gives its names; each only once."""
    home = with_data(tmp_path_factory.mktemp("home"))

    @cache
    def program_run(name):
        recipe = RECIPES[name]
        code = [program.imports(recipe), *(part.code for part in program.parts(recipe, seed=3))]
        with contextlib.chdir(home):
            return run("\n".join(code))

    return program_run


@EVERY_SCHEDULE
@EVERY_CLOCK
@pytest.mark.parametrize("warmup", [0.0, 0.01, 0.07, 0.28, 0.5])
@pytest.mark.parametrize("position", ["default", "first", "last"])
def test_the_generated_function_gives_exactly_the_rates_of_the_recipe(schedule, clock, warmup, position):
    recipe = Recipe(offered_values(schedule, position), clock, warmup=warmup, batch_size=31, epochs=53)
    code = program.schedule_code(recipe, str(recipe.run_length()))
    assert not re.search(r"\bself\b", code)
    np.testing.assert_array_equal(run(code, np=np)["rates"], every_rate(recipe))


@pytest.mark.parametrize(("name", "code_name"), [("StepDecay", "step_decay"), ("OneCycle", "one_cycle")])
def test_the_function_is_named_after_its_schedule(name, code_name):
    assert f"def {code_name}(t" in program.schedule_code(Recipe(SCHEDULES[name]()), "50")


def test_the_function_shows_the_hyperparameters_and_the_formula():
    code = program.schedule_code(Recipe(StepDecay(0.05, 0.25, 7)), "50")
    for line in (
        "initial_learning_rate = 0.05",
        "drop = 0.25",
        "epochs_drop = 7",
        "return initial_learning_rate * drop ** np.floor(t / epochs_drop)",
    ):
        assert f"    {line}\n" in code
    assert code.count("def ") == 1  # no helper that it does not use


@pytest.mark.parametrize("name", RECIPES)
def test_the_program_makes_the_run_of_the_app(name, program_run):
    recipe, ran = RECIPES[name], program_run(name)
    expected = app_run(recipe, seed=3)
    np.testing.assert_array_equal(ran["rates"], every_rate(recipe))
    assert len(ran["result"]) == recipe.epochs
    assert int(ran["optimizer"].iterations) == recipe.epochs * recipe.updates_per_epoch()
    for metric in METRICS:
        np.testing.assert_allclose(
            ran["result"][metric][: len(expected)],
            [epoch[metric] for epoch in expected],
            rtol=1e-5,
            atol=1e-6,
            err_msg=metric,
        )
    np.testing.assert_array_equal(ran["result"]["learning_rate"], recipe.learning_rates()[:, 0])


def test_a_diverging_program_goes_on_to_its_last_epoch(program_run):
    result = program_run("diverging")["result"]
    assert len(app_run(RECIPES["diverging"], seed=3)) < len(result) == 4
    assert math.isnan(result["val_loss"].iloc[-1])


def test_keras_reports_the_rate_of_every_epoch_as_float32(program_run):
    used = program_run("tail, epochs, warmup")["history"].history["learning_rate"]
    assert used == every_rate(RECIPES["tail, epochs, warmup"]).astype(np.float32).tolist()


def test_the_schedule_object_holds_the_rate_of_every_update_as_float32_and_survives_saving(
    program_run, tmp_path
):
    ran = program_run("updates, warmup, nesterov, odd batches")
    rates = every_rate(RECIPES["updates, warmup, nesterov, odd batches"]).astype(np.float32)
    schedule = ran["RateOfUpdate"].from_config(ran["RateOfUpdate"](ran["rates"]).get_config())
    steps = [*range(len(rates)), len(rates), len(rates) + 99]
    assert [float(schedule(step)) for step in steps] == [*rates.tolist(), float(rates[-1]), float(rates[-1])]
    ran["model"].save(tmp_path / "model.keras")
    assert (tmp_path / "model.keras").stat().st_size > 0


@pytest.mark.parametrize("how", SPLITS)
def test_the_program_reads_and_splits_as_the_app_does(how, tmp_path, monkeypatch):
    monkeypatch.chdir(with_data(tmp_path))
    recipe = Recipe(split=how)
    first = [
        part.code for part in program.parts(recipe, seed=5) if part.heading in ("Settings", "Data", "Split")
    ]
    ran = run(program.imports(recipe).replace("import keras\n", "") + "\n".join(first))
    x, y = DATA.x, DATA.y
    train, validation = DATA.split(how, seed=5)
    for name, expected in {"x": x, "y": y, "train": train, "validation": validation}.items():
        np.testing.assert_array_equal(ran[name], expected)
    assert ran["x"].dtype == ran["y"].dtype == np.float32
