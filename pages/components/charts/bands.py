"""What many seeds of one recipe do: bands of training and validation, and how many runs are lost."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from lrcore import figures
from lrcore.data import DATASETS
from lrcore.findings import metrics, wording
from lrcore.recipes.recipe import Recipe
from lrcore.training.run import History

BAND_IN_WORDS = f"the middle {round(100 * (metrics.BAND[1] - metrics.BAND[0]))} % of the runs"


def band_charts(recipe: Recipe, history: History) -> None:
    """Loss and accuracy of the runs, arrays (seeds, epochs), as median and band."""
    seeds = len(history.loss)
    baseline = DATASETS[recipe.data].baseline(recipe.split)
    panels = {
        "loss (binary cross-entropy)": (history.loss, history.val_loss, None),
        "accuracy": (history.accuracy, history.val_accuracy, (baseline, f'always "good": {baseline:.1%}')),
    }
    for column, (title, (training, validation, reference)) in zip(st.columns(2), panels.items(), strict=True):
        curves = [
            spread_curve("training", training, figures.TRAINING, "solid"),
            spread_curve("validation", validation, figures.VALIDATION, "dash"),
        ]
        figure = figures.epoch_figure([figures.Panel(title, curves, reference)], height=270)
        name = title.split()[0]
        alt = _in_words(name, *(curve.y[-1] for curve in curves))
        column.plotly_chart(figure, key=f"bands.{name}", config=figures.TOOLBAR, alt=alt)
    st.caption(
        f"Lines: the median of {wording.counted(seeds, 'run')}, each of its own seed (initial weights, batch order"
        f"{', split' if recipe.split == 'stratified' else ''}). Bands: {BAND_IN_WORDS}."
    )
    report_lost({"This recipe": history.lost})


def spread_curve(label: str, values, colour: str, dash: str) -> figures.Curve:
    """Median and band of `values` (seeds, epochs) as a curve."""
    spread = metrics.spread(values)
    return figures.Curve(label, spread.median, colour, dash, spread.low, spread.high)


def report_lost(lost: Mapping[str, np.ndarray]) -> None:
    """Says how many runs are lost, what that means and what to try; nothing when none is.

    Args:
        lost: by the recipes' names which of their runs are lost, bool (seeds,).
    """
    told = wording.lost_runs(lost)
    if told:
        st.warning(
            f"{told}. {wording.LOST_EXPLAINED} Where its loss is no number, a run is left out of the curves, but out "
            "of nothing else. A finding, not a fault: the steps are too large. Try half the rate.",
            icon=":material/trending_up:",
        )


def _in_words(name: str, training: float, validation: float) -> str:
    ends = (wording.value(each, 3) for each in (training, validation))
    return f"Chart of {name} by epoch; median after the last: training {next(ends)}, validation {next(ends)}."
