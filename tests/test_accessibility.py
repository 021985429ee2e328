"""axe-core on every page, light and dark: nothing serious that is ours to mend."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.conftest import settle
from tests.test_pages import PAGES

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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", paths())
def test_axe_finds_nothing_serious(open_page, path, scheme):
    page = open_page(path, color_scheme=scheme)
    settle(page)
    violations = Axe().run(page).response["violations"]
    found = {
        violation["id"]: [node["html"][:160] for node in violation["nodes"]]
        for violation in violations
        if violation["impact"] in SERIOUS and violation["id"] not in STREAMLIT_S_OWN
    }
    assert not found, found
