"""The controls of a comparison: a tab for each recipe, buttons that change their number, the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from pages.components.compare.comparison import (
    FEWEST,
    MOST,
    NAME,
    SHOWN,
    Entry,
    after_removal,
    another,
    by_letter,
)
from pages.components.compare.links import BASELINE, COUNT, link, prefix_of
from pages.components.state import session
from pages.components.state.controls import Control
from pages.components.state.lettered import LETTERS, button, in_tabs
from pages.components.state.recipe_panel import recipe_panel

EDITING = "compare.editing"


def panels(number: int, most: int = MOST) -> list[Entry]:
    """Draws the controls of this many recipes, one tab each, and the buttons that change their number, up to `most`."""
    buttons = st.container(horizontal=True)
    entries = in_tabs(EDITING, LETTERS[:number], _panel)
    if not session.hides(COUNT.name, "Add, duplicate, remove"):
        with buttons:
            _buttons(entries, st.session_state[EDITING], most)
    return entries


def _panel(letter: str) -> Entry:
    prefix, owner = prefix_of(letter), f"Recipe {letter}: "
    schedule, settings = st.container(), st.container()
    with schedule:
        recipe = recipe_panel(prefix, owner, settings_in=settings)
    step = recipe.effective_rates()
    st.caption(
        f"Effective step, {recipe.optimizer.effective_formula}: at most {step.max():.3g}, "
        f"at the end {step[-1, -1]:.3g}."
    )
    name = Control(f"{prefix}name", NAME, owner).draw(placeholder="the schedule's, if you give none")
    return Entry(letter, recipe, name, Control(f"{prefix}shown", SHOWN, owner).draw())


def _buttons(entries: Sequence[Entry], editing: str, most: int) -> None:
    """Draws Add, Duplicate and Remove; the latter two act on the recipe of the open tab."""
    baseline = by_letter(entries, BASELINE.read()).letter
    position = LETTERS.index(editing)
    new, copy = another(entries, baseline), entries[position]
    copy = replace(copy, name=f"{copy.name} (copy)"[: NAME.longest] if copy.name else "")
    rest = [*entries[:position], *entries[position + 1 :]]
    _button("Add", "add", [*entries, new], baseline, opens=len(entries), most=most)
    _button("Duplicate", "content_copy", [*entries, copy], baseline, opens=len(entries), most=most)
    _button("Remove", "delete", rest, after_removal(baseline, editing), opens=max(position - 1, 0), most=most)


def _button(label: str, icon: str, entries: Sequence[Entry], baseline: str, *, opens: int, most: int) -> None:
    params = link(entries, baseline) if FEWEST <= len(entries) <= most else None
    button(label, icon, EDITING, params, opens=opens)


def baseline_control(entries: Sequence[Entry]) -> Entry:
    """Draws the choice of the baseline and returns it."""
    return by_letter(entries, BASELINE.draw(among=[entry.letter for entry in entries]))


def taken_home(entries: Sequence[Entry]) -> Entry:
    """Draws the choice of the recipe whose code is offered, and returns that recipe."""
    letters = [entry.letter for entry in entries]
    letter = st.segmented_control(
        "Code of recipe", letters, default=letters[0], required=True, key="compare.code"
    )
    return entries[letters.index(letter)]
