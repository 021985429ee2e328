"""A student without a browser: one session over Streamlit's own websocket, with its protobuf messages."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import websockets
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
_POOL = ThreadPoolExecutor(200)
WAIT = 60.0
"""Seconds after which a page that has not come counts as an error."""


def attended(work: Coroutine, seconds: float = 180):
    """The result of `work`, run in a thread of its own: the browser's tests keep an event loop running in theirs."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, asyncio.wait_for(work, seconds)).result()


class Student:
    """One session on the server at `url` (http://host:port); `cookie` goes with the handshake.

    `errors` lists exceptions, red boxes and answers that did not come; `elements` are the elements of the page,
    by place; `query` is the address bar's; `first` has the seconds from the last request until each keyed element
    first came, by its key.
    """

    def __init__(self, url: str, cookie: str = "") -> None:
        self.url, self.cookie = url, cookie
        self.errors: list[str] = []
        self.reconnects = 0
        self.bytes = 0
        self.session_id = self.page_hash = self.query = ""
        self.pages: dict[str, str] = {}  # hash by name
        self.elements: dict[tuple[int, ...], object] = {}
        self._fragments: dict[str, str] = {}  # the fragment that a widget is in, by the widget's id
        self._touched: dict[str, object] = {}
        self._polls: dict[str, float] = {}
        self._awaited: tuple[str, ...] = ()
        self._seen: float | None = None
        self.first: dict[str, float] = {}
        self._sent, self._is_answered = 0.0, False
        self._socket = None

    async def open(self, page: str, query: str = "") -> float:
        """Opens a link, as a new browser would; the seconds until the page was complete."""
        self.session_id, self.page_hash, self.query = "", "", query
        await self.connect()
        return await self._rerun(page_name=page)

    async def connect(self) -> None:
        """Opens the websocket; requests the session from before, if there was one."""
        headers = {"Cookie": self.cookie} if self.cookie else {}
        self._socket = await websockets.connect(
            self.url.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=["streamlit", "no-token", *([self.session_id] if self.session_id else [])],
            origin=self.url,
            additional_headers=headers,
            max_size=None,
            open_timeout=WAIT,
            compression=None,
        )

    async def reopen(self) -> float:
        """Connects again and requests the page again, as a browser does after its connection was lost."""
        await self.close()
        self.reconnects += 1
        await self.connect()
        return await self._rerun()

    async def close(self) -> None:
        """Leaves, as when the tab is closed."""
        if self._socket is not None:
            with suppress(OSError, websockets.WebSocketException):
                await self._socket.close()

    async def visit(self, page: str) -> float:
        """Changes to the page of that name by the navigation."""
        self.page_hash, self.query = self.pages[page], ""
        self._touched.clear()
        return await self._rerun()

    async def slide(self, label: str, position: float) -> float:
        """Moves the slider of that label to a share (0..1) of its way."""
        slider = self._widget("slider", label)
        state = self._state(slider.id)
        if slider.options:
            value = _stop(slider, position)
            state.string_array_value.data[:] = [value]
        else:
            value = round(slider.min + position * (slider.max - slider.min))
            state.double_array_value.data[:] = [value]
        return await self._rerun(fragment_id=self._fragments[slider.id])

    async def approach(self, label: str) -> float:
        """Comes near the slider of that label, so that the browser requests its stops; the seconds until they came."""
        return (await self._ask(key=_key(self._widget("slider", label).id)))[0]

    async def hold(self, label: str, position: float) -> float | None:
        """Holds the slider of that label there, not released; the seconds until its preview, None where it is late."""
        slider = self._widget("slider", label)
        seconds, plots = await self._ask(key=_key(slider.id), text=_stop(slider, position))
        return None if "late" in plots else seconds

    async def _ask(self, **what: str) -> tuple[float, dict]:
        """Asks for a slider's stops or a preview, as `hand.js` does; the seconds until the answer, and the answer."""
        of = json.loads(self._keyed("live.sliders").json)["of"]
        headers = {"Cookie": self.cookie} if self.cookie else {}
        request = Request(f"{self.url}/preview?{urlencode({'of': of, **what})}", headers=headers)
        begin = time.perf_counter()
        answer = await asyncio.get_running_loop().run_in_executor(_POOL, _fetched, request)
        if answer is None:
            self.errors.append(f"no answer to {what} on {self._page()}")
        return time.perf_counter() - begin, answer or {}

    async def press(self, label: str) -> float:
        """Presses the button of that label."""
        button = self._widget("button", label)
        self._state(button.id).trigger_value = True
        try:
            return await self._rerun(fragment_id=self._fragments[button.id])
        finally:
            self._touched.pop(button.id, None)

    def labels(self, kind: str) -> list[str]:
        """The labels of the page's widgets of that kind (the element's name in the protocol)."""
        return [getattr(each, kind).label for each in self._of(kind)]

    def charts(self) -> list[str]:
        """The page's charts, as they were sent."""
        plots = [each.bidi_component.json for each in self._of("bidi_component")]
        return [plot for plot in plots if "panels" in json.loads(plot)] + [
            each.plotly_chart.spec for each in self._of("plotly_chart")
        ]

    def look_out_for(self, *texts: str) -> None:
        """Makes `wait` wait for a text that contains one of `texts`."""
        self._awaited, self._seen = texts, None

    async def wait(self) -> float:
        """Polls as the page says; the `time.perf_counter` at which the text came, even within a run."""
        end = time.monotonic() + WAIT
        while self._seen is None:
            if time.monotonic() > end or not self._polls:
                self.errors.append(f"{self._page()} never showed {self._awaited}, but {self._words():.500}")
                break
            fragment, interval = next(iter(self._polls.items()))
            await asyncio.sleep(interval)
            await self._rerun(fragment_id=fragment, is_auto_rerun=True)
        return self._seen or time.perf_counter()

    def _words(self) -> str:
        return " | ".join(
            getattr(each, kind).body for kind in ("alert", "markdown") for each in self._of(kind)
        )

    def _of(self, kind: str) -> list:
        return [each for each in self.elements.values() if each.WhichOneof("type") == kind]

    def _widget(self, kind: str, label: str):
        return next(
            getattr(each, kind) for each in self._of(kind) if getattr(each, kind).label.endswith(label)
        )

    def _keyed(self, key: str):
        return next(
            each.bidi_component for each in self._of("bidi_component") if _key(each.bidi_component.id) == key
        )

    def _state(self, widget_id: str):
        message = BackMsg().rerun_script.widget_states.widgets.add(id=widget_id)
        self._touched[widget_id] = message
        return message

    async def _rerun(self, **more) -> float:
        """Requests a run of the script; the seconds until the page was complete."""
        message = BackMsg()
        request = message.rerun_script
        request.query_string, request.page_script_hash = self.query, self.page_hash
        request.widget_states.widgets.extend(self._touched.values())
        request.context_info.url = self.url
        for name, value in more.items():
            setattr(request, name, value)
        begin = self._sent = time.perf_counter()
        self._is_answered = False
        await self._socket.send(message.SerializeToString())
        try:
            async with asyncio.timeout(WAIT):
                await self._until_finished()
        except TimeoutError:
            self.errors.append(f"no answer to {more or 'a change'} on {self._page()} within {WAIT:.0f} s")
        return time.perf_counter() - begin

    def _page(self) -> str:
        return next((name for name, page in self.pages.items() if page == self.page_hash), "a first page")

    async def _until_finished(self) -> None:
        while True:
            data = await self._socket.recv()
            self.bytes += len(data)
            message = ForwardMsg.FromString(data)
            self._take(message)
            is_end = message.WhichOneof("type") == "script_finished" and message.script_finished in FINISHED
            if is_end and self._is_answered:  # else the end of a run that was not waited for
                return

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._is_answered, self.first = True, {}
            self.session_id = message.new_session.initialize.session_id or self.session_id
            if not message.metadata.run.fragment_ids:
                self.elements.clear()
                self._polls.clear()
        elif kind == "navigation":
            self.page_hash = message.navigation.page_script_hash
            self.pages = {page.page_name: page.page_script_hash for page in message.navigation.app_pages}
        elif kind == "auto_rerun":
            self._polls[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._show(tuple(message.metadata.delta_path), message.delta)

    def _show(self, place: tuple[int, ...], delta) -> None:
        element = self.elements[place] = delta.new_element
        widget = getattr(element, element.WhichOneof("type"))
        if hasattr(widget, "id"):
            self._fragments[widget.id] = delta.fragment_id
            self.first.setdefault(_key(widget.id), time.perf_counter() - self._sent)
        if self._seen is None and any(text in element.markdown.body for text in self._awaited):
            self._seen = time.perf_counter()
        if element.WhichOneof("type") == "bidi_component":  # the browser's part of the address
            self.query = json.loads(element.bidi_component.json).get("query", self.query)
        if element.WhichOneof("type") == "exception":
            self.errors.append(f"{element.exception.type}: {element.exception.message}")
        if element.WhichOneof("type") == "alert" and element.alert.format == Alert.ERROR:
            self.errors.append(element.alert.body)


def _fetched(request: Request) -> dict | None:
    """The answer to an HTTP request; None if there is none."""
    try:
        with urlopen(request, timeout=WAIT) as answer:
            return json.load(answer)
    except OSError:
        return None


def _key(widget_id: str) -> str:
    """The key that the page gave a widget: ids are `$$ID-<hash>-<key>`."""
    return widget_id.split("-", 2)[-1]


def _stop(slider, position: float) -> str:
    """The stop of a slider with options at a share (0..1) of its way."""
    return slider.options[min(int(position * len(slider.options)), len(slider.options) - 1)]
