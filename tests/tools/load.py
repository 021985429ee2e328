"""A class at work: `python tests/tools/load.py [--students 1 10 30] [--seconds 60] [--press 30] [--url http://...]`.

`python tests/tools/load.py --students --press --rude` measures how long others wait beside careless use. With
`--drag 30 100` a third of the students drag sliders all the time; with `--tune 30` all of them are on Tune and change
something every eight seconds.

Each student is a session of its own that moves a slider every three seconds, changes pages and lets Keras
train now and then. Students begin from different links, so most moves train twenty new networks; the share that the
cache answered is in the table. Without `--url` the app is started here. The table of a server elsewhere has no
processor time and no memory.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import re
import sys
import time
import urllib.request
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.conftest import start_server, stop_server
from tests.tools.student import Student

PAUSE = 3.0
"""Seconds from one action of a student to the next."""
DRAG = 2.0
"""How long a slider is dragged until it is released, in seconds."""
TUNE_PAUSE = 8.0
"""Seconds from one change on Tune to the next, whether or not the page is complete."""
STUDENTS = itertools.count()
"""The random seeds of the students: every class makes requests of its own."""
LINKS = {
    "Step decay": "drop=0.5",
    "Exponential decay": "initial_learning_rate=0.1",
    "Cosine decay": "initial_learning_rate=0.3",
    "Constant": "initial_learning_rate=0.1",
}
SLIDERS = ("Initial learning rate", "Momentum", "Warmup", "Drop factor", "Decay rate")
PAGES = ("Learning rate", "Data", "Schedules", "Train", "Compare", "Tune")
TRAINED, STOPPED = "Keras has trained", "Keras was stopped after"
COLUMNS = (
    "doing",
    "students",
    "moves",
    "p50 s",
    "p95 s",
    "p99 s",
    "other pages, p95 s",
    "Keras run, p95 s",
    "release, p95 s",
    "previews",
    "late previews",
    "preview, p95 s",
    "first curve, p95 s",
    "errors",
    "from the cache",
    "server CPU, cores",
    "server CPU a move, ms",
    "load generator, cores",
    "others, cores",
    "trainer CPU, cores",
    "server MB",
    "trainer MB",
    "Keras MB",
    "threads",
)


@dataclass
class Times:
    """Seconds until a page was complete, by kind of action; the number of late previews; and the errors."""

    moves: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    runs: list[float] = field(default_factory=list)
    releases: list[float] = field(default_factory=list)
    previews: list[float] = field(default_factory=list)
    late: int = 0
    curves: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Usage:
    """Of one process: processor seconds, resident megabytes, threads."""

    cpu: float = float("nan")
    megabytes: float = float("nan")
    threads: float = float("nan")


def usage(pid: int | None, *, with_children: bool = False) -> Usage:
    """The usage of the process, or of it and its children together; NaN where there is none."""
    try:
        process = psutil.Process(pid or -1)
        each = [process, *(process.children() if with_children else [])]
        cpu = sum(sum(one.cpu_times()[:2]) for one in each)
        resident = sum(one.memory_info().rss for one in each) / 2**20
        return Usage(cpu, resident, sum(one.num_threads() for one in each))
    except (psutil.Error, ValueError):
        return Usage()


def child(pid: int | None, module: str) -> int | None:
    """The server's process that runs the module of that name, if it has one."""
    with suppress(psutil.Error, ValueError):
        for each in psutil.Process(pid or -1).children():
            with suppress(psutil.Error):
                if module in each.cmdline():
                    return each.pid
    return None


def keras_pid(pid: int | None) -> int | None:
    """The server's Keras process."""
    return child(pid, "lrcore.server.keras")


def trainer_pid(pid: int | None) -> int | None:
    """The server's process for the fast trainer."""
    return child(pid, "lrcore.server.fast")


def busy() -> float:
    """Processor seconds of the whole machine."""
    cpu = psutil.cpu_times()
    return cpu.user + cpu.system


def metrics(url: str) -> dict[str, float]:
    """The server's own figures: sessions, and how often trained runs came from the cache."""
    with urllib.request.urlopen(f"{url}/_stcore/metrics", timeout=30) as answer:
        text = answer.read().decode()
    sessions = re.search(r"^active_sessions (\d+)", text, re.M)
    hits, misses = (
        re.search(rf'^cache_lookups_total{{cache="[^"]*results\._piece".*result="{what}"}} (\d+)', text, re.M)
        for what in ("hit", "miss")
    )
    found = {"sessions": sessions, "hits": hits, "misses": misses}
    return {name: float(match[1]) if match else 0.0 for name, match in found.items()}


def link(number: int, chance: random.Random) -> str:
    """The address that a student begins with: no two are alike."""
    schedule = list(LINKS)[number % len(LINKS)]
    momentum = f"momentum=0.{chance.randrange(100_000, 950_000)}"
    return f"schedule={schedule.replace(' ', '+')}&{LINKS[schedule]}&{momentum}"


async def slide(student: Student, chance: random.Random) -> float:
    """Moves one of the page's sliders somewhere."""
    here = [label for label in student.labels("slider") if label in SLIDERS]
    return await student.slide(chance.choice(here), chance.random())


async def run(student: Student, seed: int | None = None) -> float:
    """Presses Train, after setting the seed if there is one; seconds until the page showed the finished run."""
    if seed is not None:
        await student.slide("Seed", seed % 200 / 199)
    student.look_out_for(TRAINED, STOPPED)
    begin = time.perf_counter()
    await student.press("Train")
    return await student.wait() - begin


async def attend(student: Student, times: Times, number: int, until: float, pause: float) -> None:
    """The work of one student: mostly sliders, one action in ten another page, now and then a run by Keras."""
    chance = random.Random(next(STUDENTS))
    await asyncio.sleep(chance.uniform(0, pause))
    times.pages.append(await student.open("Schedules", link(number, chance)))
    while True:
        begin, what = time.monotonic(), chance.random()
        if what < 0.05:
            times.pages.append(await student.visit("Train"))
            times.runs.append(await run(student))
            times.pages.append(await student.visit("Schedules"))
        elif what < 0.1:
            times.pages.append(await student.visit(chance.choice(PAGES)))
            times.pages.append(await student.visit("Schedules"))
        else:
            times.moves.append(await slide(student, chance))
        if time.monotonic() > until:
            return
        await asyncio.sleep(max(0.0, begin + pause - time.monotonic()))


async def drag_on(student: Student, times: Times, number: int, until: float) -> None:
    """Drags one slider after the other until then; after a move the browser asks for a preview, one at a time."""
    chance = random.Random(next(STUDENTS))
    times.pages.append(await student.open("Schedules", link(number, chance)))
    while not times.releases or time.monotonic() < until:
        label = chance.choice([each for each in student.labels("slider") if each in SLIDERS])
        await student.approach(label)
        released = time.monotonic() + DRAG
        while time.monotonic() < released:
            seconds = await student.hold(label, chance.random())
            if seconds is None:
                times.late += 1
                await asyncio.sleep(0.3)  # as the browser does
            else:
                times.previews.append(seconds)
        times.releases.append(await student.slide(label, chance.random()))


async def tune(student: Student, times: Times, until: float, pause: float) -> None:
    """Opens Tune with recipes of its own and changes something after each pause, even while the page still fills in."""
    chance = random.Random(next(STUDENTS))
    await asyncio.sleep(chance.uniform(0, pause))
    change = student.open(
        "Tune", "&".join(f"tune.{each}.warmup={chance.uniform(0, 0.3):.5f}" for each in "abc")
    )
    while True:
        begin = time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                times.moves.append(await change)
        first = [seconds for key, seconds in student.first.items() if key.startswith("tune.curve")]
        times.curves += [min(first)] if first else []
        if not first:
            times.errors.append(f"no curve on Tune within {pause:.0f} s")
        if not first or time.monotonic() > until:
            return
        await asyncio.sleep(max(0.0, begin + pause - time.monotonic()))
        label = chance.choice(("Momentum", "Drop factor", "Time between drops", "Rate left at the end"))
        change = student.slide(label, chance.random())


async def guarded(student: Student, times: Times, doing: Coroutine) -> None:
    """Counts any exception that ends a student's work as an error; closes the connection."""
    try:
        await doing
    except Exception as error:
        times.errors.append(f"{type(error).__name__}: {error}")
    finally:
        times.errors += student.errors
        await student.close()


async def lesson(
    url: str, students: int, seconds: float, pause: float = PAUSE, times: Times | None = None
) -> Times:
    """This many students at work for this many seconds; their times and errors are added to `times`."""
    times, until = Times() if times is None else times, time.monotonic() + seconds
    each = [Student(url, cookie=f"seat={number}") for number in range(students)]
    await asyncio.gather(
        *(guarded(one, times, attend(one, times, number, until, pause)) for number, one in enumerate(each))
    )
    return times


async def lesson_with_drags(url: str, students: int, seconds: float, pause: float = PAUSE) -> Times:
    """A lesson in which a third of the students drag sliders all the time."""
    times, until, dragging = Times(), time.monotonic() + seconds, students // 3
    each = [Student(url, cookie=f"seat={number}") for number in range(dragging)]
    await asyncio.gather(
        lesson(url, students - dragging, seconds, pause, times),
        *(guarded(one, times, drag_on(one, times, number, until)) for number, one in enumerate(each)),
    )
    return times


async def lesson_on_tune(url: str, students: int, seconds: float, pause: float = TUNE_PAUSE) -> Times:
    """A lesson in which all students are on Tune."""
    times, until = Times(), time.monotonic() + seconds
    each = [Student(url, cookie=f"seat={number}") for number in range(students)]
    await asyncio.gather(*(guarded(one, times, tune(one, times, until, pause)) for one in each))
    return times


async def press_at_once(url: str, students: int) -> Times:
    """Students with different settings on the Train page, who press its button at the same moment."""
    times, ready = Times(), asyncio.Barrier(students)

    async def one(student: Student, number: int) -> None:
        times.pages.append(await student.open("Train", link(number, random.Random(next(STUDENTS)))))
        await ready.wait()
        times.runs.append(await run(student))

    each = [Student(url, cookie=f"seat={number}") for number in range(students)]
    await asyncio.gather(*(guarded(student, times, one(student, n)) for n, student in enumerate(each)))
    return times


async def visitors_run(url: str, number: int) -> float:
    """Seconds that a new visitor waits for a run of 10 epochs by Keras, from the press to the finished run."""
    visitor = Student(url)
    await visitor.open("Train", f"epochs=10&momentum=0.{number}1&band=false")
    seconds = await run(visitor)
    await visitor.close()
    assert not visitor.errors, visitor.errors
    return seconds


async def presses_in_one_tab(url: str, presses: int, *, leaves: bool) -> float:
    """Seconds that another visitor waits after many presses of Train in one tab, which is perhaps closed."""
    one = Student(url)
    await one.open("Train", "epochs=500&batch_size=4&band=false")
    for number in range(presses):
        await one.slide("Seed", number / presses)
        await one.press("Train")
    if leaves:
        await one.close()
    seconds = await visitors_run(url, 3)
    await one.close()
    return seconds


async def links_opened_and_closed(url: str, links: int) -> float:
    """Seconds that another visitor waits after links to long runs were opened and closed at once."""
    each = [Student(url) for _ in range(links)]
    for number, one in enumerate(each):
        await one.open("Train", f"band=false&epochs=500&batch_size=4&seed={number}&run=as+set")
        await one.close()
    return await visitors_run(url, 5)


async def presses_of_equal_settings(url: str, presses: int) -> float:
    """Seconds that a student waits who has pressed Train for the same run again and again."""
    one = Student(url)
    await one.open("Train", "epochs=500&batch_size=8&band=false&seed=77")
    one.look_out_for(TRAINED, STOPPED)
    begin = time.perf_counter()
    for _ in range(presses):
        await one.press("Train")
    seconds = await one.wait() - begin
    await one.close()
    return seconds


DEAR = "epochs={0}&batch_size=1&hidden_units=128&split=stratified"


def dear_comparison(number: int) -> str:
    """The dearest link to Compare, different for each number."""
    recipes = [
        "&".join(
            f"{letter}.{each}" for each in (DEAR.format(500 - number) + f"&momentum=0.{place}").split("&")
        )
        for place, letter in enumerate("abcdef")
    ]
    return "&".join(["recipes=6&seeds=200", *recipes])


async def beside_dear_tabs(url: str, tabs: int, students: int = 3, seconds: float = 30) -> list[float]:
    """Seconds from slider to bands of some students, while tabs with the dearest links are open."""
    dear = [Student(url) for _ in range(tabs)]
    openings = [asyncio.create_task(one.open("Compare", dear_comparison(n))) for n, one in enumerate(dear)]
    times = await lesson(url, students, seconds, pause=2.0)
    for opening in openings:
        opening.cancel()
    await asyncio.gather(*openings, return_exceptions=True)
    for one in dear:
        await one.close()
    assert not times.errors, times.errors
    return times.moves


def rude(url: str) -> None:
    """Prints how long others wait beside careless use."""
    line(["what others do", "what is waited for", "seconds"])
    line(["---", "---", "---:"])
    waits = {
        "20 presses of Train in one tab": presses_in_one_tab(url, 20, leaves=False),
        "10 presses of Train, and the tab closed": presses_in_one_tab(url, 10, leaves=True),
        "20 links to runs, opened and closed": links_opened_and_closed(url, 20),
    }
    for what, waiting in waits.items():
        line([what, "a visitor's run of 10 epochs", f"{asyncio.run(waiting):.2f}"])
    for presses in (1, 5):
        seconds = asyncio.run(presses_of_equal_settings(url, presses))
        line([f"{presses} presses of equal settings", "the run", f"{seconds:.2f}"])
    for tabs in (0, 1, 10):
        moves = asyncio.run(beside_dear_tabs(url, tabs))
        line([f"{tabs} tabs of dear comparisons", f"{len(moves)} moves: p50", percentile(moves, 50)])
        line([f"{tabs} tabs of dear comparisons", "p95", percentile(moves, 95)])


def measured(
    url: str, pid: int | None, doing: str, students: int, work: Callable[[], Coroutine[Any, Any, Times]]
) -> list[str]:
    """The cells of a line of the table: the times of `work`, and its cost."""
    keras, trainer = keras_pid(pid), trainer_pid(pid)
    before = [
        usage(pid).cpu,
        usage(keras).cpu,
        usage(trainer, with_children=True).cpu,
        time.process_time(),
        busy(),
        time.monotonic(),
    ]
    asked = metrics(url)
    times = asyncio.run(work())
    server, worker, fast = usage(pid), usage(keras), usage(trainer, with_children=True)
    after = [server.cpu, worker.cpu, fast.cpu, time.process_time(), busy(), time.monotonic()]
    cpu, keras_cpu, trainer_cpu, own, machine, seconds = (
        late - early for late, early in zip(after, before, strict=True)
    )
    hits, misses = (metrics(url)[name] - asked[name] for name in ("hits", "misses"))
    misses /= 2  # an entry is looked up, and once it is trained put there by another call
    for error in sorted(set(times.errors)):
        print(f"{times.errors.count(error)} times: {error}", file=sys.stderr)
    return [
        doing,
        str(students),
        str(len(times.moves)),
        *(percentile(times.moves, share) for share in (50, 95, 99)),
        percentile(times.pages, 95),
        percentile(times.runs, 95),
        percentile(times.releases, 95),
        str(len(times.previews)),
        str(times.late),
        percentile(times.previews, 95),
        percentile(times.curves, 95),
        str(len(times.errors)),
        f"{hits / max(1, hits + misses):.0%}",
        f"{cpu / seconds:.2f}",
        f"{1000 * cpu / len(times.moves):.0f}" if times.moves else "",
        f"{own / seconds:.2f}",
        f"{(machine - cpu - own - np.nansum([keras_cpu, trainer_cpu])) / seconds:.2f}",
        f"{trainer_cpu / seconds:.2f}",
        f"{server.megabytes:.0f}",
        f"{fast.megabytes:.0f}",
        f"{worker.megabytes:.0f}",
        f"{server.threads:.0f}",
    ]


def percentile(times: list[float], share: float) -> str:
    """That percentile in seconds; empty without a measurement."""
    return f"{np.percentile(times, share):.2f}" if times else ""


def line(cells: list[str]) -> None:
    """Prints a line of a markdown table."""
    print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, nargs="*", default=[1, 10, 30, 60, 100])
    parser.add_argument("--press", type=int, nargs="*", default=[30], help="students who press Train at once")
    parser.add_argument(
        "--drag", type=int, nargs="*", default=[], help="students of whom a third drag sliders"
    )
    parser.add_argument("--tune", type=int, nargs="*", default=[], help="students on Tune")
    parser.add_argument("--rude", action="store_true", help="how long others wait beside careless use")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pause", type=float, default=PAUSE)
    parser.add_argument("--url", help="of a running server; default: one is started")
    parser.add_argument("--pid", type=int, help="of that server, to measure what it uses")
    given = parser.parse_args()
    process, url = (None, given.url) if given.url else start_server()
    pid = process.pid if process else given.pid
    try:
        asyncio.run(press_at_once(url, 1))  # Keras is up, and its network compiled
        if given.rude:
            rude(url)
        works = {
            "at work": (given.students, partial(lesson, seconds=given.seconds, pause=given.pause)),
            "drags": (given.drag, partial(lesson_with_drags, seconds=given.seconds, pause=given.pause)),
            "on Tune": (given.tune, partial(lesson_on_tune, seconds=given.seconds)),
            "press at once": (given.press, press_at_once),
        }
        if any(numbers for numbers, _ in works.values()):
            line(list(COLUMNS))
            line(["---:"] * len(COLUMNS))
        for doing, (numbers, work) in works.items():
            for students in numbers:
                line(measured(url, pid, doing, students, partial(work, url, students)))
    finally:
        if process:
            stop_server(process)


if __name__ == "__main__":
    main()
