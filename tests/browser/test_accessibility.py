"""axe-core on every page, light and dark: nothing serious that is ours to mend."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.conftest import settle
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


@pytest.mark.parametrize(("scheme", "colour"), [("light", "rgb(0, 97, 143)"), ("dark", "rgb(93, 184, 232)")])
@pytest.mark.parametrize("path", ["/Train", "/Compare"])
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
