"""A walk through the Tune page in a real browser: the U, its best point, the verdict, the map, the link."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image, ImageColor
from playwright.sync_api import Page, expect

from tests.browser.test_live import change, drawn, held, lines
from tests.conftest import WAIT, comes, no_traceback, settle, slider, still

SHORT = "/Tune?epochs=12&tune.rates=9"
TWINS = "&tune.schedules=3" + "".join(f"&tune.{letter}.schedule=Constant" for letter in "abc")
"""Three schedules with the same curve."""


def complete(page: Page, text: str = "The area decides") -> None:
    """Waits until all of the page is there."""
    expect(page.get_by_text(text).first).to_be_visible()
    settle(page)
    no_traceback(page)


def paragraphs(page: Page) -> list[str]:
    """What the page says in sentences."""
    return page.get_by_test_id("stMarkdown").all_inner_texts()


CURVE = ".st-key-tune-curve"
DOTS = """all => all.filter(path => path.checkVisibility()).map(path => {
    const matrix = path.getScreenCTM()
    const points = [...path.getAttribute("d").matchAll(/M(\\S+) (\\S+)h/g)]
    return points.map(([, x, y]) => new DOMPoint(x, y).matrixTransform(matrix)).map(({ x, y }) => [x, y])
}).filter(points => points.length)"""


def medians(page: Page) -> list[list[list[float]]]:
    """Where the points of each curve that is shown are on the screen."""
    return page.locator(f"{CURVE} .curves path.dots").evaluate_all(DOTS)


def in_legend(page: Page) -> list[str]:
    """The values in the legend of the curves."""
    return page.locator(f"{CURVE} .entry b:not([hidden])").all_inner_texts()


def rate(page: Page) -> str:
    """The rate that is chosen."""
    return slider(page, "Rate").evaluate("each => each.ariaValueText || each.value")


def click_point(page: Page, key: str, trace: int, point: int) -> None:
    """Clicks a point of a chart, as a reader does: with the mouse."""
    box = page.evaluate(
        """([key, trace, point]) => {
            const chart = document.querySelector(`.st-key-${key} .js-plotly-plot`)
            const {xaxis, yaxis, margin} = {...chart._fullLayout, margin: chart._fullLayout._size}
            const {x, y} = chart.calcdata[trace][point], place = chart.getBoundingClientRect()
            return [place.x + margin.l + xaxis.c2p(x), place.y + margin.t + yaxis._offset - margin.t + yaxis.c2p(y)]
        }""",
        [key, trace, point],
    )
    page.mouse.move(*box)
    hover = page.locator(f".st-key-{key} .hoverlayer .hovertext")
    expect(hover).to_be_visible()  # until then it takes no click
    page.mouse.click(*box)


def click_star(page: Page, number: int) -> None:
    """Clicks the best point of a schedule's curve."""
    still(page)
    star = page.locator(f"{CURVE} .stars path").nth(number).bounding_box()
    page.mouse.click(star["x"] + star["width"] / 2, star["y"] + star["height"] / 2)


def test_the_best_point_of_a_u_leads_to_train(open_page):
    page = open_page(SHORT)
    complete(page)
    expect(page.get_by_text("Each at its own best rate (Step decay").first).to_be_visible()
    click_star(page, 1)
    chosen = page.get_by_role("button", name=re.compile("Step decay: ")).inner_text().rpartition(": ")[2]
    expect(page).to_have_url(re.compile(r"tune\.of=B"))
    expect(page).to_have_url(re.compile(rf"tune\.rate={chosen}(&|$)"))
    complete(page)
    comes(chosen, rate, page)
    page.get_by_role("link", name="Train", exact=True).last.click()
    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()
    expect(page.get_by_text("epoch 12 of 12", exact=True)).to_be_visible(timeout=2 * WAIT)
    expect(slider(page, "Initial learning rate")).to_have_attribute("aria-valuetext", chosen)
    no_traceback(page)


def test_a_click_near_a_point_of_the_u_chooses_it_and_elsewhere_does_nothing(open_page):
    page = open_page(f"{SHORT}&tune.schedules=1")
    complete(page, "The best rates")
    still(page)
    (points,) = medians(page)
    assert len(points) == 9
    top = page.locator(f"{CURVE} .chart").first.bounding_box()["y"]
    visited = []
    page.on("framenavigated", lambda frame: visited.append(frame.url))
    page.mouse.click(points[4][0], (points[4][1] + top) / 2)
    page.mouse.click(points[2][0] + 8, points[2][1] - 8)
    expect(page).to_have_url(re.compile(r"tune\.rate=0\.01(&|$)"))
    assert all("tune.rate=0.01" in url for url in visited)
    complete(page, "The best rates")
    comes("0.01", rate, page)


def test_the_pointer_says_each_schedule_s_value_at_the_nearest_rate(open_page):
    page = open_page(SHORT)
    complete(page)
    still(page)
    when = page.locator(f"{CURVE} .when")
    expect(when).to_have_text("rate 0.1")
    chosen = in_legend(page)
    (x, y), chart = medians(page)[0][1], page.locator(f"{CURVE} .chart").first.bounding_box()
    page.mouse.move(x + 9, y)
    expect(when).to_have_text("rate 0.0032")
    assert len(in_legend(page)) == 3
    assert all(re.fullmatch(r"0\.\d{3} \(0\.\d{3} to 0\.\d{3}\)", text) for text in in_legend(page))
    page.mouse.move(chart["x"] - 40, chart["y"])
    expect(when).to_have_text("rate 0.1")
    assert in_legend(page) == chosen


def test_the_legend_hides_all_of_a_schedule(open_page):
    page = open_page(f"{SHORT}&momentum=0.99")
    complete(page)
    marks = (".curves .frame", ".stars svg", ".counts svg:has(.number)")

    def shown() -> list[int]:
        return [page.locator(f"{CURVE} {mark}").filter(visible=True).count() for mark in marks]

    before = shown()
    assert min(before) > 0
    page.locator(f"{CURVE} .entry", has_text="Constant").click()
    assert all(now < then for now, then in zip(shown(), before, strict=True))
    assert len(medians(page)) == 2
    for name in ("Step decay", "Cosine decay"):
        page.locator(f"{CURVE} .entry", has_text=name).click()
    assert shown() == [0, 0, 0]
    page.locator(f"{CURVE} .entry", has_text="Constant").click()
    slider(page, "Rate").press("ArrowRight")
    expect(page).to_have_url(re.compile(r"tune\.rate="))
    complete(page)
    assert len(medians(page)) == 1


def test_the_words_beside_the_strip_leave_out_what_is_hidden(open_page):
    page = open_page(f"{SHORT}{TWINS}")
    complete(page)
    star = page.locator(f"{CURVE} .stars path").first.bounding_box()
    page.mouse.move(star["x"] + star["width"] / 2, star["y"] + star["height"] / 2)
    note = page.locator(f"{CURVE} .flat .note")
    expect(note).to_have_text(re.compile(r"^Constant \(A\) (\d+ %), Constant \(B\) \1, Constant \(C\) \1$"))
    share = note.inner_text().partition(",")[0].removeprefix("Constant (A)")
    for name, said in (
        ("(B)", f"Constant (A){share}, Constant (C){share}"),
        ("(A)", f"Constant (C){share}"),
        ("(C)", ""),
    ):
        entry = page.locator(f"{CURVE} .entry", has_text=name)
        entry.focus()
        entry.press("Enter")  # the pointer stays where it is
        expect(note).to_have_text(said)


def seen(image: bytes, box: dict[str, float], colours: list[str], scale: int = 1) -> list[int]:
    """How many pixels within the box of an image have exactly each of the colours."""
    left, top = scale * box["x"], scale * box["y"]
    corners = left, top, left + scale * box["width"], top + scale * box["height"]
    pixels = np.array(Image.open(io.BytesIO(image)).convert("RGB").crop(corners))
    same = [(pixels == ImageColor.getrgb(colour)).all(axis=-1) for colour in colours]
    return [int(each.sum()) // scale**2 for each in same]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_stars_that_coincide_are_all_seen_where_they_stand_and_in_the_file(open_page, scheme, width):
    page = open_page(f"{SHORT}{TWINS}", color_scheme=scheme, width=width)
    complete(page)
    stars, grid = page.locator(f"{CURVE} .stars path"), page.locator(f"{CURVE} .grid")
    page.locator(f"{CURVE} .curves").first.evaluate("each => { each.style.display = 'none'; }")
    colours = stars.evaluate_all("all => all.map(each => getComputedStyle(each).fill)")
    page.locator(f"{CURVE} .chart").first.scroll_into_view_if_needed()
    page.mouse.move(1, 1)
    still(page)
    boxes = [star.bounding_box() for star in stars.all()]
    assert len(set(colours)) == 3
    assert boxes[0] == boxes[1] == boxes[2]
    assert min(seen(page.screenshot(), boxes[0], colours)) > 30
    with page.expect_download() as download:
        page.locator(CURVE).get_by_role("button", name="Save as PNG").click()
    corner = grid.bounding_box()
    in_file = boxes[0] | {axis: boxes[0][axis] - corner[axis] for axis in "xy"}
    assert min(seen(download.value.path().read_bytes(), in_file, colours, scale=2)) > 30

    def after_a_click_on(name: str) -> list[int]:
        page.locator(f"{CURVE} .entry", has_text=name).click()
        return seen(page.screenshot(), boxes[0], colours)

    one, other, third = after_a_click_on("(B)")
    assert min(one, third) > 40
    assert other == 0
    assert after_a_click_on("(C)")[1:] == [0, 0]
    assert stars.first.bounding_box()["width"] < boxes[0]["width"], "one star alone is no larger than others"


def test_the_curves_grow_in_one_chart_that_is_never_blank(open_page):
    page = open_page("/Tune?epochs=60&momentum=0.31&tune.schedules=2&tune.b.schedule=Step+decay")
    line = page.locator(f"{CURVE} .curves path.line")
    line.last.wait_for(state="attached")
    page.locator(f"{CURVE} .grid").evaluate("""grid => {
        window.grid = grid;
        window.blank = 0;
        const look = () => {
            window.blank += !grid.isConnected || !grid.querySelector('path[d^="M"]');
            requestAnimationFrame(look);
        };
        look();
    }""")
    complete(page)
    assert page.locator("[class*=st-key-tune-curve-]").count() == 1, "what came later has come by itself"
    assert page.locator(f"{CURVE} .grid").evaluate("grid => grid === window.grid")
    assert page.evaluate("window.blank") == 0
    assert [len(points) for points in medians(page)] == [17, 17]
    click_star(page, 1)
    expect(page).to_have_url(re.compile(r"tune\.of=B"))


def test_a_click_on_the_map_chooses_the_rate_and_the_second_hyperparameter(open_page):
    page = open_page(f"{SHORT}&tune.view=map&tune.of=B&tune.schedules=2&tune.b.schedule=Step+decay")
    complete(page, "The best cell, by its average place")
    expect(page.get_by_text("Second hyperparameter")).to_be_visible()
    page.locator(".st-key-tune-map .js-plotly-plot .main-svg").first.wait_for()
    still(page)
    keys = page.evaluate("document.querySelector('.st-key-tune-map .js-plotly-plot').data[2].customdata")
    cell = next(number for number, key in enumerate(keys) if list(key) == [1, 0.3])
    click_point(page, "tune-map", 2, cell)
    expect(page).to_have_url(re.compile(r"tune\.b\.drop=0\.3(&|$)"))
    expect(page).to_have_url(re.compile(r"tune\.rate=1(&|$)"))
    complete(page, "The best cell, by its average place")
    comes("1", rate, page)


SENT = """() => {
    const { send } = WebSocket.prototype
    window.sent = 0
    WebSocket.prototype.send = function (...all) { window.sent++; return send.apply(this, all) }
}"""
"""Counts the messages to the server."""


def test_the_point_follows_a_thumb_that_is_held_without_the_server(open_page):
    page = open_page(SHORT)
    complete(page)
    still(page)
    page.evaluate(SENT)
    before = drawn(page, "tune-point")
    with held(page, "tune-rate", 60):
        change(page, "tune-point", before)
        there = rate(page)
        shown = point(page)
        assert page.evaluate("window.sent") == 0
        assert "tune.rate=" not in page.url
    expect(page).to_have_url(re.compile(rf"tune\.rate={re.escape(there)}(&|$)"))
    complete(page)
    comes(shown, point, page)
    assert shown[1][0] == there


def point(page: Page) -> tuple[list[str], list[str]]:
    """The curves of the point, and the numbers in their legends."""
    return lines(page, "tune-point"), values(page)


def values(page: Page) -> list[str]:
    """The numbers in the point's legends: the rate, the losses and the accuracies at the last epoch."""
    return page.locator(".st-key-tune-point .entry:not(.absent) b:not([hidden])").all_inner_texts()


def test_setting_recipes_to_their_own_best_rates_is_one_act_and_back_undoes_it(open_page):
    page = open_page("/Compare?recipes=2&seeds=2&a.epochs=4&b.epochs=4&b.schedule=StepDecay")
    complete(page, "Against recipe A, the baseline")
    before, entries = page.url, page.evaluate("history.length")
    button = page.get_by_role("button", name="Set each to its own best rate")
    button.click()
    report = page.get_by_text("Each at its own best rate: A: initial learning rate 0.1 to")
    expect(report).to_be_visible()
    expect(page).to_have_url(re.compile(r"a\.initial_learning_rate=.*b\.initial_learning_rate="))
    settle(page)
    assert page.evaluate("history.length") == entries + 1
    button.click()
    expect(page.get_by_text("Each at its own best rate: A: initial learning rate stays")).to_be_visible()
    assert page.evaluate("history.length") == entries + 1
    page.go_back()
    expect(page).to_have_url(before)
    expect(report).to_have_count(0)
    no_traceback(page)


def test_a_link_gives_the_same_numbers_in_a_fresh_browser(open_page):
    page = open_page(f"{SHORT}&tune.axis=area")
    complete(page)
    slider(page, "Rate").press("ArrowRight")
    expect(page).to_have_url(re.compile(r"tune\.rate="))
    complete(page)
    path = page.url.partition("/Tune")[2]
    again = open_page(f"/Tune{path}")
    complete(again)
    comes(paragraphs(page), paragraphs, again)
    comes(medians(page), medians, again)
    assert [len(points) for points in medians(page)] == [9, 9, 9]
