"""The fast trainer in a process of its own: the same numbers, in order, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from lrcore import experiments
from lrcore.recipes import ARTICLE, Recipe
from lrcore.schedules import Constant
from lrcore.training_process import TOGETHER, TrainingProcess, _go_together, _Request

ROOT = Path(__file__).parent.parent
SHORT = Recipe(epochs=2)


def wanted() -> None:
    """Always."""


def pid(trainer: TrainingProcess) -> int:
    """The process that trains."""
    (number,) = trainer._pool._processes
    return number


@pytest.fixture(scope="module")
def trainer():
    """A process of this file's own."""
    trainer = TrainingProcess()
    yield trainer
    trainer._pool.shutdown(kill_workers=True)


def assert_equal(histories, others):
    """The same runs, bit for bit."""
    for history, other in zip(histories, others, strict=True):
        for name, values in asdict(history).items():
            np.testing.assert_array_equal(values, getattr(other, name))


def test_it_trains_the_runs_that_a_call_trains(trainer):
    recipes = [ARTICLE["constant"], ARTICLE["step"]]
    assert_equal(experiments.run(recipes, range(3)), trainer.run(recipes, range(3), wanted))


def test_a_broken_rule_is_told_as_by_a_call(trainer):
    with pytest.raises(ValueError, match="`seeds` must be"):
        trainer.run([SHORT], [], wanted)
    with pytest.raises(ValueError, match="`recipes` must be"):
        trainer.run([], [0], wanted)
    with pytest.raises(ValueError, match="`recipes` must be"):
        trainer.run([SHORT] * (experiments.MAX_RECIPES + 1), [0], wanted)


def test_what_waits_and_is_alike_is_trained_together_and_everybody_gets_their_own(trainer, monkeypatch):
    asked = []

    def trained(recipes, seeds):
        asked.append((len(recipes), len(seeds)))
        if len(asked) == 1:  # the others are asked for meanwhile
            until(lambda: len(trainer._waiting) == len(requests))
        return experiments.run(recipes, seeds)

    monkeypatch.setattr(trainer, "_trained", trained)
    alike = [[Recipe(Constant(0.1 * rate), epochs=2)] for rate in range(1, 5)]
    other_kind, other_seeds = [Recipe(epochs=2, batch_size=56)], [Recipe(Constant(0.05), epochs=2)]
    requests = [*((recipes, [0, 1]) for recipes in (*alike, other_kind, alike[0] * 3)), (other_seeds, [2])]
    with ThreadPoolExecutor(1 + len(requests)) as threads:
        first = threads.submit(trainer.run, [SHORT], [0], wanted)
        until(lambda: asked)
        answers = []
        for number, (recipes, seeds) in enumerate(requests):
            answers.append(threads.submit(trainer.run, recipes, seeds, wanted))
            until(lambda number=number: len(trainer._waiting) > number or len(asked) > 1)
        for (recipes, seeds), answer in zip(requests, answers, strict=True):
            assert_equal(answer.result(60), experiments.run(recipes, seeds))
        assert first.result(60)
    # the four alike, and not also the three more, which are more than a call takes; then each in its turn
    assert asked == [(1, 1), (4, 2), (1, 2), (3, 2), (1, 1)]


def test_dear_trainings_are_not_made_together():
    dear, cheap = ([_Request([Recipe(epochs=epochs)], list(range(20)))] * 2 for epochs in (500, 10))
    assert sum(request.seconds for request in dear) > TOGETHER
    assert not _go_together(dear)
    assert _go_together(cheap)


def test_a_request_for_nothing_goes_with_no_other():
    nothing, something = _Request([], [0]), _Request([SHORT], [0])
    assert not _go_together([nothing, something])
    assert not _go_together([something, nothing])


def test_a_process_that_was_killed_is_replaced(trainer):
    trainer.run([SHORT], [0], wanted)
    before = pid(trainer)
    os.kill(before, signal.SIGKILL)
    (history,) = trainer.run([SHORT], [0], wanted)
    assert history.loss.shape == (1, 2)
    assert pid(trainer) != before


def test_a_process_killed_in_mid_training_is_replaced_and_the_training_repeated(trainer):
    trainer.run([SHORT], [0], wanted)
    asked = []

    def kill_once() -> None:
        if not asked:
            asked.append(pid(trainer))
            os.kill(pid(trainer), signal.SIGKILL)

    (history,) = trainer.run([Recipe(epochs=500)], range(20), kill_once)
    assert asked
    assert np.isfinite(history.loss).all()


def test_a_training_that_nobody_wants_is_given_up_before_it_begins(trainer, monkeypatch):
    class MovedOnError(Exception):
        pass

    def moved_on() -> None:
        raise MovedOnError

    begun, free = [], threading.Event()

    def trained(recipes, seeds):
        begun.append(seeds)
        free.wait(60)
        return [None]

    monkeypatch.setattr(trainer, "_trained", trained)
    for _ in range(5):
        with pytest.raises(MovedOnError):
            trainer.run([SHORT], [0], moved_on)
    threading.Timer(0.1, free.set).start()
    assert trainer.run([SHORT], [1], wanted) == [None]
    assert begun == [[0], [1]]
    assert not trainer._waiting


def test_the_process_ends_with_a_server_that_was_killed():
    code = (
        "from lrcore import training_process as t\nfrom lrcore.recipes import Recipe\nimport time\n"
        "t.shared().run([Recipe(epochs=1)], [0], lambda: None)\n"
        "print(*t.shared()._pool._processes, flush=True)\ntime.sleep(60)"
    )
    server = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    children = list(map(int, server.stdout.readline().split()))
    assert children
    server.kill()
    server.wait()
    server.stdout.close()
    until(lambda: not any(map(is_alive, children)))


def until(condition, seconds=20) -> None:
    """Waits for `condition`, and says if it does not come."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "this never came"
        time.sleep(0.01)


def is_alive(number: int) -> bool:
    """Whether there is such a process that has not ended."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
