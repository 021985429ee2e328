"""One click that sets each recipe to its own best rate, and the report of what it did."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from lrcore.findings import tuning, tuning_wording
from lrcore.findings.metrics import MEASURES
from lrcore.findings.tuning import FIRST_TUNING_SEED, Tuned
from lrcore.recipes.recipe import SETTINGS, Recipe
from lrcore.training import experiments
from lrcore.training.run import History
from pages.components import results
from pages.components.compare.comparison import Entry
from pages.components.compare.links import link
from pages.components.state import session

SEEDS, FEWEST_SEEDS = 10, 3
"""Tuning seeds; with fewer than the second number, there are fewer rates instead."""
RATES, NEW = 13, 7
"""Rates of the first grid, and how many of the 9 around the best one are new, at most."""
LABEL, REPORT = "Set each to its own best rate", "compare.own_best.report"


@dataclass(frozen=True)
class Search:
    """An affordable search: the rates of the first grid, whether 9 around the best follow, and the tuning seeds."""

    rates: int
    refined: bool
    seeds: int


def search(recipes: Sequence[Recipe]) -> Search | None:
    """The search that fits into `results.BUDGET`, with fewer seeds, then fewer rates; None where none does."""
    seconds = sum(map(experiments.seconds, recipes))
    for rates, new in ((RATES, NEW), (tuning.SIZES[0], 0)):
        fit = math.floor(results.BUDGET / (seconds * (rates + new)))
        if fit >= (FEWEST_SEEDS if new else 1):
            return Search(rates, bool(new), min(SEEDS, fit))
    return None


def offer(entries: Sequence[Entry], baseline: Entry) -> None:
    """Draws the button and, as long as the recipes are as it left them, the report of what it did."""
    if session.hides("own_best", LABEL):
        return
    affordable = search([entry.recipe for entry in entries])
    pressed = st.button(
        LABEL,
        key="compare.own_best",
        icon=":material/star:",
        disabled=affordable is None,
        help="Tunes each recipe's rate; everything else stays."
        if affordable
        else "These runs take too long to tune. Choose fewer epochs or hidden units, or larger batches.",
    )
    if pressed and affordable:
        _set(entries, baseline, affordable)
    if is_done(entries):
        st.caption(st.session_state[REPORT]["text"])


def is_done(entries: Sequence[Entry]) -> bool:
    """Whether the recipes are as the button left them."""
    return REPORT in st.session_state and st.session_state[REPORT]["recipes"] == _params(entries)


def _set(entries: Sequence[Entry], baseline: Entry, affordable: Search) -> None:
    """Tunes the recipes, stores the report, and sets the page to them as one act if that changes anything."""
    tuned = [best(entry.recipe, affordable) for entry in entries]
    made = [
        entry
        if each is None or each.all_lost
        else replace(entry, recipe=tuning.at_rate(entry.recipe, each.rate))
        for entry, each in zip(entries, tuned, strict=True)
    ]
    said = [_said(entry, each) for entry, each in zip(entries, tuned, strict=True)]
    text = tuning_wording.own_best(said, affordable.rates, affordable.seeds, refined=affordable.refined)
    st.session_state[REPORT] = {"recipes": _params(made), "text": text}
    if made != list(entries):
        session.act(link(made, baseline.letter))
        session.run_again()


def best(recipe: Recipe, affordable: Search) -> Tuned | None:
    """The best of a recipe's rates by their mean rank on the tuning seeds; None where no rate is within bounds."""
    runs = _runs(recipe, tuning.grid(affordable.rates), affordable.seeds)
    if not runs:
        return None
    if affordable.refined and len(runs) > 1:
        finer = tuning.around([*runs], _choose(runs).best)
        runs |= _runs(recipe, [rate for rate in finer if rate not in runs], affordable.seeds)
    return _choose(dict(sorted(runs.items())))


def _runs(recipe: Recipe, rates: Sequence[float], seeds: int) -> dict[float, History]:
    points = tuning.points(recipe, rates)
    made = (
        results.histories([*points.values()], seeds, together=True, first=FIRST_TUNING_SEED) if points else []
    )
    return dict(zip(points, made, strict=True))


def _choose(runs: dict[float, History]) -> Tuned:
    values = [MEASURES["val_loss"].values(history) for history in runs.values()]
    return tuning.choose([*runs], np.stack(values))


def _said(entry: Entry, tuned: Tuned | None) -> str:
    name = SETTINGS[tuning.rate_name(entry.recipe)].name_in_a_sentence
    return tuning_wording.set_to_best(f"{entry.letter}: {name}", tuning.rate_of(entry.recipe), tuned)


def _params(entries: Sequence[Entry]) -> list[dict[str, str]]:
    return [entry.recipe.to_params() for entry in entries]
