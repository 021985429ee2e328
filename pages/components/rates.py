"""What a page shows of a recipe's learning rates: the curve, the formula, the table, and a warning."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from lrcore import figures
from lrcore.ionosphere import n_train
from lrcore.recipes import HORIZON, Recipe


def rate_chart(recipes: Sequence[Recipe], *, log: bool) -> go.Figure:
    """The rate over the run, against epochs and updates; recipes of equal length and batches. The figure."""
    rows = n_train()
    curves = []
    for recipe in recipes:
        name = type(recipe.schedule).__name__
        repeat = sum(type(other.schedule).__name__ == name for other in recipes[: len(curves)])
        colour, dash = figures.schedule_style(name, repeat)
        label = recipe.schedule.title + " (second)" * bool(curves)
        curves.append(figures.rate_curve(label, recipe.learning_rates(rows), colour, dash))
    panel = figures.Panel("learning rate", curves, log=log)
    updates = recipes[0].updates_per_epoch(rows)
    figure = figures.update_figure(panel, recipes[0].epochs, updates, height=272)
    st.plotly_chart(figure, key="rates.chart", config=figures.TOOLBAR, alt=_in_words(recipes[0], rows))
    _warn_if_still(recipes[0], rows)
    return figure


def _in_words(recipe: Recipe, rows: int) -> str:
    rates = recipe.learning_rates(rows)
    return (
        f"Learning rate over {recipe.epochs} epochs, {recipe.schedule.title}: starts at {rates[0, 0]:.4g}, "
        f"ends at {rates[-1, -1]:.4g}, between {rates.min():.4g} and {rates.max():.4g}."
    )


def _warn_if_still(recipe: Recipe, rows: int) -> None:
    """Says so when the rate does not change within the run, and when it would have."""
    if np.ptp(recipe.learning_rates(rows)) > 0 or type(recipe.schedule).__name__ == "Constant":
        return
    change, end = recipe.first_change(rows), recipe.run_length(rows)
    more = (
        f": the first change would come at {recipe.clock} {change}; this run ends at {end}."
        if change
        else f", nor would it in one {HORIZON} times as long; this run ends at {recipe.clock} {end}."
    )
    st.warning(f"This schedule does not move within the run{more}", icon=":material/warning:")


def formula(recipe: Recipe) -> None:
    """The schedule's formula, with symbols and with its numbers."""
    st.latex(recipe.schedule.latex(numbers=False))
    st.latex(recipe.schedule.latex(numbers=True))
    total, unit = recipe.run_length(n_train()), f"{recipe.clock}s"
    length = recipe.warmup * total
    time = (
        f"The rate climbs in a straight line from 0 for {length:.4g} {unit}; t counts {unit} from there, of which "
        f"N = {total - length:.4g} are left."
        if length
        else f"t counts {unit} from 0; this run is N = {total} {unit} long."
    )
    st.caption(f"{time} {recipe.schedule.used_for} Source: {recipe.schedule.reference}.")


def rate_table(recipe: Recipe) -> None:
    """The rate at the first and the last update of every epoch, to be read and downloaded, once it is opened."""
    panel = st.expander(
        "The rate of every epoch, as a table", icon=":material/table:", key="rates.table", on_change="rerun"
    )
    if not panel.open:
        return
    rates = recipe.learning_rates(n_train())
    panel.dataframe(
        pd.DataFrame(
            {
                "epoch": np.arange(1, recipe.epochs + 1),
                "rate at its first update": rates[:, 0],
                "rate at its last update": rates[:, -1],
            }
        ),
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="%.6g")
            for name in ("rate at its first update", "rate at its last update")
        },
    )
