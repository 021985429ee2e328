"""The charts of a comparison: loss, accuracy and learning rate of all recipes over one epoch axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lrcore import figures
from lrcore.data import DATASETS
from lrcore.findings import metrics, verdicts, wording
from lrcore.settings import Choice, Flag
from lrcore.training.run import History
from pages.components.charts.bands import BAND_IN_WORDS, report_lost, spread_curve
from pages.components.compare.comparison import Entry
from pages.components.state.controls import Control

PARTS = {"validation": ("validation",), "training": ("training",), "both": ("validation", "training")}
SINGLE_RUNS = 30
"""So many single runs of a recipe are drawn at most; more hide one another."""
HEIGHT = 160
FEW = 2
"""Up to this many recipes each have a band; with more, only the baseline has one, and the others are medians."""
VIEW = Control(
    "view",
    Choice(
        label="Show",
        default="recipes",
        options={"recipes": "each recipe", "difference": "difference from the baseline"},
    ),
)
_SCALES = {
    **dict.fromkeys(("loss", "val_loss"), metrics.MEASURES["val_loss"].scale),
    **{name: metrics.MEASURES[name].scale for name in ("accuracy", "val_accuracy")},
}


@dataclass(frozen=True)
class Line:
    """A recipe's runs and how they are drawn."""

    entry: Entry
    history: History
    colour: str
    dash: str

    def curve(self, metric: str, *, single: bool, band: bool) -> figures.Curve:
        """Median of a metric over the seeds, with the band, with single runs, or alone."""
        values = getattr(self.history, metric)
        curve = spread_curve(self.entry.label, values, self.colour, self.dash)
        if single:
            return replace(curve, low=None, high=None, runs=values[:SINGLE_RUNS])
        return curve if band else replace(curve, low=None, high=None)


def charts(
    entries: Sequence[Entry], histories: Sequence[History], pair: tuple[Entry, Entry], comparisons: int
) -> go.Figure | None:
    """One figure of panels over the same epochs, the rates on top, and what it shows to choose.

    Args:
        comparisons: how many verdicts the page gives: the intervals have their level.

    Returns:
        The figure; None where all recipes are hidden.
    """
    looked_at, baseline = pair
    place = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view = VIEW.draw()
        part = Control(
            "curves",
            Choice(label="Curves", default="validation", options={name: name for name in PARTS}),
        ).draw()
        single = Control("single", Flag(label="Single runs")).draw()
        log = Control("log", Flag(label="Logarithmic loss and rate")).draw()
    if not any(entry.shown for entry in entries):
        place.info("All recipes are hidden. Switch on *Show in the charts* below the settings of one.")
        return None
    lines = [
        Line(entry, history, *style)
        for entry, history, style in zip(entries, histories, styles(entries), strict=True)
    ]
    shown = [line for line in lines if line.entry.shown]
    if view == "difference":
        (reference,) = (line for line in lines if line.entry is baseline)
        panels = [
            panel
            for name in PARTS[part]
            for panel in _difference_panels(name, shown, reference, looked_at, comparisons)
        ]
    else:
        banded = [line.entry for line in shown] if len(entries) <= FEW else [baseline]
        panels = [
            panel
            for name in PARTS[part]
            for panel in _panels(name, shown, banded=banded, single=single, log=log)
        ]
    figure = figures.epoch_figure([_rates(entries, log=log), *panels], height=HEIGHT)
    alt = _in_words(entries, histories)
    place.plotly_chart(figure, key="compare.charts", config=figures.TOOLBAR, alt=alt)
    seeds = wording.counted(len(histories[0].loss), "seed")
    if view == "difference":
        st.caption(_difference_explained(pair, len(entries), seeds))
    else:
        st.caption(
            _curves_explained(len(histories[0].loss), baseline, single=single, few=len(entries) <= FEW)
        )
    report_lost({entry.letter: each.lost for entry, each in zip(entries, histories, strict=True)})
    return figure


def _curves_explained(seeds: int, baseline: Entry, *, single: bool, few: bool) -> str:
    of_whom = "" if few else f" of recipe {baseline.letter}, the baseline"
    behind = f"Band: {BAND_IN_WORDS}{of_whom}."
    if single:
        behind = f"Thin lines: the first {wording.counted(min(seeds, SINGLE_RUNS), 'run')}."
    lines = (
        f"Lines: the median of {seeds} runs, one a seed. {behind}"
        if seeds > 1
        else "Lines: the run of the one seed."
    )
    return (
        f"{lines} At epoch 5, loss and accuracy are those after five epochs, and the rate is the one that the sixth "
        "begins with. A click on a name hides it."
    )


def _difference_explained(pair: tuple[Entry, Entry], number: int, seeds: str) -> str:
    own, baseline = pair
    band = "Bands: the interval of each" if number <= FEW + 1 else f"Band: its interval for {own.letter}"
    return (
        f"Lines: after each epoch, the median of the differences from recipe {baseline.letter}, the baseline, over "
        f"{seeds}, seed by seed. {band}, at the level of the verdicts: at the last epoch it is the verdict's own "
        "where the runs are equally long. The epochs before it are not judged."
    )


def _difference_panels(
    part: str, shown: Sequence[Line], reference: Line, looked_at: Entry, comparisons: int
) -> list[figures.Panel]:
    prefix = "val_" if part == "validation" else ""
    others = [line for line in shown if line.entry is not reference.entry]
    panels = []
    for name in ("loss", "accuracy"):
        metric, curves = prefix + name, []
        for line in others:
            spread = verdicts.by_epoch(line.history, reference.history, metric, _SCALES[metric], comparisons)
            low, median, high = (
                np.where(np.isfinite(each), each, np.nan) for each in (spread.low, spread.median, spread.high)
            )
            banded = len(others) <= FEW or line.entry is looked_at
            curve = figures.Curve(line.entry.label, median, line.colour, line.dash, low, high)
            curves.append(curve if banded else replace(curve, low=None, high=None))
        panels.append(
            figures.Panel(f"difference in<br>{part} {name}", curves, (0.0, f"as {reference.entry.letter}"))
        )
    return panels


def rate_chart(entries: Sequence[Entry]) -> None:
    """The learning rates alone."""
    figure = figures.epoch_figure([_rates(entries, log=False)], height=HEIGHT + 70)
    alt = f"Learning rate by epoch. {_rates_in_words(entries)}."
    st.plotly_chart(figure, key="compare.rates", config=figures.TOOLBAR, alt=alt)


def styles(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """Colour and dash of each recipe: its schedule's; a further recipe of one schedule takes a hue that is free."""
    names = [type(entry.recipe.schedule).__name__ for entry in entries]
    own = {name: figures.schedule_style(name) for name in names}
    taken = {colour for colour, _ in own.values()}
    free = iter([hue for hue in figures.HUES if hue not in taken])
    looks = []
    for number, name in enumerate(names):
        repeat = names[:number].count(name)
        looks.append((next(free), figures.DASHES[repeat]) if repeat else own[name])
    return looks


def _panels(
    part: str, lines: Sequence[Line], *, banded: Sequence[Entry], single: bool, log: bool
) -> list[figures.Panel]:
    prefix = "val_" if part == "validation" else ""
    loss, accuracy = (
        [line.curve(prefix + name, single=single, band=line.entry in banded) for line in lines]
        for name in ("loss", "accuracy")
    )
    levels = _always_good(part, sorted({line.entry.recipe.split for line in lines}))
    if len(levels) == 1:
        return [
            figures.Panel(f"{part}<br>loss", loss, log=log),
            figures.Panel(f"{part}<br>accuracy", accuracy, levels[0]),
        ]
    ends = np.array([1, max((line.entry.recipe.epochs for line in lines), default=1)])
    accuracy += [
        figures.Curve(label, np.full(2, share), figures.BASELINE, dash, x=ends)
        for (share, label), dash in zip(levels, figures.DASHES[1:], strict=False)
    ]
    return [figures.Panel(f"{part}<br>loss", loss, log=log), figures.Panel(f"{part}<br>accuracy", accuracy)]


def _always_good(part: str, splits: Sequence[str]) -> list[tuple[float, str]]:
    """Of each split, the accuracy of answering "good" every time, and the text that says so."""
    data = DATASETS["ionosphere"]
    which = 1 if part == "validation" else 0
    levels = []
    for split in splits:
        share = float(data.y[data.split(split, seed=0)[which]].mean())
        of_split = f" ({split} split)" if len(splits) > 1 else ""
        levels.append((share, data.baseline_in_words(share) + of_split))
    return levels


def _rates(entries: Sequence[Entry], *, log: bool) -> figures.Panel:
    curves = [
        figures.rate_curve(entry.label, entry.recipe.learning_rates(), *style)
        for entry, style in zip(entries, styles(entries), strict=True)
        if entry.shown
    ]
    return figures.Panel("learning<br>rate", curves, log=log)


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
    rates = {entry.letter: entry.recipe.learning_rates() for entry in entries}
    return "Rates, first to last: " + ", ".join(
        f"{letter}: {each[0, 0]:.3g} to {each[-1, -1]:.3g}" for letter, each in rates.items()
    )
