"""What every page opens and closes with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from lrcore import training_process
from pages.components.keras import keras
from pages.components.links import HIDDEN, Parameter, arriving, follow_link, remember_hidden, report_faults
from pages.components.teacher_link import teacher_link

ASKED = "page.class.asked"


@st.cache_resource(show_spinner=False)
def _start_training_process() -> None:
    """Once for the server, as early as a page can: a first training then finds the process loaded."""
    training_process.shared().start()


@dataclass(frozen=True)
class Page:
    """The page that is being drawn; `file` is its script."""

    file: str

    @property
    def path(self) -> str:
        """The page as Streamlit's links name it."""
        return f"pages/{Path(self.file).name}"

    def opening(self, question: str, parameters: Mapping[str, Parameter] | None = None) -> None:
        """Page config, title, and the one sentence on what the page lets its reader find out.

        Args:
            question: that sentence.
            parameters: of the page's controls, by key.
        """
        title = Path(self.file).stem.split("_", 1)[1].replace("_", " ")
        _start_training_process()
        st.set_page_config(page_title=f"{title} · Learning rate laboratory", page_icon="📉", layout="wide")
        follow_link(self.path, parameters or {})
        remember_hidden(parameters or {})
        heading = st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"
        )
        heading.title(title, anchor=False, width="content")
        st.session_state[ASKED] = not st.session_state.get(HIDDEN) and heading.button(
            "For a class",
            icon=":material/qr_code_2:",
            key="page.class",
            help="A link that hides some controls",
        )
        st.markdown(question)
        report_faults()

    def link(self, label: str, page: str, params: Mapping[str, str], **options) -> None:
        """A link that opens the page of that file name (`3_Schedules.py`) with its controls set."""
        try:
            st.page_link(f"pages/{page}", label=label, query_params=arriving(params), **options)
        except StreamlitPageNotFoundError:  # the page was started alone, without the rest of the app
            st.caption(label)

    def closing(self, *suggestions: tuple[str, str, Mapping[str, str]]) -> None:
        """Two or three things to try, each a label, a page and what to set there."""
        st.subheader("Try next", anchor=False)
        keras()  # started when a first page has been drawn, so that nobody waits for it
        for label, page, params in suggestions:
            self.link(label, page, params, icon=":material/arrow_forward:")
        if st.session_state.pop(
            ASKED, False
        ):  # once: a fragment that closes the page is run again by its own controls
            teacher_link()
