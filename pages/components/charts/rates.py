"""A recipe's learning rates on a page: the curve, notes on it, the formula, the table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from lrcore import figures
from lrcore.recipes.rate_notes import rate_notes
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import snapped
from pages.components.charts.drawing import chart
from pages.components.charts.plot import plot
from pages.components.state import session
from pages.components.state.reference import name

KEY = "rates.chart"


def rate_panel(recipe: Recipe, *, log: bool, brief: bool = False) -> figures.Panel:
    """The rates over the run; `brief` as in `figures.rate_curve`."""
    colour, dash = figures.schedule_style(type(recipe.schedule).__name__)
    curve = figures.rate_curve(recipe.schedule.title, recipe.learning_rates(), colour, dash, brief=brief)
    return figures.Panel("learning rate", [curve], log=log)


def rate_drawing(recipe: Recipe, *, log: bool, brief: bool = False) -> dict[str, Any]:
    """The rate over the run, against epochs and updates, as the browser draws it."""
    return chart([rate_panel(recipe, log=log, brief=brief)], recipe.epochs, recipe.updates_per_epoch())


def rate_chart(recipe: Recipe, *, log: bool, group: str, reference: Recipe | None = None) -> None:
    """Draws the rate over the run, against epochs and updates; that of `reference` in grey."""
    words, behind = _in_words(recipe), None
    if reference:
        words += f" In grey, the reference. {_in_words(reference)}"
        behind = rate_drawing(reference, log=log) | {"name": name(reference)}
    plot(rate_drawing(recipe, log=log), key=KEY, group=group, alt=[words], behind=behind)


def rate_figure(recipe: Recipe, *, log: bool, reference: Recipe | None = None) -> go.Figure:
    """The same as a chart to keep."""
    panel = rate_panel(recipe, log=log)
    if reference:
        grey = figures.rate_curve(name(reference), reference.learning_rates(), figures.REFERENCE)
        panel = replace(panel, curves=[grey, *panel.curves])
    return figures.update_figure(panel, recipe.epochs, recipe.updates_per_epoch(), height=272)


def _in_words(recipe: Recipe) -> str:
    rates = recipe.learning_rates()
    return (
        f"Learning rate over {recipe.epochs} epochs, {recipe.schedule.title}: starts at {rates[0, 0]:.4g}, "
        f"ends at {rates[-1, -1]:.4g}, between {rates.min():.4g} and {rates.max():.4g}."
    )


def show_notes(recipe: Recipe) -> None:
    """Draws the notes on the rates, and a button for the clock that a note suggests."""
    for note in rate_notes(recipe):
        if note.warning:
            st.warning(note.text, icon=":material/warning:")
        else:
            st.caption(note.text)
        if note.switch:
            label = f"Count {note.switch}s"
            st.button(label, key="rates.switch", on_click=session.act, args=({"clock": note.switch},))


def formula(recipe: Recipe) -> None:
    """The schedule's formula, with symbols and with its numbers."""
    st.latex(recipe.schedule.latex(numbers=False))
    st.latex(recipe.schedule.latex(numbers=True))
    total, unit = recipe.run_length(), recipe.clock
    length = float(snapped(recipe.warmup * total))
    time = (
        f"{_climb(length, unit)} t counts {unit}s from there, of which N = {total - length:.4g} are left."
        if length
        else f"t counts {unit}s from 0; this run is N = {_counted(total, unit)} long."
    )
    st.caption(f"{time} {recipe.schedule.used_for} Source: {recipe.schedule.reference}.")


def _climb(length: float, unit: str) -> str:
    """The warmup of `length` in words."""
    if length <= 1:
        return f"The warmup takes {_counted(length, unit)}: the first {unit} has the full rate already."
    return (
        f"The rate climbs in a straight line for {_counted(length, unit)}: at time s it is (s + 1) / {length:.4g} of "
        "the schedule's first rate, and at most that."
    )


def _counted(number: float, unit: str) -> str:
    return f"{number:.4g} {unit}{'s' * (number != 1)}"


def rate_table(recipe: Recipe) -> None:
    """A panel with the rate at the first and the last update of every epoch; computed when it is open."""
    panel = st.expander(
        "The rate of every epoch, as a table", icon=":material/table:", key="rates.table", on_change="rerun"
    )
    if not panel.open:
        return
    rates = recipe.learning_rates()
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
