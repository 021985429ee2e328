"""One seed at a time: the next seed's two runs and their difference, counted until the number set is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import nan

import numpy as np
import streamlit as st

from lrcore import figures
from lrcore.figures import Curve, Panel
from lrcore.findings import verdicts, wording
from lrcore.findings.metrics import MEASURES
from lrcore.findings.verdicts import Verdict
from lrcore.settings import Flag, Number
from lrcore.training.run import History
from pages.components.charts import drawing
from pages.components.charts.plot import plot
from pages.components.compare.charts import styles
from pages.components.compare.comparison import Entry
from pages.components.results import MOST_SEEDS
from pages.components.state import session
from pages.components.state.controls import Control

SWITCH = Control(
    "one_by_one",
    Flag(
        label="One seed at a time",
        help="Adds one seed's two runs after the other. The verdict comes at the number of seeds that is set.",
    ),
)
ADDED = Control("added", Number(label="Seeds added", default=0, low=0, high=MOST_SEEDS, whole=True))
SETTINGS = "compare.added.of"
FEW_LOOKS, EVERY_LOOK = 12, 28
"""The percentage of equal pairs that are called different when each look is judged at 5 % and adding seeds stops at the
first difference: with looks at 10, 20, 50, 100 and 200 seeds, and with a look after each seed up to 200."""
WHY = (
    "The verdict comes at the number of seeds that was set before. Whoever adds seeds until it is decided finds "
    f"differences that are none: on {FEW_LOOKS} of 100 pairs with looks at 10, 20, 50, 100 and 200 seeds, on "
    f"{EVERY_LOOK} with a look after each seed, in place of 5. Another number of seeds, or another recipe, starts anew."
)
_LOSS = MEASURES["val_loss"]


def added(entries: Sequence[Entry], baseline: Entry, seeds: int) -> int:
    """The number of seeds added so far; 0 again after a reader's change of a recipe or of the number of seeds."""
    settings = [seeds, baseline.letter, *(entry.recipe.to_params() for entry in entries)]
    if st.session_state.get(SETTINGS, settings) != settings and not session.follows():
        session.put({ADDED.key: 0})
    st.session_state[SETTINGS] = settings
    return min(ADDED.value(), seeds)


def buttons(number: int, seeds: int) -> None:
    """Draws the buttons that add the next seed or all of them, or start again."""
    with st.container(horizontal=True, vertical_alignment="center"):
        _button("Next seed", "next", number + 1, disabled=number >= seeds)
        _button(f"Run to {seeds}", "all", seeds, disabled=number >= seeds)
        _button("Start anew", "none", 0, disabled=not number)


def _button(label: str, name: str, number: int, *, disabled: bool) -> None:
    st.button(
        label,
        key=f"compare.seed.{name}",
        disabled=disabled,
        on_click=session.put,
        args=({ADDED.key: number},),
    )


def show(
    entries: Sequence[Entry], histories: Sequence[History], pair: tuple[Entry, Entry], number: int, seeds: int
) -> None:
    """The pair's first `number` of the runs, out of all recipes' and all seeds' `histories`."""
    one, other = (entries.index(entry) for entry in pair)
    looks = styles(entries)
    section(pair, (histories[one][:number], histories[other][:number]), [looks[one], looks[other]], seeds)


def section(
    pair: tuple[Entry, Entry],
    histories: tuple[History, History],
    looks: Sequence[tuple[str, str]],
    seeds: int,
) -> None:
    """The count, the curves and the differences of the seeds so far.

    Args:
        pair: the recipe and the baseline.
        histories: theirs, arrays (seeds so far, epochs).
        looks: colour and dash of each.
        seeds: how many there will be.
    """
    own, other = (_LOSS.values(each) for each in histories)
    if not len(own):
        st.markdown(
            f"**No seed yet, of {seeds}.** *Next seed* trains {pair[0].letter} and {pair[1].letter} on one."
        )
        st.caption(WHY)
        return
    verdict = verdicts.judge(own, other, _LOSS.scale, 1)
    lost = wording.lost_runs({entry.letter: each.lost for entry, each in zip(pair, histories, strict=True)})
    names = (pair[0].letter, pair[1].letter)
    st.markdown(in_words(verdict, names, seeds) + (f" {lost}, which counts as worse." if lost else ""))
    if len(own) < seeds:
        st.caption(WHY)
    left, right = st.columns(2)
    with left:
        _curves(pair, histories, looks)
    apart = verdicts.differences(own, other, _LOSS.scale.tie)
    with right:
        _strip(apart, verdict.median, names, seeds)
    if not np.isfinite(apart).all():
        st.caption("A seed with a lost run is counted and has no dot.")


def _curves(
    pair: tuple[Entry, Entry], histories: tuple[History, History], looks: Sequence[tuple[str, str]]
) -> None:
    """The losses of all seeds so far, those of the last one thick."""
    seeds = len(histories[0].loss)
    curves = [
        Curve(f"{entry.letter}: seed {seeds - 1}", each.val_loss[-1], *look, runs=each.val_loss[:-1])
        for entry, each, look in zip(pair, histories, looks, strict=True)
    ]
    plot(
        drawing.chart([Panel("validation loss", curves)], max(entry.recipe.epochs for entry in pair)),
        key="compare.seed.curves",
        group="compare.seed.curves",
        alt=[f"Validation loss by epoch of {wording.counted(seeds, 'seed')}, the last one thick."],
    )


def _strip(apart: np.ndarray, median: float, names: tuple[str, str], seeds: int) -> None:
    """A dot for each difference of a pair of runs so far, (pairs,), if it is finite, and a line at their median.

    Args:
        seeds: how many pairs there will be.
    """
    apart = np.where(np.isfinite(apart), apart, np.nan)
    pairs = 1 + np.arange(len(apart))
    gaps = np.full(len(apart), np.nan)  # between two dots, which would be joined otherwise
    dots = Curve(
        "a pair",
        np.column_stack([apart, gaps]).ravel(),
        figures.TRAINING,
        x=np.repeat(pairs, 2),
        texts=drawing.texts_of(apart),
    )
    middle = Curve("median so far", np.where(np.isfinite(median), median, gaps), figures.RATE, "dash")
    panel = Panel(f"loss of {names[0]} minus {names[1]}", [dots, middle], (0.0, "equal"))
    plot(
        drawing.chart([panel], seeds, unit="pair") | {"now": len(apart)},
        key="compare.seed.strip",
        group="compare.seed.strip",
        alt=[f"A dot for the difference on each of {wording.counted(len(apart), 'seed')}, and their median."],
    )


def in_words(verdict: Verdict, names: tuple[str, str], seeds: int) -> str:
    """The count so far, without a verdict."""
    counted = {"lower": verdict.lower, "higher": verdict.higher, "equal": verdict.equal}
    first, *rest = sorted(
        (word for word in counted if counted[word]), key=lambda word: counted[word], reverse=True
    )
    counts = [
        f"{first} on {counted[first]} of {verdict.seeds}",
        *(f"{word} on {counted[word]}" for word in rest),
    ]
    without_interval = replace(verdict, low=nan, high=nan)
    return (
        f"**After {verdict.seeds} of {wording.counted(seeds, 'seed')}** the final validation loss of {names[0]} is, "
        f"against {names[1]}, {wording.listed(counts)}; {wording.median(without_interval, _LOSS.scale, names)}."
    )
