"""The server's side of a trainer: a process, the queue in front of it, and what happens when the process is lost."""

from __future__ import annotations

import atexit
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from lrcore.server.process import Process
from lrcore.server.queue import Queue, Request, Task

TICK = 0.1
"""Seconds between two looks at the time limits, at who is still here, and at whose turn it is."""
QUIET = 5.0
"""Seconds without work after which a process that has grown is renewed."""


class Trainer:
    """A process that trains, one task at a time, what is asked of it.

    Only `train` waits; all may be called from any thread. The process is started by `start` or by the first request,
    and by the next one after it was lost; it ends with the process that uses this class.

    Args:
        name: what messages call it.
        command: what to run as its process.
        environment: what the process finds in its environment besides the server's.
        advice: what to do when it cannot be started.
        go_together: whether these requests can be trained as one.
        attempts: how many processes a task may lose while it trains, the last of which makes it fail.
        start_limit: seconds in which the process must be ready.
        silence_limit: seconds in which it must send something while it trains.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        advice: str,
        go_together: Callable[[Sequence[Request]], bool] = lambda requests: False,
        attempts: int = 1,
        start_limit: float = 120.0,
        silence_limit: float = 20.0,
    ) -> None:
        self._name, self._command, self._environment = name, command, environment
        self._advice, self._attempts = advice, attempts
        self._start_limit, self._silence_limit = start_limit, silence_limit
        self._lock = threading.RLock()  # guards all that follows
        self._queue = Queue(go_together)
        self._process: Process | None = None
        self._state, self._message = "stopped", ""
        self._begun: dict[int, Task] = {}  # the tasks that the process has
        self._current: Task | None = None  # the one of them that it trains
        self._deadline, self._idle_since, self._burden = math.inf, 0.0, 0.0
        atexit.register(self.close)

    @property
    def state(self) -> str:
        """ "stopped", "starting", "ready" or "unavailable"; the next request tries again to start it."""
        return self._state

    @property
    def message(self) -> str:
        """Why it is unavailable, and what to do; else ""."""
        return self._message

    @property
    def pid(self) -> int | None:
        """The number of its process, while there is one."""
        process = self._process
        return process.pid if process else None

    def start(self) -> None:
        """Starts the process unless there is one."""
        with self._lock:
            if self._process is not None:
                return
            self._state, self._message, self._burden = "starting", "", 0.0
            try:
                self._process = Process(self._command, self._environment, self._received, self._ended)
            except OSError as error:
                return self._give_up(str(error))
            self._deadline = time.monotonic() + self._start_limit
            self._process.begin()
            threading.Thread(
                target=self._look_after, args=(self._process,), name=self._name, daemon=True
            ).start()

    def submit(self, request: Request) -> Request:
        """Queues a request; gives the one to be waited for, which is an open one of the same key if there is one."""
        with self._lock:
            request = self._queue.add(request, time.monotonic())
            self.start()
            self._advance()
            return request

    def leave(self, request: Request) -> None:
        """One who waited for the request does not any more: it ends with the last of them, and keeps its news."""
        with self._lock:
            self._queue.leave(request)
            self._advance()

    def place(self, request: Request) -> int:
        """How many tasks come before an open request; 0 for one that is training or has ended."""
        with self._lock:
            return self._queue.place(request) if request.status == "waiting" else 0

    def train(self, request: Request, wanted: Callable[[], object]) -> Request:
        """The request, or its equal, when it has ended.

        Args:
            wanted: called now and then meanwhile; what it raises ends the wait.
        """
        request = self.submit(request)
        try:
            while not request.over.wait(TICK):
                wanted()
        finally:
            self.leave(request)
        return request

    def close(self) -> None:
        """Ends the process, and with it every open request."""
        with self._lock:
            self._let_go()
            self._state, self._message = "stopped", ""
            self._queue.end_all("stopped")

    def _let_go(self) -> None:
        if self._process is not None:
            self._process.kill()
        self._process, self._current, self._begun = None, None, {}

    def _look_after(self, process: Process) -> None:
        """Keeps the time limits, the readers' presence and their turns, as long as there is this process."""
        while process is self._process:
            time.sleep(TICK)
            with self._lock:
                self._queue.tidy(time.monotonic())
                if process is self._process and time.monotonic() > self._deadline:
                    self._lost("was silent for too long")
                self._advance()

    def _advance(self) -> None:
        """Makes the process train what is next."""
        process, now = self._process, time.monotonic()
        if process is None or self._state != "ready":
            return
        for closed in [task for task in self._begun.values() if not task.is_open]:
            process.send("drop", closed.number)
            self._forget(closed, now)
        if self._is_due(now):
            self._let_go()
            return self.start()
        task = self._queue.next(now)
        if task is None:
            self._deadline = math.inf
        elif task is not self._current:
            if self._current is None:
                self._deadline = now + self._silence_limit
            self._current = task
            process.send("train", task.number, None if task.number in self._begun else task.begin())
            self._begun[task.number] = task

    def _forget(self, task: Task, now: float) -> None:
        del self._begun[task.number]
        if task is self._current:
            self._current, self._idle_since = None, now

    def _is_due(self, now: float) -> bool:
        """Whether the process has grown so much that it is to be renewed: in a quiet moment, or between two tasks."""
        is_quiet = not self._begun and now - self._idle_since > QUIET
        return self._current is None and self._burden >= (1 if is_quiet else 2)

    def _received(self, process: Process, kind: str, *details) -> None:
        with self._lock:
            if process is not self._process:
                return
            if kind == "unavailable":
                return self._give_up(*details)
            if kind == "ready":
                self._state, self._idle_since = "ready", time.monotonic()
            else:
                self._trained(*details)
            self._advance()

    def _trained(
        self, number: int, done: int, reports: list, seconds: float, burden: float, end: tuple | None
    ) -> None:
        self._deadline, self._burden = time.monotonic() + self._silence_limit, burden
        task = self._begun.get(number)
        if task is None:
            return
        task.take(done, reports, seconds)
        if end is not None:
            self._forget(task, time.monotonic())
            status, outcome = end
            (task.finish if status == "finished" else task.fail)(outcome)

    def _ended(self, process: Process, how: str) -> None:
        with self._lock:
            if process is self._process:
                self._lost(how)

    def _lost(self, how: str) -> None:
        """Lets the task that was being trained fail, or be trained anew; the others go on with another process."""
        current, was_starting = self._current, self._state == "starting"
        self._let_go()
        if was_starting:
            return self._give_up(f"its process {how}")
        self._state = "stopped"
        if current is not None:
            current.losses += 1
            if current.losses >= self._attempts:
                why = f"{self._name}'s process {how} during this run. The next run starts it anew."
                current.fail(why)
        self._queue.tidy(time.monotonic())
        if self._queue.tasks:
            self.start()

    def _give_up(self, why: str) -> None:
        self._let_go()
        self._state = "unavailable"
        self._message = f"{self._name} could not be started: {why}. {self._advice}"
        self._queue.end_all("failed", self._message)
