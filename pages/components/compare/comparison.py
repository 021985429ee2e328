"""The recipes of a comparison: their panels, how one is added or taken away, and how a link holds them all.

A recipe is known by its letter, which stands before its parameters in the link (`b.momentum=0.9`). What changes
several recipes at once makes the entries of the new comparison and lets the controls take them over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from lrcore.findings import wording
from lrcore.recipes.confounds import controlled
from lrcore.recipes.presets import START, Preset
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import SCHEDULES
from lrcore.settings import Choice, Flag, Number, Text
from pages.components.results import MOST_SEEDS, SEEDS
from pages.components.state import session
from pages.components.state.controls import Control
from pages.components.state.lettered import LETTERS, button, in_tabs
from pages.components.state.recipe_panel import recipe_link, recipe_panel

FEWEST, MOST = 2, len(LETTERS)
EDITING = "compare.editing"
COUNT = Control(
    "recipes",
    Number(label="Number of recipes", default=FEWEST, low=FEWEST, high=MOST, whole=True),
)
BASELINE = Control(
    "baseline",
    Choice(
        label="Baseline",
        default=LETTERS[0],
        options={letter: letter for letter in LETTERS},
        help="The recipe that all others are compared with.",
    ),
)
SEED_COUNT = Control(
    "seeds",
    Number(
        label="Seeds",
        default=SEEDS,
        low=1,
        high=MOST_SEEDS,
        whole=True,
        help="Every recipe is trained once per seed, all on the same seeds. More seeds tell finer differences.",
    ),
)
NAME = Text(label="Name")
SHOWN = Flag(label="Show in the charts", default=True)


@dataclass(frozen=True)
class Entry:
    """One recipe of the comparison. `name` is a reader's text: never to be read as markdown or HTML."""

    letter: str
    recipe: Recipe
    name: str = ""
    shown: bool = True

    @property
    def label(self) -> str:
        """What it is called in charts and tables, different for every recipe."""
        return f"{self.letter}: {self.name.strip() or self.recipe.schedule.title}"


def _prefix(letter: str) -> str:
    return f"{letter.lower()}."


def link(entries: Sequence[Entry], baseline: str = LETTERS[0]) -> dict[str, str]:
    """What a link says that sets the comparison to `entries`, lettered anew in their order."""
    params = {COUNT.key: str(len(entries)), BASELINE.key: baseline}
    for letter, entry in zip(LETTERS, entries, strict=False):
        prefix = _prefix(letter)
        own = {f"{prefix}name": entry.name, f"{prefix}shown": SHOWN.spell(entry.shown)}
        params |= recipe_link(entry.recipe, prefix) | own
    return params


def entries_of(preset: Preset) -> list[Entry]:
    """The recipes of a ready-made comparison."""
    return [
        Entry(letter, recipe, name)
        for letter, (name, recipe) in zip(LETTERS, preset.recipes.items(), strict=False)
    ]


def count() -> int:
    """The number of recipes, which has no control. Without a link or a setting of the reader's, `START` is shown."""
    prefixes = tuple(map(_prefix, LETTERS))
    if not any(key == COUNT.key or key.startswith(prefixes) for key in session.known()):
        session.suppose(link(entries_of(START)))
    return COUNT.value()


def panels(number: int) -> list[Entry]:
    """Draws the controls of this many recipes, one tab each, and the buttons that change their number."""
    buttons = st.container(horizontal=True)
    entries = in_tabs(EDITING, LETTERS[:number], _panel)
    if not session.hides(COUNT.name, "Add, duplicate, remove"):
        with buttons:
            _buttons(entries, st.session_state[EDITING])
    return entries


def _panel(letter: str) -> Entry:
    prefix, owner = _prefix(letter), f"Recipe {letter}: "
    line = st.empty()
    name = Control(f"{prefix}name", NAME, owner).draw(placeholder="the schedule's, if you give none")
    recipe = recipe_panel(prefix, owner)
    line.caption(wording.recipe(recipe))
    step = recipe.effective_rates()
    st.caption(
        f"Effective step, {recipe.optimizer.effective_formula}: at most {step.max():.3g}, "
        f"at the end {step[-1, -1]:.3g}."
    )
    return Entry(letter, recipe, name, Control(f"{prefix}shown", SHOWN, owner).draw())


def _buttons(entries: Sequence[Entry], editing: str) -> None:
    """Add, duplicate, remove; the two latter act on the recipe whose tab is open."""
    baseline = by_letter(entries, BASELINE.read()).letter
    position = LETTERS.index(editing)
    new, copy = another(entries, baseline), entries[position]
    copy = replace(copy, name=f"{copy.name} (copy)"[: NAME.longest] if copy.name else "")
    rest = [*entries[:position], *entries[position + 1 :]]
    _button("Add", "add", [*entries, new], baseline, opens=len(entries))
    _button("Duplicate", "content_copy", [*entries, copy], baseline, opens=len(entries))
    _button("Remove", "delete", rest, _after(baseline, editing), opens=max(position - 1, 0))


def _button(label: str, icon: str, entries: Sequence[Entry], baseline: str, *, opens: int) -> None:
    params = link(entries, baseline) if FEWEST <= len(entries) <= MOST else None
    button(label, icon, EDITING, params, opens=opens)


def another(entries: Sequence[Entry], baseline: str) -> Entry:
    """One more recipe: the first schedule that is not there yet, everything else as in the baseline."""
    there = {type(entry.recipe.schedule) for entry in entries}
    schedule = next(each for each in SCHEDULES.values() if each not in there)
    reference = by_letter(entries, baseline).recipe
    try:
        return Entry(LETTERS[-1], controlled(Recipe(schedule()), reference))
    except ValueError:  # out of the bounds of its rates
        return Entry(LETTERS[-1], replace(reference, schedule=schedule()))


def by_letter(entries: Sequence[Entry], letter: str) -> Entry:
    """The recipe of that letter; the first one if there is none."""
    return next((entry for entry in entries if entry.letter == letter), entries[0])


def _after(baseline: str, removed: str) -> str:
    """The baseline's letter when the recipe of that letter is gone; the first one's when it was the baseline."""
    if baseline == removed:
        return LETTERS[0]
    return LETTERS[LETTERS.index(baseline) - (baseline > removed)]


def baseline_control(entries: Sequence[Entry]) -> Entry:
    """Draws the choice of the baseline and returns it."""
    return by_letter(entries, BASELINE.draw(among=[entry.letter for entry in entries]))


def pair(entries: Sequence[Entry], baseline: Entry) -> tuple[Entry, Entry]:
    """The recipe that is looked at, and the baseline: the one whose tab is open, or the first of the others."""
    looked_at = by_letter(entries, st.session_state[EDITING])
    others = [entry for entry in entries if entry is not baseline]
    return (looked_at if looked_at in others else others[0]), baseline


def taken_home(entries: Sequence[Entry]) -> Entry:
    """The recipe whose code is offered, to be chosen by its letter."""
    letters = [entry.letter for entry in entries]
    letter = st.segmented_control(
        "Code of recipe", letters, default=letters[0], required=True, key="compare.code"
    )
    return entries[letters.index(letter)]
