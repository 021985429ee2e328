"""A trainer as the server sees it: one process, its queue and its time limits; a lost process is replaced."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from weakref import WeakSet

from lrcore.server.process import Process
from lrcore.server.queue import Queue, Request, Task

TICK = 0.1
"""The interval at which time limits, connected browsers and turns are checked, in seconds."""
QUIET = 5.0
"""Seconds of idleness after which a process that has grown is replaced."""


_TRAINERS: WeakSet[Trainer] = WeakSet()


@atexit.register
def close_all() -> None:
    """Ends the processes of all trainers; Python calls this at its end, if it comes to that."""
    for trainer in [*_TRAINERS]:
        trainer.close()


@dataclass(eq=False)
class Trainer:
    """A process that trains one task at a time.

    Every method is thread-safe, and only `train` blocks. `start` or the first request starts the process; a request
    also restarts one that was lost. The process ends with the server.

    Args:
        name: the trainer's name in messages.
        command: the command line of its process.
        environment: environment variables to add to the server's.
        advice: what a reader can do when it cannot be started.
        go_together: whether these requests can be trained as one batch.
        attempts: how often a start, or a task, is tried: it fails when this many processes have died in it.
        start_limit: seconds until the process must be ready.
        silence_limit: seconds without a message, while training, until the process counts as lost.

    Attributes:
        state: "stopped", "starting", "ready" or "unavailable"; a request tries to start it again.
        message: why it is unavailable, with the advice; else "".
        pid: the id of its process; None while there is none.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    _: KW_ONLY
    advice: str
    go_together: Callable[[Sequence[Request]], bool] = lambda requests: False
    attempts: int = 1
    start_limit: float = 120.0
    silence_limit: float = 20.0
    state: str = field(default="stopped", init=False)
    message: str = field(default="", init=False)
    pid: int | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._lock = threading.RLock()  # guards all that follows
        self._queue = Queue(self.go_together)
        self._process: Process | None = None
        self._begun: dict[int, Task] = {}  # the tasks that the process has
        self._current: Task | None = None  # the one of them that it trains
        self._silence = self._burden = 0.0
        self._failed_starts = 0
        _TRAINERS.add(self)

    def start(self) -> None:
        """Starts the process, unless it runs already."""
        with self._lock:
            if self._process is not None:
                return
            self.state, self.message, self._silence, self._burden = "starting", "", 0.0, 0.0
            try:
                process = Process(self.command, self.environment, self._received, self._ended)
            except OSError as error:
                return self._give_up(str(error))
            self._process, self.pid = process, process.pid
            threading.Thread(target=self._watch, args=(process,), name=self.name, daemon=True).start()

    def submit(self, request: Request) -> Request:
        """Queues a request. Returns the request to wait for: an open one with an equal key, or else this one."""
        with self._lock:
            request = self._queue.add(request, time.monotonic())
            self.start()
            self._advance()
            return request

    def leave(self, request: Request) -> None:
        """Removes one waiter; the request is stopped when there is none left, and keeps its reports."""
        with self._lock:
            self._queue.leave(request)
            self._advance()

    def place(self, request: Request) -> int:
        """How many tasks are ahead of a request; 0 for one that is running or has ended."""
        with self._lock:
            return self._queue.place(request) if request.status == "waiting" else 0

    def train(self, request: Request, wanted: Callable[[], object]) -> Request:
        """Queues a request and waits for its end; returns it, or the equal one that was open already.

        Args:
            wanted: called every `TICK` while waiting; an exception that it raises ends the wait.
        """
        request = self.submit(request)
        try:
            while not request.over.wait(TICK):
                wanted()
        finally:
            self.leave(request)
        return request

    def close(self) -> None:
        """Ends the process and stops every open request."""
        with self._lock:
            self._let_go("stopped")
            self._queue.end_all("stopped")

    def _let_go(self, state: str, message: str = "") -> None:
        if self._process is not None:
            self._process.kill()
        self._process, self.pid, self._current, self._begun = None, None, None, {}
        self.state, self.message = state, message

    def _watch(self, process: Process) -> None:
        """Checks time limits, connected browsers and turns for as long as this process runs."""
        while process is self._process:
            time.sleep(TICK)
            with self._lock:
                # Counted, not read from a clock, which goes on while the computer sleeps or the server is suspended.
                self._silence += TICK
                self._queue.tidy(time.monotonic())
                is_busy = self.state == "starting" or self._current is not None
                limit = self.start_limit if self.state == "starting" else self.silence_limit
                if process is self._process and is_busy and self._silence > limit:
                    self._lost("was silent for too long")
                self._advance()

    def _advance(self) -> None:
        """Sends the process the next task, unless it is training it already."""
        process = self._process
        if process is None or self.state != "ready":
            return
        for closed in [task for task in self._begun.values() if not task.is_open]:
            process.send("drop", closed.number)
            self._forget(closed)
        if self._is_due():
            self._let_go("stopped")
            return self.start()
        task = self._queue.next(time.monotonic())
        if task is not None and task is not self._current:
            if self._current is None:
                self._silence = 0.0
            self._current = task
            process.send("train", task.number, None if task.number in self._begun else task.begin())
            self._begun[task.number] = task

    def _forget(self, task: Task) -> None:
        del self._begun[task.number]
        if task is self._current:
            self._current = None

    def _is_due(self) -> bool:
        """Whether the process has grown too large: it is replaced when idle, or, twice as large, between two tasks."""
        is_quiet = not self._begun and self._silence > QUIET
        return self._current is None and self._burden >= (1 if is_quiet else 2)

    def _received(self, process: Process, kind: str, *details) -> None:
        with self._lock:
            if process is not self._process:
                return
            self._silence = 0.0
            if kind == "unavailable":
                return self._give_up(*details)
            if kind == "ready":
                self.state, self._failed_starts = "ready", 0
            else:
                self._trained(*details)
            self._advance()

    def _trained(
        self, number: int, done: int, reports: list, seconds: float, burden: float, end: tuple | None
    ) -> None:
        self._burden, task = burden, self._begun.get(number)
        if task is None:
            return
        task.take(done, reports, seconds)
        if end is not None:
            self._forget(task)
            task.end(*end)

    def _ended(self, process: Process, how: str) -> None:
        with self._lock:
            if process is self._process:
                self._lost(how)

    def _lost(self, how: str) -> None:
        """Fails or repeats the start, or the task that was being trained; a new process trains all others."""
        current, was_starting = self._current, self.state == "starting"
        self._let_go("stopped")
        self._failed_starts += was_starting
        if self._failed_starts >= self.attempts:
            return self._give_up(f"its process {how}")
        if current is not None:
            current.losses += 1
            if current.losses >= self.attempts:
                why = f"{self.name}'s process {how} during this run. The next run starts it anew."
                current.end("failed", why)
        self._queue.tidy(time.monotonic())
        if self._queue.tasks:
            self.start()

    def _give_up(self, why: str) -> None:
        self._failed_starts = 0
        self._let_go("unavailable", f"{self.name} could not be started: {why}. {self.advice}")
        self._queue.end_all("failed", self.message)
