"""The charts of a comparison: loss, accuracy and learning rate of all recipes over one epoch axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lrcore import figures, ionosphere, metrics, wording
from lrcore.ensemble import History
from lrcore.settings import Choice, Flag
from pages.components.bands import BAND_IN_WORDS, report_lost, spread_curve
from pages.components.comparison import Entry
from pages.components.controls import Control

PARTS = {"validation": ("validation",), "training": ("training",), "both": ("validation", "training")}
SINGLE_RUNS = 30
"""So many single runs of a recipe are drawn at most; more hide one another."""
HEIGHT = 230


@dataclass(frozen=True)
class Line:
    """A recipe's runs and how they are drawn."""

    entry: Entry
    history: History
    colour: str
    dash: str

    def curve(self, metric: str, *, single: bool) -> figures.Curve:
        """Median of a metric over the seeds, with the band or with single runs."""
        values = getattr(self.history, metric)
        curve = spread_curve(self.entry.label, values, self.colour, self.dash)
        return replace(curve, low=None, high=None, runs=values[:SINGLE_RUNS]) if single else curve


def charts(entries: Sequence[Entry], histories: Sequence[History]) -> go.Figure:
    """One figure of panels over the same epochs, and what it shows to choose. The figure."""
    place = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = Control(
            "curves",
            Choice(label="Curves", default="validation", options={name: name for name in PARTS}),
        ).draw()
        single = Control("single", Flag(label="Single runs")).draw()
        log = Control("log", Flag(label="Logarithmic loss and rate")).draw()
    lines = [
        Line(entry, history, *style)
        for entry, history, style in zip(entries, histories, styles(entries), strict=True)
        if entry.shown
    ]
    panels = [panel for name in PARTS[part] for panel in _panels(name, lines, single=single, log=log)]
    figure = figures.epoch_figure([*panels, _rates(entries, log=log)], height=HEIGHT)
    alt = _in_words(entries, histories)
    place.plotly_chart(figure, key="compare.charts", config=figures.TOOLBAR, alt=alt)
    seeds = len(histories[0].loss)
    runs = f"Thin lines: the first {min(seeds, SINGLE_RUNS)} runs." if single else f"Bands: {BAND_IN_WORDS}."
    st.caption(
        f"Lines: the median of {wording.counted(seeds, 'run')}, one a seed. {runs} At epoch 5, loss and accuracy "
        "are those after five epochs, and the rate is the one that the sixth begins with. A click on a name hides it."
    )
    report_lost({entry.letter: each.lost for entry, each in zip(entries, histories, strict=True)})
    return figure


def rate_chart(entries: Sequence[Entry]) -> None:
    """The learning rates alone."""
    figure = figures.epoch_figure([_rates(entries, log=False)], height=HEIGHT + 70)
    alt = f"Learning rate by epoch. {_rates_in_words(entries)}."
    st.plotly_chart(figure, key="compare.rates", config=figures.TOOLBAR, alt=alt)


def styles(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """Colour and dash of each recipe: its schedule's, changed for each further recipe of one schedule."""
    names = [type(entry.recipe.schedule).__name__ for entry in entries]
    return [figures.schedule_style(name, names[:number].count(name)) for number, name in enumerate(names)]


def _panels(part: str, lines: Sequence[Line], *, single: bool, log: bool) -> list[figures.Panel]:
    prefix = "val_" if part == "validation" else ""
    loss, accuracy = (
        [line.curve(prefix + name, single=single) for line in lines] for name in ("loss", "accuracy")
    )
    levels = _always_good(part, sorted({line.entry.recipe.split for line in lines}))
    if len(levels) == 1:
        return [
            figures.Panel(f"{part} loss", loss, log=log),
            figures.Panel(f"{part} accuracy", accuracy, levels[0]),
        ]
    ends = np.array([1, max((line.entry.recipe.epochs for line in lines), default=1)])
    accuracy += [
        figures.Curve(label, np.full(2, share), figures.BASELINE, dash, x=ends)
        for (share, label), dash in zip(levels, figures.DASHES[1:], strict=False)
    ]
    return [figures.Panel(f"{part} loss", loss, log=log), figures.Panel(f"{part} accuracy", accuracy)]


def _always_good(part: str, splits: Sequence[str]) -> list[tuple[float, str]]:
    """Of each split, the accuracy of answering "good" every time, and the text that says so."""
    _, y = ionosphere.data()
    which = 1 if part == "validation" else 0
    levels = []
    for split in splits:
        share = float(y[ionosphere.split_indices(y, split, seed=0)[which]].mean())
        of_split = f" ({split})" if len(splits) > 1 else ""
        levels.append((share, f'always "good"{of_split}: {share:.1%}'))
    return levels


def _rates(entries: Sequence[Entry], *, log: bool) -> figures.Panel:
    rows = ionosphere.n_train()
    curves = [
        figures.rate_curve(entry.label, entry.recipe.learning_rates(rows), *style)
        for entry, style in zip(entries, styles(entries), strict=True)
        if entry.shown
    ]
    return figures.Panel("learning rate", curves, log=log)


def _in_words(entries: Sequence[Entry], histories: Sequence[History]) -> str:
    loss = metrics.MEASURES["val_loss"]
    ends = (
        f"{entry.letter}: {wording.value(metrics.middle(loss.values(history)), loss.digits)}"
        for entry, history in zip(entries, histories, strict=True)
    )
    return (
        f"Charts of loss, accuracy and learning rate by epoch. Median final validation loss: {', '.join(ends)}. "
        f"{_rates_in_words(entries)}."
    )


def _rates_in_words(entries: Sequence[Entry]) -> str:
    rates = {entry.letter: entry.recipe.learning_rates(ionosphere.n_train()) for entry in entries}
    return "Rates, first to last: " + ", ".join(
        f"{letter}: {each[0, 0]:.3g} to {each[-1, -1]:.3g}" for letter, each in rates.items()
    )
