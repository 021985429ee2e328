"""A running server and a real browser for the tests that need them."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import hypothesis
import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect, sync_playwright
from xdist.scheduler import LoadScopeScheduling

T = TypeVar("T")
ROOT = Path(__file__).parent.parent
hypothesis.settings.register_profile("untimed", deadline=None)  # a busy machine fails no test
hypothesis.settings.load_profile("untimed")
LINUX_ONLY = [f"server/test_{name}.py" for name in ("faults", "lifespan", "second", "trainer")]
"""They kill or halt processes, and look in /proc for what became of them."""
collect_ignore = [] if sys.platform == "linux" else [*LINUX_ONLY]
OF_KERAS = [
    path
    for path in (ROOT / "tests").rglob("test_*.py")
    if re.search(r"^(import|from) keras|train_with_keras", path.read_text(encoding="utf-8"), re.M)
]
"""The files that are left out where there is no Keras: each as a whole, so they hold nothing that does without."""
if find_spec("tensorflow") is None:  # there is none for this Python or system: what needs it is left out
    collect_ignore += map(str, OF_KERAS)
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--process-per-site",  # what one page has loaded and compiled serves the next
)
WAIT = 60_000
"""Milliseconds that a browser test waits at most for something that must come."""
expect.set_options(timeout=WAIT)

ACCESSIBILITY = "tests/browser/test_accessibility.py"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log) -> LoadScopeScheduling:
    """With `-n 2`, shares tests out by file, but those of `tests/browser` run one after the other, for they watch time.

    Those of accessibility and those of pages that need a browser go beside them.
    """
    config.option.loadscopereorder = False  # but as `_turn` has it
    return _ByFile(config, log)


class _ByFile(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return _scope(nodeid)


def _scope(test: str) -> str:
    file = test.split("::")[0]
    if not _needs_a_browser(test):
        return file
    is_watched = file.startswith("tests/browser/") and file != ACCESSIBILITY
    return "browser" if is_watched else "browser, unwatched"


def _turn(item: pytest.Item, slow: set[Path]) -> int:
    """When the item is dealt out: what takes long first, many short files last, so that both workers end together."""
    scope = _scope(item.nodeid)
    if scope.startswith("browser"):
        return 0 if scope == "browser" else 2
    return 3 if scope.startswith("tests/core/") and item.path not in slow else 1


def _needs_a_browser(test: str) -> bool:
    path, name = re.split(r"::|\[", test)[:2]
    return path.startswith("tests/browser/") or name in _tests_with_a_browser(path)


@cache
def _tests_with_a_browser(path: str) -> set[str]:
    """The tests of a file that take a page, by their source: the one who shares them out has not collected them."""
    source = (ROOT / path).read_text(encoding="utf-8")
    return set(re.findall(r"^def (test_\w+)\([^)]*\b(?:open_page|browser)\b[^)]*\)", source, re.M))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests that need a browser or Keras, and puts them in the order in which the workers take them."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: _turn(item, slow))
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
        if item.path in OF_KERAS:
            item.add_marker("keras")


def free_port() -> int:
    """A TCP port on loopback that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_server(
    app: Path = ROOT / "app.py", port: int | None = None, **options
) -> tuple[subprocess.Popen, str]:
    """Starts the app as the README says and waits until it answers. The process and its address."""
    port = port or free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "streamlit", "run", str(app)),
            *("--server.port", str(port), "--server.headless", "true", "--server.address", "127.0.0.1"),
            *(f"--{name}={value}" for name, value in options.items()),
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(url)
    except AssertionError:
        stop_server(process)
        raise
    return process, url


def wait_until_healthy(url: str) -> None:
    """Waits until the server answers its health check."""
    until(lambda: _is_healthy(url), 60, "the server does not answer")


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
            return True
    except OSError:
        return False


def until(condition: Callable[[], T], seconds: float = 120, complaint: str = "this never came") -> T:
    """Waits until the condition has a value that counts as true, and returns it; complains if it does not come."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, complaint
        time.sleep(0.01)
    return value


def comes(expected: T, read: Callable[..., T], *args) -> None:
    """Waits until `read(*args)` returns what is expected; if it never does, the difference is shown."""
    end = time.monotonic() + WAIT / 1000
    while (value := read(*args)) != expected and time.monotonic() < end:
        time.sleep(0.01)
    assert value == expected


def stop_server(process: subprocess.Popen) -> None:
    """Ends the server and waits for it."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def is_alive(pid: int) -> bool:
    """Whether there is such a process that has not ended; what is dead may wait for a parent that never asks."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a server that runs the app."""
    process, url = start_server()
    yield url
    stop_server(process)


@pytest.fixture(scope="module")
def own_server() -> Iterator[tuple[int, str]]:
    """A server of the file's own, which may lose its trainers: its number and its address."""
    process, url = start_server()
    yield process.pid, url
    stop_server(process)


@pytest.fixture(scope="module")
def url_of_page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that runs the small page that the file has as PAGE."""
    script = tmp_path_factory.mktemp("page") / "app.py"
    script.write_text(request.module.PAGE, encoding="utf-8")
    process, url = start_server(app=script)
    yield url
    stop_server(process)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium. Without one the test is skipped, or fails where REQUIRE_BROWSER is set."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("REQUIRE_BROWSER is set and there is no Chromium")
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context_of(browser: Browser, server: str) -> Callable[..., BrowserContext]:
    """The browser's context for all pages of the same options.

    Its first page stays open: it keeps the process alive that has Streamlit's scripts, as a new one would spend more
    on loading them than on the page itself.
    """

    @cache
    def context_of(**options) -> BrowserContext:
        context = browser.new_context(**options)
        context.add_init_script(AWAITING)
        context.new_page().goto(f"{server}/_stcore/health")
        return context

    return context_of


@pytest.fixture
def open_page(context_of: Callable[..., BrowserContext], server: str) -> Iterator[Callable[..., Page]]:
    """Opens a page of the app as a new visitor; at the end no page may have logged an error."""
    errors: list[str] = []
    contexts: set[BrowserContext] = set()

    def open_page(
        path: str = "/", *, width: int = 1280, height: int = 800, color_scheme: str = "light", **options
    ) -> Page:
        context = context_of(**options)
        contexts.add(context)
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=color_scheme)
        page.set_default_timeout(WAIT)
        page.on("console", lambda message: errors.extend(_complaint(message)))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(server + path)
        settle(page)
        return page

    yield open_page
    for context in contexts:
        _forget(context)
    assert not errors, errors


def _forget(context: BrowserContext) -> None:
    """Closes all pages of the context but the one that stays, and removes what they have stored."""
    first, *others = context.pages
    for page in others:
        page.close()
    first.evaluate("localStorage.clear()")
    context.clear_cookies()


def _complaint(message) -> list[str]:
    """What the console reports as an error. Not so Streamlit's own look for its server below a page's path."""
    if message.type != "error" or re.search("/_stcore/(health|host-config)", message.location["url"]):
        return []
    return [f"{message.text} {message.location['url']}"]


AWAITING = """{
    const { send } = WebSocket.prototype, RERUN = 0x5a; // the first byte of a message that asks for a run
    WebSocket.prototype.send = function (message) {
        if (message[0] === RERUN) {
            window.isAwaiting = true;
            this.addEventListener("message", () => { window.isAwaiting = false; }, { once: true });
        }
        send.call(this, message);
    };
}"""
"""Notes whether a run of the page was asked for and the server has said nothing since."""
SETTLED = """() => !window.isAwaiting && !document.querySelector("[data-testid=stSkeleton]")
    && document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]")"""


def settle(page: Page | Frame) -> None:
    """Waits until the page's script has run, and what it drew is there."""
    page.wait_for_function(SETTLED, timeout=WAIT)
    frames(page, 10)  # what came last is drawn, and a run that it asks for has been asked for
    page.wait_for_function(SETTLED, timeout=WAIT)


def frames(page: Page | Frame, number: int) -> None:
    """Lets the page draw that many frames: what moves on it moves in them, on a slow machine as on a fast one."""
    page.evaluate(
        "async number => { while (number--) await new Promise(done => requestAnimationFrame(done)); }", number
    )


def still(page: Page) -> None:
    """Waits until nothing on the page has changed its place, its size or its path over ten frames."""
    page.evaluate(STILL)


STILL = """async () => {
    const all = root => [...root.querySelectorAll("*")].flatMap(
        each => each.shadowRoot ? [each, ...all(each.shadowRoot)] : each);
    const shape = each => {
        const { x, y, width, height } = each.getBoundingClientRect();
        return [x, y, width, height, each.getAttribute("d")];
    };
    let last = "", same = 0;
    for (let left = 3600; same < 10; left--) {
        if (!left) throw new Error("it moves on and on");
        await new Promise(done => requestAnimationFrame(done));
        const now = all(document).map(shape).join();
        same = now === last ? same + 1 : 0;
        last = now;
    }
}"""


def slider(page: Page, label: str):
    """The handle of the slider of that label, to be focused and moved by keys."""
    return page.locator("[data-testid=stSlider]").filter(has_text=label).get_by_role("slider").first


def no_traceback(page: Page) -> None:
    """The page shows no exception."""
    assert page.locator("[data-testid=stException]").count() == 0
