"""A visitor without a browser: Streamlit's AppTest, with the browser's part of the address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch
from urllib.parse import parse_qs

from streamlit.testing.v1 import AppTest

from pages.components.state import session

ROOT = Path(__file__).parent.parent
PATIENCE = 180
"""Seconds that a cold page may take on a busy machine before a test gives up."""


def run(app: AppTest) -> AppTest:
    """Runs the page, lets no exception pass, and leaves the address as the browser would."""
    app.run()
    assert not app.exception, app.exception
    app.query_params.clear()
    app.query_params.update(parse_qs(mirrored(app).get("query", ""), keep_blank_values=True))
    return app


def press(app: AppTest, key: str) -> AppTest:
    """Presses the button of that key."""
    app.button(key=key).click()
    return run(app)


def texts(app: AppTest) -> str:
    """All that the page says, its captions, too."""
    return "\n".join(each.value for each in (*app.markdown, *app.caption))


def received(app: AppTest) -> list[dict]:
    """What each of the page's own components was sent."""
    return [json.loads(each.proto.json) for each in app.get("bidi_component")]


def mirrored(app: AppTest) -> dict:
    """What the page told the browser last of its address."""
    told = (data for data in received(app) if "query" in data)
    return max(told, key=lambda data: data["runs"], default={})


def drawn(app: AppTest, key: str) -> dict:
    """What the plot of that key was sent."""
    return next(data for data in received(app) if data.get("key") == key)


def address(app: AppTest) -> dict[str, str]:
    """The parameters in the browser's address."""
    return {key: ",".join(texts) for key, texts in app.query_params.items()}


def follow(app: AppTest, params: Mapping[str, str | list[str]]) -> AppTest:
    """A link to the page, or Back to an address that it had."""
    app.query_params.clear()
    app.query_params.update(params)
    with patch.object(session, "_by_history", lambda: True):
        return run(app)


def go(app: AppTest, page: str, params: Mapping[str, str | list[str]] | None = None) -> AppTest:
    """Changes to the page of that file name: by the menu or, with parameters, by a link."""
    app.switch_page(f"pages/{page}")
    app.query_params.clear()
    app.query_params.update(params or {})
    return run(app)


def opened(
    page: str,
    params: Mapping[str, str | list[str]] | None = None,
    session: Mapping[str, object] | None = None,
) -> AppTest:
    """The page, opened by a link as the first of a visit; `session` holds what the session knows of widgets."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    app.switch_page(f"pages/{page}")
    for key, value in (session or {}).items():
        app.session_state[key] = value
    return follow(app, params or {})


def opened_alone(page: str, params: Mapping[str, str | list[str]] | None = None) -> AppTest:
    """The page without `app.py`, as on a server that nobody has used yet."""
    return follow(AppTest.from_file(str(ROOT / "pages" / page), default_timeout=PATIENCE), params or {})
