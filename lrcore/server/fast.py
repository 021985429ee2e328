"""The fast trainer in a process of its own, so that drawing a page never delays a training run, nor the reverse.

In the server's process, each of a run's many small matrix products would wait until a page that is being drawn
releases the interpreter.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from functools import cache

import numpy as np

from lrcore.recipes.recipe import Recipe
from lrcore.server import second
from lrcore.server.process import command
from lrcore.server.queue import Priority, Request
from lrcore.server.trainer import Trainer
from lrcore.training import ensemble, experiments
from lrcore.training.run import History, Run, check, kind

TOGETHER, MOST = 1.0, 10
"""The limits of a batch of requests: estimated seconds, and recipes."""


Work = tuple[tuple[Recipe, ...], tuple[int, ...], bool, range, tuple[float, ...]]
"""Recipes, seeds, and which weights the histories are to hold, as `experiments.train` takes them; or, where there are
rates, those of every update in place of the recipes' own, and the losses of the updates are wanted."""


load = second.load  # what both processes need


def begin(*works: Work) -> Generator[None, None, list[list]]:
    """Trains a batch of requests, which differ only in their recipes, as one; runs in the trainer's process.

    Returns:
        For each request one History a recipe, or the losses of its updates, (seeds, updates).
    """
    recipes = tuple(recipe for own, *_ in works for recipe in own)
    _, seeds, weights, window, rates = works[0]
    steps: Generator[None, None, Iterable]
    if rates:
        steps = ensemble.update_losses(Run(recipes, seeds), np.reshape(rates, (recipes[0].epochs, -1)))
    else:
        steps = second.epochs(recipes, seeds, weights=weights, window=window)
    made = iter((yield from steps))
    return [[next(made) for _ in own] for own, *_ in works]


class TrainerLostError(RuntimeError):
    """The trainer's process has died or cannot be started; the message is for the reader."""


def go_together(requests: Sequence[Request]) -> bool:
    """Whether to train these requests as a batch: of one kind, with equal seeds and priority, and soon done."""
    recipes = [recipe for request in requests for recipe in request.work[0]]
    return (
        len(recipes) <= MOST
        and len({kind(recipe) for recipe in recipes}) == 1
        and len({(request.work[1:], request.priority) for request in requests}) == 1
        and sum(request.seconds for request in requests) <= TOGETHER
    )


def new_trainer() -> Trainer:
    """A new fast trainer; its process starts with the first request."""
    return Trainer(
        "The fast trainer",
        command(__name__),
        {},
        advice="Reload the page to try again.",
        go_together=go_together,
        attempts=2,
        start_limit=30,
        silence_limit=10,
    )


trainer = cache(new_trainer)
"""The server's one fast trainer."""
trainer()  # now: its first two visitors at once would each get one


def request(
    recipes: Sequence[Recipe],
    seeds: Sequence[int],
    priority: Priority = Priority.READER,
    *,
    weights: bool = False,
    window: range = range(0),
    rates: Sequence[float] = (),
) -> Request:
    """The request for these runs; takes the arguments and raises the ValueErrors of `experiments.train`.

    Args:
        rates: of every update, in place of the recipes' own: the losses of the updates are wanted.
    """
    check(recipes, seeds, window)
    work: Work = tuple(recipes), tuple(seeds), weights, window, tuple(rates)
    seconds = len(seeds) * sum(map(experiments.seconds, recipes))
    return Request(work, experiments.n_epochs(recipes), seconds, priority, key=work)


def run(
    recipes: Sequence[Recipe],
    seeds: Sequence[int],
    wanted: Callable[[], object],
    priority: Priority = Priority.READER,
    **more,
) -> list[History]:
    """`experiments.train` in the trainer's process, when its turn comes.

    Args:
        more: `weights` and `window`, as `experiments.train` takes them.
        wanted: called regularly while waiting; an exception that it raises ends the wait, and the training, too, unless
            somebody else waits for it.

    Raises:
        ValueError: as `experiments.train`.
        TrainerLostError: the process was lost more than once, or cannot be started.
    """
    return _result(request(recipes, seeds, priority, **more), wanted)


def update_losses(
    recipe: Recipe, seeds: Sequence[int], rates: np.ndarray, wanted: Callable[[], object]
) -> np.ndarray:
    """`ensemble.update_losses` of one recipe, (seeds, updates), in the trainer's process; `rates` is (updates,)."""
    return _result(request([recipe], seeds, rates=rates.tolist()), wanted)[0]


def _result(asked: Request, wanted: Callable[[], object]) -> list:
    done = trainer().train(asked, wanted)
    if done.status != "finished":
        raise TrainerLostError(done.message)
    return done.result
