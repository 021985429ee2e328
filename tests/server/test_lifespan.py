"""The app's server and the processes that it has started."""

from __future__ import annotations

import os
import signal

import psutil
import pytest

from tests.conftest import is_alive, start_server, stop_server, until
from tests.tools.student import Student, attended

pytestmark = pytest.mark.server


async def visit(url: str) -> None:
    student = Student(url)
    await student.open("Schedules")
    await student.close()
    assert student.errors == []


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_no_trainer_outlives_the_server_even_one_that_is_still_loading(sent):
    process, url = start_server()
    try:
        attended(visit(url))
        trainers = [each.pid for each in psutil.Process(process.pid).children(recursive=True)]
        assert len(trainers) >= 2, "the fast trainer and Keras, which loads for seconds"
        process.send_signal(sent)
        process.wait(10)
        until(lambda: not any(map(is_alive, trainers)), 1, "a trainer has outlived the server")
    finally:
        process.kill()


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="only Linux has such a policy")
def test_the_servers_threads_interrupt_no_trainer():
    process, url = start_server()
    try:
        attended(visit(url))
        server = psutil.Process(process.pid)
        policies = [os.sched_getscheduler(thread.id) for thread in server.threads()]
        assert policies.count(os.SCHED_BATCH) >= 3, "the event loop and what it has started"
        trainers = [each.pid for each in server.children()]
        assert trainers
        until(  # Keras has just been started
            lambda: set(map(os.sched_getscheduler, trainers)) == {os.SCHED_OTHER},
            10,
            "a trainer gives way, too",
        )
    finally:
        stop_server(process)
