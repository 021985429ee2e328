"""The fast trainer's second process: it trains half of the seeds of a run beside the first, while a core is free.

A second thread gains less: NumPy lets go of the interpreter for one product at a time, and half of the time is lost in
handing it over. Nothing depends on the second process: what it was training when it was lost is trained again in the
first.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from lrcore.recipes.recipe import Recipe
from lrcore.server.process import Process, command
from lrcore.training import experiments
from lrcore.training.run import History

LEAST = 0.02
"""Estimated seconds of training from which on it is shared."""
TICK, SILENCE = 0.01, 5.0
"""How long the first process waits for the second until it looks what else there is to train, and until it gives up."""
MOMENT = 0.001
"""Between two looks for a free core, in seconds."""

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
    is_long = len(seeds) > 1 and len(seeds) * sum(map(experiments.seconds, recipes)) >= LEAST
    if not (is_long and _has_free_core() and second().is_ready):
        return (yield from experiments.epochs(recipes, seeds, **how))
    half = len(seeds) // 2
    own, others = experiments.epochs(recipes, seeds[:half], **how), seeds[half:]
    beside = second()
    share = beside.begin((recipes, others, how))
    try:
        mine = yield from _beside(share, own)
        yield from share.finish()
    finally:
        beside.forget(share)
    theirs = share.histories or (yield from experiments.epochs(recipes, others, **how))
    return [History.joined(parts) for parts in zip(mine, theirs, strict=True)]


def _beside(share: Share, own: Steps) -> Steps:
    """`own`, while the second process trains its share, even after it has trained something else in between."""
    while True:
        share.go_on()
        try:
            next(own)
        except StopIteration as end:
            return end.value
        yield


def _has_free_core() -> bool:
    """Whether fewer threads than cores are running on this computer, at either of two moments.

    At the first one the thread that has sent the request may still be running. Where the system does not say, whether
    there are two cores.
    """
    if _is_core_free():
        return True
    time.sleep(MOMENT)
    return _is_core_free()


def _is_core_free() -> bool:
    cores = os.cpu_count() or 1
    try:
        running, _, _ = Path("/proc/loadavg").read_text().split()[3].partition("/")
    except OSError:
        return cores > 1
    return int(running) < cores


def _keep_off_this_core(pid: int) -> None:
    """Keeps another process off the core that this one is on, where Linux would wake it and leave it for a while."""
    with suppress(AttributeError, OSError):  # other systems
        core = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[36])
        if others := os.sched_getaffinity(0) - {core}:
            os.sched_setaffinity(pid, others)


class Second:
    """The second process, which starts at once and is ready a little later. A new one starts when it is lost.

    Attributes:
        is_ready: whether it can train; False for ever if it was lost before it was ready.
        current: what it trains, or trained last.
    """

    def __init__(self) -> None:
        self._shares: dict[int, Share] = {}
        self._start()

    def _start(self) -> None:
        self.is_ready = False
        self.current: Share | None = None
        self.process = Process(command(__name__), {}, self._received, self._ended)

    def begin(self, work: tuple) -> Share:
        """Sends it its share of some runs."""
        _keep_off_this_core(self.process.pid)
        share = Share(self)
        self._shares[share.number] = share
        share.go_on(work)
        return share

    def forget(self, share: Share) -> None:
        """Drops a share that has not ended."""
        if self._shares.pop(share.number, None):
            self.process.send("drop", share.number)

    def _received(self, _: Process, kind: str, *details) -> None:
        if kind == "ready":
            self.is_ready = True
        elif kind == "trained" and details[-1] is not None:
            share = self._shares.pop(details[0], None)
            _, _, results = details[-1]
            if share:
                share.end(results and results[0])

    def _ended(self, *_) -> None:
        was_ready, self.is_ready = self.is_ready, False
        for share in [*self._shares.values()]:
            share.end(None)
        self._shares.clear()
        if was_ready:
            self._start()


class Share:
    """The runs that the second process trains of a training.

    Attributes:
        histories: one a recipe; None before the end, and if the process was lost.
    """

    _numbers = itertools.count()

    def __init__(self, owner: Second) -> None:
        self.number, self._second = next(self._numbers), owner
        self.histories: list[History] | None = None
        self._over = threading.Event()

    def go_on(self, work: tuple | None = None) -> None:
        """Makes the process train this, if it is training something else."""
        if self._second.current is not self:
            self._second.current = self
            self._second.process.send("train", self.number, work and (work,))

    def finish(self) -> Generator[None, None, None]:
        """Waits for the end; a process that is silent for too long is ended."""
        for _ in range(round(SILENCE / TICK)):
            if self._over.wait(TICK):
                return
            self.go_on()
            yield
        self._second.process.kill()

    def end(self, histories: list[History] | None) -> None:
        """Notes the result, or None where there will be none."""
        self.histories = histories
        self._over.set()


@cache
def second() -> Second:
    """The only one."""
    return Second()
