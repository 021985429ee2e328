"""Predict first: the results are hidden until the reader has chosen the recipe that will end lowest, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isinf

import streamlit as st

from lrcore.findings import wording
from lrcore.findings.metrics import MEASURES, middle
from lrcore.findings.verdicts import HIGHER, LOWER, Verdict
from lrcore.settings import Flag
from lrcore.training.run import History
from pages.components.compare.comparison import Entry
from pages.components.compare.verdicts import against_lowest, lowest_recipe
from pages.components.state import session
from pages.components.state.controls import Control

SWITCH = Control(
    "predict",
    Flag(
        label="Predict first",
        help="Hides the results until you have said which recipe will have the lowest final validation loss, "
        "or that they will be about equal.",
    ),
)
GUESS = "compare.guess"
CHOICE = "compare.choice"
NONE = "none"
"""The choice "they will be about equal"."""
RIGHT, CLOSE_RIGHT, OPEN_RIGHT = "Right", "Right, but it was close", "Right so far, but not decided"
AS_GOOD, OPEN, NEITHER = "As good as right", "Not decided", "Neither right nor wrong"
CLOSE_WRONG, WRONG = "Wrong, but close", "Wrong"
ICONS = {
    **dict.fromkeys((RIGHT, CLOSE_RIGHT, OPEN_RIGHT), "check"),
    **dict.fromkeys((AS_GOOD, OPEN, NEITHER), "balance"),
    **dict.fromkeys((CLOSE_WRONG, WRONG), "close"),
}
_LOSS = MEASURES["val_loss"]


def guess(entries: Sequence[Entry], seeds: int) -> str | None:
    """The reader's choice for exactly these recipes and seeds, a letter or `NONE`; None: there is none yet."""
    held = st.session_state.get(GUESS, {})
    return held["letter"] if held.get("of") == _settings(entries, seeds) else None


def ask(entries: Sequence[Entry], seeds: int) -> None:
    """Asks for the prediction; the choice is final for these recipes and seeds."""
    which = "Neither" if len(entries) == 2 else "None"
    labels = {entry.letter: entry.label for entry in entries} | {NONE: f"{which}: they will be about equal"}
    st.selectbox(
        "Which recipe will have the lowest final validation loss?",
        list(labels),
        index=None,
        format_func=labels.__getitem__,
        key=CHOICE,
        placeholder="Choose, and the results appear",
        help=f"By the median of {wording.counted(seeds, 'seed')}.",
        on_change=_hold,
        args=(_settings(entries, seeds),),
    )


def answer(
    choice: str, entries: Sequence[Entry], histories: Sequence[History], baseline: Entry, comparisons: int
) -> None:
    """Says whether the prediction was right, in the words of the verdicts.

    Args:
        choice: a recipe's letter, or `NONE`.
        comparisons: how many verdicts the page gives, these included.
    """
    text, icon = in_words(choice, entries, histories, baseline, comparisons)
    st.info(text, icon=f":material/{icon}:")


@session.whole
def _hold(settings: list) -> None:
    st.session_state[GUESS] = {"of": settings, "letter": st.session_state[CHOICE]}


def _settings(entries: Sequence[Entry], seeds: int) -> list:
    return [seeds, *(entry.recipe.to_params() for entry in entries)]


def in_words(
    choice: str, entries: Sequence[Entry], histories: Sequence[History], baseline: Entry, comparisons: int
) -> tuple[str, str]:
    """The answer in words, and its icon; the arguments are those of `answer`."""
    best = lowest_recipe(entries, histories, baseline)
    rivals = against_lowest(entries, histories, baseline, comparisons)
    median = middle(_LOSS.values(histories[entries.index(best)]))
    judged = judgement(choice, best.letter, rivals, lost=isinf(median))
    said = "You said that they will be about equal" if choice == NONE else f"You chose {choice}"
    lines = [
        f"{letter} against {best.letter}: {_sentence(verdict, letter, best, baseline)}."
        for letter, verdict in rivals.items()
    ]
    found = _lowest_in_words(best, entries, histories, median)
    return "\n".join([f"{said}. **{judged}.** {found}", "", *(f"- {line}" for line in lines)]), ICONS[judged]


def _sentence(verdict: Verdict, letter: str, best: Entry, baseline: Entry) -> str:
    margin_of = baseline.letter if letter == baseline.letter else best.letter
    return wording.sentence(verdict, _LOSS.scale, (letter, best.letter), margin_of=margin_of)


def _lowest_in_words(
    best: Entry, entries: Sequence[Entry], histories: Sequence[History], median: float
) -> str:
    lost = wording.lost_runs(
        {entry.letter: each.lost for entry, each in zip(entries, histories, strict=True)}
    )
    if not isinf(median):
        lowest = f"The lowest median is that of {best.letter}, {wording.number(median, _LOSS.digits)}."
        return f"{lowest} {lost}, which counts as worse." if lost else lowest
    return f"No recipe has a lowest median, for at least half of the runs of each are lost: {lost}."


def judgement(choice: str, best: str, rivals: Mapping[str, Verdict], *, lost: bool = False) -> str:
    """The judgement on the prediction: one of the words in `ICONS`.

    Args:
        choice: a letter, or `NONE`.
        best: the letter of the recipe with the lowest median.
        rivals: by their letters the other recipes' verdicts against it.
        lost: whether even its median run is lost; then a recipe that is level with it is not the lowest either.
    """
    if choice == NONE:
        return _judgement_of_none(list(rivals.values()))
    verdicts = list(rivals.values()) if choice == best else [rivals[choice]]
    if any(each.outcome == LOWER for each in verdicts):
        return NEITHER  # lower on most seeds, and not by the median
    if any(each.outcome != HIGHER for each in verdicts) and lost:
        return NEITHER
    if choice != best:
        (verdict,) = verdicts
        if verdict.outcome == HIGHER:
            return CLOSE_WRONG if verdict.is_small else WRONG
        return AS_GOOD if verdict.is_level else OPEN
    if all(each.outcome == HIGHER for each in verdicts):
        return RIGHT
    return CLOSE_RIGHT if all(each.is_level or each.is_decided for each in verdicts) else OPEN_RIGHT


def _judgement_of_none(verdicts: Sequence[Verdict]) -> str:
    """Right where every verdict says that it is level; a difference that is sure but small is close to that."""
    if all(each.is_level for each in verdicts):
        return RIGHT
    if any(each.is_decided and not each.is_small for each in verdicts):
        return WRONG
    return CLOSE_WRONG if all(each.is_level or each.is_small for each in verdicts) else OPEN
