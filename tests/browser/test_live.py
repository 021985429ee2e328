"""What the plots of Schedules show while a slider is held, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import comes, no_traceback, settle, slider, still, until

PATH = "/Schedules?schedule=Step+decay&momentum=0.9"
DRAWN = """root => [...root.querySelectorAll(".curves .frame:not([hidden])")].map(
    frame => frame.getAttribute("viewBox") + [...frame.children].map(path => path.getAttribute("d"))).join()"""


def drawn(page: Page, plot: str) -> str:
    """All that a plot's curves are."""
    return page.locator(f".st-key-{plot} .grid").evaluate(DRAWN)


def both(page: Page) -> tuple[str, str]:
    return drawn(page, "rates-chart"), drawn(page, "bands-charts")


def before(page: Page, plot: str) -> Locator:
    return page.locator(f".st-key-{plot} .ghosts .frame:not([hidden]) path.line")


def grey(page: Page, *plots: str) -> list[str]:
    """The paths of what is shown behind the curves."""
    return [path.get_attribute("d") for plot in plots for path in before(page, plot).all()]


def words(page: Page, plot: str) -> list[str]:
    """What is written in a plot, but for the name of the state before."""
    return page.locator(f".st-key-{plot} .grid").inner_text().replace("before", "").split()


def lines(page: Page, plot: str) -> list[str]:
    return [path.get_attribute("d") for path in page.locator(f".st-key-{plot} .curves path.line").all()]


def thumb(page: Page, key: str) -> tuple[float, float]:
    """The middle of a slider's thumb."""
    box = page.locator(f".st-key-{key} input[type=range]").locator("xpath=../..").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def to_the_bottom(page: Page, key: str, height: int) -> None:
    """Scrolls a slider to the bottom of a screen of that height: on a phone the charts stay above it."""
    script = """(slider, height) => {
        const main = document.querySelector("[data-testid=stMain]"), { bottom } = slider.getBoundingClientRect();
        main.scrollBy({ top: bottom - height + 30, behavior: "instant" });
    }"""
    page.locator(f".st-key-{key}").evaluate(script, height)
    still(page)


@contextmanager
def held(page: Page, key: str, by: int) -> Iterator[None]:
    """The slider of that key is dragged by that many pixels, and let go at the end."""
    page.locator(f".st-key-{key}").scroll_into_view_if_needed()
    still(page)  # a page that has just come may shift under the pointer
    track = page.locator(f".st-key-{key} input[type=range]")
    before = track.get_attribute("aria-valuetext")
    x, y = thumb(page, key)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by, y, steps=4)
    expect(track).not_to_have_attribute("aria-valuetext", before)
    yield
    page.mouse.up()
    settle(page)


def change(page: Page, plot: str, since: str) -> None:
    """Waits until a plot shows something else."""
    page.wait_for_function(
        f"""since => {{
            const place = document.querySelector(".st-key-{plot}");
            const root = [...place.querySelectorAll("*")].find(each => each.shadowRoot).shadowRoot;
            return ({DRAWN})(root.querySelector(".grid")) !== since;
        }}""",
        arg=since,
    )


def test_curve_and_bands_follow_a_thumb_that_is_held_and_the_link_waits(open_page):
    page = open_page(PATH)
    rates, bands = both(page)
    with held(page, "drop", -60):
        change(page, "rates-chart", rates)
        change(page, "bands-charts", bands)
        assert "drop=" not in page.url
        assert page.locator(".st-key-drop input").get_attribute("aria-valuetext") != "0.5"
    expect(page).to_have_url(re.compile("drop="))
    no_traceback(page)


def test_the_exact_field_follows_a_thumb_that_is_held(open_page):
    page = open_page(PATH)
    rate = page.locator(".st-key-initial_learning_rate input[type=range]")
    field = page.locator(".st-key-initial_learning_rate-exact input")
    with held(page, "initial_learning_rate", -60):
        expect(rate).not_to_have_attribute("aria-valuetext", "0.1")
        there = rate.get_attribute("aria-valuetext")
        expect(field).to_have_value(there)
        assert "initial_learning_rate=" not in page.url
    expect(page).to_have_url(re.compile(f"initial_learning_rate={there}(&|$)"))
    expect(field).to_have_value(there)
    field.fill("0.123")
    field.press("Enter")
    expect(rate).to_have_attribute("aria-valuetext", "0.123")


def test_what_train_is_about_to_train_follows_a_thumb_that_is_held(open_page):
    page = open_page(PATH.replace("Schedules", "Train"))
    rates, bands = both(page)
    with held(page, "drop", -60):
        change(page, "rates-chart", rates)
        change(page, "bands-charts", bands)
        assert "drop=" not in page.url
    expect(page).to_have_url(re.compile("drop="))
    no_traceback(page)


@pytest.mark.parametrize("key", ["drop", "epochs", "batch_size"])
def test_what_is_drawn_after_the_release_is_what_its_link_draws(open_page, key):
    page = open_page(PATH)
    since = drawn(page, "bands-charts")
    with held(page, key, -50):
        change(page, "bands-charts", since)
    expect(page).to_have_url(re.compile(f"{key}="))
    settle(page)
    still(page)
    other = open_page(page.url.split("/", 3)[3].join(["/", ""]))
    page.locator(".st-key-rates-chart .entry", has_text="before").click()  # for the axes it shares with that
    comes(both(page), both, other)
    for plot in ("rates-chart", "bands-charts"):
        comes(words(page, plot), words, other, plot)
    caption = [each.get_by_text("Lines: the median of 20 runs") for each in (page, other)]
    expect(caption[0]).to_have_text(caption[1].inner_text(), use_inner_text=True)


def test_the_state_before_a_drag_stays_in_grey_until_the_next_one(open_page):
    page = open_page(PATH)
    for by in (-60, 90):
        was = {plot: lines(page, plot) for plot in ("rates-chart", "bands-charts")}
        since = both(page)
        with held(page, "drop", by):
            for plot, shown in zip(was, since, strict=True):
                change(page, plot, shown)
            for plot, paths in was.items():
                assert grey(page, plot) == paths
        still(page)
        for plot, paths in was.items():
            comes(paths, grey, page, plot)
    page.locator(".st-key-rates-chart .entry", has_text="before").click()
    for plot in was:
        expect(before(page, plot)).to_have_count(0)


def test_the_state_before_is_in_sight_unless_that_squeezes_the_new_one(open_page):
    page = open_page(PATH)
    highest = page.locator(".st-key-rates-chart .rows svg:not([hidden]) text").last
    for by, shown in ((-25, "0.1"), (-80, None)):
        since = drawn(page, "rates-chart")
        with held(page, "initial_learning_rate", by):
            change(page, "rates-chart", since)
        still(page)
        rate = float(page.locator(".st-key-initial_learning_rate input").get_attribute("aria-valuetext"))
        assert rate < 0.1
        expect(highest).to_have_text("0.1") if shown else expect(highest).not_to_have_text("0.1")


def test_a_thumb_that_is_brought_back_leaves_everything_as_it_was(open_page):
    page = open_page(PATH)
    rates, bands = both(page)
    with held(page, "drop", -60):
        change(page, "bands-charts", bands)
        page.mouse.move(*thumb(page, "epochs_drop"))
        x, y = thumb(page, "drop")
        page.mouse.move(x + 60, y, steps=4)
        expect(page.locator(".st-key-drop input")).to_have_attribute("aria-valuetext", "0.5")
    still(page)
    page.locator(".st-key-rates-chart .entry", has_text="before").click()  # for the axes it shares with that
    comes((rates, bands), both, page)


def test_a_held_key_moves_the_curve_too(open_page):
    page = open_page(PATH)
    since = drawn(page, "rates-chart")
    slider(page, "Drop factor").focus()
    page.keyboard.down("ArrowLeft")
    change(page, "rates-chart", since)
    expect(before(page, "rates-chart")).to_have_count(1)
    page.keyboard.up("ArrowLeft")
    expect(page).to_have_url(re.compile("drop=0.4"))


def test_where_the_slider_is_not_known_all_is_as_without_it(open_page):
    page = open_page(PATH)
    page.evaluate("""() => {
        const find = Element.prototype.querySelector;
        Element.prototype.querySelector = function (selector) {
            return selector.includes("role=slider") ? null : find.call(this, selector);
        };
    }""")
    was = both(page)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    with held(page, "drop", -60):
        still(page)
        assert both(page) == was
    expect(page).to_have_url(re.compile("drop="))
    change(page, "rates-chart", was[0])
    assert not [url for url in asked if "/preview?" in url and "text=" in url]
    expect(before(page, "rates-chart")).to_have_count(0)


def test_where_the_server_answers_nothing_all_is_drawn_on_release(open_page):
    page = open_page(PATH)
    page.route(
        "**/preview?*", lambda route: route.fulfill(body="<html></html>")
    )  # as of a page started alone
    was = both(page)
    with page.expect_response("**/preview?*"), held(page, "drop", -60):
        still(page)
        assert both(page) == was
    expect(page).to_have_url(re.compile("drop="))
    change(page, "bands-charts", was[1])
    no_traceback(page)


def test_a_finger_on_a_phone_does_the_same(open_page):
    page = open_page(PATH, width=390, height=844, has_touch=True, is_mobile=True)
    to_the_bottom(page, "drop", 844)
    since, (x, y) = drawn(page, "rates-chart"), thumb(page, "drop")
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        where = [{"x": x, "y": y} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})

    send("touchStart", (x, y))
    for by in range(0, 70, 10):
        send("touchMove", (x - by, y))
    change(page, "rates-chart", since)
    assert "drop=" not in page.url
    send("touchEnd")
    expect(page).to_have_url(re.compile("drop="))


def test_a_preview_of_fewer_seeds_says_so_and_one_that_is_too_long_leaves_the_bands(open_page):
    page = open_page(f"{PATH}&epochs=150")
    note = page.locator(".st-key-bands-charts .note").first
    top = page.locator(".st-key-bands-charts .chart").first.bounding_box()["y"]
    since = drawn(page, "bands-charts")
    with held(page, "drop", -60):
        change(page, "bands-charts", since)
        expect(note).to_have_text(re.compile(r"\d+ of 20 seeds"))
        assert page.locator(".st-key-bands-charts .chart").first.bounding_box()["y"] == top
    still(page)
    expect(note).to_have_text("")
    page = open_page(f"{PATH}&epochs=300&batch_size=4")
    rates, bands = both(page)
    with held(page, "drop", -60):
        change(page, "rates-chart", rates)
        expect(page.locator(".st-key-bands-charts .note").first).to_have_text("drawn on release")
        assert drawn(page, "bands-charts") == bands


def test_no_node_is_made_and_nothing_blanks_while_a_slider_is_dragged(open_page):
    page = open_page(PATH)
    since = drawn(page, "bands-charts")
    page.evaluate("""() => {
        window.made = 0;
        for (const key of ["rates-chart", "bands-charts"]) {
            const place = document.querySelector(`.st-key-${key}`);
            const root = [...place.querySelectorAll("*")].find(each => each.shadowRoot).shadowRoot;
            new MutationObserver(changes => { window.made += changes.length; })
                .observe(root.querySelector(".grid"), { subtree: true, childList: true });
        }
    }""")
    with held(page, "drop", -60):
        change(page, "bands-charts", since)
    assert page.evaluate("window.made") == 0


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_every_slider_and_all_charts_are_on_the_screen_together(open_page, width, height):
    open_page("/")  # on a server without a visit a sidebar stands in for the menu
    page = open_page(PATH, width=width, height=height)
    for key in ("initial_learning_rate", "epochs_drop", "momentum", "hidden_units"):
        to_the_bottom(page, key, height)
        bottoms = []
        for chart in page.locator(".chart").all():
            box = chart.bounding_box()
            assert 40 < box["y"] < box["y"] + box["height"] <= height
            bottoms.append(box["y"] + box["height"])
        assert width > 640 or page.locator(f".st-key-{key}").bounding_box()["y"] > max(bottoms)


def test_a_reference_goes_along_to_train_and_stays_behind_a_drag_until_it_is_cleared(open_page, server):
    page = open_page(PATH)
    page.get_by_role("button", name="Keep as reference").click()
    expect(page).to_have_url(re.compile("reference="))
    page.get_by_role("link", name="Train", exact=True).click()
    expect(page).to_have_url(re.compile("/Train.*reference="))
    settle(page)

    plots = ("rates-chart", "bands-charts")
    rates, bands = both(page)
    with held(page, "drop", -60):
        change(page, "rates-chart", rates)
        change(page, "bands-charts", bands)
        until(lambda: len(grey(page, *plots)) == 5)
        kept = grey(page, *plots)
    expect(page).to_have_url(re.compile("(?=.*drop=)(?=.*reference=)"))
    comes(kept, grey, page, *plots)  # the reference, and not the state before the drag
    moved = page.url
    page.reload()
    settle(page)
    comes(kept, grey, page, *plots)
    other = open_page(moved.removeprefix(server))
    comes(kept, grey, other, *plots)
    page.get_by_role("button", name="Clear").click()
    expect(before(page, "rates-chart")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("reference="))
    page.go_back()
    expect(page).to_have_url(moved)
    settle(page)
    comes(kept, grey, page, *plots)
    page.go_forward()
    expect(page).not_to_have_url(re.compile("reference="))
    page.get_by_role("link", name="Schedules", exact=True).click()
    settle(page)
    expect(before(page, "bands-charts")).to_have_count(0)
    no_traceback(page)
