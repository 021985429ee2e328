"""The program of a trainer's process: `python -m lrcore.server.child <module>`.

The module has `load()` for the slow part of starting, and `begin(*work)`, a generator that yields a report or None
after each epoch and returns one result for each work. Between epochs the process checks which task to train next.
Messages are pickled tuples over stdin and stdout:

    to the process: ("train", task, work or None to go on with a task that has begun), ("drop", task)
    from it:        ("ready",), ("unavailable", why),
                    ("trained", task, epochs done, [reports], seconds so far, burden, end)

`end` is None until the task is over, then ("finished", "", results) or ("failed", why, None). A module whose memory
grows has `burden()`, its size as a share of the intended limit.
"""

from __future__ import annotations

import importlib
import os
import pickle
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from lrcore.server import cores

REPORT_EVERY, SIGN_EVERY = 0.02, 0.2
"""The least intervals between two messages of a task, in seconds: with reports, and without any. A message that nobody
waits for slows down whoever receives it, which may be a process that is training, too."""


def _steps(number: int, works: tuple, program: Any, send: Callable) -> Iterator[None]:
    """Trains a task and reports; between two epochs, where it yields, other tasks may be trained."""
    task, reports, done, seconds, sent = None, [], 0, 0.0, time.perf_counter()
    while True:
        began, end = time.perf_counter(), None
        try:
            if task is None:
                task, began = program.begin(*works), time.perf_counter()
            report = next(task)
            done += 1
            reports += [] if report is None else [report]
        except StopIteration as stop:
            end = "finished", "", stop.value
        except Exception as error:
            traceback.print_exc()
            end = "failed", _described(error), None
        now = time.perf_counter()
        seconds += now - began
        if end or now - sent > (REPORT_EVERY if reports else SIGN_EVERY):
            send("trained", number, done, reports, seconds, getattr(program, "burden", float)(), end)
            reports, sent = [], now
        if end:
            return
        yield


def main(name: str) -> None:
    """Loads the module of that name, then trains tasks until the server is gone."""
    cores.interrupt_others()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server
    messages = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints goes to the log

    def send(*message) -> None:
        try:
            pickle.dump(message, messages)
            messages.flush()
        except OSError:  # the server is gone
            os._exit(0)

    try:
        program = importlib.import_module(name)
        program.load()
    except Exception as error:
        traceback.print_exc()
        return send("unavailable", _described(error))
    # Only now: on Windows libraries must not be loaded while another thread reads from a pipe.
    inbox: queue.SimpleQueue[tuple] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(inbox,), daemon=True).start()
    send("ready")
    _work(program, inbox, send)


def _listen(inbox: queue.SimpleQueue[tuple]) -> None:
    """Receives messages until the pipe closes, which also means that the server has died; then ends this process."""
    try:
        while True:
            inbox.put(pickle.load(sys.stdin.buffer))
    finally:
        os._exit(0)


def _work(program: Any, inbox: queue.SimpleQueue[tuple], send: Callable) -> None:
    tasks: dict[int, Iterator[None]] = {}
    current = None
    while True:
        while current not in tasks or not inbox.empty():
            what, number, *work = inbox.get()
            if what == "drop":
                tasks.pop(number, None)
                continue
            current = number  # of a task that may have ended by now, which the server does not know yet
            if work[0] is not None:
                tasks[number] = _steps(number, work[0], program, send)
        if next(tasks[current], "over") == "over":
            del tasks[current]


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error!s:.300}"


if __name__ == "__main__":
    main(sys.argv[1])
