"""The run player in a real browser, on a page that offers a run and the ways it may change."""

import math
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from pages.components.run_player import run_player

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
CHROMIUM = shutil.which("chromium")
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")

COLOURS = {"training": "#0f7fc4", "validation": "#d95f02", "learning_rate": "#12926b", "baseline": "#7c878e"}
PAGE = f"""
import math

import streamlit as st

from pages.components.run_player import run_player

asked, state = st.query_params, st.session_state
epochs = int(asked.get("epochs", 500))
diverged = int(asked.get("diverged", epochs + 1))
state.setdefault("arrived", int(asked.get("arrived", epochs)))
state.setdefault("number", 1)
if st.button("More"):
    state.arrived = epochs
if st.button("Another run"):
    state.number += 1
st.button("Rerun")
loss = [0.9 / k if k < diverged else math.nan for k in range(1, epochs + 1)]
history = {{
    "loss": loss,
    "val_loss": [1.1 * value for value in loss],
    "accuracy": [1 - value / 2 for value in loss],
    "val_accuracy": [1 - value / 3 for value in loss],
    "learning_rate": [0.1 * 0.99**k for k in range(epochs)],
}}
shown = st.toggle("Show the player", value=True)
if shown:
    run_player(
        {{
            "run_id": f"run {{state.number}}",
            "epochs": epochs,
            "finished": state.arrived == epochs,
            "history": {{name: values[: state.arrived] for name, values in history.items()}},
            "baseline": 0.638,
        }},
        colours={COLOURS},
        overlay=history,
        band={{"val_loss": {{"low": loss, "median": history["val_loss"], "high": [2 * v for v in loss]}}}},
        band_label="20 seeds",
        label="A test run",
        key="player",
    )
"""

DRAWN_TO_SIZE = """() => {
    const shadow = document.querySelector("[data-testid=stBidiComponentIsolated]").shadowRoot;
    const [left, width] = ["x", "width"].map(name => Number(shadow.querySelector(".revealed").getAttribute(name)));
    const free = shadow.querySelector(".chart").clientWidth - left - width;
    return 0 <= free && free < 30;
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    script = tmp_path_factory.mktemp("player") / "app.py"
    script.write_text(PAGE, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--server.headless=true", f"--server.port={port}", "--server.address=127.0.0.1"]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", script, *options, "--browser.gatherUsageStats=false"],
        cwd=Path(__file__).parents[1],
        env=os.environ | {"PYTHONPATH": "."},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _once_it_answers(f"http://127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait()


def _once_it_answers(address: str) -> str:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health")
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return address
    raise RuntimeError("the Streamlit server did not start")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium.new_context()  # one for all tests: Streamlit's own files are loaded once
        chromium.close()


@pytest.fixture
def visit(address, browser):
    """Opens the page with these query parameters; afterwards, fails on any error in its console."""
    page, errors = browser.new_page(), []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))

    def open_page(query: str = "", *, width: int = 1280, reduced_motion: str = "no-preference"):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(reduced_motion=reduced_motion)
        page.goto(f"{address}/?{query}")
        page.get_by_role("slider").wait_for()
        return page

    yield open_page
    page.close()
    assert errors == []


def press(page, name: str):
    page.get_by_role("button", name=name, exact=True).click()


def see_epoch(page, epoch: int, epochs: int = 500):
    expect(page.locator(".epoch")).to_have_text(f"epoch {epoch} of {epochs}")


def epoch_of(page) -> int:
    return int(page.locator(".epoch").inner_text().split()[1])


def readouts(page) -> dict[str, str]:
    return {
        each.get_attribute("data-metric"): each.inner_text() for each in page.locator("b[data-metric]").all()
    }


def expected_readouts(epoch: int) -> dict[str, str]:
    loss, rate = 0.9 / epoch, 0.1 * 0.99 ** (epoch - 1)
    return {
        "loss": f"{loss:.4f}",
        "val_loss": f"{1.1 * loss:.4f}",
        "accuracy": f"{1 - loss / 2:.3f}",
        "val_accuracy": f"{1 - loss / 3:.3f}",
        "learning_rate": f"{rate:.4g}",
    }


@in_browser
def test_a_run_plays_to_its_end_without_being_asked(visit):
    page = visit("epochs=50")
    see_epoch(page, 50, 50)
    expect(page.get_by_role("button", name="Play again")).to_be_visible()
    assert readouts(page) == expected_readouts(50)


@in_browser
def test_pause_stops_and_play_goes_on(visit):
    page = visit()
    press(page, "Pause")
    stopped = epoch_of(page)
    page.wait_for_timeout(200)
    assert 0 <= epoch_of(page) == stopped < 500
    press(page, "Play")
    expect(page.locator(".epoch")).not_to_have_text(f"epoch {stopped} of 500")
    assert epoch_of(page) > stopped


@in_browser
def test_space_toggles_playing_on_the_player_and_on_the_scrub_bar(visit):
    page = visit()
    for focused in (".player", ".scrub"):
        page.locator(focused).focus()
        page.keyboard.press("Space")
        expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
        page.keyboard.press("Space")
        expect(page.get_by_role("button", name="Pause")).to_be_visible()


@in_browser
def test_scrubbing_by_keyboard_shows_the_numbers_of_that_epoch(visit):
    page = visit()
    scrub = page.get_by_role("slider", name="Epoch")
    scrub.focus()
    page.keyboard.press("Home")
    see_epoch(page, 0)
    assert set(readouts(page).values()) == {"–"}
    for epoch in (1, 2, 3):
        page.keyboard.press("ArrowRight")
        see_epoch(page, epoch)
        assert readouts(page) == expected_readouts(epoch)
    assert scrub.get_attribute("aria-valuetext") == "epoch 3 of 500"
    page.keyboard.press("End")
    see_epoch(page, 500)


@in_browser
def test_the_buttons_step_and_jump(visit):
    page = visit()
    for button, epoch in (
        ("Jump to the end", 500),
        ("One epoch back", 499),
        ("One epoch forward", 500),
        ("One epoch forward", 500),
        ("Jump to the start", 0),
        ("One epoch back", 0),
    ):
        press(page, button)
        see_epoch(page, epoch)


@in_browser
def test_the_chart_says_in_words_what_it_shows(visit):
    page = visit()
    page.get_by_role("slider").fill("9")
    for words in (
        "A test run: loss at epoch 9 of 500: training 0.1000, validation 0.1100.",
        "A test run: accuracy at epoch 9 of 500: training 0.950, validation 0.967.",
        "A test run: learning rate at epoch 9 of 500: rate 0.09227.",
    ):
        expect(page.get_by_role("img", name=words, exact=True)).to_be_visible()


@in_browser
def test_as_fast_as_it_goes_does_not_keep_the_pace(visit):
    page = visit()
    page.get_by_label("Speed").select_option("as fast as it goes")
    see_epoch(page, 500)  # at 25 a second this would outlast the wait


@in_browser
def test_a_growing_run_waits_at_its_edge_and_goes_on_without_a_restart(visit):
    page = visit("epochs=60&arrived=20")
    see_epoch(page, 20, 60)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.locator(".epoch").evaluate("""output => {
        window.shown = [];
        new MutationObserver(() => window.shown.push(Number(output.textContent.split(" ")[1])))
            .observe(output, { childList: true });
    }""")
    press(page, "More")
    see_epoch(page, 60, 60)
    shown = page.evaluate("window.shown")
    assert shown == sorted(shown)
    assert shown[0] < 60


@in_browser
def test_a_run_without_epochs_yet_waits_for_its_first(visit):
    page = visit("epochs=1&arrived=0")
    see_epoch(page, 0, 1)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    press(page, "More")
    see_epoch(page, 1, 1)
    assert readouts(page) == expected_readouts(1)


@in_browser
def test_a_run_cannot_be_scrubbed_beyond_what_has_arrived(visit):
    page = visit("arrived=20")
    page.get_by_role("slider").fill("300")
    see_epoch(page, 20)
    expect(page.get_by_role("slider")).to_have_value("20")


@in_browser
def test_reruns_and_remounts_keep_the_position(visit):
    page = visit()
    for epoch in (123, 500):
        page.get_by_role("slider").fill(str(epoch))
        press(page, "Rerun")
        see_epoch(page, epoch)
        for visible in (False, True):
            page.get_by_text("Show the player").click()
            expect(page.get_by_role("slider")).to_be_visible(visible=visible)
        see_epoch(page, epoch)
        expect(page.get_by_role("button", name="Pause")).to_have_count(0)


@in_browser
def test_another_run_starts_from_the_beginning_and_plays(visit):
    page = visit()
    press(page, "Jump to the end")
    see_epoch(page, 500)
    press(page, "Another run")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert epoch_of(page) < 500


@in_browser
def test_a_diverged_run_says_where_it_ended(visit):
    page = visit("diverged=7")
    page.get_by_role("slider").fill("6")
    marker = page.get_by_text("diverged at epoch 7")
    expect(marker).to_be_hidden()
    assert readouts(page) == expected_readouts(6)
    page.keyboard.press("ArrowRight")
    expect(marker).to_be_visible()
    assert readouts(page)["loss"] == "–"
    expect(page.get_by_role("img", name="Diverged at epoch 7.")).to_have_count(3)


@in_browser
def test_reduced_motion_shows_the_end_at_once_and_new_epochs_as_they_come(visit):
    page = visit("epochs=500&arrived=400", reduced_motion="reduce")
    see_epoch(page, 400)
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    press(page, "More")
    see_epoch(page, 500)


@in_browser
def test_pointing_reads_an_epoch_and_leaving_returns(visit):
    page = visit()
    press(page, "Jump to the end")
    chart = page.locator("[data-chart=accuracy]").bounding_box()
    page.mouse.move(chart["x"] + chart["width"] / 2, chart["y"] + 40)
    expect(page.locator(".cursor:not([hidden])")).to_have_count(3)
    pointed = epoch_of(page)
    assert 200 < pointed < 300
    assert readouts(page) == expected_readouts(pointed)
    page.mouse.move(1, 1)
    see_epoch(page, 500)


@in_browser
def test_playing_pausing_and_scrubbing_ask_nothing_of_the_server(visit):
    page = visit()
    sent = []
    page.on("websocket", lambda connection: connection.on("framesent", lambda frame: sent.append(frame)))
    page.reload()
    press(page, "Pause")
    before = len(sent)
    press(page, "Play")
    page.get_by_label("Speed").select_option("100 epochs/s")
    page.get_by_role("slider").fill("77")
    press(page, "One epoch back")
    see_epoch(page, 76)
    assert 0 < before == len(sent)


@in_browser
def test_the_charts_share_their_axis_and_fit_at_any_width(visit):
    page = visit()
    press(page, "Jump to the end")
    see_epoch(page, 500)
    for width in (360, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(DRAWN_TO_SIZE)
        charts, plots = page.locator(".chart").all(), page.locator(".revealed").all()
        assert len({(chart.bounding_box()["x"], chart.bounding_box()["width"]) for chart in charts}) == 1
        assert len({(plot.get_attribute("x"), plot.get_attribute("width")) for plot in plots}) == 1
        assert all(chart.bounding_box()["height"] >= 150 for chart in charts)
        for part in page.locator(".chart, .controls > *").all():
            box = part.bounding_box()
            assert 0 <= box["x"] < box["x"] + box["width"] <= width


def test_metrics_of_different_lengths_are_refused():
    history = {"loss": [1.0, math.nan], "accuracy": [0.5], "val_loss": [1.0], "val_accuracy": [0.5]}
    run = {"run_id": "x", "epochs": 5, "finished": False, "history": history, "baseline": None}
    with pytest.raises(ValueError, match=r"lengths \[1, 2\]"):
        run_player(run, colours=COLOURS, key="x")


def test_more_epochs_than_planned_are_refused():
    history = {name: [0.5, 0.4] for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
    run = {"run_id": "x", "epochs": 1, "finished": True, "history": history, "baseline": None}
    with pytest.raises(ValueError, match="epochs=1"):
        run_player(run, colours=COLOURS, key="x")
