"""What every page opens and closes with: its presets."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.visit import address, follow, opened, press, run

PRESETS = [
    ("3_Schedules.py", "page.next.0", ("momentum", 0.5)),
    ("5_Compare.py", "compare.preset.article", ("a.momentum", 0.5)),
    ("7_Surface.py", "surface.view.closer", None),
]


def active(app: AppTest) -> list[str]:
    """The keys of the presets that are marked."""
    return [each.key for each in app.button if each.label.startswith("**")]


@pytest.mark.parametrize(("page", "preset", "change"), PRESETS, ids=[page for page, *_ in PRESETS])
def test_a_preset_is_marked_while_the_page_shows_it(page, preset, change):
    app = opened(page, {"seeds": "2"})
    assert preset not in active(app)
    press(app, preset)
    assert preset in active(app)
    follow(app, address(app))
    assert preset in active(app)
    if change:
        app.select_slider(key=change[0]).set_value(change[1])
        run(app)
        assert preset not in active(app)
