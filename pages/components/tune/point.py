"""The chosen point: a recipe, its rates and its runs on the seeds that compare, and the pages that show it, too."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from lrcore import figures
from lrcore.data import DATASETS
from lrcore.findings import tuning, wording
from lrcore.findings.metrics import MEASURES, middle
from lrcore.recipes.recipe import Recipe
from lrcore.settings import number_text
from pages.components.charts.bands import BAND_IN_WORDS, both, report_lost
from pages.components.charts.figure import figure_chart
from pages.components.compare import comparison
from pages.components.compare.links import SEED_COUNT, link
from pages.components.page import Page
from pages.components.results import SEEDS, histories, seeds_within_budget
from pages.components.state.recipe_panel import recipe_link
from pages.components.train.address import run_link
from pages.components.tune.entries import Entry

HEIGHT = 118
_LOSS = MEASURES["val_loss"]


def recipe_of(entry: Entry, rate: float) -> Recipe | None:
    """The recipe of a schedule at a rate; None where a rate of it would leave its bounds."""
    try:
        return tuning.at_rate(entry.recipe, rate)
    except ValueError:
        return None


def links(page: Page, entries: Sequence[Entry], entry: Entry, rate: float) -> None:
    """Links to the pages that show the chosen point; Compare sets all schedules of the page to its rate."""
    recipe = recipe_of(entry, rate)
    if recipe is None:
        st.info(
            f"{entry.label} cannot have the rate {number_text(rate)}: one of its rates would leave its bounds."
        )
        return
    with st.container(horizontal=True):
        page.link(
            "Schedules",
            "3_Schedules.py",
            recipe_link(recipe),
            key="tune.to.schedules",
            icon=":material/show_chart:",
        )
        page.link("Train", "4_Train.py", run_link(recipe), key="tune.to.train", icon=":material/play_arrow:")
        alike = [recipe, *(recipe_of(other, rate) for other in entries if other is not entry)]
        compared = [each for each in alike if each is not None]
        if len(compared) >= comparison.FEWEST:
            page.link(
                "Compare at this rate",
                "5_Compare.py",
                compare_link(compared, SEEDS),
                key="tune.to.compare",
                icon=":material/compare_arrows:",
            )


def compare_link(recipes: Sequence[Recipe], seeds: int) -> dict[str, str]:
    """What a link to Compare says that sets these recipes and that many seeds; the first is the baseline."""
    compared = [
        comparison.Entry(letter, recipe) for letter, recipe in zip(comparison.LETTERS, recipes, strict=False)
    ]
    return link(compared) | {SEED_COUNT.key: str(seeds)}


def show(entry: Entry, recipe: Recipe, look: tuple[str, str]) -> None:
    """The point's rate curve, and its runs on the seeds from 0 on: the very runs of Schedules and Compare.

    Args:
        look: the schedule's colour and dash.
    """
    seeds = seeds_within_budget([recipe], SEEDS)
    (history,) = histories([recipe], seeds)
    baseline = DATASETS[recipe.data].baseline(recipe.split)
    rates = recipe.learning_rates()
    curve = figures.rate_curve("learning rate", rates, *look)
    panels = [figures.Panel("rate", [curve], span=(0, 1.1 * float(rates.max())))]
    for name, reference in (("loss", None), ("accuracy", (baseline, ""))):
        panels.append(figures.Panel(name, both(history, name), reference))
    final = middle(_LOSS.values(history))
    figure = figures.epoch_figure(panels, height=HEIGHT)
    told = (
        f"{entry.label} at {number_text(tuning.rate_of(recipe))}: final validation loss "
        f"**{wording.value(final, _LOSS.digits)}**, the median of the seeds 0 to {seeds - 1}"
    )
    figure_chart(st, figure, key="tune.point", alt=told.replace("*", "") + ".")
    st.caption(f"{told}, which Schedules and Compare show, too. Bands: {BAND_IN_WORDS}.")
    report_lost({"This recipe": history.lost})
