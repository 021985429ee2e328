"""The process that owns TensorFlow: `Process` is the server's handle to it, `main` is its own side.

They exchange pickled tuples over the process's stdin and stdout:

    to the process: ("train", run_id, pickled arguments of `keras_run.train`), ("stop", run_id)
    from it:        ("ready",), ("unavailable", why),
                    ("trained", run_id, new epochs, seconds Keras has spent on the run, status, message)
"""

from __future__ import annotations

import faulthandler
import math
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from lrcore import keras_run

COMMAND = (sys.executable, "-m", "lrcore.keras_process")
ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",  # a graphics card is slower at a network of this size
    "TF_NUM_INTRAOP_THREADS": "1",  # as are many cores, and the server needs them
    "TF_NUM_INTEROP_THREADS": "1",
}
SEND_EVERY = 0.02
"""Seconds between two messages of a run: what is trained meanwhile is sent together."""


class Process:
    """A worker process with the threads that carry its messages and watch the time: nobody waits for it.

    Args:
        command: what to run; in the project's directory.
        received: called with this and each message's parts, from the reading thread.
        ended: called with this and the exit code, once, from the reading thread.

    Raises:
        OSError: the command cannot be run.
    """

    def __init__(self, command: Sequence[str], received: Callable, ended: Callable) -> None:
        self._popen = subprocess.Popen(
            command,
            cwd=Path(__file__).resolve().parents[1],
            env=os.environ | ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._popen.stdin is not None  # both are pipes: Popen's types do not say so
        assert self._popen.stdout is not None
        self._stdin, self._stdout = self._popen.stdin, self._popen.stdout
        self.pid = self._popen.pid
        self.overdue = False
        self._received, self._ended = received, ended
        self._outbox: queue.SimpleQueue[tuple | None] = queue.SimpleQueue()
        self._deadline = math.inf
        self._over = threading.Event()

    def begin(self) -> None:
        """Starts the threads."""
        for loop in (self._read, self._write, self._watch):
            threading.Thread(target=loop, name=f"keras{loop.__name__}", daemon=True).start()

    def send(self, *message) -> None:
        """Queues a message; a process that does not read holds nobody up."""
        self._outbox.put(message)

    def allow(self, seconds: float) -> None:
        """Kills the process, as `overdue`, unless this is called again within `seconds`."""
        self._deadline = time.monotonic() + seconds

    def kill(self) -> None:
        """Ends the process at once."""
        self._popen.kill()

    def _read(self) -> None:
        try:
            while True:
                self._received(self, *pickle.load(self._stdout))
        except (EOFError, pickle.UnpicklingError):  # the latter: it died in the middle of a message
            return
        finally:
            self._over.set()
            self._outbox.put(None)
            self._ended(self, self._exit_code())

    def _exit_code(self) -> int:
        try:
            return self._popen.wait(timeout=5)
        except subprocess.TimeoutExpired:  # it closed its output and went on
            self.kill()
            return self._popen.wait()

    def _write(self) -> None:
        try:
            while (message := self._outbox.get()) is not None:
                pickle.dump(message, self._stdin)
                self._stdin.flush()
        except OSError:  # it has died, and the reading thread tells
            return

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            if time.monotonic() > self._deadline:
                self.overdue = True
                return self.kill()


def main() -> None:
    """The process's own side: imports TensorFlow, then trains what it is sent. Ends with its server."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server
    messages = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints goes to the log

    def send(*message) -> None:
        pickle.dump(message, messages)
        messages.flush()

    inbox: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
    stopped: deque[str] = deque(maxlen=1)  # a run is sent when the one before has ended
    threading.Thread(target=_listen, args=(inbox, stopped), daemon=True).start()
    try:
        _warm_up()
    except Exception as error:
        traceback.print_exc()
        send("unavailable", _described(error))
        os._exit(1)  # a usual exit might wait for stdin, which the other thread is reading
    send("ready")
    while True:
        _train(*inbox.get(), stopped, send)


def _listen(inbox: queue.SimpleQueue[tuple[str, bytes]], stopped: deque[str]) -> None:
    """Takes messages until the server is gone, however it went; this process goes with it."""
    try:
        while True:
            kind, run_id, *request = pickle.load(sys.stdin.buffer)
            if kind == "stop":
                stopped.append(run_id)
            else:
                inbox.put((run_id, *request))
    finally:
        os._exit(0)


def _warm_up() -> None:
    """Imports TensorFlow, compiles the article's network and runs it once; without TensorFlow's log noise."""
    log = os.dup(2)
    sys.stderr = os.fdopen(log, "w", buffering=1)
    faulthandler.enable(sys.stderr)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    x, y, rows = np.zeros((2, 34), np.float32), np.zeros(2, np.float32), np.arange(2)
    list(keras_run.train(x, y, (rows, rows), np.zeros((1, 1)), 0.9, seed=0, batch_size=2))
    os.dup2(log, 2)


def _train(run_id: str, request: bytes, stopped: deque[str], send: Callable) -> None:
    """Trains one run and sends its epochs as they come."""
    arguments, settings = pickle.loads(request)
    try:
        for epochs, seconds, status, message in _progress(run_id, arguments, settings, stopped):
            send("trained", run_id, epochs, seconds, status, message)
    except Exception as error:
        traceback.print_exc()
        send("trained", run_id, [], 0.0, "failed", _described(error))


def _progress(run_id, arguments, settings, stopped):
    """What to send of a run: (new epochs, seconds so far, status, message), the last time with its end."""
    epochs, history = keras_run.train(*arguments, **settings), []
    status, message, seconds, sent, sent_at = "running", "", 0.0, 0, -math.inf
    while status == "running":
        before = time.perf_counter()
        epoch = next(epochs, None)
        now = time.perf_counter()
        seconds += now - before
        if epoch is not None:
            history.append(epoch)
        status, message = _status(history, epoch is None, run_id in stopped)
        if status != "running" or now - sent_at >= SEND_EVERY:
            yield history[sent:], seconds, status, message
            sent, sent_at = len(history), now


def _status(history: list[dict[str, float]], over: bool, stop: bool) -> tuple[str, str]:
    diverged = keras_run.divergence(history)
    if diverged:
        epoch, rate = diverged
        where = f"in epoch {epoch + 1}, where the learning rate was {rate:g}"
        return "diverged", f"The loss stopped being a finite number {where}."
    return ("finished" if over else "stopped" if stop else "running"), ""


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error!s:.300}"


if __name__ == "__main__":
    main()
