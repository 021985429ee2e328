"""A trainer's program for tests, without networks: its epochs count, wait, print, fail or grow, as a request says."""

from __future__ import annotations

import time
from collections.abc import Generator

_EPOCHS = []


def load() -> None:
    """There is nothing to load."""


def begin(*works: tuple[str, int]) -> Generator[int, None, list]:
    """Each work is an action and a number of epochs. Reports the epochs, from 0; returns the action's name, doubled."""
    what, epochs = works[0]
    if what == "no network":
        raise MemoryError("no network as large as this")
    return _epochs(what, epochs, len(works))


def _epochs(what: str, epochs: int, works: int) -> Generator[int, None, list]:
    for epoch in range(epochs):
        if what == "slow":
            time.sleep(0.005)
        if what == "print":
            print("printed", flush=True)
        if what == "fail" and epoch == epochs - 1:
            raise ValueError("this one fails")
        _EPOCHS.append(epoch)
        yield epoch
    return [2 * what] * works


def burden() -> float:
    """A hundredth for each epoch."""
    return len(_EPOCHS) / 100
