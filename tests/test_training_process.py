"""The fast trainer in a process of its own: the same numbers, in order, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from lrcore import experiments, training_process
from lrcore.recipes import ARTICLE, Recipe

ROOT = Path(__file__).parent.parent
SHORT = Recipe(epochs=2)


def wanted() -> None:
    """Always."""


def pid() -> int:
    """The process that trains."""
    (number,) = training_process._pool()._processes
    return number


@pytest.fixture(autouse=True)
def own_pool(monkeypatch):
    """The pool of the other tests stays as it is."""
    monkeypatch.setattr(training_process, "_POOLS", pools := [])
    yield
    for pool in pools:
        pool.shutdown(kill_workers=True)


def test_it_trains_the_runs_that_a_call_trains():
    recipes = [ARTICLE["constant"], ARTICLE["step"]]
    for here, there in zip(
        experiments.run(recipes, range(3)), training_process.run(recipes, range(3), wanted), strict=True
    ):
        for name, values in asdict(here).items():
            np.testing.assert_array_equal(values, getattr(there, name))


def test_a_broken_rule_is_told_as_by_a_call():
    with pytest.raises(ValueError, match="`seeds` must be"):
        training_process.run([SHORT], [], wanted)


def test_a_process_that_was_killed_is_replaced():
    training_process.run([SHORT], [0], wanted)
    before = pid()
    os.kill(before, signal.SIGKILL)
    (history,) = training_process.run([SHORT], [0], wanted)
    assert history.loss.shape == (1, 2)
    assert pid() != before


def test_a_process_killed_in_mid_training_is_replaced_and_the_training_repeated():
    training_process.run([SHORT], [0], wanted)
    asked = []

    def kill_once() -> None:
        if not asked:
            asked.append(pid())
            os.kill(pid(), signal.SIGKILL)

    (history,) = training_process.run([Recipe(epochs=500)], range(20), kill_once)
    assert asked
    assert np.isfinite(history.loss).all()


def test_a_training_that_nobody_wants_is_given_up_before_it_begins():
    class MovedOnError(Exception):
        pass

    def moved_on() -> None:
        raise MovedOnError

    for _ in range(20):
        with pytest.raises(MovedOnError):
            training_process.run([Recipe(epochs=100)], range(20), moved_on)
    pending = list(training_process._pool()._pending_work_items.values())
    assert sum(not item.future.cancelled() for item in pending) <= 4  # one at work, three handed over
    training_process.run([SHORT], [0], wanted)


def test_the_process_ends_with_a_server_that_was_killed():
    code = (
        "from lrcore import training_process as t\nfrom lrcore.recipes import Recipe\nimport time\n"
        "t.run([Recipe(epochs=1)], [0], lambda: None)\n"
        "print(*t._pool()._processes, flush=True)\ntime.sleep(60)"
    )
    server = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    children = list(map(int, server.stdout.readline().split()))
    assert children
    server.kill()
    server.wait()
    server.stdout.close()
    end = time.monotonic() + 20
    while any(map(is_alive, children)) and time.monotonic() < end:
        time.sleep(0.1)
    assert not any(map(is_alive, children))


def is_alive(number: int) -> bool:
    """Whether there is such a process that has not ended."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
