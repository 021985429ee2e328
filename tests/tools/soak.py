"""A long day: `python tests/tools/soak.py [--students 30] [--minutes 20] [--runs 1000]`.

A class works for some minutes, and its connections are lost now and then. A line a minute shows the memory and the
threads of the server and its trainers. Then the students leave, and short runs by Keras follow one another.
Memory has to level off; sessions and threads have to be given back.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.conftest import start_server, stop_server
from tests.tools.load import Times, guarded, keras_pid, lesson, line, link, metrics, run, trainer_pid, usage
from tests.tools.student import Student

COLUMNS = (
    "minute",
    "what",
    "sessions",
    "server MB",
    "trainer MB",
    "Keras MB",
    "threads",
    "pages",
    "runs",
    "errors",
)
RECONNECT = 45.0
"""Seconds after which each of some students loses the connection."""
RELEASE = 150.0
"""Seconds after which the server has let go of a session without a browser (its own limit is 120)."""


class Log:
    """The table; `write` adds a line."""

    def __init__(self, url: str, pid: int) -> None:
        self.url, self.pid, self.began = url, pid, time.monotonic()
        line(list(COLUMNS))
        line(["---:"] * len(COLUMNS))

    async def write(self, what: str, times: Times) -> None:
        """Writes the usage of the processes now, and the work so far."""
        sessions = (await asyncio.to_thread(metrics, self.url))["sessions"]
        server = usage(self.pid)
        trainer, keras = usage(trainer_pid(self.pid), with_children=True), usage(keras_pid(self.pid))
        minute = (time.monotonic() - self.began) / 60
        numbers = (sessions, server.megabytes, trainer.megabytes, keras.megabytes, server.threads)
        done = (len(times.moves) + len(times.pages), len(times.runs), len(times.errors))
        line([f"{minute:.1f}", what, *(f"{number:.0f}" for number in numbers), *map(str, done)])


async def unsteady(student: Student, times: Times, number: int, until: float) -> None:
    """A student whose connection is lost again and again, and whose browser brings the page back."""
    chance = random.Random(-number)
    times.pages.append(await student.open("Schedules", link(number, chance)))
    while time.monotonic() < until:
        await asyncio.sleep(chance.uniform(0.5, 1.5) * RECONNECT)
        times.pages.append(await student.reopen())


async def every(seconds: float, log: Log, what: str, times: Times) -> None:
    """Writes a line at this interval, until cancelled."""
    while True:
        await asyncio.sleep(seconds)
        await log.write(what, times)


async def class_work(url: str, log: Log, students: int, minutes: float) -> None:
    """The class: one in five has a bad connection."""
    times, until = Times(), time.monotonic() + 60 * minutes
    lines = asyncio.create_task(every(60, log, "class", times))
    losing = students // 5
    each = [Student(url) for _ in range(losing)]
    await asyncio.gather(
        lesson(url, students - losing, 60 * minutes, times=times),
        *(guarded(one, times, unsteady(one, times, number, until)) for number, one in enumerate(each)),
    )
    lines.cancel()
    await log.write("they leave", times)
    for error in sorted(set(times.errors)):
        print(f"{times.errors.count(error)} times: {error}", file=sys.stderr)


async def many_runs(url: str, log: Log, runs: int) -> None:
    """This many short runs by Keras, in one session, with a line for every tenth of them."""
    times, student = Times(), Student(url)

    async def all_of_them() -> None:
        times.pages.append(await student.open("Train", "epochs=5&band=false"))
        for number in range(1, runs + 1):
            times.runs.append(await run(student, number))
            if number % max(1, runs // 10) == 0:
                await log.write("short runs", times)

    await guarded(student, times, all_of_them())


async def soak(url: str, pid: int, students: int, minutes: float, runs: int) -> None:
    log = Log(url, pid)
    await log.write("start", Times())
    await class_work(url, log, students, minutes)
    await many_runs(url, log, runs)
    await asyncio.sleep(RELEASE)
    await log.write("all have left", Times())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--runs", type=int, default=1000)
    given = parser.parse_args()
    process, url = start_server()
    try:
        asyncio.run(soak(url, process.pid, given.students, given.minutes, given.runs))
    finally:
        stop_server(process)


if __name__ == "__main__":
    main()
