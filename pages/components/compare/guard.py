"""The changes of each recipe against the baseline, and an offer of versions that change the schedule alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from lrcore.findings.wording import listed
from lrcore.recipes.confounds import (
    HEIGHTS,
    PEAK,
    SCHEDULE,
    but_rates,
    controlled,
    differences,
    equal_heights,
    in_words,
    is_confounded,
)
from lrcore.settings import Choice
from pages.components.compare.comparison import Entry
from pages.components.compare.links import link
from pages.components.state import session
from pages.components.state.controls import Control

EQUAL_IN = Control(
    "equal_in",
    Choice(
        label="Equal in",
        default=PEAK,
        options={name: height.label for name, height in HEIGHTS.items()},
        help="Two different rate curves can be equally high in one of these, and seldom in all. All rates of a "
        "schedule are scaled by one number; its shape stays.",
    ),
)


FAIR = " Different rates are fair where each is its recipe's own best."


def guard(entries: Sequence[Entry], baseline: Entry, *, tuned: bool) -> None:
    """Lists the changes of each recipe; a warning where several change at once.

    Args:
        tuned: whether each recipe has just been set to its own best rate.
    """
    changes = {
        entry: differences(entry.recipe, baseline.recipe) for entry in entries if entry is not baseline
    }
    alike: dict[str, list[str]] = {}
    for entry, names in changes.items():
        alike.setdefault(_changes_in_words(entry, baseline, names), []).append(entry.letter)
    listed_changes = "; ".join(
        f"**{listed(letters)}** {'change' if len(letters) > 1 else 'changes'} {things}"
        for things, letters in alike.items()
    )
    confounded = [names for names in changes.values() if is_confounded(names)]
    by_rates_alone = not any(is_confounded(but_rates(names)) for names in confounded)
    if confounded and not (tuned and by_rates_alone):
        st.warning(
            f"Several things change at once against recipe {baseline.letter}, the baseline, so a difference in the "
            f"results has several possible causes: {listed_changes}." + FAIR * by_rates_alone,
            icon=":material/balance:",
        )
    else:
        st.caption(
            f"Against recipe {baseline.letter}, the baseline: {listed_changes}." + FAIR * bool(confounded)
        )


def _changes_in_words(entry: Entry, baseline: Entry, names: Sequence[str]) -> str:
    """ "the schedule (equal in: highest rate and first rate)"."""
    things = [in_words(name, entry.recipe, baseline.recipe) for name in names] or ["nothing"]
    equal = equal_heights(entry.recipe, baseline.recipe) if SCHEDULE in names else []
    said = f" (equal in: {listed([HEIGHTS[name].label for name in equal])})" if equal else ""
    things[0] += said
    return listed(things)


def offer(entries: Sequence[Entry], baseline: Entry) -> None:
    """Draws the choice of the height to make equal, and the button that sets all else but the schedules alike."""
    different = [
        entry
        for entry in entries
        if entry is not baseline and SCHEDULE in differences(entry.recipe, baseline.recipe)
    ]
    if not different:
        return
    with st.popover("All but the schedule equal", icon=":material/balance:", key="compare.equal"):
        height = EQUAL_IN.draw()
        alone, refused = [], []
        for entry in entries:
            try:
                made = controlled(entry.recipe, baseline.recipe, height)
            except ValueError:  # beyond the highest or the lowest rate that a schedule may have
                refused += [entry.letter] * (entry in different)
                made = entry.recipe
            alone.append(replace(entry, recipe=made) if entry in different else entry)
        if refused:
            st.caption(f"Of {listed(refused)} this would take a rate that is out of bounds.")
        st.button(
            f"Set all but the schedules as in {baseline.letter}",
            key="compare.control",
            disabled=alone == list(entries),
            on_click=session.act,
            args=(link(alone, baseline.letter),),
        )
