"""The way from a slider that is held to the server and back, beside Streamlit's own.

Streamlit answers by a run of the page's script, of which a reader has one at a time, and its frontend then goes over
the whole page. What is drawn while a slider is held changes nothing but the plots, so the browser fetches it from a
route of the same server: the answer comes sooner, and no release waits for it.
"""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any, Protocol
from weakref import WeakValueDictionary

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit import config

AT_ONCE = 200
"""Answers under way at most; each of them waits in a thread."""


class Offer(Protocol):
    """What a page answers. The arguments are from a browser, which may send any text; what is returned goes there."""

    def near(self, key: str) -> dict[str, Any]:
        """What the plots show at each stop of a slider, by the thumb's text."""

    def moved(self, key: str, text: str) -> dict[str, Any]:
        """What the plots show while a slider is held at the stop of that text."""


_OFFERS: WeakValueDictionary[str, Offer] = WeakValueDictionary()
_THREADS = CapacityLimiter(AT_ONCE)


def name_of(offer: Offer) -> str:
    """A new name by which a browser can ask for what the offer has, for as long as somebody else holds the offer."""
    name = secrets.token_urlsafe(16)
    _OFFERS[name] = offer
    return name


async def _answer(request: Request) -> JSONResponse:
    """Answers `of`, the name of an offer, `key`, that of a slider, and `text`, where the slider is held, if it is.

    Answers null if there is no such offer: the page has been drawn anew meanwhile, or its reader has left.
    """
    asked = request.query_params
    offer, key = _OFFERS.get(asked.get("of", "")), asked.get("key", "")
    if offer is None:
        return JSONResponse(None)
    answer = partial(offer.moved, key, asked["text"]) if "text" in asked else partial(offer.near, key)
    return JSONResponse(await to_thread.run_sync(answer, limiter=_THREADS))


def routes() -> list[Route]:
    """For the app that the server runs."""
    folders = [each for each in config.get_option("server.baseUrlPath").split("/") if each]
    return [Route("/" + "/".join([*folders, "preview"]), _answer)]
