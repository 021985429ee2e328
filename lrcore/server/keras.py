"""Keras in a process of its own: the server never imports TensorFlow."""

from __future__ import annotations

import faulthandler
import os
import sys
from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass, field
from functools import cache

from lrcore.recipes.recipe import Recipe
from lrcore.server.process import command
from lrcore.server.queue import Request
from lrcore.server.trainer import Trainer
from lrcore.training import keras_run
from lrcore.training.keras_run import train_with_keras
from lrcore.training.run import METRICS, History, Run

SERIES = (*METRICS, "learning_rate")
NETWORKS = 64
"""New networks after which the process is renewed in a quiet moment, and after twice as many between two runs."""
ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",  # a graphics card is slower at a network of this size
    "TF_NUM_INTRAOP_THREADS": "1",  # as are many cores, and the server needs them
    "TF_NUM_INTEROP_THREADS": "1",
}
_SECONDS = {"run": 0.3, "epoch": 0.5e-3, "update": 0.12e-3}
"""Measured: the time of a run whose network has to be compiled, of an epoch and of an update."""


def load() -> None:
    """Imports TensorFlow, compiles the article's network and runs it once, without TensorFlow's log noise."""
    log = os.dup(2)
    sys.stderr = os.fdopen(log, "w", buffering=1)
    faulthandler.enable(sys.stderr)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    train_with_keras(Recipe(epochs=1), 0)
    os.dup2(log, 2)


def begin(work: tuple[Recipe, int, int | None]) -> Generator[list[float], None, list[History]]:
    """Trains one run up to an epoch, or whole, in the trainer's process."""
    recipe, seed, until = work
    return keras_run.epochs(Run((recipe,), (seed,), until=until))


def burden() -> float:
    """How much the process has grown: TensorFlow never frees a network that was compiled."""
    from lrcore.training import keras_network

    return keras_network.n_compiled() / NETWORKS


@dataclass(frozen=True)
class RunProgress:
    """What is known of a run.

    status: "waiting", "running"; "finished", "stopped", "lost", "failed".
    place: how many runs are before a waiting one.
    epochs: its planned length.
    history: the epochs that have arrived, a list of numbers for each name in SERIES.
    seconds: what Keras has spent on them, compiling left out.
    message: why it failed; else "".
    """

    status: str
    place: int = 0
    epochs: int = 0
    history: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in SERIES})
    seconds: float = 0.0
    message: str = ""


def new_trainer() -> Trainer:
    """A Keras process, which starts with its first run."""
    return Trainer(
        "Keras",
        command(__name__),
        ENVIRONMENT,
        advice=(
            "`pip install -r requirements.txt` installs what it needs where there is a TensorFlow: for Python 3.11 to "
            "3.13 on Linux, Windows (not on ARM) and macOS (not on Intel). The next run tries again. All else works "
            "without Keras."
        ),
    )


trainer = cache(new_trainer)
"""The server's one Keras."""


def request(
    recipe: Recipe,
    seed: int,
    until: int | None = None,
    *,
    reader: Hashable = None,
    is_here: Callable[[], bool] = lambda: True,
) -> Request:
    """What to submit for a run, with the ValueErrors of `train_with_keras`.

    Args:
        until: the epoch after which the run ends; None for all of the recipe's.
        reader: an open run of the same reader is stopped.
        is_here: whether the reader's browser is connected.
    """
    epochs = Run((recipe,), (seed,), until=until).epochs
    updates = recipe.updates_per_epoch()
    seconds = _SECONDS["run"] + epochs * (_SECONDS["epoch"] + updates * _SECONDS["update"])
    return Request((recipe, seed, until), epochs, seconds, reader=reader, is_here=is_here)


def progress(run: Request, place: int = 0) -> RunProgress:
    """How far a run is, that many runs before it."""
    news, status = run.news[:], run.status
    if status == "finished" and run.result.lost[0]:
        status = "lost"
    curves = {name: [epoch[i] for epoch in news] for i, name in enumerate(METRICS)}
    curves["learning_rate"] = run.work[0].learning_rates()[: len(news), 0].tolist()
    return RunProgress(status, place, run.epochs, curves, run.spent, run.message)
