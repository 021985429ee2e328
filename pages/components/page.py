"""What every page opens and closes with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from lrcore.server import connections, fast, keras, open_files
from pages.components.navigation import navigation_without_app
from pages.components.state import session
from pages.components.state.controls import PROJECTOR
from pages.components.state.teacher_link import teacher_link

CLASS = "page.class.asked"
_LOOK, _LARGE = (
    (Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("look.css", "large.css")
)
_OF_THE_THEME = {
    "primary-on-light": "light.primaryColor",
    "primary-on-dark": "dark.primaryColor",
    "dark-background": "dark.backgroundColor",
}
"""The names in `look.css` of what the configuration sets."""


def _look() -> str:
    """The look of all pages, in the colours of the configuration."""
    colours = (f"--{name}: {st.get_option(f'theme.{option}')};" for name, option in _OF_THE_THEME.items())
    return f"<style>:root {{ {' '.join(colours)} }}\n{_LOOK}</style>"


def _large() -> str:
    """The look with Projector."""
    size = st.get_option("theme.baseFontSize")
    return f"<style>:root {{ --base-font-size: {size}px; }}\n{_LARGE}</style>"


def _heading(title: str, question: str) -> None:
    """Draws title, question, Projector and *For a class* on one line."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom", key="page.heading"
    ):
        st.title(title, anchor=False, width="content")
        if question:
            st.markdown(question, width="stretch")
        if PROJECTOR.draw(width="content"):
            st.html(_large())
        st.session_state[CLASS] = not session.hidden() and st.button(
            "For a class",
            icon=":material/qr_code_2:",
            key="page.class",
            help="A link that hides some controls",
        )


class Page:
    """The page that is being drawn; `file` is its script."""

    def __init__(self, file: str) -> None:
        self.name = Path(file).name
        navigation_without_app()  # outside all containers, in which it would draw the page

    def opening(self, question: str, *, below: bool = False) -> None:
        """Draws the head of the page: its title, the question that it answers, Projector and For a class.

        Args:
            question: what a reader can find out here.
            below: whether the question is below the title, for a long one.
        """
        title = Path(self.name).stem.split("_", 1)[1].replace("_", " ")
        open_files.allow_many()
        connections.send_at_once()
        fast.trainer().start()  # a first training then finds the process loaded
        st.set_page_config(page_title=f"{title} · Learning rate laboratory", page_icon="📉", layout="wide")
        session.arrive(self.name)
        st.html(_look())
        _heading(title, "" if below else question)
        if below:
            st.markdown(question)
        self._faults = st.container()

    def link(self, label: str, page: str, params: Mapping[str, str], *, key: str, **look) -> None:
        """Draws a link to a page that sets some of its controls; the others keep their values.

        A link to this page is a button, marked while its controls have these values: draw it after them.

        Args:
            page: the file name, `3_Schedules.py`.
            params: texts by key, as in a link.
            look: more arguments of the button or the link.
        """
        if page == self.name:
            act = partial(session.act, params, scrolls=True)
            if session.says(params):
                label, look = f"**{label}**", look | {"icon": ":material/check:"}
            st.button(label, key=key, on_click=act, **look)
            return
        try:
            st.page_link(f"pages/{page}", label=label, query_params=session.elsewhere(params), **look)
        except StreamlitPageNotFoundError:  # the page was started alone, without the rest of the app
            st.caption(label)

    def settled(self) -> None:
        """Writes the address and shows the faults of the link; called once all controls are drawn."""
        session.mirror()
        faults = session.take_faults()
        if faults:  # as plain text: a link may say anything
            self._faults.warning("This link has invalid settings. The defaults are used instead:")
            self._faults.code("\n".join(faults), language=None, wrap_lines=True)

    def closing(self, *suggestions: tuple[str, str, Mapping[str, str]]) -> None:
        """Draws *Try next*: two or three links, each a label, a page and the texts of its controls by key."""
        st.subheader("Try next", anchor=False)
        keras.trainer().start()  # in the background, once a first page is drawn
        for number, (label, page, params) in enumerate(suggestions):
            self.link(label, page, params, key=f"page.next.{number}", icon=":material/arrow_forward:")
        self.settled()
        if st.session_state.pop(CLASS, False):  # once: a fragment that closes the page is run again
            teacher_link()
