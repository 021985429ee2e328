"""What many seeds of one recipe do: bands of training and validation, and how many runs are lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import streamlit as st

from lrcore import figures
from lrcore.data import DATASETS
from lrcore.findings import metrics, wording
from lrcore.recipes.recipe import Recipe
from lrcore.training.run import History
from pages.components.charts.drawing import chart
from pages.components.charts.plot import plot
from pages.components.state.reference import name

KEY = "bands.charts"
BAND_IN_WORDS = f"the middle {round(100 * (metrics.BAND[1] - metrics.BAND[0]))} % of the runs"


def band_panels(recipe: Recipe, history: History, *, log: bool = False) -> list[figures.Panel]:
    """Loss and accuracy of the runs, arrays (seeds, epochs), as median and band; `log` is for the losses."""
    reference = DATASETS[recipe.data].reference(recipe.split)
    return [
        figures.Panel("loss (binary cross-entropy)", both(history, "loss"), log=log),
        figures.Panel("accuracy", both(history, "accuracy"), reference, share=True),
    ]


def both(history: History, metric: str) -> list[figures.Curve]:
    """The bands of training and validation in a metric, "loss" or "accuracy"."""
    return [
        spread_curve(label, getattr(history, prefix + metric), colour, dash)
        for label, prefix, colour, dash in figures.BOTH
    ]


def band_charts(
    recipe: Recipe, history: History, *, log: bool, group: str, reference: History | None = None
) -> None:
    """Loss and accuracy of the runs, arrays (seeds, epochs), as median and band; of `reference` the medians in grey."""
    panels = band_panels(recipe, history, log=log)
    words, behind = [_in_words(each) for each in panels], None
    if reference:
        kept = reference.recipe
        medians = [_medians(each) for each in band_panels(kept, reference, log=log)]
        words = [
            f"{one} In grey, the reference. {_in_words(two)}" for one, two in zip(words, medians, strict=True)
        ]
        behind = chart(medians, kept.epochs) | {"name": name(kept)}
    plot(chart(panels, recipe.epochs), key=KEY, group=group, alt=words, behind=behind)


def _medians(panel: figures.Panel) -> figures.Panel:
    return replace(panel, curves=[replace(curve, low=None, high=None) for curve in panel.curves])


def band_caption(recipe: Recipe, history: History) -> None:
    """What the lines and bands are, and how many of the runs are lost."""
    st.caption(
        f"Lines: the median of {wording.counted(len(history.loss), 'run')}, each of its own seed (initial weights, "
        f"batch order{', split' if recipe.split == 'stratified' else ''}). Bands: {BAND_IN_WORDS}."
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
    counts = wording.lost_runs(lost)
    if counts:
        warn_of_lost(
            f"{counts}. {wording.LOST_EXPLAINED} Where its loss is no number, a run is left out of the curves, but out "
            "of nothing else.",
            advice="Try half the rate.",
        )


def warn_of_lost(what: str, *, advice: str = "") -> None:
    """The one sentence on every page about runs that are lost, after `what` says which; `advice` follows."""
    st.warning(
        f"{what} A finding, not a fault: the steps are too large. {advice}".strip(),
        icon=":material/trending_up:",
    )


def _in_words(panel: figures.Panel) -> str:
    training, validation = (wording.value(curve.y[-1], 3) for curve in panel.curves)
    name = panel.title.split()[0]
    return f"Chart of {name} by epoch; median after the last: training {training}, validation {validation}."
