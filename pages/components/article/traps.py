"""The two traps of the article's recipe: its validation rows, and the unit that its `decay` counts."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from lrcore import figures
from lrcore.data import DATASETS, SPLITS
from lrcore.findings import metrics
from lrcore.recipes.article import ARTICLE
from pages.components.article.experiments import MEANINGS
from pages.components.charts.bands import BAND_IN_WORDS, spread_curve
from pages.components.charts.figure import figure_chart
from pages.components.results import SEEDS, histories


def traps() -> None:
    """Both, one after the other."""
    st.markdown("**What it validates on**")
    _split_trap()
    st.markdown("**What `decay` counts**")
    _decay_trap()


def _split_trap() -> None:
    """The same recipe on both splits, each beside its baseline."""
    data = DATASETS[ARTICLE["constant"].data]
    y, (train, validation) = data.y, data.split("tail", seed=0)
    st.markdown(
        f"The article validates on the last {len(validation)} rows of an ordered file. Of these "
        f"{y[validation].mean():.1%} are good, of the {len(train)} training rows {y[train].mean():.1%}. A validation "
        'accuracy above 90 % sounds like a success. Always answering "good" has it, too.'
    )
    recipes = {how: replace(ARTICLE["constant"], split=how) for how in reversed(SPLITS)}
    for column, (how, history) in zip(
        st.columns(2), zip(recipes, histories(list(recipes.values())), strict=True), strict=True
    ):
        share = data.baseline(how)
        final = metrics.middle(metrics.MEASURES["val_accuracy"].values(history))
        curve = spread_curve("validation", history.val_accuracy, figures.VALIDATION, "dash")
        panel = figures.Panel(f"accuracy, {how} split", [curve], data.reference(how), span=(0.3, 1))
        figure_chart(
            column,
            figures.epoch_figure([panel], height=260, legend=False),
            key=f"article.{how}",
            alt=f"Validation accuracy on the {how} split: {final:.3f} in the end, against {share:.3f} for good always.",
        )
        column.markdown(
            f"{how.capitalize()} split: {final:.1%} in the end, {100 * (final - share):.1f} points above."
        )
    st.caption(f"Experiment 1, the median of {SEEDS} runs on each split, and {BAND_IN_WORDS}.")


def _decay_trap() -> None:
    """One value of `decay` as four programs understand it."""
    recipe = ARTICLE["time-based"]
    rates = {name: each.learning_rates() for name, each in MEANINGS.recipes.items()}
    st.markdown(
        f"The article describes `SGD(decay={recipe.to_params()['decay_rate']})` per epoch or iteration. Keras counted "
        f"*updates*, {recipe.updates_per_epoch()} an epoch here. Keras 3 ignores the argument with no more than a "
        "warning: the rate stays constant. And a callback that divides the current rate, not the first, compounds."
    )
    chart, table = st.columns([2, 1], gap="large")
    curves = [
        figures.rate_curve(name, each, colour, dash)
        for (name, each), colour, dash in zip(rates.items(), figures.HUES[1:], figures.DASHES, strict=False)
    ]
    ends = {name: float(each[-1, -1]) for name, each in rates.items()}
    with chart:
        figure_chart(
            st,
            figures.epoch_figure([figures.Panel("learning rate", curves)], height=300),
            key="article.decay",
            alt="Learning rate by epoch. Last rates: "
            + ", ".join(f"{n}: {end:.3g}" for n, end in ends.items()),
        )
    with table:
        st.dataframe(
            pd.DataFrame({"decay is": ends.keys(), "last rate": ends.values()}),
            hide_index=True,
            key="article.ends",
            column_config={"last rate": st.column_config.NumberColumn(format="%.4f")},
            alt="The last rate of each meaning.",
        )
