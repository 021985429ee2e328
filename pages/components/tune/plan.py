"""How many rates and seeds the page computes: all that are useful, or what the budget of one link allows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from lrcore.findings.tuning import JUDGING_SEEDS, SIZES, TUNING_SEEDS
from lrcore.findings.wording import counted
from lrcore.recipes.recipe import Recipe
from lrcore.training import experiments
from pages.components import results

COARSE_SEEDS, DRAWN_SEEDS = 5, 10
"""Tuning seeds of the first curves, and of the final ones."""


@dataclass(frozen=True)
class Plan:
    """What is computed of each schedule.

    Attributes:
        size: rates of the grid.
        tuning, judging: how many seeds choose a rate, and how many judge it.
        share: of the useful seeds that are affordable; 1 for all of them.
    """

    size: int
    tuning: int
    judging: int
    share: float

    @property
    def drawn(self) -> int:
        """The tuning seeds of the curves."""
        return min(DRAWN_SEEDS, self.tuning)

    @property
    def coarse(self) -> int:
        """The tuning seeds of the first curves."""
        return min(COARSE_SEEDS, self.tuning)


def plan(recipes: Sequence[Recipe], size: int) -> Plan | None:
    """The grid and the seeds that fit into `results.BUDGET`; None if even the smallest does not.

    The smallest is one seed at each rate of the smallest grid, and one that judges.
    """
    seconds = sum(map(experiments.seconds, recipes))
    for rates in sorted({size, SIZES[0]}, reverse=True):
        share = min(1, results.BUDGET / (seconds * (rates * TUNING_SEEDS + JUDGING_SEEDS)))
        tuning, judging = (max(1, math.floor(share * number)) for number in (TUNING_SEEDS, JUDGING_SEEDS))
        left = math.floor(results.BUDGET / seconds) - rates * tuning
        if left >= 1:
            return Plan(rates, tuning, min(left, judging), share)
    return None


def report(made: Plan | None, size: int) -> None:
    """Warns the reader if the plan has fewer rates or seeds than wanted, and says what to change."""
    cheaper = "Fewer epochs or hidden units, larger batches or fewer schedules leave time for more."
    if made is None:
        st.warning(
            "Even one seed at each rate would keep the shared server busy for too long. Nothing is computed. "
            f"{cheaper}",
            icon=":material/timer:",
        )
    elif made.share < 1 or made.size < size:
        st.warning(
            f"All seeds of this would keep the shared server busy for too long. The grid has {made.size} "
            f"rates, {counted(made.tuning, 'seed')} choose, and {counted(made.judging, 'seed')} judge. {cheaper}",
            icon=":material/timer:",
        )
