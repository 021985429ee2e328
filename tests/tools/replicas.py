"""A school: `python tests/tools/replicas.py [--students 30] [--seconds 30]`.

The same class on one and on two replicas behind nginx (`nginx.conf`, Debian's `nginx-light`), all on loopback.
Then one of the two is killed while the class works: its students are to go on where they were.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import streamlit

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.conftest import free_port, start_server, stop_server, wait_until_healthy
from tests.tools.load import PAUSE, lesson, line, link, percentile, press_at_once, slide, usage
from tests.tools.student import Student

CONFIGURATION = Path(__file__).parents[1] / "deploy" / "nginx.conf"
BUNDLES = Path(streamlit.__file__).parent / "static" / "static" / "js"
RETRY = 0.5
"""Seconds between a browser's attempts to connect."""


def configured(ports: list[int], listen: int) -> str:
    """The configuration for replicas on these ports."""
    text = CONFIGURATION.read_text().replace("127.0.0.1:8080", f"127.0.0.1:{listen}")
    servers = [text_line for text_line in text.splitlines() if "server 127.0.0.1:850" in text_line]
    for unused in servers[len(ports) :]:
        text = text.replace(unused + "\n", "")
    for server, port in zip(servers, ports, strict=False):
        text = text.replace(server, server.replace(server.split(":")[1].split()[0], str(port)))
    return text


@contextmanager
def nginx(ports: list[int]) -> Iterator[str]:
    """nginx in a folder of its own, before the servers on these ports: its address."""
    listen = free_port()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "nginx.conf")
        file.write_text(configured(ports, listen))
        Path(folder).chmod(0o755)
        process = subprocess.Popen([find_nginx(), "-p", folder, "-c", str(file), "-g", "daemon off;"])
        try:
            wait_until_healthy(f"http://127.0.0.1:{listen}")
            yield f"http://127.0.0.1:{listen}"
        finally:
            stop_server(process)


def find_nginx() -> str | None:
    """Where nginx is; Debian has it outside a user's path."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def port_of(url: str) -> int:
    """The port in an address."""
    return int(url.rpartition(":")[2])


async def lasting(student: Student, number: int, until: float, outages: list[float]) -> bool:
    """A student who comes back after a lost connection; whether the page was each time as it was left."""
    chance, kept = random.Random(number), True
    await student.open("Schedules", link(number, chance))
    while time.monotonic() < until:
        await asyncio.sleep(chance.uniform(0.5, 1.5) * PAUSE)
        try:
            await slide(student, chance)
        except OSError as lost:
            raise AssertionError("only the websocket can be lost here") from lost
        except Exception:
            outages.append(await come_back(student))
            kept = kept and await is_as_it_was(student)
    await student.close()
    return kept


async def come_back(student: Student) -> float:
    """Connects until it works, as a browser does; the seconds until the page was there again."""
    begin = time.monotonic()
    while True:
        try:
            await student.reopen()
            return time.monotonic() - begin
        except Exception:
            await asyncio.sleep(RETRY)


async def is_as_it_was(student: Student) -> bool:
    """Whether the page shows what its address says: the charts that a new visitor finds there."""
    other = Student(student.url, student.cookie)
    await other.open("Schedules", student.query)
    await other.close()
    return bool(student.charts()) and student.charts() == other.charts()


async def with_a_loss(url: str, students: int, seconds: float, victim: subprocess.Popen) -> str:
    """Kills the replica when half of the time is over; a sentence on what its students met."""
    until, outages = time.monotonic() + seconds, []
    each = [Student(url, cookie=f"seat={number}") for number in range(students)]
    asyncio.get_running_loop().call_later(seconds / 2, victim.kill)
    kept = await asyncio.gather(*(lasting(one, number, until, outages) for number, one in enumerate(each)))
    errors = [error for one in each for error in one.errors]
    return (
        f"One of two replicas killed: {len(outages)} of {students} students lost their connection and were back "
        f"after p50 {percentile(outages, 50)} s, at most {max(outages, default=0):.2f} s; "
        f"{kept.count(True)} of {students} pages as they were left; errors: {len(errors)} {sorted(set(errors))}"
    )


def first_visit(url: str) -> str:
    """The size of the start page's files and its charts' with and without compression, through nginx, in a sentence."""
    page = urllib.request.urlopen(url, timeout=30)
    assert "seat=" in page.headers["Set-Cookie"], "a browser has to get a seat"
    files = [part.split('"')[0] for part in page.read().decode().split("/static/")[1:]]
    files += [f"js/{path.name}" for path in BUNDLES.glob("PlotlyChart.*.js")]
    plain = compressed = 0
    for file in files:
        request = urllib.request.Request(f"{url}/static/{file}", headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            data = answer.read()
            compressed += len(data)
            plain += len(gzip.decompress(data) if answer.headers["Content-Encoding"] == "gzip" else data)
    return f"The start page's {len(files)} files: {plain / 1e6:.1f} MB, {compressed / 1e6:.1f} MB compressed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--pause", type=float, default=0.0, help="0: everyone moves as fast as pages come")
    given = parser.parse_args()
    with ExitStack() as stack:
        replicas = [start_server() for _ in range(2)]
        for process, _ in replicas:
            stack.callback(stop_server, process)
        for _, url in replicas:
            asyncio.run(press_at_once(url, 1))
        columns = ("replicas", "students", "pages a second", "p50 s", "p95 s", "errors", "CPU of each, cores")
        line(list(columns))
        line(["---:"] * len(columns))
        for count in (1, 2):
            with nginx([port_of(url) for _, url in replicas[:count]]) as url:
                line(throughput(url, given, [process.pid for process, _ in replicas[:count]]))
        with nginx([port_of(url) for _, url in replicas]) as url:
            print(first_visit(url))
            print(asyncio.run(with_a_loss(url, given.students, given.seconds, replicas[0][0])))


def throughput(url: str, given: argparse.Namespace, pids: list[int]) -> list[str]:
    """The table's line of a class behind nginx."""
    before, began = np.array([usage(pid).cpu for pid in pids]), time.monotonic()
    times = asyncio.run(lesson(url, given.students, given.seconds, given.pause))
    seconds = time.monotonic() - began
    cpu = (np.array([usage(pid).cpu for pid in pids]) - before) / seconds
    done = len(times.moves) + len(times.pages)
    return [
        str(len(pids)),
        str(given.students),
        f"{done / seconds:.1f}",
        percentile(times.moves, 50),
        percentile(times.moves, 95),
        str(len(times.errors)),
        ", ".join(f"{each:.2f}" for each in cpu),
    ]


if __name__ == "__main__":
    main()
