"""Controls of single pages that are part of the page's link and can be hidden by it."""

from __future__ import annotations

import streamlit as st

from pages.components.links import flag, held, is_hidden


def toggle(label: str, key: str, *, default: bool = False, help: str | None = None) -> bool:
    """A switch whose key is its parameter in the link; hidden, it has the link's value."""
    if not is_hidden(key, label):
        return st.toggle(label, default, key=key, bind="query-params", help=help)
    return held(key, flag, default)
