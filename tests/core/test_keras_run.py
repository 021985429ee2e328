"""The Keras trainer's own ways. `test_agreement.py` says what its runs come to."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from lrcore import Recipe, train_with_keras
from lrcore.optimizers import SGD
from lrcore.schedules.catalogue import Constant, StepDecay
from lrcore.training import keras_network, keras_run
from lrcore.training.run import METRICS, Run, result_of

ROOT = Path(__file__).parents[2]
SHORT = Recipe(StepDecay(0.1, epochs_drop=2), optimizer=SGD(0.9), epochs=6)


def steps(recipe, seed=5, until=None):
    return keras_run.epochs(Run((recipe,), (seed,), until=until))


def test_an_epoch_is_reported_when_it_is_done_and_all_of_them_in_the_history():
    reported, run = [], steps(SHORT)
    try:
        while True:
            reported.append(next(run))
    except StopIteration as end:
        (history,) = end.value
    assert {type(value) for epoch in reported for value in epoch} == {float}
    for name, values in zip(METRICS, zip(*reported, strict=True), strict=True):
        np.testing.assert_array_equal(getattr(history, name), np.float32([values]))
    assert (history.recipe, history.seeds) == (SHORT, (5,))


def test_same_seed_same_history_whatever_the_global_seeds():
    first = list(steps(SHORT))
    keras.utils.set_random_seed(11)
    assert list(steps(SHORT)) == first
    assert list(steps(SHORT, seed=6)) != first


def test_a_run_that_ends_before_its_recipe_begins_like_the_whole_one():
    whole = list(steps(SHORT))
    assert list(steps(SHORT, until=4)) == whole[:4]
    (history,) = result_of(steps(SHORT, until=4))
    assert (history.loss.shape, history.lost.tolist()) == ((1, 4), [False])


def test_runs_that_take_turns_do_not_disturb_each_other():
    recipes = [SHORT, replace(SHORT, schedule=Constant(0.5), optimizer=SGD(0.0))]
    alone = [list(steps(recipe)) for recipe in recipes]
    first, second = map(steps, recipes)
    turns = [[next(first)], []]
    for _ in range(5):
        turns[1].append(next(second))
        turns[0].append(next(first))
    turns[1].append(next(second))
    assert turns == alone


def test_only_another_network_is_traced_anew(monkeypatch):
    traced, update = [], keras_network._update
    monkeypatch.setattr(keras_network, "_update", lambda *args: traced.append(1) or update(*args))
    small = replace(SHORT, hidden_units=11)
    train_with_keras(small, 5)
    once = len(traced)
    assert once > 0
    for other in (
        replace(small, optimizer=SGD(0.0)),
        replace(small, optimizer=SGD(0.5), schedule=Constant(0.2), epochs=7),
        replace(small, batch_size=100, split="tail", clock="update", warmup=0.2),
    ):
        train_with_keras(other, 1)
    assert len(traced) == once
    train_with_keras(replace(small, optimizer=SGD(0.9, nesterov=True)), 5)
    assert len(traced) == 2 * once


def test_a_network_is_compiled_before_the_first_step_whose_time_counts():
    before = keras_network.n_compiled()
    steps(replace(SHORT, hidden_units=13))
    assert keras_network.n_compiled() == before + 1


def test_a_run_ends_with_the_epoch_that_is_not_finite():
    wild = Recipe(Constant(1000.0), optimizer=SGD(0.99))
    reported = list(steps(wild))
    assert 1 <= len(reported) < wild.epochs
    assert np.isfinite([epoch[0] for epoch in reported[:-1]]).all()
    assert not np.isfinite([reported[-1][0], reported[-1][2]]).all()


def test_arguments_are_checked_without_tensorflow():
    program = """
import sys
from lrcore import Recipe, train_with_keras
try:
    train_with_keras(Recipe(), -1)
except ValueError as error:
    print(error)
print({"tensorflow", "keras"} & set(sys.modules))
"""
    command = [sys.executable, "-c", program]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    said = "`seed` must be a whole number >= 0 and < 2**32. Received: seed=-1"
    assert output.splitlines() == [said, "set()"]
