"""Compare in a real browser: its charts while a slider of one recipe is held, and what is in sight with that slider."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import SCHEDULES
from pages.components.compare import links
from pages.components.compare.comparison import MOST, Entry
from tests.browser.test_live import before, change, drawn, grey, held, lines, thumb, to_the_bottom, words
from tests.conftest import WAIT, comes, no_traceback, settle, slider, still

RATES, CURVES = "compare-rates", "compare-charts"
COUNT_NODES = """keys => {
    window.made = 0;
    for (const key of keys) {
        const place = document.querySelector(`.st-key-${key}`);
        const root = [...place.querySelectorAll("*")].find(each => each.shadowRoot).shadowRoot;
        new MutationObserver(changes => { window.made += changes.length; })
            .observe(root.querySelector(".grid"), { subtree: true, childList: true });
    }
}"""


def path(number: int = 2, **params: str) -> str:
    """The address of a comparison of that many schedules."""
    kinds = [each for each in SCHEDULES.values() if each.planned][:number]
    entries = [Entry(letter, Recipe(kind())) for letter, kind in zip("ABCDEF", kinds, strict=False)]
    return f"/Compare?{urlencode(links.link(entries) | params)}"


def values(page: Page, letter: str) -> list[str]:
    """The numbers in the legends of the charts of runs."""
    return page.locator(f".st-key-{CURVES} .entry", has_text=letter).locator("b").all_inner_texts()


@pytest.mark.parametrize("view", ["recipes", "difference"])
def test_the_recipe_of_a_slider_that_is_held_moves_alone_and_in_place(open_page, view):
    page = open_page(path(3, view=view))
    page.get_by_role("tab", name="B").click()
    settle(page)
    still(page)
    since, was, b, c = drawn(page, RATES), drawn(page, CURVES), values(page, "B"), values(page, "C")
    verdict = page.locator(".st-key-live-after_release")
    page.evaluate(COUNT_NODES, [RATES, CURVES])
    with held(page, "b-initial_learning_rate", -60):
        change(page, RATES, since)
        change(page, CURVES, was)
        expect(verdict).to_have_css("opacity", "0.4")
        assert values(page, "B") != b
        assert values(page, "C") == c
        assert "b.initial_learning_rate" not in page.url
        assert page.evaluate("window.made") == 0
        for plot, charts in ((RATES, 1), (CURVES, 2)):
            expect(before(page, plot)).to_have_count(charts)
    expect(page).to_have_url(re.compile("b.initial_learning_rate="))
    expect(verdict).to_have_css("opacity", "1")
    no_traceback(page)


@pytest.mark.parametrize("view", ["recipes", "difference"])
def test_what_is_drawn_after_the_release_is_what_its_link_draws(open_page, view):
    page = open_page(path(view=view))
    since = drawn(page, CURVES)
    with held(page, "a-epochs", 50):
        change(page, CURVES, since)
    expect(page).to_have_url(re.compile("a.epochs="))
    settle(page)
    still(page)
    other = open_page(page.url.split("/", 3)[3].join(["/", ""]))
    page.locator(f".st-key-{RATES} .entry", has_text="before").click()  # for the axes it shares with that
    for plot in (RATES, CURVES):
        comes(drawn(page, plot), drawn, other, plot)
        comes(words(page, plot), words, other, plot)
    said = page.locator(".st-key-live-after_release").inner_text()
    expect(other.locator(".st-key-live-after_release")).to_have_text(said, use_inner_text=True)


def test_the_recipe_before_a_drag_stays_in_grey_unless_its_name_is_switched_off(open_page):
    page = open_page(path())
    was = {plot: lines(page, plot)[::2] for plot in (RATES, CURVES)}
    since = drawn(page, RATES)
    slider(page, "Initial learning rate").focus()
    page.keyboard.down("ArrowLeft")
    change(page, RATES, since)
    page.keyboard.up("ArrowLeft")
    expect(page).to_have_url(re.compile(r"a\.initial_learning_rate=0\.0"))
    for plot, paths in was.items():
        comes(paths, grey, page, plot)
    page.get_by_role("button", name="A: Constant").click()
    for plot in was:
        expect(before(page, plot)).to_have_count(0)


def test_before_a_prediction_the_rate_curve_moves_and_no_result_is_shown(open_page):
    page = open_page(path(predict="true"))
    since = drawn(page, RATES)
    with held(page, "a-initial_learning_rate", -60):
        change(page, RATES, since)
        expect(page.locator(f".st-key-{CURVES}")).to_have_count(0)


@pytest.mark.parametrize("more", [{"curves": "both"}, {"one_by_one": "true", "added": "3"}])
def test_no_chart_loads_plotly(browser, server, more):
    page, requested = browser.new_page(), []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(server + path(**more))
    page.locator(".chart .curves path.line").first.wait_for(state="attached", timeout=2 * WAIT)
    settle(page)
    charts = page.locator(".chart").count()
    page.close()
    assert charts == (5 if "curves" in more else 3)
    assert not [url for url in requested if "plotly" in url.lower()]


@pytest.mark.parametrize("number", [2, MOST])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (390, 844)])
def test_the_verdict_and_all_charts_are_on_the_screen_with_every_slider(open_page, width, height, number):
    open_page("/")  # on a server without a visit a sidebar stands in for the menu
    page = open_page(path(number), width=width, height=height)
    for key in ("initial_learning_rate", "momentum", "hidden_units"):
        to_the_bottom(page, f"a-{key}", height)
        boxes = [chart.bounding_box() for chart in page.locator(".chart").all()]
        assert len(boxes) == 3
        assert all(40 < box["y"] < box["y"] + box["height"] <= height for box in boxes)
        thumb_y = thumb(page, f"a-{key}")[1]
        assert thumb_y < height
        if width > 640:
            verdict = page.locator(".st-key-live-after_release").bounding_box()
            assert 40 < verdict["y"] < verdict["y"] + verdict["height"] <= boxes[0]["y"]
        else:
            assert thumb_y > max(box["y"] + box["height"] for box in boxes)


def test_a_larger_screen_has_larger_type(open_page):
    sizes = [
        open_page(path(), width=width, height=height)
        .locator(f".st-key-{RATES} .plot")
        .evaluate("root => parseFloat(getComputedStyle(root).fontSize)")
        for width, height in ((1280, 720), (1920, 1080))
    ]
    assert sizes[1] > 1.1 * sizes[0]


def test_a_finger_on_a_phone_moves_the_curve_of_its_recipe(open_page):
    page = open_page(path(), width=390, height=844, has_touch=True, is_mobile=True)
    to_the_bottom(page, "a-initial_learning_rate", 844)
    since, (x, y) = drawn(page, RATES), thumb(page, "a-initial_learning_rate")
    touch = page.context.new_cdp_session(page)
    for kind, points in [
        ("touchStart", [x]),
        *(("touchMove", [x - by]) for by in range(10, 70, 10)),
    ]:
        touch.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": at, "y": y} for at in points]}
        )
    change(page, RATES, since)
    assert "initial_learning_rate=" not in page.url.replace("a.initial_learning_rate=0.1", "")
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page).to_have_url(re.compile("a.initial_learning_rate=0.0"))
