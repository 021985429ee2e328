"""A visitor's stories, in a real browser against a running server."""

from __future__ import annotations

import re
import subprocess
import sys

import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

from pages.components.compare.comparison import MOST
from tests.browser.test_compare import path as compare_path
from tests.conftest import (
    WAIT,
    comes,
    frames,
    no_traceback,
    settle,
    slider,
    start_server,
    still,
    stop_server,
    until,
)


def curve(page: Page, key: str) -> str:
    """The path that a chart draws first, as the browser has it."""
    return page.locator(f".st-key-{key} .curves path.line").first.get_attribute("d")


def curves(page: Page) -> tuple[str, str]:
    """The first path of each of the two charts of Schedules."""
    return curve(page, "rates-chart"), curve(page, "bands-charts")


def changed(page: Page, before: tuple[str, str]) -> None:
    """Waits until both of these paths are others."""
    until(lambda: all(now != then for now, then in zip(curves(page), before, strict=True)))


def train(page: Page) -> None:
    """Presses Train."""
    page.locator(".st-key-train-start [data-testid=stBaseButton-primary]").click()


def trained(page: Page, epochs: int) -> None:
    """Waits until Keras has trained so many epochs, however long it takes to start."""
    expect(page.get_by_text(f"Keras has trained {epochs} of {epochs} epochs")).to_be_visible(timeout=4 * WAIT)


def shown(page: Page, epoch: int, epochs: int) -> None:
    """Waits until the player shows that epoch."""
    expect(page.get_by_text(f"epoch {epoch} of {epochs}", exact=True)).to_be_visible()


def scrub_bar(page: Page):
    """The player's bar of epochs."""
    return page.locator(".st-key-train-player input[type=range]")


def test_a_slider_moved_by_key_changes_the_curve_the_bands_and_the_link(open_page):
    page = open_page("/Schedules?schedule=Step+decay")
    before = curves(page)
    slider(page, "Drop factor").press("ArrowLeft")
    expect(page).to_have_url(re.compile("drop=0.4"))
    changed(page, before)
    no_traceback(page)


def test_a_rate_is_typed_and_stepped_by_keys_beside_its_slider(open_page):
    page = open_page("/Schedules?schedule=Step+decay")
    field = page.get_by_label("Initial learning rate, as a number")
    field.fill("0.123")
    field.press("Enter")
    expect(page).to_have_url(re.compile("initial_learning_rate=0.123"))
    expect(slider(page, "Initial learning rate")).to_have_attribute("aria-valuetext", "0.123")
    for key, value in (("ArrowUp", "0.13"), ("ArrowDown", "0.12"), ("ArrowDown", "0.11")):
        page.keyboard.press(key)  # the field keeps the focus
        expect(field).to_have_value(value)
        expect(page).to_have_url(re.compile(f"initial_learning_rate={value}"))
        settle(page)
    slider(page, "Initial learning rate").press("Home")
    expect(field).to_have_value("0.0001")


def test_a_link_opens_the_same_state_for_another_visitor_and_after_a_reload(open_page):
    page = open_page("/Schedules?schedule=Cosine+decay&initial_learning_rate=0.07&momentum=0.9")
    slider(page, "Epochs").press("ArrowRight")
    expect(page).to_have_url(re.compile("epochs=60"))
    settle(page)
    drawn = curve(page, "rates-chart")
    other = open_page(page.url.split("/", 3)[3].join(["/", ""]))
    expect(slider(other, "Initial learning rate")).to_have_attribute("aria-valuetext", "0.07")
    comes(drawn, curve, other, "rates-chart")
    page.reload()
    settle(page)
    comes(drawn, curve, page, "rates-chart")


def test_a_bad_link_is_told_and_the_rest_of_it_kept(open_page):
    page = open_page("/Schedules?schedule=StepDecay&drop=99&epochs=60&clock=%3Cb%3E")
    expect(page.get_by_text("This link has invalid settings")).to_be_visible()
    expect(slider(page, "Epochs")).to_have_attribute("aria-valuetext", "60")
    expect(slider(page, "Drop factor")).to_have_attribute("aria-valuetext", "0.5")
    no_traceback(page)


def test_keras_trains_and_the_reader_pauses_and_scrubs(open_page):
    page = open_page("/Train?schedule=Step+decay&momentum=0.9")
    train(page)
    trained(page, 50)
    shown(page, 50, 50)
    scrub_bar(page).focus()
    scrub_bar(page).press("Home")
    scrub_bar(page).press("ArrowRight")
    shown(page, 1, 50)
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_role("button", name="Pause", exact=True).click()
    held = scrub_bar(page).input_value()
    frames(page, 30)
    assert scrub_bar(page).input_value() == held
    assert "run=" in page.url


def in_view(page: Page, *places: Locator) -> bool:
    """Whether all of these are on the screen as a whole."""
    width, height = page.viewport_size["width"], page.viewport_size["height"]
    boxes = [place.bounding_box() for place in places]
    return all(
        box["y"] >= 0 and box["y"] + box["height"] <= height and box["x"] + box["width"] <= width
        for box in boxes
    )


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080)])
def test_train_shows_slider_rate_and_outcome_on_one_screen_before_and_after_a_run(open_page, width, height):
    open_page("/")  # from then on the server has the menu on top
    page = open_page("/Train?schedule=Step+decay&momentum=0.9", width=width, height=height)
    rate = slider(page, "Initial learning rate")
    still(page)
    assert in_view(page, rate, *page.locator(".chart").all())
    train(page)
    trained(page, 50)
    settle(page)
    expect(page.locator(".chart")).to_have_count(3)
    still(page)
    assert in_view(page, rate, *page.locator(".chart").all())
    slider(page, "Drop factor").press("ArrowLeft")  # the run stays where it is
    expect(page.get_by_text("This run was computed from other settings")).to_be_visible()
    still(page)
    assert in_view(page, rate, *page.locator(".chart").all())
    train(page)
    expect(page.get_by_text("This run was computed from other settings")).to_have_count(0)
    trained(page, 50)
    settle(page)
    expect(page.get_by_role("button", name="before: Step decay, drop factor 0.5")).to_be_visible()
    expect(page.locator(".chart")).to_have_count(3)
    still(page)
    assert in_view(page, rate, page.get_by_role("button", name="Clear grey"), *page.locator(".chart").all())


@pytest.mark.parametrize(
    "path",
    [
        "/Schedules?schedule=Step+decay",
        "/Train?epochs=10&run=as+set&before=schedule%3DStepDecay%26seed%3D3%26epochs%3D10",
        compare_path(MOST),
    ],
    ids=["Schedules", "Train", "Compare"],
)
def test_with_projector_slider_rate_and_outcome_are_on_one_screen(open_page, path):
    open_page("/")  # from then on the server has the menu on top
    page = open_page(f"{path}&projector=true", width=1280, height=720)
    expect(page.locator(".chart")).to_have_count(3)
    if path.startswith("/Train"):
        trained(page, 10)
        settle(page)
    rate = slider(page, "Initial learning rate")
    axis = page.locator(".several .columns svg:not([hidden]) text")  # below the lowest charts
    for width, height in ((1280, 720), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        still(page)
        assert in_view(page, rate, *page.locator(".chart, .st-key-live-after_release").all(), *axis.all())


def test_the_run_before_stays_over_a_reload_and_the_menu_until_it_is_cleared(open_page):
    page = open_page("/Train?epochs=10")
    grey = page.locator(".ghosts .frame:not([hidden])")  # all but that of the rates, which are the same
    for seed in (0, 1):
        train(page)
        trained(page, 10)
        expect(page).to_have_url(re.compile("run=as"))
        expect(grey).to_have_count(4 * seed)
        slider(page, "Seed").press("ArrowRight")
        expect(page).to_have_url(re.compile(f"[?&]seed={seed + 1}"))
        settle(page)
    expect(page).to_have_url(re.compile("(?=.*seed=2)(?=.*before=.*seed%3D0)"))
    settle(page)

    def paths() -> list[str]:
        return [each.get_attribute("d") for each in grey.locator("path.line").all()]

    drawn = paths()
    page.reload()
    comes(drawn, paths)
    page.get_by_role("link", name="Data").first.click()
    expect(page.get_by_role("heading", name="Data", exact=True)).to_be_visible()
    page.get_by_role("link", name="Train", exact=True).first.click()
    expect(grey).to_have_count(4)
    page.get_by_role("button", name="Clear grey").click()
    expect(grey).to_have_count(0)
    expect(page).not_to_have_url(re.compile("before="))
    trained(page, 10)


def test_on_a_phone_a_slider_and_all_charts_of_a_run_fit_on_the_screen(open_page):
    before = "before=schedule%3DStepDecay%26seed%3D3"
    page = open_page(f"/Train?epochs=1&run=as+set&{before}", width=390, height=844)
    trained(page, 1)
    expect(page.locator(".ghosts .frame:not([hidden])")).to_have_count(5)
    epochs = page.locator(".st-key-epochs")
    epochs.evaluate("""slider => document.querySelector("[data-testid=stMain]").scrollBy({
        top: slider.getBoundingClientRect().bottom - innerHeight + 30, behavior: "instant" })""")
    still(page)
    assert in_view(page, epochs, *page.locator(".chart").all())
    last = page.locator(".chart").last.bounding_box()
    assert epochs.bounding_box()["y"] > last["y"] + last["height"]
    points = page.locator(".curves .revealed:not([hidden]) path.dots[d^=M]")
    expect(points).to_have_count(4)  # one epoch is no line


def test_a_run_outlives_a_moved_slider_a_change_of_page_and_a_reload(open_page):
    page = open_page("/Train")
    train(page)
    trained(page, 50)
    slider(page, "Seed").press("ArrowRight")
    expect(page.get_by_text("This run was computed from other settings")).to_be_visible()
    trained(page, 50)
    page.get_by_role("link", name="Data").first.click()
    expect(page.get_by_role("heading", name="Data", exact=True)).to_be_visible()
    page.get_by_role("link", name="Train", exact=True).first.click()
    trained(page, 50)
    expect(page).to_have_url(re.compile("run="))
    page.reload()
    trained(page, 50)
    expect(page.get_by_text("This run was computed from other settings")).to_be_visible()


def test_stop_keeps_what_was_trained(open_page):
    page = open_page("/Train?epochs=500&batch_size=4")
    train(page)
    expect(page.get_by_text(re.compile(r"Keras is training [1-9]\d* of 500"))).to_be_visible(timeout=4 * WAIT)
    page.locator(".st-key-train-stop button").click()
    stopped = page.get_by_text(re.compile(r"Keras was stopped after [1-9]\d* of 500"))
    expect(stopped).to_be_visible()
    expect(page.locator(".st-key-train-stop")).to_have_count(0)  # the band has been trained by then
    kept = re.search(r"(\d+) of 500", stopped.inner_text()).group(1)
    for _ in range(2):
        page.reload()
        expect(page.get_by_text(f"Keras has trained {kept} of 500")).to_be_visible()
        settle(page)


def lose_and_halve(page: Page) -> None:
    """Trains a run that is lost, and goes on to half of its rate by the button."""
    train(page)
    expect(page.get_by_text("its loss stopped being a number in epoch")).to_be_visible(timeout=4 * WAIT)
    page.get_by_role("button", name="Halve the rate and train").click()
    expect(page).to_have_url(re.compile("initial_learning_rate=50"))


def test_a_lost_run_is_a_finding_and_half_the_rate_is_one_click_away(open_page):
    page = open_page("/Train?initial_learning_rate=100")
    lose_and_halve(page)
    no_traceback(page)


def test_half_the_rate_is_in_the_link_even_where_its_control_is_hidden(open_page):
    page = open_page("/Train?hide=initial_learning_rate&initial_learning_rate=100")
    lose_and_halve(page)
    page.reload()
    settle(page)
    expect(page).to_have_url(re.compile("initial_learning_rate=50"))
    expect(page.get_by_text("This run was computed from other settings")).to_have_count(0)


def test_a_cold_deep_link_works_before_anybody_has_opened_the_app(browser):
    process, url = start_server()
    try:
        page = browser.new_page()
        page.goto(f"{url}/Train?schedule=Exponential+decay&decay_rate=0.1")
        settle(page)
        expect(slider(page, "Decay rate")).to_have_attribute("aria-valuetext", "0.1")
        still(page)
        train(page)
        trained(page, 50)
        page.close()
    finally:
        stop_server(process)


def test_two_visitors_do_not_see_each_other(open_page):
    first, second = open_page("/Train?seed=1"), open_page("/Train?seed=2")
    train(first)
    trained(first, 50)
    assert "Press Train" in second.locator("[data-testid=stMain]").inner_text()
    train(second)
    trained(second, 50)
    for page in (first, second):
        scrub_bar(page).press("End")
    numbers = [page.locator(".st-key-train-player b").all_inner_texts() for page in (first, second)]
    assert all(numbers)
    assert numbers[0] != numbers[1]


def test_every_page_fits_a_phone(open_page):
    for path in ("/", "/Data", "/Schedules", "/Train", "/Compare", "/Surface", "/The_article"):
        page = open_page(path, width=375, height=812)
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        no_traceback(page)


CUT = """() => [...document.querySelectorAll(
    "[data-testid=stButtonGroup] > [role$=group], [data-testid=stPageLink-NavLink] > span"
)].filter(each => each.scrollWidth > each.clientWidth).map(each => each.innerText)"""
WIDEST_GAP = """() => Math.max(...[...document.querySelectorAll("[data-testid=stHorizontalBlock]")]
    .map(each => parseFloat(getComputedStyle(each).rowGap)))"""


@pytest.mark.parametrize("path", ["/Tune", "/The_article"])
def test_on_a_phone_nothing_is_cut_or_covered_by_a_toolbar_or_far_apart(open_page, path):
    page = open_page(path, width=390, height=844, has_touch=True, is_mobile=True)
    page.locator(".js-plotly-plot .ytick, .st-key-tune-curve .rows text").first.wait_for()
    page.get_by_role("heading", name="Try next").wait_for()
    settle(page)
    assert page.evaluate(CUT) == []
    assert page.evaluate(WIDEST_GAP) <= 20
    expect(page.get_by_test_id("stElementToolbar").filter(visible=True)).to_have_count(0)


def test_an_axis_of_plotly_is_drawn_in_the_colour_of_the_text(open_page):
    axis = open_page("/Data", color_scheme="light").locator(".js-plotly-plot .ytick text").first
    assert axis.evaluate("text => getComputedStyle(text).fill") == "rgb(10, 15, 18)"


def test_the_app_answers_while_keras_starts(browser):
    process, url = start_server()
    try:
        page = browser.new_page()
        page.goto(f"{url}/Train")
        settle(page)
        still(page)
        train(page)
        slider(page, "Seed").press("ArrowRight")
        expect(page).to_have_url(re.compile("seed=1"))
        trained(page, 50)
        page.close()
    finally:
        stop_server(process)


def test_the_dialog_for_a_class_stays_closed_when_a_slider_is_moved(open_page):
    page = open_page("/Schedules?schedule=Step+decay")
    page.get_by_role("button", name="For a class").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    slider(page, "Drop factor").press("ArrowLeft")
    expect(page).to_have_url(re.compile("drop=0.4"))
    settle(page)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_link_for_a_class_shows_a_phone_only_what_the_teacher_left(open_page):
    page = open_page("/Schedules?schedule=Step+decay&momentum=0.9")
    page.get_by_role("button", name="For a class").click()
    shown = page.get_by_role("dialog").get_by_role("combobox")
    for _ in range(13):  # all but the first three: the schedule and two of its sliders
        shown.press("Backspace")
        settle(page)
    link = page.get_by_role("dialog").get_by_test_id("stCode")
    expect(link).to_contain_text("hide=epochs_drop%2Cmomentum%2C")
    phone = open_page("/" + link.inner_text().strip().split("/", 3)[3], width=375, height=812)
    expect(phone.get_by_test_id("stSlider")).to_have_count(2)
    expect(phone.get_by_role("button", name="For a class")).to_have_count(0)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 375
    before = curves(phone)
    slider(phone, "Drop factor").press("ArrowLeft")
    expect(phone).to_have_url(re.compile("(?=.*drop=0.4)(?=.*momentum=0.9)(?=.*hide=)"))
    changed(phone, before)


def test_the_script_taken_home_makes_the_run_that_the_page_shows(open_page, tmp_path):
    page = open_page("/Train?schedule=Step+decay&epochs_drop=2&momentum=0.9&epochs=10&seed=5")
    train(page)
    trained(page, 10)
    page.get_by_text("Code to take home").click()
    for label in ("Keras script", "Data (CSV)", "Run (CSV)"):
        with page.expect_download() as download:
            page.get_by_role("button", name=label).click()
        download.value.save_as(tmp_path / download.value.suggested_filename)
    shown = pd.read_csv(tmp_path / "history.csv")
    subprocess.run([sys.executable, "step_decay.py"], cwd=tmp_path, check=True, capture_output=True)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "history.csv"), shown, rtol=1e-4)
    assert list(shown.learning_rate[::2]) == [0.1, 0.05, 0.025, 0.0125, 0.00625]
