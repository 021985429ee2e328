"""The fast trainer's second process: the runs are the same with it, without it, and when it is lost."""

from __future__ import annotations

import os
import signal
import sys

import numpy as np
import psutil
import pytest

from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import StepDecay
from lrcore.server import cores, second
from lrcore.training import experiments
from lrcore.training.run import METRICS, History, result_of
from tests.conftest import until

RECIPES = [Recipe(StepDecay(rate), optimizer=SGD(0.9), epochs=20) for rate in (0.05, 0.1)]
DEAR = [Recipe(StepDecay(0.2), epochs=60)]
SEEDS = [*range(21)]


@pytest.fixture(autouse=True)
def free_core(monkeypatch) -> None:
    """Whatever else runs, a core counts as free; the second process is ready."""
    monkeypatch.setattr(cores, "has_free_core", lambda: True)
    wait_until_ready()


def wait_until_ready() -> psutil.Process:
    until(second._is_ready, 60, "the second process is not ready")
    return psutil.Process(second.second().pid)


def assert_equal(histories: list[History], recipes: list[Recipe] = RECIPES, **how) -> None:
    expected = experiments.train(recipes, SEEDS, **how)
    for history, alone in zip(histories, expected, strict=True):
        assert history.recipe == alone.recipe
        assert history.seeds == alone.seeds
        for name in (*METRICS, "lost", "learning_rate"):
            np.testing.assert_array_equal(getattr(history, name), getattr(alone, name), err_msg=name)
        for name in ("weights", "window_weights"):
            one, other = getattr(history, name), getattr(alone, name)
            assert (one is None) == (other is None)
            assert one is None or np.array_equal(one, other)


@pytest.mark.parametrize("how", [{}, {"weights": True, "window": range(3, 5)}])
def test_the_bits_are_those_of_one_process(how):
    assert_equal(result_of(second.epochs(RECIPES, SEEDS, **how)), **how)


def test_half_of_the_seeds_is_trained_in_the_second_process(monkeypatch):
    trained: list = []
    epochs = experiments.epochs
    monkeypatch.setattr(
        experiments, "epochs", lambda *work, **how: trained.append(work) or epochs(*work, **how)
    )
    result_of(second.epochs(RECIPES, SEEDS))
    assert trained == [(RECIPES, SEEDS[:10])]


@pytest.mark.parametrize(
    ("recipes", "seeds", "has_free_core"),
    [(RECIPES, SEEDS[:1], True), ([Recipe(epochs=1)], SEEDS, True), (RECIPES, SEEDS, False)],
)
def test_one_seed_short_runs_and_those_of_a_busy_machine_are_not_shared(
    recipes, seeds, has_free_core, monkeypatch
):
    monkeypatch.setattr(cores, "has_free_core", lambda: has_free_core)
    monkeypatch.setattr(second.Trainer, "submit", None)
    assert len(result_of(second.epochs(recipes, seeds))) == len(recipes)


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGSTOP])
@pytest.mark.parametrize("after", [0, 5])
def test_what_a_lost_process_was_training_is_trained_again_and_another_one_comes(sent, after, monkeypatch):
    monkeypatch.setattr(second.second(), "silence_limit", 0.5)
    process, steps = wait_until_ready(), second.epochs(DEAR, SEEDS)
    for _ in range(after):
        next(steps)
    if not after:
        process.send_signal(sent)
    else:
        next(steps)
        process.send_signal(sent)
    assert_equal(result_of(steps), DEAR)
    process.wait(10)
    assert wait_until_ready().pid != process.pid
    assert_equal(result_of(second.epochs(RECIPES, SEEDS)))


def test_a_training_that_is_interrupted_by_another_goes_on_after_it():
    dear = second.epochs(DEAR, SEEDS)
    for _ in range(3):
        next(dear)
    assert_equal(result_of(second.epochs(RECIPES, SEEDS)))
    assert_equal(result_of(dear), DEAR)


def test_a_training_that_is_given_up_is_forgotten():
    steps = second.epochs(DEAR, SEEDS)
    next(steps)
    steps.close()
    assert not any(task.is_open for task in second.second()._queue.tasks)
    assert_equal(result_of(second.epochs(RECIPES, SEEDS)))


def test_a_process_that_cannot_start_is_not_started_again(monkeypatch):
    broken = second.Trainer("It", [sys.executable, "-c", "raise SystemExit(3)"], {}, advice="")
    monkeypatch.setattr(second, "second", lambda: broken)
    assert_equal(result_of(second.epochs(RECIPES, SEEDS)))
    until(lambda: broken.state != "starting", 10)
    monkeypatch.setattr(broken, "start", None)
    assert_equal(result_of(second.epochs(RECIPES, SEEDS)))
    assert broken.state == "unavailable"


@pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity"), reason="Linux tells on which cores a process may be"
)
def test_the_second_process_is_kept_off_the_core_of_the_first():
    result_of(second.epochs(RECIPES, SEEDS))
    pid = second.second().pid
    assert len(os.sched_getaffinity(pid)) == max(1, len(os.sched_getaffinity(0)) - 1)
