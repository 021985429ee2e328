"""Four constant rates on the real data: loss by epoch, and the curves in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import streamlit as st

from lrcore import figures
from lrcore.descent.scenes import Decay
from lrcore.findings import metrics, wording
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, TimeBasedDecay
from lrcore.training.run import History
from pages.components.charts.bands import BAND_IN_WORDS, spread_curve
from pages.components.charts.figure import figure_chart
from pages.components.results import histories

RATES = {"Very high": 10.0, "High": 5.0, "Good": 0.3, "Low": 0.003}
RECIPES = {f"{name}, {rate:g}": Recipe(Constant(rate)) for name, rate in RATES.items()}
DECAY = TimeBasedDecay(RATES["High"], 0.3)
"""A decay that brings the high rate down."""
HUES = (5, 2, 3, 1)  # of figures.HUES: red, orange, green, blue


def four_rates() -> None:
    """Draws the training loss of twenty runs at each of `RATES`, and describes it in words."""
    results = dict(zip(RECIPES, histories(list(RECIPES.values())), strict=True))
    curves = [
        spread_curve(name, history.loss, figures.HUES[hue], dash)
        for (name, history), hue, dash in zip(results.items(), HUES, figures.DASHES, strict=False)
    ]
    figure = figures.epoch_figure([figures.Panel("training loss (log scale)", curves, log=True)], height=360)
    figure.update_yaxes(dtick=1)  # whole powers of ten
    sentences = findings(results)
    chart, words = st.columns([2, 1], gap="large")
    with chart:
        figure_chart(
            st,
            figure,
            key="four_rates.chart",
            alt="Training loss by epoch, four rates. "
            + " ".join(f"{name}: {text}" for name, text in sentences),
        )
    with words:
        for name, text in sentences:
            st.markdown(f"**{name}**: {text}")
        seeds = len(next(iter(results.values())).loss)
        lost = f" {wording.LOST_EXPLAINED}" if any(each.lost.any() for each in results.values()) else ""
        st.caption(f"Lines: the median of {seeds} runs with a constant rate. Bands: {BAND_IN_WORDS}.{lost}")


def findings(results: Mapping[str, History]) -> list[tuple[str, str]]:
    """The training losses (seeds, epochs) in words: for each name a few sentences with numbers.

    Compares medians, in which lost runs are the worst; the median run of one recipe must not be lost.
    """
    ends = {
        name: metrics.middle(np.where(history.lost, np.inf, history.loss[:, -1]))
        for name, history in results.items()
    }
    lowest = min(ends, key=ends.__getitem__)
    curve = metrics.spread(results[lowest].loss).median
    return [
        (name, _finding(history, ends[name], "" if name == lowest else lowest, curve))
        for name, history in results.items()
    ]


def _finding(history: History, end: float, lowest: str, curve: np.ndarray) -> str:
    """Of one recipe, whose median loss ends at `end`; `lowest` is the name of the lowest one, "" for itself."""
    words = []
    if history.lost.any():
        words.append(f"{wording.lost_of(history.lost)}.")
    if np.isfinite(end):
        words.append(f"{end:.3g} after {len(curve)} epochs,")
        if lowest:
            words.append(f"where “{lowest}” is after {int(metrics.epochs_to_reach(-curve, -end))}.")
        else:
            words.append("the lowest at the end.")
        steps = np.diff(history.loss)
        rose = np.mean(steps[~np.isnan(steps)] > 0)
        words.append(f"From one epoch to the next it rose {rose:.0%} of the time.")
    return " ".join(words)


def on_real_data(schedule: Decay) -> Recipe:
    """The bowl's schedule as a recipe on the real data: from the high rate, counted in epochs.

    A constant rate becomes `DECAY`, for readers to see what a decay does.
    """
    decay = DECAY if isinstance(schedule, Constant) else schedule
    return Recipe(replace(decay, initial_learning_rate=RATES["High"]))
