"""Several recipes on a page, known by their letters: one tab each, and the buttons that change their number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import streamlit as st

from pages.components.state import session

T = TypeVar("T")
LETTERS = tuple("ABCDEF")


def in_tabs(key: str, letters: Sequence[str], draw: Callable[[str], T]) -> list[T]:
    """What `draw` returns for each letter, drawn in a tab of its own; the session's `key` holds the open one."""
    if st.session_state.get(key) not in letters:
        st.session_state[key] = letters[0]
    drawn = []
    for letter, tab in zip(letters, st.tabs(letters, key=key, on_change="rerun"), strict=True):
        with tab:
            drawn.append(draw(letter))
    return drawn


def button(label: str, icon: str, key: str, params: Mapping[str, str] | None, *, opens: int) -> None:
    """A button that changes the recipes whose tabs have that key.

    Args:
        params: what a link says that sets the new ones; None disables the button.
        opens: the position of the tab to open.
    """
    st.button(
        label,
        key=f"{key.partition('.')[0]}.{label.lower()}",
        icon=f":material/{icon}:",
        disabled=params is None,
        on_click=_change,
        args=(key, params or {}, LETTERS[min(opens, len(LETTERS) - 1)]),
    )


@session.whole
def _change(key: str, params: Mapping[str, str], letter: str) -> None:
    session.act(params)
    st.session_state[key] = letter
