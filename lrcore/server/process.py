"""A child process and the pipes to it; sending and receiving never block the server."""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def command(program: str) -> list[str]:
    """The command line of the trainer whose code is the module `program`."""
    return [sys.executable, "-m", "lrcore.server.child", program]


class Process:
    """A process that exchanges pickled tuples over stdin and stdout, and the two threads that carry them.

    Args:
        command: the command line, run in the project's directory.
        environment: environment variables to add to the server's.
        received: called from the reading thread with this object and the parts of each message.
        ended: called once from the reading thread with this object and how the process ended, in words.

    Raises:
        OSError: the command cannot be run.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], received: Callable, ended: Callable
    ) -> None:
        self._popen = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._popen.stdin is not None  # both are pipes: Popen's types do not say so
        assert self._popen.stdout is not None
        self._stdin, self._stdout = self._popen.stdin, self._popen.stdout
        self.pid = self._popen.pid
        self._received, self._ended = received, ended
        self._outbox: queue.SimpleQueue[tuple | None] = queue.SimpleQueue()
        for loop in (self._read, self._write):
            threading.Thread(target=loop, name=f"trainer{loop.__name__}", daemon=True).start()

    def send(self, *message) -> None:
        """Queues a message, without waiting until the process reads it."""
        self._outbox.put(message)

    def kill(self) -> None:
        """Kills the process."""
        self._popen.kill()

    def _read(self) -> None:
        try:
            while True:
                self._received(self, *pickle.load(self._stdout))
        except (EOFError, pickle.UnpicklingError):  # the latter: it died in the middle of a message
            return
        finally:
            self._outbox.put(None)
            self._ended(self, _in_words(self._exit_code()))

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
        except OSError:  # it has died, which the reading thread reports
            return


def _in_words(exit_code: int) -> str:
    """How a process ended. A negative code is a signal; Windows has none, and its codes are read in hexadecimal."""
    if os.name == "nt":
        return f"ended with exit code {exit_code & 0xFFFFFFFF:#x}"
    names = {-each: each.name for each in signal.Signals}
    if exit_code < 0:
        return f"was ended by the signal {names.get(exit_code, -exit_code)}"
    return f"ended with exit code {exit_code}"
