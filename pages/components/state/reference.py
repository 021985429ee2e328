"""The reference: a recipe that stays in the charts in grey, beside what is set, until it is cleared.

It is one parameter of the link, a recipe as a link spells it, and the same on every page that draws it: Schedules, and
Train before a run. A page reads it, hands it to its charts, and draws the buttons and the caption where they fit.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from lrcore.findings import wording
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import SCHEDULES
from lrcore.settings import Flag, Text, settings_of
from pages.components.state import session
from pages.components.state.controls import Control
from pages.components.state.recipe_panel import recipe_controls

REFERENCE = Control("reference", Text(label="Reference", longest=1000))
"""The reference as a link spells a recipe; empty for none. It has no widget."""
SECOND = Control("second", Flag(label="Second schedule"))
"""Older links: whether a second schedule is drawn, whose settings are behind the prefix `overlay.`."""


def name(reference: Recipe) -> str:
    """What the charts call it."""
    return f"reference: {reference.schedule.title}"


def kept_reference(recipe: Recipe) -> Recipe | None:
    """The reference, None for none; it becomes part of the page's link.

    Args:
        recipe: what is set now.
    """
    text = REFERENCE.read()
    if SECOND.read():
        text = text or _second_of_an_older_link(recipe)
        session.put({SECOND.key: False, REFERENCE.key: text})
    REFERENCE.value()
    if not text:
        return None
    try:
        return _parse(text)
    except ValueError as error:
        session.fault(f"The reference cannot be read. {error!s:.300}")
        session.put({REFERENCE.key: ""})
        REFERENCE.value()
        return None


def reference_buttons(recipe: Recipe, reference: Recipe | None) -> None:
    """Draws *Keep as reference* and *Clear*.

    Args:
        recipe: what is set now.
        reference: the `kept_reference`.
    """
    if session.hides(REFERENCE.name, "Keep as reference, Clear"):
        return
    keep = partial(st.button, on_click=session.act)
    with st.container(horizontal=True, vertical_alignment="center", width="content", key="reference.buttons"):
        keep(
            "Keep as reference",
            key="reference.keep",
            icon=":material/check:" if recipe == reference else ":material/keep:",
            args=({REFERENCE.key: _spell(recipe)},),
            disabled=recipe == reference,
            help="What is set now stays in every chart in grey, while you change it.",
        )
        if reference:
            keep("Clear", key="reference.clear", icon=":material/close:", args=({REFERENCE.key: ""},))


def reference_caption(reference: Recipe | None) -> None:
    """Says what the reference is; nothing without one."""
    if reference:
        st.caption(f"The reference, in grey: {wording.recipe(reference)}")


def _spell(recipe: Recipe) -> str:
    return urlencode(recipe.to_params())


def _parse(text: str) -> Recipe:
    return Recipe.from_params(dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True)))


def _second_of_an_older_link(recipe: Recipe) -> str:
    """The recipe that is set, with the second schedule of an older link in place of its own."""
    controls = recipe_controls("overlay.", "Second schedule: ")
    values = {name: control.read() for name, control in controls.items()}
    kind = SCHEDULES[values["schedule"]]
    schedule = kind(**{name: values[name] for name in settings_of(kind)})
    return _spell(replace(recipe, schedule=schedule))
