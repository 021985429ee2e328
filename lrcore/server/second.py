"""The fast trainer's second process: it trains half of the seeds of a run beside the first, while a core is free.

A second thread gains less: NumPy lets go of the interpreter for one product at a time, and half of the time is lost in
handing it over. Nothing depends on the second process: what it was training when it was lost is trained again in the
first.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import cache
from typing import Any

from lrcore.recipes.recipe import Recipe
from lrcore.server import cores
from lrcore.server.process import command
from lrcore.server.queue import Request
from lrcore.server.trainer import Trainer
from lrcore.training import experiments
from lrcore.training.run import History

LEAST = 0.02
"""Estimated seconds of training from which on it is shared."""
TICK, SILENCE = 0.01, 5.0
"""How long the first process waits for the second until it looks what else there is to train, and until it gives up."""

Steps = Generator[None, None, list]


# In the second process


def load() -> None:
    """Loads what a training run needs."""
    experiments.train([Recipe(epochs=1)], [0])


def begin(work: tuple) -> Steps:
    """Trains the share of this process: recipes, seeds, and how, as `experiments.epochs` takes them."""
    recipes, seeds, how = work
    return [(yield from experiments.epochs(recipes, seeds, **how))]


# In the first process


def epochs(recipes: Sequence[Recipe], seeds: Sequence[int], **how: Any) -> Steps:
    """`experiments.epochs`, shared with the second process where that is worth it; it may have more steps."""
    seconds = len(seeds) * sum(map(experiments.seconds, recipes))
    if len(seeds) == 1 or seconds < LEAST or not (cores.has_free_core() and _is_ready()):
        return (yield from experiments.epochs(recipes, seeds, **how))
    half = len(seeds) // 2
    others = seeds[half:]
    cores.keep_off_this_core(second().pid)
    share = second().submit(Request((recipes, others, how), experiments.n_epochs(recipes), seconds / 2))
    try:
        mine = yield from experiments.epochs(recipes, seeds[:half], **how)
        while not share.over.wait(TICK):
            yield
    finally:
        second().leave(share)
    theirs = share.result or (yield from experiments.epochs(recipes, others, **how))
    return [History.joined(parts) for parts in zip(mine, theirs, strict=True)]


@cache
def second() -> Trainer:
    """The only one, which has a queue of its own. What was lost is not tried again there."""
    return Trainer("The second process", command(__name__), {}, advice="", silence_limit=SILENCE)


def _is_ready() -> bool:
    """Whether the second process can train; starts it if it has not been started, or was lost."""
    if second().state == "stopped":
        second().start()
    return second().state == "ready"
