"""What a browser gets from the route beside the pages."""

from __future__ import annotations

import gc
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.requests import Request
from streamlit import config

from pages.components.charts import previews
from tests.tools.student import attended


class Echo:
    """Answers with what it was asked."""

    def near(self, key: str) -> dict[str, Any]:
        return {"near": key}

    def moved(self, key: str, text: str) -> dict[str, Any]:
        return {"moved": [key, text]}


def answer(**asked: str) -> dict[str, Any] | None:
    """What the route answers."""
    (route,) = previews.routes()
    request = Request({"type": "http", "query_string": urlencode(asked).encode(), "headers": []})
    response = attended(route.endpoint(request))
    assert response.status_code == 200
    return json.loads(response.body)


def test_the_stops_or_a_preview_are_answered_by_the_offer_of_that_name():
    echo, other = Echo(), Echo()
    name = previews.name_of(echo)
    assert name != previews.name_of(other) != previews.name_of(other)
    assert answer(of=name, key="drop") == {"near": "drop"}
    assert answer(of=name, key="drop", text="0.3") == {"moved": ["drop", "0.3"]}
    assert answer(of=name, text="") == {"moved": ["", ""]}


@pytest.mark.parametrize("asked", [{}, {"of": ""}, {"of": "nobody", "key": "drop", "text": "0.3"}])
def test_a_name_that_nobody_has_is_answered_with_nothing(asked):
    assert answer(**asked) is None


def test_an_offer_goes_with_the_page_that_made_it():
    echo = Echo()
    name = previews.name_of(echo)
    del echo
    gc.collect()
    assert answer(of=name, key="drop") is None


@pytest.mark.parametrize(("base", "path"), [("", "/preview"), ("/a/class/", "/a/class/preview")])
def test_the_route_is_below_the_address_of_the_app(monkeypatch, base, path):
    monkeypatch.setattr(config, "get_option", {"server.baseUrlPath": base}.get)
    (route,) = previews.routes()
    assert route.path == path
