"""What the run player is sent, and the player in a real browser, on a page that shows the requested run."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from pages.components.charts.drawing import HEIGHT, SIDE
from pages.components.charts.run_player import drawing, run_player
from tests.conftest import WAIT, frames, settle, until

METRICS = ("loss", "val_loss", "accuracy", "val_accuracy", "learning_rate")
PAGE = """
import math
from urllib.parse import parse_qsl

import streamlit as st

from pages.components.charts.run_player import run_player

asked = st.text_input("Run")
st.code(asked)
settings = dict(parse_qsl(asked))
epochs = int(settings.get("epochs", 500))
arrived = int(settings.get("arrived", epochs))
end = int(settings.get("finite", epochs))
first = float(settings.get("first", 0.9))
loss = [first / k if k <= end else math.nan for k in range(1, epochs + 1)]
history = {
    "loss": loss,
    "val_loss": [1.1 * value for value in loss],
    "accuracy": [1 - value / 2 for value in loss],
    "val_accuracy": [1 - value / 3 for value in loss],
    "learning_rate": [float(settings.get("rate", 0.1)) * 0.99**k for k in range(epochs)],
}
run = {
    "run_id": settings.get("name"),
    "epochs": epochs,
    "finished": arrived == epochs,
    "lost": "lost" in settings or end < epochs,
    "history": {name: values[:arrived] for name, values in history.items()},
    "baseline": (0.638, 'always "good": 63.8%'),
}
shown = st.session_state.setdefault("shown", [run])
if run["run_id"] != shown[-1]["run_id"]:
    shown.append(run)
if "name" in settings and "hidden" not in settings:
    run_player(
        run,
        overlay=("the same run", history),
        band=(
            "20 <i>seeds</i>",
            {"val_loss": {"low": loss, "median": history["val_loss"], "high": [2 * v for v in loss]}},
        ),
        before=("before: that", shown[-2]) if "before" in settings else None,
        label=settings["name"],
        key="player",
    )
"""


@pytest.fixture(scope="module")
def visit(browser, url_of_page) -> Iterator[tuple[Page, list[str], list]]:
    """One page for all tests, the errors in its console, and what it has sent to the server."""
    page, errors, sent = browser.new_page(), [], []
    page.set_default_timeout(WAIT)
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("websocket", lambda connection: connection.on("framesent", lambda frame: sent.append(frame)))
    page.goto(url_of_page)
    settle(page)
    yield page, errors, sent
    page.close()


@pytest.fixture
def page(visit) -> Iterator[Page]:
    """The page; afterwards at the pace that it began with, and without an error in its console."""
    page, errors, _ = visit
    yield page
    page.get_by_label("Speed").select_option("25 epochs/s")
    assert errors == []


_names = (f"Run {number}" for number in itertools.count(1))


def show(page: Page, name: str | None = None, **settings) -> str:
    """Shows that run, or a new one, and returns its name."""
    name = name or next(_names)
    asked = urlencode({"name": name, **settings})
    page.get_by_label("Run", exact=True).fill(asked)
    page.keyboard.press("Enter")
    expect(page.locator("code")).to_have_text(asked)
    expect(page.get_by_role("group", name=name, exact=True)).to_be_visible(visible="hidden" not in settings)
    return name


def scrub(page: Page):
    return page.get_by_role("slider", name="Epoch")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def see_button(page: Page, name: str) -> None:
    expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()


def see_epoch(page: Page, epoch: int, epochs: int = 500) -> None:
    expect(page.locator(".epoch")).to_have_text(f"epoch {epoch} of {epochs}")


def epoch_of(page: Page) -> int:
    return int(page.locator(".epoch").inner_text().split()[1])


def watch_epochs(page: Page) -> None:
    """From now on `window.shown` has all epochs that are shown."""
    page.locator(".epoch").evaluate("""output => {
        window.shown = [];
        new MutationObserver(() => window.shown.push(Number(output.textContent.split(" ")[1])))
            .observe(output, { childList: true, characterData: true, subtree: true });
    }""")


def readouts(page: Page) -> list[str]:
    return page.locator(".entry b:not([hidden])").all_inner_texts()


def expected_readouts(epoch: int) -> list[str]:
    loss, rate = 0.9 / epoch, 0.1 * 0.99 ** (epoch - 1)
    return [f"{rate:.4g}", f"{loss:.4g}", f"{1.1 * loss:.4g}", f"{1 - loss / 2:.3f}", f"{1 - loss / 3:.3f}"]


def test_a_run_plays_to_its_end_without_being_asked(page):
    show(page, epochs=12)
    see_epoch(page, 12, 12)
    see_button(page, "Play again")
    assert readouts(page) == expected_readouts(12)


def test_pause_stops_play_goes_on_and_nothing_of_it_is_sent(page, visit):
    show(page)
    sent = visit[2]
    settle(page)
    before = len(sent)
    press(page, "Pause")
    stopped = epoch_of(page)
    frames(page, 10)
    assert epoch_of(page) == stopped < 500
    press(page, "Play")
    expect(page.locator(".epoch")).not_to_have_text(f"epoch {stopped} of 500")
    assert epoch_of(page) > stopped
    page.get_by_label("Speed").select_option("100 epochs/s")
    scrub(page).fill("77")
    see_epoch(page, 77)
    assert 0 < before == len(sent)


def test_the_scrub_bar_by_keyboard_and_the_buttons_show_the_numbers_of_their_epoch(page):
    show(page)
    scrub(page).fill("9")
    scrub(page).press("Home")
    see_epoch(page, 0)
    assert set(readouts(page)) == {"–"}
    press(page, "One epoch back")
    see_epoch(page, 0)
    for epoch in (1, 2):
        press(page, "One epoch forward")
        see_epoch(page, epoch)
        assert readouts(page) == expected_readouts(epoch)
    scrub(page).press("ArrowRight")
    see_epoch(page, 3)
    assert readouts(page) == expected_readouts(3)
    expect(scrub(page)).to_have_attribute("aria-valuetext", "epoch 3 of 500")
    press(page, "One epoch back")
    see_epoch(page, 2)
    scrub(page).press("End")
    press(page, "One epoch forward")
    see_epoch(page, 500)


def test_the_charts_say_in_words_what_they_show(page):
    name = show(page)
    scrub(page).fill("9")
    for words in (
        "loss at epoch 9 of 500: training 0.1, validation 0.11.",
        "accuracy at epoch 9 of 500: training 0.950, validation 0.967.",
        "learning rate at epoch 9 of 500: rate 0.09227.",
    ):
        expect(page.get_by_role("img", name=f"{name}: {words}", exact=True)).to_be_visible()
    expect(page.get_by_text('always "good": 63.8%')).to_be_visible()
    expect(page.get_by_text("20 <i>seeds</i>")).to_be_visible()


def test_the_slowest_speed_is_one_epoch_a_second(page):
    show(page)
    slowest = page.get_by_label("Speed").locator("option").first
    assert (slowest.get_attribute("value"), slowest.inner_text()) == ("1", "1 epoch/s")
    page.get_by_label("Speed").select_option("1 epoch/s")
    scrub(page).fill("300")
    watch_epochs(page)
    press(page, "Play")
    until(lambda: page.evaluate("shown.includes(301)"))


def test_as_fast_as_it_goes_does_not_keep_the_pace_and_the_end_plays_again(page):
    show(page, epochs=4000)
    page.get_by_label("Speed").select_option("as fast as it goes")
    see_epoch(page, 4000, 4000)  # at 100 a second this would outlast the wait
    page.get_by_label("Speed").select_option("25 epochs/s")
    press(page, "Play again")
    see_button(page, "Pause")
    assert epoch_of(page) < 4000


def test_a_growing_run_waits_at_its_edge_and_goes_on_without_a_restart(page):
    name = show(page, epochs=30, arrived=0)
    see_epoch(page, 0, 30)
    show(page, name, epochs=30, arrived=10)
    see_epoch(page, 10, 30)
    see_button(page, "Pause")
    scrub(page).fill("25")  # beyond what has arrived
    see_epoch(page, 10, 30)
    expect(scrub(page)).to_have_value("10")
    press(page, "Play")
    watch_epochs(page)
    show(page, name, epochs=30)
    see_epoch(page, 30, 30)
    shown = page.evaluate("window.shown")
    assert shown == sorted(shown)
    assert 10 <= shown[0] < 30


def test_each_run_keeps_its_position_over_reruns_remounts_and_other_runs(page):
    first = show(page)
    scrub(page).fill("400")
    show(page, first, again=1)
    see_epoch(page, 400)
    show(page, first, hidden=1)
    other = show(page)
    see_button(page, "Pause")  # a new run plays from the beginning
    assert epoch_of(page) < 400
    scrub(page).press("End")
    for name, epoch in ((first, 400), (other, 500)):
        show(page)  # plays, until another is shown
        show(page, name)
        see_epoch(page, epoch)
        frames(page, 10)
        see_epoch(page, epoch)
        expect(page.get_by_role("button", name="Pause")).to_have_count(0)


def test_a_lost_run_says_where_it_ended(page):
    show(page, finite=6)
    scrub(page).fill("6")
    marker = page.get_by_text("lost in epoch 7")
    expect(marker).to_be_hidden()
    assert readouts(page) == expected_readouts(6)
    scrub(page).press("ArrowRight")
    expect(marker).to_be_visible()
    assert readouts(page)[1] == "–"
    expect(page.get_by_role("img", name="; lost in epoch 7.")).to_have_count(3)
    for settings, dots in (({}, 5), ({"finite": 6}, 1), ({}, 5)):  # in the same charts, one after the other
        show(page, **settings)
        scrub(page).fill("10")
        expect(page.locator("circle:visible")).to_have_count(dots)
        expect(marker).to_be_visible(visible=dots == 1)


def test_a_run_that_is_lost_with_finite_losses_says_so_at_its_end(page):
    show(page, epochs=9, lost=1)
    scrub(page).fill("8")
    marker = page.get_by_text("lost: above the untrained network")
    expect(marker).to_be_hidden()
    scrub(page).press("ArrowRight")
    expect(marker).to_be_visible()
    assert readouts(page) == expected_readouts(9)
    expect(page.get_by_role("img", name="; lost: above the untrained network.")).to_have_count(3)


def test_reduced_motion_shows_the_end_at_once_and_new_epochs_as_they_come(page):
    page.emulate_media(reduced_motion="reduce")
    name = show(page, arrived=400)
    see_epoch(page, 400)
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    show(page, name)
    see_epoch(page, 500)
    page.emulate_media(reduced_motion="no-preference")


def ends(page: Page) -> list[str]:
    """The last tick of the rates, of the losses, and of the epochs."""
    rows = [panel.locator(".rows svg:not([hidden]) text").last for panel in page.locator(".panel").all()]
    epochs = page.locator(".panel .columns svg:not([hidden]) text").last
    return [each.text_content() or "" for each in (rows[0], rows[1], epochs)]


def test_the_run_before_is_grey_and_axes_hold_for_runs_that_fit_until_it_is_cleared(page):
    grey = page.locator(".ghosts .frame:not([hidden])")
    show(page, epochs=50)
    expect(grey).to_have_count(0)
    first = ends(page)
    assert first == ["0.1", "1", "50"]
    name = show(page, epochs=20, rate=0.02, first=0.3, before=1)
    expect(grey).to_have_count(5)
    expect(page.get_by_role("button", name="before: that")).to_be_visible()
    words = "; in grey, before: that: training 0.991, validation 0.994 in the end."
    expect(page.get_by_role("img", name=re.compile(f"{name}: accuracy at .*{words}"))).to_be_visible()
    assert ends(page) == first, "it fits"
    show(page, epochs=20, rate=0.03, first=0.3, before=1)
    assert ends(page) == first, "and stay, though the two that are shown need less"
    show(page, epochs=100, rate=0.3, first=30, before=1)
    grown = ends(page)
    assert (grown[0], grown[2]) == ("0.3", "100"), "they grow for what does not fit"
    assert float(grown[1]) > 1
    name = show(page, epochs=100, rate=0.3, first=30, arrived=0, before=1)
    assert ends(page) == grown, "an axis without a value says nothing"
    show(page, name, epochs=100, rate=0.001, first=30, before=1)
    until(lambda: ends(page)[0] == "0.001", complaint="a run is squeezed")
    show(page, epochs=20, rate=0.02, first=0.3)
    expect(grey).to_have_count(0)
    assert ends(page) == ["0.02", "0.6", "20"]


def test_a_lost_run_holds_no_axis_of_losses(page):
    show(page, epochs=50, first=1e9, finite=30)
    show(page, epochs=50, before=1)
    assert ends(page) == ["0.1", "1", "50"]


LEFT_AND_RIGHT = """parts => parts.filter(part => part.checkVisibility()).map(part => {
    const { left, right } = part.getBoundingClientRect();
    return [left, right];
})"""
REVEALED = """panels => panels.flatMap(panel => {
    const { left, right } = panel.querySelector(".chart").getBoundingClientRect();
    return [...panel.querySelectorAll(".revealed")].map(plot => {
        const { a, e } = plot.firstElementChild.getScreenCTM();
        return { left, right, first: e, epoch: a, width: plot.width.animVal.value };
    });
})"""


def test_the_rate_stands_over_loss_and_accuracy_on_one_axis_and_all_fits_at_any_width(page):
    show(page)
    scrub(page).fill("250")
    for width, across in ((360, 1), (1920, 2)):
        page.set_viewport_size({"width": width, "height": 800})
        rate, loss, accuracy = sides = page.locator(".chart").evaluate_all(LEFT_AND_RIGHT)
        assert rate[0] == loss[0]
        assert rate[1] == accuracy[1]
        assert (loss == accuracy) is (across == 1)
        for plot in page.locator(".panel").evaluate_all(REVEALED):  # half of the epochs, half of the width
            left, right = plot["left"], plot["right"]
            side = SIDE / (1 + 2 * SIDE) * (right - left)
            assert (plot["first"], plot["width"]) == pytest.approx((left + side, (right - left) / 2), abs=1)
            assert 500 * plot["epoch"] == pytest.approx(right - left - 2 * side, abs=1)
        for dot in page.locator("circle").evaluate_all(LEFT_AND_RIGHT):
            assert any(sum(dot) == pytest.approx(sum(side), abs=1) for side in sides)
        for left, right in page.locator(".chart text:not(:empty), .controls > *").evaluate_all(
            LEFT_AND_RIGHT
        ):
            assert 0 <= left < right <= width


def drawn(*, epochs=4, band=None, overlay=None, before=None, log=False, lost=False, **history):
    """What is sent of a run with these metrics, and with unremarkable ones for the others."""
    history = {metric: [0.5] * epochs for metric in METRICS} | history
    run = {
        "run_id": "x",
        "epochs": epochs,
        "finished": True,
        "lost": lost,
        "history": history,
        "baseline": (0.638, 'always "good": 63.8%'),
    }
    data = drawing(run, band and ("band", band), overlay and ("over", overlay), before, log=log)
    data = json.loads(json.dumps(data, allow_nan=False))
    return data | dict(zip(("learning rate", "loss", "accuracy"), data["panels"], strict=True))


def curves(panel: dict) -> dict[str, dict]:
    return {curve["label"]: curve for curve in panel["curves"]}


def values(panel: dict, heights: list) -> list[float]:
    """What the heights stand for on the panel's linear axis."""
    low, high = panel["axis"]
    return [high - height / HEIGHT * (high - low) for height in heights]


@pytest.mark.parametrize("scale", [1e-6, 0.3, 1, 70, 4e8])
def test_the_dots_of_loss_and_accuracy_stand_on_their_axes(scale):
    loss, accuracy = scale * np.array([0.9, 0.7, 0.1, 0.4]), [0.3, 0.9, 1.0, 0.7]
    data = drawn(loss=loss, val_loss=loss, accuracy=accuracy)
    for name, sent in (("loss", loss), ("accuracy", accuracy)):
        curve, (low, high) = curves(data[name])["training"], data[name]["axis"]
        assert values(data[name], curve["heights"]) == pytest.approx(list(sent), abs=1e-3 * (high - low))
        assert curve["played"]


def test_the_rate_of_epoch_k_holds_from_k_minus_1_to_k():
    panel = drawn(learning_rate=[0.1, 0.05, 0.05, 0.2])["learning rate"]
    (curve,) = panel["curves"]
    assert re.sub(r"[ V]\d+", "", curve["line"]) == "M0H1H3H4"
    assert values(panel, curve["heights"]) == pytest.approx([0.1, 0.05, 0.05, 0.2], abs=1e-3)
    assert curve["texts"].split("\t") == ["0.1", "0.05", "", "0.2"]


def test_rates_to_come_hold_the_axis_still():
    now, later = (drawn(learning_rate=rates)["learning rate"] for rates in ([0.1, 0.4], [0.1, 0.4, 0.2, 0.1]))
    assert now["axis"] == later["axis"]


def test_what_is_not_finite_is_a_gap_and_the_first_such_loss_is_marked():
    data = drawn(loss=[0.9, 1.5, math.inf, 0.3], val_loss=[1, 2, None, 1], accuracy=[0.5, math.nan, 0.6, 0.7])
    panel = data["loss"]
    line = curves(panel)["training"]
    assert data["lost"] == [3, "lost in epoch 3"]
    assert panel["mark"] == [2, line["heights"][1], 3]
    assert line["heights"][2] is None
    assert (line["line"].count("M"), line["dots"].count("M")) == (1, 1)
    assert line["texts"].split("\t") == ["0.9", "1.5", "–", "0.3"]
    assert "mark" not in data["accuracy"]


def test_a_run_that_is_lost_at_once_is_marked_in_the_chart():
    data = drawn(loss=[math.nan] * 4, val_loss=[math.nan] * 4)
    assert data["lost"] == [1, "lost in epoch 1"]
    assert data["loss"]["mark"] == [1, 0, 1]


def test_a_lost_run_with_finite_losses_is_marked_at_its_last_point():
    data = drawn(loss=[0.7, 2, 3, 4], lost=True)
    (line,) = (curve for curve in data["loss"]["curves"] if curve["label"] == "training")
    assert data["loss"]["mark"] == [4, line["heights"][3], 4]
    assert data["loss"]["words"] == data["lost"][1] == "lost: above the untrained network"


def test_a_run_without_epochs_has_empty_charts():
    data = drawn(**{metric: [] for metric in METRICS})
    assert data["lost"] is None
    assert {curve["line"] for panel in data["panels"] for curve in panel["curves"]} == {""}


def test_band_and_overlay_are_drawn_on_the_axis_of_the_run_and_have_no_numbers():
    band = {"val_loss": {"low": [0.2] * 4, "median": [0.4] * 4, "high": [0.8, 0.8, 0.8, math.nan]}}
    panel = drawn(band=band, overlay={"loss": [0.9, 0.8, 0.7, 0.6]})["loss"]
    behind, over = curves(panel)["band"], curves(panel)["over"]
    assert (behind["kind"], over["kind"], "played" in behind, over["played"]) == (
        "behind",
        "overlay",
        False,
        True,
    )
    assert (behind["texts"], over["texts"]) == (None, None)
    corners = re.findall(r"(\d) (\d+)", behind["area"])
    assert [x for x, _ in corners] == ["1", "2", "3", "3", "2", "1"]
    heights = values(panel, [int(height) for _, height in corners])
    assert heights == pytest.approx([0.8] * 3 + [0.2] * 3, abs=1e-3)


def test_losses_can_have_a_logarithmic_axis():
    data = drawn(loss=[1, 0.1, 0.01, 0.001], log=True)
    assert data["loss"]["log"]
    assert not data["accuracy"]["log"]
    assert "0.01" in [text for _, text in data["loss"]["rows"]]


def test_a_run_before_of_one_epoch_is_a_point():
    kept = {
        "run_id": "y",
        "epochs": 1,
        "finished": True,
        "lost": False,
        "history": {metric: [0.5] for metric in METRICS},
        "baseline": None,
    }
    behind = drawn(before=("before", kept))["behind"]
    rate, *others = (curve for panel in behind["panels"] for curve in panel["curves"])
    assert rate["line"].startswith("M0 ")
    assert all(curve["dots"] and not curve["line"] for curve in others)
    assert behind["words"][1] == "in grey, before: training 0.5, validation 0.5 in the end"


def test_metrics_of_different_lengths_are_refused():
    history = {"loss": [1.0, math.nan], "accuracy": [0.5], "val_loss": [1.0], "val_accuracy": [0.5]}
    run = {"run_id": "x", "epochs": 5, "finished": False, "history": history, "baseline": None}
    with pytest.raises(ValueError, match=r"lengths \[1, 2\]"):
        run_player(run, key="x")


def test_more_epochs_than_planned_are_refused():
    history = {name: [0.5, 0.4] for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
    run = {"run_id": "x", "epochs": 1, "finished": True, "history": history, "baseline": None}
    with pytest.raises(ValueError, match="epochs=1"):
        run_player(run, key="x")
