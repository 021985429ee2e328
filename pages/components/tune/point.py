"""The chosen point is a recipe: its rate curve, its runs on the comparing seeds, links to the pages that show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lrcore import figures
from lrcore.findings import tuning, wording
from lrcore.findings.metrics import MEASURES, middle
from lrcore.recipes.recipe import Recipe
from lrcore.settings import number_text
from pages.components.charts import bands
from pages.components.charts.drawing import chart
from pages.components.charts.plot import plot
from pages.components.compare import comparison
from pages.components.compare.links import SEED_COUNT, link
from pages.components.page import Page
from pages.components.results import SEEDS, histories, seeds_within_budget
from pages.components.state.lettered import LETTERS
from pages.components.state.recipe_panel import recipe_link
from pages.components.train.address import run_link
from pages.components.tune.entries import Entry

KEY = "tune.point"
_LOSS = MEASURES["val_loss"]


def recipe_of(entry: Entry, rate: float) -> Recipe | None:
    """The recipe of a schedule at a rate; None where one of its rates would break its bounds."""
    try:
        return tuning.at_rate(entry.recipe, rate)
    except ValueError:
        return None


def links(page: Page, entries: Sequence[Entry], entry: Entry, rate: float) -> None:
    """Links to the pages that show the chosen point; on Compare all schedules of the page have its rate."""
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
    """The parameters of a link to Compare with these recipes, the first as the baseline, on this many seeds."""
    compared = [comparison.Entry(*each) for each in zip(LETTERS, recipes, strict=False)]
    return link(compared) | {SEED_COUNT.key: str(seeds)}


def show(entry: Entry, recipe: Recipe, look: tuple[str, str]) -> None:
    """Draws the point's rate curve and its runs on the seeds from 0 on, the same runs as on Schedules and Compare.

    Args:
        look: the schedule's colour and dash.
    """
    seeds = seeds_within_budget([recipe], SEEDS)
    (history,) = histories([recipe], seeds)
    curve = figures.rate_curve("learning rate", recipe.learning_rates(), *look)
    panels = [rate_panel(curve), *bands.band_panels(recipe, history, log=True)]
    rate = number_text(tuning.rate_of(recipe))
    final = wording.value(middle(_LOSS.values(history)), _LOSS.digits)
    alt = [f"{panel.title} of {entry.label} at {rate}, by epoch" for panel in panels]
    plot(drawing(recipe, panels), key=KEY, group=group(entry), alt=alt)
    st.caption(
        f"{entry.label} at {rate}: final validation loss **{final}**, the median of the seeds 0 to {seeds - 1}, as on "
        f"Schedules and Compare. Bands: {bands.BAND_IN_WORDS}."
    )
    bands.report_lost({"This recipe": history.lost})


def group(entry: Entry) -> str:
    """The plot's group: another one for other settings, so that it follows no stops of those before."""
    return f"{KEY} {entry.recipe!r}"


def rate_panel(*curves: figures.Curve) -> figures.Panel:
    """The panel of the rate curve."""
    return figures.Panel("learning rate", curves)


def drawing(recipe: Recipe, panels: Sequence[figures.Panel]) -> dict[str, Any]:
    """The panels as the browser draws them, one above the other on one axis of epochs."""
    drawn = chart(panels, recipe.epochs, recipe.updates_per_epoch()) | {"top": []}
    for panel in drawn["panels"]:
        powers = [tick for tick in panel["rows"] if panel["log"] and float(tick[0]).is_integer()]
        panel["rows"] = powers if len(powers) > 1 else panel["rows"]  # there is room for few ticks
    return drawn
