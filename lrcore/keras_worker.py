"""Training with Keras for the app's server, in a process of its own: the server never imports TensorFlow.

`KerasWorker` queues runs and keeps what comes back; `keras_process` is the process that trains them.
"""

from __future__ import annotations

import atexit
import pickle
import threading
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from lrcore import keras_run
from lrcore.keras_process import COMMAND, Process

SERIES = (*keras_run.METRICS, "learning_rate")
OPEN = ("waiting", "running")
ADVICE = (
    "`pip install -r requirements.txt` installs what it needs; the next run tries again. "
    "All else works without Keras."
)


def _no_history() -> dict[str, list[float]]:
    return {name: [] for name in SERIES}


@dataclass(frozen=True)
class RunProgress:
    """What is known of a run.

    status: "waiting", "running"; "finished", "stopped", "diverged", "failed"; "unknown" when it is not kept.
    place: how many runs are before a waiting one.
    epochs: its planned length.
    history: the epochs that have arrived, a list of numbers for each name in SERIES.
    seconds: what Keras has spent on them, compiling left out.
    message: why it failed, or where it diverged; else "".
    """

    status: str
    place: int = 0
    epochs: int = 0
    history: dict[str, list[float]] = field(default_factory=_no_history)
    seconds: float = 0.0
    message: str = ""


@dataclass
class _Run:
    request: bytes
    epochs: int
    status: str = "waiting"
    history: dict[str, list[float]] = field(default_factory=_no_history)
    seconds: float = 0.0
    message: str = ""
    over: threading.Event = field(default_factory=threading.Event)


class KerasWorker:
    """Keras in a process of its own: runs are trained one at a time, in the order of their submission.

    Only `wait` and `train` wait for the process; all may be called from any thread. It is started by `start` or by the
    first run, and by the next run after it died; it ends with the process that uses this class.

    Args:
        command: what to run as the worker process.
        start_limit: seconds in which it must be ready.
        silence_limit: seconds in which it must send something while it trains.
        kept: how many of the runs that have ended are kept; the oldest are dropped. At least 1.
    """

    def __init__(
        self,
        command: Sequence[str] = COMMAND,
        *,
        start_limit: float = 120.0,
        silence_limit: float = 20.0,
        kept: int = 200,
    ) -> None:
        self._command, self._kept = command, kept
        self._start_limit, self._silence_limit = start_limit, silence_limit
        self._changed = threading.Condition()  # guards all that follows
        self._runs: dict[str, _Run] = {}
        self._process: Process | None = None
        self._current: str | None = None  # the run that the process has
        self._state, self._message = "stopped", ""
        atexit.register(self.close)

    @property
    def state(self) -> str:
        """ "stopped", "starting", "ready" or "unavailable"; the next run tries again to start Keras."""
        return self._state

    @property
    def message(self) -> str:
        """Why Keras is unavailable, and what to do; else ""."""
        return self._message

    @property
    def pid(self) -> int | None:
        """The number of the worker process, while there is one."""
        process = self._process
        return process.pid if process else None

    def start(self) -> None:
        """Starts the process unless there is one."""
        with self._changed:
            if self._process is not None:
                return
            self._state, self._message = "starting", ""
            try:
                self._process = Process(self._command, self._received, self._ended)
            except OSError as error:
                return self._give_up(str(error))
            self._process.allow(self._start_limit)
            self._process.begin()

    def submit(self, x, y, split, learning_rates, momentum, **settings) -> str:
        """Queues a run, with the arguments and the ValueErrors of `keras_run.train`; gives the run's id."""
        arguments = (x, y, split, learning_rates, momentum)
        keras_run.check(*arguments, **settings)
        run_id = uuid.uuid4().hex
        with self._changed:
            self._runs[run_id] = _Run(pickle.dumps((arguments, settings)), len(learning_rates))
            self.start()
            self._advance()
        return run_id

    def progress(self, run_id: str, since: int = 0) -> RunProgress:
        """How far a run is; its history from the epoch `since` on, counted from 0."""
        with self._changed:
            run = self._runs.get(run_id)
            if run is None:
                return RunProgress("unknown", message="This run is not kept any more. Train it again.")
            place = self._waiting().index(run_id) + bool(self._current) if run.status == "waiting" else 0
            history = {name: values[since:] for name, values in run.history.items()}
            return RunProgress(run.status, place, run.epochs, history, run.seconds, run.message)

    def wait(self, run_id: str, seconds: float) -> None:
        """Returns once the run has ended, or after so many seconds; at once if it is not kept."""
        run = self._runs.get(run_id)
        if run is not None:
            run.over.wait(seconds)

    def cancel(self, run_id: str) -> None:
        """Stops a run, waiting or training; its epochs so far are kept. One that has ended stays as it is."""
        with self._changed:
            if run_id not in self._runs or self._runs[run_id].status not in OPEN:
                return
            if self._process and run_id == self._current:
                self._process.send("stop", run_id)
            self._end(run_id, "stopped")

    def forget(self, run_id: str) -> None:
        """Cancels a run and drops what is known of it."""
        with self._changed:
            self.cancel(run_id)
            self._runs.pop(run_id, None)

    def train(self, *arguments, **settings) -> Iterator[dict[str, float]]:
        """`keras_run.train` in the worker process: the same arguments, ValueErrors and epochs.

        The run is queued by the call. Once its first epoch has been asked for, it goes when the iterator ends or is
        closed.

        Raises:
            RuntimeError: from the iterator, after the epochs that arrived: the run failed.
        """
        return self._follow(self.submit(*arguments, **settings))

    def _follow(self, run_id: str) -> Iterator[dict[str, float]]:
        seen = 0
        try:
            while True:
                with self._changed:
                    while not self._has_news(run_id, seen):
                        self._changed.wait()
                    progress = self.progress(run_id, seen)
                for values in zip(*progress.history.values(), strict=True):
                    yield dict(zip(SERIES, values, strict=True))
                seen += len(progress.history["loss"])
                if progress.status not in OPEN:
                    break
        finally:
            self.forget(run_id)
        if progress.status in ("failed", "unknown"):
            raise RuntimeError(progress.message)

    def _has_news(self, run_id: str, seen: int) -> bool:
        run = self._runs.get(run_id)
        return run is None or run.status not in OPEN or len(run.history["loss"]) > seen

    def close(self) -> None:
        """Ends the process, and with it every run that has not ended."""
        with self._changed:
            if self._process is not None:
                self._process.kill()
            self._process, self._current = None, None
            self._state, self._message = "stopped", ""
            self._end_all("stopped", "Keras was ended.")

    def _received(self, process: Process, kind: str, *details) -> None:
        with self._changed:
            if process is not self._process:
                return
            if kind == "unavailable":
                return self._give_up(*details)
            if kind == "ready":
                self._state = "ready"
            else:
                self._trained(process, *details)
            self._advance()
            self._changed.notify_all()

    def _trained(
        self, process: Process, run_id: str, epochs: list, seconds: float, status: str, message: str
    ) -> None:
        run = self._runs.get(run_id)
        if run is not None and run.status == "running":
            run.seconds = max(run.seconds, seconds)
            for name, values in run.history.items():
                values.extend(epoch[name] for epoch in epochs)
            if status != "running":
                self._end(run_id, status, message)
        process.allow(self._silence_limit)
        if status != "running":
            self._current = None

    def _advance(self) -> None:
        """Gives the process its next run, if it is free."""
        if self._process is None or self._state != "ready" or self._current is not None:
            return
        waiting = self._waiting()
        if not waiting:
            return self._process.allow(float("inf"))
        self._current = waiting[0]
        run = self._runs[self._current]
        run.status = "running"
        self._process.send("train", self._current, run.request)
        run.request = b""
        self._process.allow(self._silence_limit)

    def _ended(self, process: Process, exit_code: int) -> None:
        with self._changed:
            if process is not self._process:
                return
            how = "was silent for too long" if process.overdue else f"ended with exit code {exit_code}"
            self._process, current, self._current = None, self._current, None
            if self._state == "starting":
                return self._give_up(f"its process {how}")
            self._state = "stopped"
            if current in self._runs and self._runs[current].status in OPEN:
                self._end(
                    current,
                    "failed",
                    f"The Keras process {how} during this run. The next run starts it anew.",
                )
            if self._waiting():
                self.start()

    def _give_up(self, why: str) -> None:
        self._process, self._state = None, "unavailable"
        self._message = f"Keras could not be started: {why}. {ADVICE}"
        self._end_all("failed", self._message)

    def _end_all(self, status: str, message: str) -> None:
        for run_id in [run_id for run_id, run in self._runs.items() if run.status in OPEN]:
            self._end(run_id, status, message)

    def _end(self, run_id: str, status: str, message: str = "") -> None:
        run = self._runs[run_id]
        run.status, run.message, run.request = status, message, b""
        run.over.set()
        ended = [run_id for run_id, run in self._runs.items() if run.status not in OPEN]
        for oldest in ended[: -self._kept]:
            del self._runs[oldest]
        self._changed.notify_all()

    def _waiting(self) -> list[str]:
        return [run_id for run_id, run in self._runs.items() if run.status == "waiting"]


@cache
def shared() -> KerasWorker:
    """One worker for all who call this; it starts with its first run."""
    return KerasWorker()


def train(*arguments, **settings) -> Iterator[dict[str, float]]:
    """`keras_run.train`, by the shared worker: see `KerasWorker.train`."""
    return shared().train(*arguments, **settings)
