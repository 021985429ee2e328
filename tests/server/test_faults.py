"""Faults while a page is open: of the server, of TensorFlow, of the Keras process; and runs of two visitors at once."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import WAIT, free_port, no_traceback, settle, slider, start_server, stop_server, until
from tests.tools.load import keras_pid

LONG = "epochs=500&batch_size=4"
SOCKETS = """
window.sockets = [];
window.WebSocket = class extends WebSocket { constructor(...all) { super(...all); sockets.push(this); } };
"""


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """An empty tab of a new visitor."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(WAIT)
    yield page
    context.close()


def opened(page: Page, url: str) -> Page:
    """The tab, once it shows that page."""
    page.goto(url)
    settle(page)
    return page


def press_train(page: Page) -> None:
    """Presses Train."""
    page.locator(".st-key-train-start button").click()


def says(page: Page, text: str) -> None:
    """Waits until the page says what matches `text`."""
    expect(page.get_by_text(re.compile(text)).first).to_be_visible(timeout=4 * WAIT)


def final_numbers(page: Page) -> list[str]:
    """What the player shows of the run's last epoch."""
    player = page.locator(".st-key-train-player")
    epoch, thumb = player.locator(".epoch"), player.locator("input[type=range]")
    until(  # the end is that of what the player has: the rest may come after the words
        lambda: re.fullmatch(r"epoch (\d+) of \1", epoch.inner_text()) or thumb.press("End"),
        WAIT / 1000,
        "the player never had the whole run",
    )
    # while the page is drawn anew with the band, the player that was there may stand beside the new one
    settle(page)
    expect(player).to_have_count(1)
    numbers = player.locator("b").all_inner_texts()
    assert all(numbers)
    return numbers


def worker_of(server: int) -> int:
    """The number of the server's Keras process, waiting until it has one."""
    return until(lambda: keras_pid(server), 60, "the server has no Keras process")


def test_a_server_that_died_and_came_back_finds_the_page_as_it_was(tab):
    port = free_port()
    process, url = start_server(port=port)
    try:
        opened(tab, f"{url}/Train?epochs=10&momentum=0.9&seed=3")
        press_train(tab)
        says(tab, "Keras has trained 10 of 10 epochs")
        before = final_numbers(tab)
        process.kill()
        process.wait()
        process, _ = start_server(port=port)
        expect(tab.locator(".st-key-train-start button")).to_be_enabled(timeout=4 * WAIT)
        slider(tab, "Seed").press(
            "ArrowRight"
        )  # reaches the new server, which first makes the page as it was
        expect(slider(tab, "Seed")).to_have_value("4")
        expect(slider(tab, "Seed")).to_have_value("3")
        expect(tab).to_have_url(re.compile("(?=.*seed=3)(?=.*run=as)"))
        says(tab, "Keras has trained 10 of 10 epochs")
        slider(tab, "Seed").press("ArrowRight")
        expect(tab).to_have_url(re.compile("seed=4"))
        slider(tab, "Seed").press("ArrowLeft")
        expect(tab).to_have_url(re.compile("(?=.*seed=3)(?=.*run=as)"))
        assert final_numbers(tab) == before
        no_traceback(tab)
    finally:
        stop_server(process)


@pytest.mark.parametrize(
    ("sent", "how"),
    [(signal.SIGKILL, "was ended by the signal SIGKILL"), (signal.SIGSTOP, "was silent for too long")],
    ids=["killed", "hung"],
)
def test_a_keras_process_lost_in_a_run_is_reported_and_the_next_run_goes_on(own_server, tab, sent, how):
    server, url = own_server
    opened(tab, f"{url}/Train?{LONG}&seed={int(sent)}")
    press_train(tab)
    says(tab, "Keras is training [1-9]")
    os.kill(worker_of(server), sent)
    says(tab, f"Keras's process {how} during this run. The next run starts it anew")
    press_train(tab)
    says(tab, "Keras is training [1-9]")
    tab.locator(".st-key-train-stop button").click()
    says(tab, "Keras was stopped after [1-9]")
    no_traceback(tab)


def test_a_connection_lost_in_a_run_is_made_again_and_the_run_is_there(own_server, tab):
    _, url = own_server
    tab.add_init_script(SOCKETS)
    opened(tab, f"{url}/Train?{LONG}&seed=5&momentum=0.5")
    press_train(tab)
    says(tab, "Keras is training [1-9]")
    assert tab.evaluate(
        "sockets.filter(each => each.readyState === WebSocket.OPEN).map(each => each.close())"
    )
    says(tab, "Keras has trained 500 of 500 epochs")
    assert tab.evaluate("sockets.length") > 1
    expect(tab).to_have_url(re.compile("(?=.*epochs=500)(?=.*batch_size=4)(?=.*seed=5)(?=.*momentum=0.5)"))
    expect(slider(tab, "Seed")).to_have_attribute("aria-valuetext", "5")
    no_traceback(tab)


def test_two_visitors_who_train_at_once_get_the_runs_that_each_would_get_alone(own_server, browser):
    _, url = own_server
    links = [
        f"{url}/Train?epochs=200&batch_size=8&seed=7&momentum=0.8",
        f"{url}/Train?epochs=60&schedule=Step+decay&seed=8",
    ]

    def visit(link: str) -> Page:
        page = browser.new_context().new_page()
        page.set_default_timeout(WAIT)
        return opened(page, link)

    def run_of(page: Page) -> list[str]:
        says(page, "Keras has trained")
        numbers = final_numbers(page)
        page.context.close()
        return numbers

    both = [visit(link) for link in links]
    for page in both:
        press_train(page)
    together = [run_of(page) for page in both]
    alone = []
    for link in links:
        page = visit(link)
        press_train(page)
        alone.append(run_of(page))
    assert together == alone
    assert alone[0] != alone[1]


def test_without_tensorflow_all_but_train_works_and_a_later_run_finds_it_mended(tab, tmp_path, monkeypatch):
    broken = tmp_path / "tensorflow.py"
    broken.write_text("raise ImportError('this one is broken')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    process, url = start_server()
    try:
        opened(tab, f"{url}/Schedules?epochs=10")
        expect(tab.locator(".st-key-bands-charts .curves path.line").first).to_be_visible()
        opened(tab, f"{url}/Train?epochs=10")
        press_train(tab)
        says(tab, "Keras could not be started: ImportError: this one is broken")
        broken.unlink()
        press_train(tab)
        says(tab, "Keras has trained 10 of 10 epochs")
        no_traceback(tab)
    finally:
        stop_server(process)
