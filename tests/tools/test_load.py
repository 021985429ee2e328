"""The load generator speaks Streamlit's protocol: three students, a few seconds."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.conftest import start_server, stop_server
from tests.tools.load import (
    lesson,
    lesson_on_tune,
    lesson_with_drags,
    link,
    metrics,
    percentile,
    usage,
)
from tests.tools.replicas import configured
from tests.tools.student import Student, attended

pytestmark = pytest.mark.server


def test_a_class_works_without_an_error(server):
    times = attended(lesson(server, students=3, seconds=3, pause=0.5))
    assert times.errors == []
    assert len(times.pages) >= 3
    assert times.moves
    assert metrics(server)["misses"] > 0


def test_a_slider_that_moves_is_in_the_address_and_survives_a_lost_connection(server):
    async def work() -> tuple[str, str, list[str]]:
        student = Student(server)
        await student.open("Schedules", "schedule=Step+decay&momentum=0.5")
        await student.slide("Drop factor", 0.0)
        moved = student.query
        await student.reopen()
        await student.visit("Train")
        await student.close()
        return moved, student.query, student.errors

    moved, after, errors = attended(work())
    assert errors == []
    assert "drop=" in moved
    assert set(moved.split("&")) <= set(after.split("&"))


def test_a_slider_that_is_held_has_a_preview_and_changes_nothing_before_its_release(server):
    async def work() -> tuple[float | None, str, list[str]]:
        student = Student(server)
        await student.open("Schedules", "schedule=Step+decay&momentum=0.53")
        before, query = student.charts(), student.query
        seconds = await student.hold("Drop factor", 0.1)
        assert (student.charts(), student.query) == (before, query)
        await student.slide("Drop factor", 0.1)
        await student.close()
        return seconds, student.query, student.errors

    seconds, query, errors = attended(work())
    assert errors == []
    assert seconds is None or seconds > 0
    assert "drop=" in query


def test_draggers_and_students_on_tune_work_without_an_error(server):
    times = attended(lesson_with_drags(server, students=3, seconds=1, pause=0.5))
    assert times.errors == []
    assert len(times.previews) + times.late > 0
    assert times.releases
    times = attended(lesson_on_tune(server, students=1, seconds=11, pause=5))
    assert times.errors == []
    assert len(times.curves) >= 2
    assert max(times.curves) <= 5


def test_an_exception_on_a_page_counts_as_an_error(tmp_path):
    app = tmp_path / "app.py"
    app.write_text("raise KeyError('broken')\n")
    process, url = start_server(app)

    async def work() -> list[str]:
        student = Student(url)
        await student.open("")
        await student.close()
        return student.errors

    try:
        (error,) = attended(work())
    finally:
        stop_server(process)
    assert "KeyError" in error


def test_no_two_students_begin_alike():
    links = [link(number, random.Random(number)) for number in range(100)]
    assert len(set(links)) == 100


@pytest.mark.parametrize("share", [50, 95])
def test_percentiles_are_of_the_times(share):
    assert percentile([], share) == ""
    assert float(percentile(list(range(101)), share)) == share


def test_a_process_that_is_not_there_has_used_nothing_that_is_known():
    assert np.isnan(usage(None).cpu)


@pytest.mark.parametrize("ports", [[9001], [9001, 9002]])
def test_nginx_is_given_the_replicas_that_run(ports):
    text = configured(ports, 9000)
    assert [line.split()[1] for line in text.splitlines() if line.startswith("        server 127")] == [
        f"127.0.0.1:{port}" for port in ports
    ]
    assert "listen 127.0.0.1:9000;" in text
