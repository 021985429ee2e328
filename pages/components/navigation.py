"""The pages of the app, and the menu over them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

PATHS = sorted(Path(__file__).parents[1].glob("[0-9]_*.py"))


def navigation() -> st.Page:
    """Draws the menu; returns the page that the address names, to be run."""
    names = {path: path.stem.partition("_")[2] for path in PATHS}
    first, *others = PATHS  # the first is at the app's own address, and under its name off the menu
    menu = [st.Page(first, url_path="first", default=True), *map(st.Page, others)]
    typed = [(first, names[first]), *((path, name.lower()) for path, name in names.items())]
    off_the_menu = [
        st.Page(path, title=names[path].replace("_", " "), url_path=url, visibility="hidden")
        for path, url in typed
    ]
    return st.navigation([*menu, *off_the_menu], position="top")


def navigation_without_app() -> None:
    """Draws the menu where Streamlit has run a page without `app.py`: one that a link opens on a server just started.

    Until `st.navigation` is called for the first time, Streamlit takes the folder `pages` for the app.
    """
    if PagesManager.uses_pages_directory:
        navigation().run()  # as from now on: a widget is known by the page that the menu runs
        st.stop()
