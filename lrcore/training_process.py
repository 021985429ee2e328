"""`experiments.run` in a process beside the server's: pages hold up no training, and training holds up no page.

In the server's own process each of a training's many small products would have to wait until a page that is
being drawn gives the interpreter back; with a class at work a training took many times as long.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from concurrent.futures.process import BrokenProcessPool

from loky import ProcessPoolExecutor

from lrcore import experiments
from lrcore.ensemble import History
from lrcore.recipes import Recipe

ATTENTIVE = 0.1
"""Seconds between two looks whether the training is still wanted."""
_POOLS: list[ProcessPoolExecutor] = []
_LOCK = threading.Lock()


def start() -> None:
    """Starts the process and has it load what a training needs; nobody waits for it."""
    _pool().submit(experiments.run, [Recipe(epochs=1)], [0])


def run(recipes: Sequence[Recipe], seeds: Sequence[int], wanted: Callable[[], object]) -> list[History]:
    """`experiments.run`, after what was asked for before. A process that died is replaced.

    Args:
        wanted: called now and then while this waits; what it raises ends the wait, and the training if that
            has not begun.

    Raises:
        ValueError: as `experiments.run`.
    """
    pool = _pool()
    try:
        return _run(pool, recipes, seeds, wanted)
    except BrokenProcessPool:
        return _run(_pool(instead_of=pool), recipes, seeds, wanted)


def _run(
    pool: ProcessPoolExecutor, recipes: Sequence[Recipe], seeds: Sequence[int], wanted: Callable[[], object]
) -> list[History]:
    training = pool.submit(experiments.run, recipes, seeds)
    try:
        while not wait([training], timeout=ATTENTIVE).done:
            wanted()
        return training.result()
    finally:
        training.cancel()


def _pool(instead_of: ProcessPoolExecutor | None = None) -> ProcessPoolExecutor:
    """The server's one pool; a new one if it is `instead_of`, which is broken."""
    with _LOCK:
        if not _POOLS or _POOLS[-1] is instead_of:
            _POOLS[:] = [ProcessPoolExecutor(1, initializer=_watch, initargs=(os.getpid(),))]
        return _POOLS[-1]


def _watch(server: int) -> None:
    """Ends this process with its server, however that went."""

    def until_it_is_gone() -> None:
        while os.getppid() == server:
            time.sleep(1)
        os._exit(0)

    threading.Thread(target=until_it_is_gone, daemon=True).start()
