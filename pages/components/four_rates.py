"""Four constant rates on the real data: loss against epoch, and in words what the curves show."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from lrcore import figures, metrics
from lrcore.ensemble import History
from lrcore.recipes import Recipe
from lrcore.schedules import Constant
from pages.components.bands import BAND_IN_WORDS, spread_curve
from pages.components.results import histories

RATES = {"Very high": 10.0, "High": 5.0, "Good": 0.3, "Low": 0.003}
RECIPES = {f"{name}, {rate:g}": Recipe(Constant(rate)) for name, rate in RATES.items()}
HUES = (5, 2, 3, 1)  # of figures.HUES: red, orange, green, blue


def four_rates() -> None:
    """Draws the training loss of twenty runs at each of `RATES`, and says what it shows."""
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
        st.plotly_chart(
            figure,
            key="four_rates.chart",
            config=figures.TOOLBAR,
            alt="Training loss by epoch, four rates. "
            + " ".join(f"{name}: {text}" for name, text in sentences),
        )
    with words:
        for name, text in sentences:
            st.markdown(f"**{name}**: {text}")
        seeds = len(next(iter(results.values())).loss)
        st.caption(f"Lines: the median of {seeds} runs with a constant rate. Bands: {BAND_IN_WORDS}.")


def findings(results: Mapping[str, History]) -> list[tuple[str, str]]:
    """What the training losses (seeds, epochs) show: for each name a few sentences with numbers.

    Compares medians; at least one run of one recipe must have reached the last epoch.
    """
    medians = {name: metrics.spread(history.loss).median for name, history in results.items()}
    lowest = min(medians, key=lambda name: np.nan_to_num(medians[name][-1], nan=np.inf))
    return [(name, _finding(results[name].loss, medians[name], lowest, medians)) for name in results]


def _finding(loss: np.ndarray, median: np.ndarray, lowest: str, medians: Mapping[str, np.ndarray]) -> str:
    words = []
    lost = int(metrics.diverged(loss).sum())
    if lost:
        words.append(f"{lost} of {len(loss)} runs diverged: their loss is no longer a number.")
    if np.isfinite(median[-1]):
        words.append(f"{median[-1]:.3g} after {len(median)} epochs,")
        if median is medians[lowest]:
            words.append("the lowest at the end.")
        else:
            reached = int(metrics.epochs_to_reach(-medians[lowest], -median[-1]))
            words.append(f"where “{lowest}” is after {reached}.")
        rose = np.mean(np.diff(loss[~metrics.diverged(loss)]) > 0)
        words.append(f"From one epoch to the next it rose {rose:.0%} of the time.")
    return " ".join(words)
