"""What the server and its trainers ask of the system's scheduler."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lrcore.server import cores


@pytest.mark.parametrize(
    ("running", "number", "is_free"),
    [([1], 2, True), ([2, 2], 2, False), ([2, 1], 2, True), ([1, 1], 1, False), ([3], 8, True)],
)
def test_a_core_is_free_while_fewer_threads_run_than_there_are_cores(running, number, is_free, monkeypatch):
    looks = iter(running)
    monkeypatch.setattr(cores.Path, "read_text", lambda path: f"9.01 8.02 7.03 {next(looks)}/1234 5678\n")
    monkeypatch.setattr(cores.os, "cpu_count", lambda: number)
    assert cores.has_free_core() == is_free
    assert not [*looks]


PROGRAM = """
import os, threading
from lrcore.server import cores
def policy(): return print(os.sched_getscheduler(threading.get_native_id()) == os.SCHED_BATCH)
policy()
cores.interrupt_nobody()
thread = threading.Thread(target=policy)
thread.start()
thread.join()
cores.interrupt_others()
policy()
"""


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="only Linux has such a policy")
def test_threads_that_come_later_interrupt_nobody_either_until_it_is_taken_back():
    out = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout
    assert out.split() == ["False", "True", "False"]


@pytest.mark.parametrize("missing", ["call", "right"])
def test_where_the_system_does_not_let_it_nothing_happens(missing, monkeypatch):
    def refused(*_) -> None:
        raise PermissionError

    if missing == "call":
        monkeypatch.delattr(cores.os, "sched_setscheduler", raising=False)
    else:
        monkeypatch.setattr(cores.os, "sched_setscheduler", refused, raising=False)
    cores.interrupt_nobody()
    cores.interrupt_others()
