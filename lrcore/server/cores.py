"""Who is on which processor core: what the server and its trainers ask of the system, where it lets them (Linux)."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

MOMENT = 0.001
"""Between two looks for a free core, in seconds."""


def interrupt_nobody() -> None:
    """Lets this thread, and what it starts, wait for a core when it wakes up, and not take that of a running thread.

    A server with a hundred visitors has as many threads, and some of them wake up a thousand times a second. If each
    interrupts a trainer, everything takes a sixth longer.
    """
    with suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def interrupt_others() -> None:
    """Takes `interrupt_nobody` back, in a process that the server has started."""
    with suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def has_free_core() -> bool:
    """Whether fewer threads than cores are running on this computer, at either of two moments.

    At the first one the thread that has sent the request may still be running. Where the system does not say, whether
    there are two cores.
    """
    if _is_core_free():
        return True
    time.sleep(MOMENT)
    return _is_core_free()


def _is_core_free() -> bool:
    cores = os.cpu_count() or 1
    try:
        running, _, _ = Path("/proc/loadavg").read_text().split()[3].partition("/")
    except OSError:
        return cores > 1
    return int(running) < cores


def keep_off_this_core(pid: int | None) -> None:
    """Keeps another process off the core that this one is on, where Linux would wake it and leave it for a while."""
    with suppress(AttributeError, OSError):  # the latter: a process that has just been lost
        core = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[36])
        if pid and (others := os.sched_getaffinity(0) - {core}):
            os.sched_setaffinity(pid, others)
