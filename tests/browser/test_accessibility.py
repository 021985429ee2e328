"""axe-core on every page, light and dark: nothing serious that is ours to mend."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.conftest import settle, still
from tests.pages.test_pages import PAGES

SERIOUS = ("serious", "critical")
STREAMLIT_S_OWN = {
    # rule: what it finds in Streamlit's own markup, which a page cannot change
    "aria-allowed-attr",
    "aria-input-field-name",
    "aria-required-children",
    "nested-interactive",
    "scrollable-region-focusable",
}


def paths() -> list[str]:
    """The pages' addresses; the first page is where the app opens."""
    names = [page.removesuffix(".py")[2:] for page in PAGES]
    return ["/", *(f"/{name}" for name in names[1:])]


FOCUSED = """() => {
    let focused = document.activeElement;
    while (focused.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(focused);
    const text = focused.matches("a, button") ? focused.textContent : null;
    return [text, outlineStyle, parseFloat(outlineWidth), outlineColor];
}"""


LIGHT, DARK = ("light", "rgb(0, 97, 143)"), ("dark", "rgb(93, 184, 232)")


@pytest.mark.parametrize(
    ("path", "scheme", "colour"), [*((path, *LIGHT) for path in paths()), ("/Compare", *DARK)]
)
def test_a_link_or_button_that_has_the_keyboard_is_outlined(open_page, path, scheme, colour):
    page, seen = open_page(path, color_scheme=scheme), 0
    for _ in range(30):
        page.keyboard.press("Tab")
        text, *outline = page.evaluate(FOCUSED)
        if text is not None:
            seen += 1
            assert outline == ["solid", 3, colour], text
    assert seen > 10


def serious(page) -> dict[str, list[str]]:
    """What axe finds, by its rules, with the elements."""
    return {
        violation["id"]: [node["html"][:160] for node in violation["nodes"]]
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in SERIOUS and violation["id"] not in STREAMLIT_S_OWN
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", paths())
def test_axe_finds_nothing_serious(open_page, path, scheme):
    page = open_page(path, color_scheme=scheme)
    settle(page)
    found = serious(page)
    assert not found, found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_what_the_article_unfolds(open_page, scheme):
    page = open_page("/The_article", color_scheme=scheme)
    page.get_by_text("Try next").wait_for()
    settle(page)
    for panel in page.get_by_test_id("stExpander").all():
        panel.locator("summary").click()
        settle(page)
    page.get_by_text("These verdicts depend on the target").wait_for()
    found = serious(page)
    assert not found, found


def sizes(page: Page, path: str) -> list[float]:
    """The sizes of type, Streamlit's and the first chart's, and the width of its lines where that is not plotly's."""
    chart = page.locator(".chart, .js-plotly-plot").first
    chart.wait_for()
    texts = [page.locator("h1"), page.get_by_test_id("stMarkdown").first, chart.locator("text").first]
    lines = [page.locator("path.line, .path").first] if path in ("/", "/Schedules") else []
    return [
        *(float(each.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")) for each in texts),
        *(float(each.evaluate("node => parseFloat(getComputedStyle(node).strokeWidth)")) for each in lines),
    ]


@pytest.mark.parametrize("path", ["/", "/Schedules", "/Tune"])
def test_projector_enlarges_type_and_lines_and_goes_along(open_page, path):
    page = open_page(path, width=1920, height=1080)
    before = sizes(page, path)
    page.locator(".st-key-projector label").click()
    page.wait_for_function("location.search.includes('projector=true')")
    settle(page)
    page.reload()
    settle(page)
    for one, other in zip(before, sizes(page, path), strict=True):
        assert 1.3 * one <= other <= 1.5 * one
    page.get_by_role("link", name="Train", exact=True).first.click()
    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()
    expect(page.get_by_role("switch", name="Projector")).to_be_checked()


@pytest.mark.parametrize(
    "path", ["/Schedules?schedule=Step+decay&reference=epochs%3D20", "/Train", "/?bowl.noise=true"]
)
def test_with_projector_slider_and_charts_still_fit_a_full_screen(open_page, path):
    page = open_page(f"{path}{'&' if '?' in path else '?'}projector=true", width=1920, height=1080)
    for each in (page.locator(".chart, .track"), page.locator("[data-testid=stSlider]").first):
        each.last.wait_for()
    still(page)
    boxes = [each.bounding_box() for each in page.locator(".chart").all()[: 3 if "/?" not in path else 1]]
    boxes.append(page.locator(".track, [data-testid=stSlider]").first.bounding_box())
    assert all(0 < box["y"] < box["y"] + box["height"] <= 1080 for box in boxes), boxes


@pytest.mark.parametrize("path", ["/", "/?bowl.noise=true&bowl.decay=Time-based+decay"])
def test_at_a_zoom_of_150_percent_the_bowl_and_its_slider_are_seen_together(open_page, path):
    page = open_page(path, width=853, height=480)
    still(page)
    bowl, slider = page.locator(".descent .chart").first, page.locator(".descent .track").first
    assert bowl.bounding_box()["height"] > 150
    assert slider.bounding_box()["y"] + slider.bounding_box()["height"] <= 480


@pytest.mark.parametrize("path", ["/Schedules", "/Tune", "/The_article"])
def test_on_a_phone_the_heading_is_short_and_nothing_covers_a_legend(open_page, path):
    page = open_page(path, width=390, height=844, has_touch=True, is_mobile=True)
    still(page)
    button, title = page.get_by_role("button", name="For a class"), page.locator("h1")
    box, beside = button.bounding_box(), title.bounding_box()
    assert beside["y"] < box["y"] + box["height"] / 2 < beside["y"] + beside["height"]
    for chart in page.locator(".js-plotly-plot").all():
        expect(chart.locator(".modebar-container")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
