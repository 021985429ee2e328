"""`experiments.run` in a process beside the server's: pages hold up no training, and training holds up no page.

In the server's own process each of a training's many small products would have to wait until a page that is
being drawn gives the interpreter back; with a class at work a training took many times as long.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import cache

from loky import ProcessPoolExecutor

from lrcore import experiments
from lrcore.ensemble import History
from lrcore.recipes import Recipe

ATTENTIVE = 0.1
"""Seconds between two looks whether the training is still wanted."""
TOGETHER = 1
"""Seconds, by estimate, that trainings take at most which were asked for one by one and are made together."""


@dataclass(eq=False)
class _Request:
    recipes: list[Recipe]
    seeds: list[int]
    result: Future = field(default_factory=Future)

    def __post_init__(self) -> None:
        self.kinds = {experiments.kind(recipe) for recipe in self.recipes}
        self.seconds = len(self.seeds) * sum(map(experiments.seconds, self.recipes))


class TrainingProcess:
    """A process for trainings, first come first served; it is replaced when it dies, and ends with its server.

    Requests of one kind that wait for it at the same time are trained together. That changes no number, and takes
    a fifth less time: the more a class asks for, the faster it is served.
    """

    def __init__(self) -> None:
        self._waiting: list[_Request] = []
        self._changed = threading.Condition()  # guards it
        self._pool = _new_pool()
        threading.Thread(target=self._serve, name="trainings", daemon=True).start()

    def start(self) -> None:
        """Has the process load what a training needs; nobody waits for it."""
        self._ask(_Request([Recipe(epochs=1)], [0]))

    def run(
        self, recipes: Sequence[Recipe], seeds: Sequence[int], wanted: Callable[[], object]
    ) -> list[History]:
        """`experiments.run`, after what was asked for before.

        Args:
            wanted: called now and then while this waits; what it raises ends the wait, and the training if that
                has not begun.

        Raises:
            ValueError: as `experiments.run`.
        """
        request = _Request(list(recipes), list(seeds))
        self._ask(request)
        try:
            while not wait([request.result], timeout=ATTENTIVE).done:
                wanted()
            return request.result.result()
        finally:
            request.result.cancel()

    def _ask(self, request: _Request) -> None:
        with self._changed:
            self._waiting.append(request)
            self._changed.notify()

    def _serve(self) -> None:
        while True:
            requests = [each for each in self._next() if each.result.set_running_or_notify_cancel()]
            if requests:
                self._train(requests)

    def _next(self) -> list[_Request]:
        """Takes the oldest request that is still wanted from those that wait, and others that go with it."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting)
            wanted = [each for each in self._waiting if not each.result.cancelled()]
            taken = wanted[:1]
            for request in wanted[1:]:
                if _go_together([*taken, request]):
                    taken.append(request)
            self._waiting = [each for each in wanted if each not in taken]
            return taken

    def _train(self, requests: list[_Request]) -> None:
        """Gives each request its result, or all of them the exception."""
        recipes = [recipe for request in requests for recipe in request.recipes]
        try:
            histories = iter(self._trained(recipes, requests[0].seeds))
        except Exception as error:
            for request in requests:
                request.result.set_exception(error)
        else:
            for request in requests:
                request.result.set_result([next(histories) for _ in request.recipes])

    def _trained(self, recipes: list[Recipe], seeds: list[int]) -> list[History]:
        try:
            return self._pool.submit(experiments.run, recipes, seeds).result()
        except BrokenProcessPool:
            self._pool = _new_pool()
            return self._pool.submit(experiments.run, recipes, seeds).result()


def _new_pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, initializer=_watch, initargs=(os.getpid(),))


def _go_together(requests: Sequence[_Request]) -> bool:
    """Whether to train them with one call: all of one kind, on the same seeds, and quickly done."""
    return (
        all(request.recipes for request in requests)
        and len(set.union(*(request.kinds for request in requests))) == 1
        and all(request.seeds == requests[0].seeds for request in requests)
        and sum(len(request.recipes) for request in requests) <= experiments.MAX_RECIPES
        and sum(request.seconds for request in requests) <= TOGETHER
    )


def _watch(server: int) -> None:
    """Ends this process with its server, however that went."""

    def until_it_is_gone() -> None:
        while os.getppid() == server:
            time.sleep(1)
        os._exit(0)

    threading.Thread(target=until_it_is_gone, daemon=True).start()


@cache
def shared() -> TrainingProcess:
    """One process for all who call this."""
    return TrainingProcess()
