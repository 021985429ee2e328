"""Who is trained next: cheap before dear, yet nobody waits forever. Knows no process."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

TURN_EVERY, TURN = 0.5, 0.1
"""How often the task that was passed over for longest gets a turn, and how long that is, in seconds."""
WAITS, KEPT = 10.0, 120.0
"""Seconds without a browser after which a request is dropped that has not begun, and one that has."""
ALIKE = 4.0
"""Costs of which one is less than this many times the other count as equal, roughly."""
AWAY = 1.0
"""Seconds without a browser from which on a request comes after all others of its priority."""


class Priority(IntEnum):
    """What a request is for; the lowest is trained first."""

    READER = 0
    """A reader waits for it."""
    BEHIND = 1
    """It fills in behind what a reader looks at."""
    PREVIEW = 2
    """It previews a drag that goes on."""


@dataclass(eq=False)
class Request:
    """What is asked of a trainer, and what has come of it.

    Args:
        work: the arguments that the trainer's process gets.
        epochs: how many steps it has, >= 1.
        seconds: how long it takes, estimated.
        priority: what it is for.
        key: an open request of the same key is shared; None for never.
        reader: its open request is replaced by this one; None for no limit.
        is_here: whether the reader's browser is connected.

    Attributes:
        status: "waiting", "running"; "finished", "stopped", "failed".
        news: what the epochs have given, where the trainer reports them.
        spent: seconds that its epochs have taken, where the trainer reports them.
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
        """Whether it waits or runs."""
        return self.status in ("waiting", "running")

    def end(self, status: str, message: str = "", result: Any = None) -> None:
        """Closes an open request."""
        if self.is_open:
            self.status, self.message, self.result = status, message, result
            self.over.set()


_NUMBERS = itertools.count()


@dataclass(eq=False)
class Task:
    """What the process trains at one time: a request, or a batch of them.

    Attributes:
        served: when it last was its turn, or came.
        has_begun: whether a process has ever had it.
        done: how many of its epochs are trained.
        losses: how many processes were lost while they trained it.
    """

    requests: list[Request]
    served: float
    has_begun: bool = False
    done: int = 0
    losses: int = 0
    number: int = field(default_factory=_NUMBERS.__next__)

    @property
    def is_open(self) -> bool:
        """Whether anybody wants it."""
        return any(each.is_open for each in self.requests)

    @property
    def seconds(self) -> float:
        """How long the rest of it takes, estimated."""
        return sum(each.seconds for each in self.requests) * (1 - self.done / self.requests[0].epochs)

    @property
    def rank(self) -> tuple[int, bool, int]:
        """The lowest is trained first: by priority, those whose reader is here, the cheapest; of equals the oldest.

        What costs about the same is equal: strictly by cost, a busy class would overtake one of its own for ever.
        """
        away = all(each.is_away for each in self.requests)
        cost = self.seconds / len(self.requests)
        return min(each.priority for each in self.requests), away, math.floor(math.log(cost + 1e-9, ALIKE))

    def begin(self) -> tuple:
        """What the process gets of it: the work of each request."""
        self.has_begun, self.done = True, 0
        for request in self.requests:
            if request.is_open:
                request.status = "running"
        return tuple(request.work for request in self.requests)

    def take(self, done: int, reports: list, seconds: float) -> None:
        """Enters what has been trained; what a process before had reported already is not entered twice."""
        self.done, first = done, self.requests[0]
        news = done - len(first.news)
        if first.is_open and reports and news > 0:
            first.news += reports[-news:]
            first.spent = seconds

    def finish(self, results: Sequence) -> None:
        """Gives each request its result."""
        for request, result in zip(self.requests, results, strict=True):
            request.end("finished", result=result)

    def fail(self, why: str) -> None:
        """Ends every request with the reason."""
        for request in self.requests:
            request.end("failed", why)


class Queue:
    """The tasks that have not ended.

    Args:
        go_together: whether these requests can be one batch.
    """

    def __init__(self, go_together: Callable[[Sequence[Request]], bool]) -> None:
        self.tasks: list[Task] = []
        self._go_together = go_together
        self._turn: Task | None = None
        self._turn_began = 0.0

    def add(self, request: Request, now: float) -> Request:
        """Takes a request in; gives the one that is to be waited for, which may be an equal one."""
        for other in self._open():
            if request.reader is not None and other.reader == request.reader:
                other.end("stopped")
            elif request.key is not None and other.is_open and other.key == request.key:
                other.waiters += 1
                other.priority = min(other.priority, request.priority)
                return other
        request.last_here = now
        self.tasks.append(Task([request], served=now))
        return request

    def leave(self, request: Request) -> None:
        """One who waited for the request does not any more; it ends with the last of them."""
        request.waiters -= 1
        if not request.waiters:
            request.end("stopped")

    def tidy(self, now: float) -> None:
        """Ends the requests whose browser has been gone for long, and drops the tasks that nobody wants."""
        for request in self._open():
            if request.is_here():
                request.last_here = now
            gone = now - request.last_here
            request.is_away = gone > AWAY
            if gone > (WAITS if request.status == "waiting" else KEPT):
                request.end("stopped")
        self.tasks = [task for task in self.tasks if task.is_open]

    def next(self, now: float) -> Task | None:
        """The task to train now: a batch, if others wait that go with it."""
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
        for request in self._open():
            request.end(status, message)
        self.tasks = []

    def place(self, request: Request) -> int:
        """How many tasks come before the request, as things are."""
        own = next(task for task in self.tasks if request in task.requests)
        return sum(task.is_open and task.rank < own.rank for task in self.tasks)

    def _turn_of(self, overtaken: Sequence[Task], now: float) -> Task | None:
        """The task that has its turn, now and then: of those that came before the best, the longest unserved."""
        if now - self._turn_began > TURN_EVERY:
            waiting = [task for task in overtaken if task.rank < (Priority.PREVIEW,)]
            self._turn = min(waiting, key=lambda task: task.served, default=None)
            self._turn_began = now
        return self._turn if self._turn in overtaken and now - self._turn_began < TURN else None

    def _gather(self, task: Task) -> None:
        """Makes one task of this one and of all that wait and go with it."""
        for other in self.tasks:
            if other is task or other.has_begun or not other.is_open:
                continue
            if self._go_together([*task.requests, *other.requests]):
                task.requests += other.requests
                other.requests = []
        self.tasks = [each for each in self.tasks if each.requests]

    def _open(self) -> list[Request]:
        return [each for task in self.tasks for each in task.requests if each.is_open]
