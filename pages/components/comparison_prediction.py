"""Predict first: the reader says which recipe will end lowest, and only then sees the results."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from lrcore import metrics
from lrcore.ensemble import History
from lrcore.metrics import MEASURES, Average
from pages.components.comparison import Entry, by_letter

GUESS = "compare.guess"
CHOICE = "compare.choice"
CONFIDENCE = 0.95


def guess(entries: Sequence[Entry], seeds: int) -> str | None:
    """The letter that the reader has chosen for exactly these recipes and seeds, or None."""
    held = st.session_state.get(GUESS, {})
    return held["letter"] if held.get("of") == _settings(entries, seeds) else None


def ask(entries: Sequence[Entry], seeds: int) -> None:
    """Asks for the prediction; the choice is final for these recipes and seeds."""
    labels = {entry.letter: entry.label for entry in entries}
    st.selectbox(
        "Which recipe will have the lowest final validation loss?",
        list(labels),
        index=None,
        format_func=labels.get,
        key=CHOICE,
        placeholder="Choose, and the results appear",
        help=f"By the mean of {seeds} seeds.",
        on_change=_hold,
        args=(_settings(entries, seeds),),
    )


def answer(letter: str, entries: Sequence[Entry], histories: Sequence[History]) -> None:
    """Says whether the prediction was right, by how much, and whether the seeds can tell at all."""
    verdict, icon = _answer(by_letter(entries, letter), entries, histories)
    st.info(f"You chose {letter}. {verdict}", icon=f":material/{icon}:")


def _hold(settings: list) -> None:
    st.session_state[GUESS] = {"of": settings, "letter": st.session_state[CHOICE]}


def _settings(entries: Sequence[Entry], seeds: int) -> list:
    return [seeds, *(entry.recipe.to_params() for entry in entries)]


def _answer(chosen: Entry, entries: Sequence[Entry], histories: Sequence[History]) -> tuple[str, str]:
    """The answer in words, and its icon. A mean that takes in a diverged run is no number: it is never lowest."""
    finals = {
        entry.letter: MEASURES["val_loss"].of(each) for entry, each in zip(entries, histories, strict=True)
    }
    whole = {letter: values for letter, values in finals.items() if np.isfinite(values).all()}
    if not whole:
        return "Every recipe has runs that diverged, so none has a lowest loss.", "trending_up"
    best = min(whole, key=lambda letter: whole[letter].mean())
    confidence = metrics.adjusted(CONFIDENCE, len(whole) - 1)
    level = [
        letter
        for letter, values in whole.items()
        if letter != best
        and metrics.paired_difference(values, whole[best], confidence).verdict == "not distinguishable"
    ]
    lowest = f"The lowest is {best} with {_in_words(whole[best])}"
    seeds = len(whole[best])
    if chosen.letter == best and not level:
        return f"**Right.** {lowest}, and the others are further away than chance explains.", "check"
    if chosen.letter == best:
        return (
            f"**Right, but it was close.** {lowest}; {' and '.join(level)} cannot be told apart from it "
            f"with {seeds} seeds.",
            "check",
        )
    if chosen.letter not in whole:
        return f"**Wrong.** {lowest}; {chosen.letter} has runs that diverged.", "close"
    own = f"{chosen.letter} has {_in_words(whole[chosen.letter])}"
    if chosen.letter in level:
        return f"**As good as right.** {lowest}; {own}, which {seeds} seeds cannot tell apart.", "balance"
    return f"**Wrong.** {lowest}; {own}, a difference larger than chance explains.", "close"


def _in_words(values: np.ndarray) -> str:
    average: Average = metrics.average(values)
    width = "" if np.isnan(average.sd) else f" ± {average.sd:.3f}"
    return f"{average.mean:.3f}{width}"
