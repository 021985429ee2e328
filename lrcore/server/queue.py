"""The order of training: cheap requests before dear ones, while every request still gets its turn."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

TURN_EVERY, TURN = 0.5, 0.1
"""How often the task that has been passed over longest gets a turn, and the length of that turn, in seconds."""
WAITS, KEPT = 10.0, 120.0
"""Seconds without a browser until a waiting request is dropped, and a running one."""
ALIKE = 4.0
"""Costs are compared in powers of this factor: within one, first come is first served."""
AWAY = 1.0
"""Seconds without a browser until a request comes after all others of its priority."""


class Priority(IntEnum):
    """The purpose of a request; the lowest number is trained first."""

    READER = 0
    """A reader is waiting for the result."""
    BEHIND = 1
    """It completes a page that can be read already."""
    PREVIEW = 2
    """A preview while a slider is being dragged."""


@dataclass(eq=False)
class Request:
    """A request to a trainer, and its result.

    Args:
        work: the arguments for the trainer's process.
        epochs: the number of steps, >= 1.
        seconds: the estimated time of training.
        priority: its purpose.
        key: an open request with an equal key is shared; None: never.
        reader: a new request replaces the open one of the same reader; None: no such limit.
        is_here: whether the reader's browser is connected.

    Attributes:
        status: "waiting", "running"; "finished", "stopped", "failed".
        news: one report per epoch, where the trainer makes reports.
        spent: seconds of training so far, where the trainer makes reports.
        result: what the training returned.
        message: why it failed; else "".
        over: set once it has ended.
    """

    work: tuple
    epochs: int
    seconds: float
    priority: Priority = Priority.READER
    key: Hashable = None
    reader: Hashable = None
    is_here: Callable[[], bool] = lambda: True
    status: str = field(default="waiting", init=False)
    news: list = field(default_factory=list, init=False)
    spent: float = field(default=0.0, init=False)
    result: Any = field(default=None, init=False)
    message: str = field(default="", init=False)
    over: threading.Event = field(default_factory=threading.Event, init=False)
    waiters: int = field(default=1, init=False)
    last_here: float = field(default=0.0, init=False)
    is_away: bool = field(default=False, init=False)

    @property
    def is_open(self) -> bool:
        """Whether it is waiting or running."""
        return self.status in ("waiting", "running")

    def share(self, priority: Priority) -> Request:
        """Adds a waiter. No single reader can then replace the request, or end it by closing a browser."""
        self.waiters += 1
        self.priority = min(self.priority, priority)
        self.reader, self.is_here = None, lambda: True
        return self

    def end(self, status: str, message: str = "", result: Any = None) -> None:
        """Ends the request, unless it has ended."""
        if self.is_open:  # the status last: a page that reads it meanwhile finds the rest complete
            self.result, self.message, self.status = result, message, status
            self.over.set()


_NUMBERS = itertools.count()


@dataclass(eq=False)
class Task:
    """One request, or several that are trained as a batch.

    Attributes:
        served: when it was last trained; at first, when it was queued.
        has_begun: whether it was ever sent to a process.
        done: the epochs trained so far.
        losses: how many processes have died while training it.
    """

    requests: list[Request]
    served: float
    has_begun: bool = False
    done: int = 0
    losses: int = 0
    number: int = field(default_factory=_NUMBERS.__next__)

    @property
    def is_open(self) -> bool:
        """Whether any of its requests is open."""
        return any(each.is_open for each in self.requests)

    @property
    def seconds(self) -> float:
        """The estimated time of training that is left."""
        return sum(each.seconds for each in self.requests) * max(0, 1 - self.done / self.requests[0].epochs)

    @property
    def rank(self) -> tuple[int, bool, int]:
        """The sort key of the queue: priority, whether the browser is away, cost per request. Ties keep their order.

        Costs are rounded to powers of `ALIKE`. Sorted strictly by cost, one student's request could be overtaken by
        the rest of a busy class for ever.
        """
        away = all(each.is_away for each in self.requests)
        cost = self.seconds / len(self.requests)
        return min(each.priority for each in self.requests), away, math.floor(math.log(cost + 1e-9, ALIKE))

    def begin(self) -> tuple:
        """Marks the task as running; returns the work to send to the process."""
        self.has_begun, self.done = True, 0
        for request in self.requests:
            if request.is_open:
                request.status = "running"
        return tuple(request.work for request in self.requests)

    def take(self, done: int, reports: list, seconds: float) -> None:
        """Records progress. Reports that a lost process had made already are skipped."""
        self.done, first = done, self.requests[0]
        news = done - len(first.news)
        if first.is_open and reports and news > 0:
            first.news += reports[-news:]
            first.spent = seconds

    def end(self, status: str, message: str = "", results: Sequence | None = None) -> None:
        """Ends every request, with its own one of the results where there are any."""
        for request, result in zip(self.requests, results or [None] * len(self.requests), strict=True):
            request.end(status, message, result)


class Queue:
    """The open tasks.

    Args:
        go_together: whether these requests can be trained as one batch.
    """

    def __init__(self, go_together: Callable[[Sequence[Request]], bool]) -> None:
        self.tasks: list[Task] = []
        self._go_together = go_together
        self._turn: Task | None = None
        self._turn_began = 0.0

    def add(self, request: Request, now: float) -> Request:
        """Queues a request. Returns the request to wait for: an open one with an equal key, or else this one."""
        for other in self._open():
            if request.reader is not None and other.reader == request.reader:
                other.end("stopped")
        for other in self._open():
            if request.key is not None and other.key == request.key:
                return other.share(request.priority)
        request.last_here = now
        self.tasks.append(Task([request], served=now))
        return request

    def leave(self, request: Request) -> None:
        """Removes one waiter; the request is stopped when there is none left."""
        request.waiters -= 1
        if not request.waiters:
            request.end("stopped")

    def tidy(self, now: float) -> None:
        """Stops the requests whose browser has left, and removes the tasks that have no open request."""
        for request in self._open():
            if request.is_here():
                request.last_here = now
            gone = now - request.last_here
            request.is_away = gone > AWAY
            if gone > (WAITS if request.status == "waiting" else KEPT):
                request.end("stopped")
        self.tasks = [task for task in self.tasks if task.is_open]

    def next(self, now: float) -> Task | None:
        """The task to train now, batched with every waiting one that fits; None if there is nothing to train."""
        tasks = [task for task in self.tasks if task.is_open]
        if not tasks:
            return None
        best = min(tasks, key=lambda task: task.rank)
        task = self._turn_of(tasks[: tasks.index(best)], now) or best
        task.served = now
        if not task.has_begun:
            self._gather(task)
        return task

    def end_all(self, status: str, message: str = "") -> None:
        """Ends every request."""
        for task in self.tasks:
            task.end(status, message)
        self.tasks = []

    def place(self, request: Request) -> int:
        """How many tasks are ahead of the request."""
        order = sorted((task for task in self.tasks if task.is_open), key=lambda task: task.rank)
        return [request in task.requests for task in order].index(True)

    def _turn_of(self, overtaken: Sequence[Task], now: float) -> Task | None:
        """The overtaken task whose turn it is, if any: at regular intervals, the one that was trained longest ago."""
        if now - self._turn_began > TURN_EVERY:
            waiting = [task for task in overtaken if task.rank < (Priority.PREVIEW,)]
            self._turn = min(waiting, key=lambda task: task.served, default=None)
            self._turn_began = now
        return self._turn if self._turn in overtaken and now - self._turn_began < TURN else None

    def _gather(self, task: Task) -> None:
        """Moves the requests of every waiting task that fits into this one."""
        for other in self.tasks:
            if other is task or other.has_begun or not other.is_open:
                continue
            if self._go_together([*task.requests, *other.requests]):
                task.requests += other.requests
                other.requests = []
        self.tasks = [each for each in self.tasks if each.requests]

    def _open(self) -> list[Request]:
        return [each for task in self.tasks for each in task.requests if each.is_open]
