"""Keras in a process of its own: the server never imports TensorFlow."""

from __future__ import annotations

import faulthandler
import os
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
"""Compiled networks after which an idle process is replaced; after twice this many, between two runs."""
ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",  # a graphics card is slower at a network of this size
    "TF_NUM_INTRAOP_THREADS": "1",  # as are many cores, and the server needs them
    "TF_NUM_INTEROP_THREADS": "1",
}
_SECONDS = {"run": 0.3, "epoch": 0.5e-3, "update": 0.12e-3}
"""Measured seconds of compiling a network, of an epoch and of an update."""


def load() -> None:
    """Imports TensorFlow, compiles the article's network and runs it once, without TensorFlow's log noise."""
    log = os.dup(2)
    faulthandler.enable(log)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        train_with_keras(Recipe(epochs=1), 0)
    finally:
        os.dup2(log, 2)


def begin(work: tuple[Recipe, int, int | None]) -> Generator[list[float], None, list[History]]:
    """Trains one run, whole or up to an epoch; runs in the trainer's process."""
    recipe, seed, until = work
    return keras_run.epochs(Run((recipe,), (seed,), until=until))


def burden() -> float:
    """The compiled networks, as a share of the limit: TensorFlow never frees them."""
    from lrcore.training import keras_network

    return keras_network.n_compiled() / NETWORKS


@dataclass(frozen=True)
class RunProgress:
    """How far a run is.

    Attributes:
        status: "waiting", "running"; "finished", "stopped", "lost", "failed".
        place: how many runs are ahead of a waiting one.
        epochs: its planned length.
        history: the epochs so far, a list of numbers for each name in SERIES.
        seconds: the time Keras has spent on them, without compiling.
        message: why it failed; else "".
    """

    status: str
    place: int = 0
    epochs: int = 0
    history: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in SERIES})
    seconds: float = 0.0
    message: str = ""


def new_trainer() -> Trainer:
    """A new Keras trainer; its process starts with the first run."""
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
trainer()  # now: its first two visitors at once would each get one


def request(
    recipe: Recipe,
    seed: int,
    until: int | None = None,
    *,
    reader: Hashable = None,
    is_here: Callable[[], bool] = lambda: True,
) -> Request:
    """The request for a run; raises the ValueErrors of `train_with_keras`.

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
    """How far a run is; `place` runs are ahead of it."""
    status, news = run.status, run.news[:]  # in this order: an end comes after the last report
    if status == "finished" and run.result.lost[0]:
        status = "lost"
    curves = {name: [epoch[i] for epoch in news] for i, name in enumerate(METRICS)}
    curves["learning_rate"] = run.work[0].learning_rates()[: len(news), 0].tolist()
    return RunProgress(status, place, run.epochs, curves, run.spent, run.message)
