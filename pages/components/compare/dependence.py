"""The line on equal rates: the verdicts on two recipes at five equal highest rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lrcore.findings import verdicts, wording
from lrcore.findings.metrics import MEASURES
from lrcore.findings.verdicts import SAME, Verdict
from lrcore.recipes.confounds import at_peak
from lrcore.recipes.recipe import Recipe
from lrcore.server.queue import Priority
from lrcore.training import experiments
from lrcore.training.run import History
from pages.components.compare.comparison import Entry
from pages.components.page import Page
from pages.components.results import SEEDS, histories
from pages.components.tune.entries import link as tuned_link

RATES = (0.01, 0.03, 0.1, 0.3, 1.0)
"""The highest rates at which the two are compared."""
DEAREST = 5
"""Seconds of training, estimated, from which on the line is left out."""
_LOSS = MEASURES["val_loss"]
HELP = (
    f"The final validation loss on {SEEDS} seeds at each rate. Both rate curves are scaled to the same highest rate; "
    f"everything else stays. These {len(RATES)} comparisons are a family of their own, each judged at 5 % / "
    f"{len(RATES)}, so that on at most 1 such line in 20 any direction is wrong. A rate that the page has judged "
    "already keeps the page's verdict."
)

Pair = tuple[Recipe, Recipe]


def show(place: DeltaGenerator, entry: Entry, baseline: Entry, known: Mapping[Pair, Verdict]) -> None:
    """Fills `place` with the line; called last on a page, since it trains up to 200 networks.

    Args:
        known: the verdicts that the page has given already, on `SEEDS` seeds, by their pair of recipes.
    """
    try:
        pairs = [(at_peak(entry.recipe, rate), at_peak(baseline.recipe, rate)) for rate in RATES]
    except ValueError:
        place.caption("At other rates: these two cannot be scaled to the same rates within the bounds.")
        return
    recipes = list(dict.fromkeys(recipe for pair in pairs for recipe in pair))
    if SEEDS * sum(map(experiments.seconds, recipes)) > DEAREST:
        place.caption("At other rates: not computed, for these runs take too long. Fewer epochs would do.")
        return
    with place.container():
        st.caption("At other rates: being computed.")
        runs = dict(zip(recipes, histories(recipes, priority=Priority.BEHIND), strict=True))
    judged = [known.get(pair) or _judge(pair, runs) for pair in pairs]
    lost = [wording.lost_runs(_lost(pair, runs, (entry, baseline))) for pair in pairs]
    with place.container():
        st.markdown(in_words(judged, lost, (entry.letter, baseline.letter)), help=HELP)
        Page("5_Compare.py").link(
            "At all rates, and each at its own best one",
            "6_Tune.py",
            tuned_link([baseline.recipe, entry.recipe]),
            key="compare.tune",
            icon=":material/tune:",
            help="Tunes both rate curves, with everything else as in the baseline",
        )


def _judge(pair: Pair, runs: Mapping[Recipe, History]) -> Verdict:
    own, other = pair
    (verdict,) = verdicts.compare(runs[own], runs[other], [_LOSS], len(RATES), same=own == other)
    return verdict


def _lost(pair: Pair, runs: Mapping[Recipe, History], entries: tuple[Entry, Entry]) -> dict:
    return {entry.letter: runs[recipe].lost for entry, recipe in zip(entries, pair, strict=True)}


def in_words(judged: Sequence[Verdict], lost: Sequence[str], names: tuple[str, str]) -> str:
    """The line.

    Args:
        judged: the verdict at each of `RATES`.
        lost: at each of them, which runs are lost, in words; "" for none.
        names: of the recipe and of the baseline.
    """
    recipe, baseline = names
    if all(verdict.outcome == SAME for verdict in judged):
        return f"**At equal rates** {recipe} and {baseline} are the same recipe: they differ in height alone."
    said = ", ".join(_word(verdict) for verdict in judged)
    where = [
        f"At the rate {rate:g} {text}, which counts as worse."
        for rate, text in zip(RATES, lost, strict=True)
        if text
    ]
    rates = wording.listed([f"{rate:g}" for rate in RATES])
    return " ".join(
        [
            f"**At the equal rates** {rates}, on {SEEDS} seeds each, {recipe} is, against {baseline}: **{said}**.",
            *where,
        ]
    )


def _word(verdict: Verdict) -> str:
    if verdict.is_decided:
        return f"{wording.direction(verdict, _LOSS.scale)}{' by little' * verdict.is_small}"
    return verdict.outcome
