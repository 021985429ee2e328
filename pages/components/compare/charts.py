"""The charts of a comparison: the learning rates, losses and accuracies of all recipes against the epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lrcore import figures
from lrcore.data import DATASETS
from lrcore.figures import Curve, Panel
from lrcore.findings import verdicts, wording
from lrcore.findings.metrics import MEASURES
from lrcore.recipes.recipe import Recipe
from lrcore.settings import Choice, Flag
from lrcore.training.run import History
from pages.components.charts import drawing
from pages.components.charts.bands import BAND_IN_WORDS, report_lost, spread_curve
from pages.components.charts.plot import plot
from pages.components.compare.comparison import Entry, by_letter, pair
from pages.components.state.controls import Control

RATES, CURVES = "compare.rates", "compare.charts"
GROUP = "compare"
PREFIXES = {"validation": "val_", "training": ""}
"""The prefixes of the names of a History's arrays, by the part of the data."""
PARTS = {"validation": ("validation",), "training": ("training",), "both": ("validation", "training")}
SINGLE_RUNS = 30
"""The most single runs of a recipe that are drawn: more hide one another."""
HEIGHT = 200
FEW = 2
"""Up to this many curves each have a band; of more, only one has, and the others are medians."""
VIEW = Control(
    "view",
    Choice(
        label="Show",
        default="recipes",
        options={"recipes": "each recipe", "difference": "difference from the baseline"},
    ),
)
CURVES_OF = Control(
    "curves", Choice(label="Curves", default="validation", options={name: name for name in PARTS})
)
SINGLE = Control("single", Flag(label="Single runs"))
LOG = Control("log", Flag(label="Logarithmic loss and rate"))


@dataclass(frozen=True)
class View:
    """The settings of the charts: which parts of the data, and how they are drawn."""

    differences: bool = False
    parts: Sequence[str] = PARTS["validation"]
    single: bool = False
    log: bool = False


def view() -> View:
    """Draws the switches of the charts."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return View(VIEW.draw() == "difference", PARTS[CURVES_OF.draw()], SINGLE.draw(), LOG.draw())


@dataclass(frozen=True)
class Picture:
    """The content of the charts of a comparison; during a drag, the changes of the open tab's recipe.

    Attributes:
        entries: all recipes.
        baseline, opened: the letters of the baseline, and of the recipe whose tab is open.
        view: the settings of the charts.
        histories: the runs of each recipe, on the same seeds; none while the page hides them.
        comparisons: the number of verdicts on the page, which sets the level of the intervals.
    """

    entries: Sequence[Entry]
    baseline: str
    opened: str
    view: View
    histories: Sequence[History] = ()
    comparisons: int = 0
    key: str = CURVES

    def rates(self, recipe: Recipe, *, brief: bool = False) -> dict[str, Any]:
        """The chart of rates when the open recipe is another one: that one's curve alone."""
        return {RATES: self._changed(recipe).drawn_rates(brief=brief, only=self._opened_label())}

    def runs(self, recipe: Recipe, history: History) -> dict[str, Any]:
        """The charts of runs when the open recipe is another one, with runs of maybe the first seeds only."""
        seeds = len(history.loss) if self.view.differences else None  # differences are taken seed by seed
        histories = [
            history if entry.letter == self.opened else other[:seeds]
            for entry, other in zip(self.entries, self.histories, strict=True)
        ]
        all_move = self.view.differences and self.opened == self.baseline
        changed = replace(self._changed(recipe), histories=histories)
        return {CURVES: changed.drawn_runs(only=None if all_move else self._opened_label())}

    def _changed(self, recipe: Recipe) -> Picture:
        entries = [
            replace(entry, recipe=recipe) if entry.letter == self.opened else entry for entry in self.entries
        ]
        return replace(self, entries=entries)

    def _opened_label(self) -> set[str]:
        return {by_letter(self.entries, self.opened).label}

    def drawn_rates(self, *, brief: bool = False, only: set[str] | None = None) -> dict[str, Any]:
        """The chart of rates as the browser draws it; of `only` these curves, by their labels."""
        panel = self.rate_panel(brief=brief)
        return drawing.chart([panel], _longest(self.entries), only=only) | {"leads": True, "dense": True}

    def drawn_runs(self, *, only: set[str] | None = None) -> dict[str, Any]:
        """The charts of runs, likewise."""
        return drawing.chart(self.panels(), _longest(self.entries), only=only) | {"dense": True}

    def figure(self) -> go.Figure:
        """All charts as a figure to keep."""
        panels = [self.rate_panel(), *self.panels()]
        return figures.epoch_figure(
            [replace(panel, title=panel.title.replace(" ", "<br>", 1)) for panel in panels], height=HEIGHT
        )

    def rate_panel(self, *, brief: bool = False) -> Panel:
        """The learning rates of the recipes that are shown."""
        looks = zip(self.entries, styles(self.entries), strict=True)
        curves = [
            _rate_curve(entry.label, entry.recipe, style, brief) for entry, style in looks if entry.shown
        ]
        return Panel("learning rate", curves, log=self.view.log)

    def panels(self) -> list[Panel]:
        """Loss and accuracy of each part of the data that is chosen."""
        make = self._differences if self.view.differences else self._values
        return [make(part, name) for part in self.view.parts for name in ("loss", "accuracy")]

    def banded(self) -> list[str]:
        """The letters of the recipes that have a band: all where they are few, otherwise one."""
        reference = by_letter(self.entries, self.baseline)
        one = pair(self.entries, reference, self.opened)[0] if self.view.differences else reference
        few = len(self.entries) <= FEW + self.view.differences
        return [entry.letter for entry in self.entries if entry.shown and (few or entry is one)]

    def _lines(self) -> list[tuple[Entry, History, tuple[str, str]]]:
        lines = zip(self.entries, self.histories, styles(self.entries), strict=True)
        return [line for line in lines if line[0].shown]

    def _values(self, part: str, name: str) -> Panel:
        curves = []
        for entry, history, style in self._lines():
            values = getattr(history, PREFIXES[part] + name)
            curve = replace(spread_curve(entry.label, values, *style), short=entry.letter)
            if self.view.single:
                curve = replace(curve, low=None, high=None, runs=values[:SINGLE_RUNS])
            elif entry.letter not in self.banded():
                curve = replace(curve, low=None, high=None)
            curves.append(curve)
        if name == "loss":
            return Panel(f"{part} loss", curves, log=self.view.log)
        return _with_baselines(Panel(f"{part} accuracy", curves, share=True), part, self.entries)

    def _differences(self, part: str, name: str) -> Panel:
        metric, reference = PREFIXES[part] + name, by_letter(self.entries, self.baseline)
        against = self.histories[self.entries.index(reference)]
        scale = MEASURES["val_loss" if name == "loss" else metric].scale_for(against)
        curves = []
        for entry, history, style in self._lines():
            if entry is reference:
                continue
            spread = verdicts.by_epoch(history, against, metric, scale, self.comparisons)
            low, median, high = (
                np.where(np.isfinite(each), each, np.nan) for each in (spread.low, spread.median, spread.high)
            )
            curve = Curve(entry.label, median, *style, short=entry.letter)
            banded = entry.letter in self.banded()
            curves.append(replace(curve, low=low, high=high) if banded else curve)
        return Panel(f"{part} {name} minus {self.baseline}'s", curves, (0.0, f"as {self.baseline}"))


def show_rates(picture: Picture) -> None:
    """Draws the chart of the learning rates, or says why there is nothing to draw."""
    if not any(entry.shown for entry in picture.entries):
        st.info("All recipes are hidden. Switch on *Show in the charts* below the settings of one.")
        return
    alt = f"Learning rate by epoch. {_rates_in_words(picture.entries)}."
    plot(picture.drawn_rates(), key=RATES, group=GROUP, alt=[alt])


def show_runs(picture: Picture) -> None:
    """Draws the charts of loss and accuracy, if there is anything to draw."""
    if not any(entry.shown for entry in picture.entries):
        return
    words = [_in_words(panel) for panel in picture.panels()]
    plot(picture.drawn_runs(), key=CURVES, group=GROUP, alt=words)


def explain(picture: Picture) -> None:
    """Explains the lines and bands in a caption, and reports lost runs."""
    number = len(picture.histories[0].loss)
    explained = _differences_explained if picture.view.differences else _curves_explained
    st.caption(explained(picture, number))
    lost = zip(picture.entries, picture.histories, strict=True)
    report_lost({entry.letter: history.lost for entry, history in lost})


def _curves_explained(picture: Picture, seeds: int) -> str:
    if picture.view.single:
        behind = f" Thin lines: the first {wording.counted(min(seeds, SINGLE_RUNS), 'run')}."
    elif picture.banded():
        of_whom = "" if len(picture.entries) <= FEW else f" of recipe {picture.baseline}, the baseline"
        behind = f" Band: {BAND_IN_WORDS}{of_whom}."
    else:
        behind = ""
    lines = f"Lines: the median of {seeds} runs, one a seed.{behind}"
    return (
        f"{lines if seeds > 1 else 'Lines: the run of the one seed.'} At epoch 5, loss and accuracy are those after "
        "five epochs, and the rate is that of the fifth. A click on a name hides it."
    )


def _differences_explained(picture: Picture, seeds: int) -> str:
    letters = [letter for letter in picture.banded() if letter != picture.baseline]
    band = (
        f" Band: the interval of the median for {wording.listed(letters)}, at the level of the verdicts: at the last "
        "epoch it is the verdict's own where the runs are equally long."
    )
    return (
        "Lines: after each epoch, the median of the differences from recipe "
        f"{picture.baseline}, the baseline, over {wording.counted(seeds, 'seed')}, seed by seed."
        f"{band if letters else ''} The epochs before the last are not judged."
    )


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


def _longest(entries: Sequence[Entry]) -> int:
    return max(entry.recipe.epochs for entry in entries)


@lru_cache(maxsize=64)
def _rate_curve(label: str, recipe: Recipe, style: tuple[str, str], brief: bool) -> Curve:
    """Kept, since a drag's stops change the curve of one recipe and repeat those of the others."""
    return figures.rate_curve(label, recipe.learning_rates(), *style, brief=brief)


def _with_baselines(panel: Panel, part: str, entries: Sequence[Entry]) -> Panel:
    """The panel with the accuracy of the baseline; with one for each data set and split where they differ."""
    rows = sorted({(entry.recipe.data, entry.recipe.split) for entry in entries if entry.shown})
    levels = [_baseline(part, *each) for each in rows]
    if len(levels) == 1:
        return replace(panel, reference=levels[0])
    ends = np.array([1, _longest(entries)])
    flat = [
        Curve(f"{text} ({_apart(each, rows)})", np.full(2, share), figures.BASELINE, dash, x=ends, texts=())
        for each, (share, text), dash in zip(rows, levels, figures.DASHES[1:], strict=False)
    ]
    return replace(panel, curves=[*panel.curves, *flat])


def _apart(own: tuple[str, str], rows: Sequence[tuple[str, str]]) -> str:
    """A data set and split in words: of the two only what is not the same in all `rows`."""
    names, splits = (set(each) for each in zip(*rows, strict=True))
    words = [DATASETS[own[0]].title] * (len(names) > 1) + [f"{own[1]} split"] * (len(splits) > 1)
    return ", ".join(words)


def _baseline(part: str, data_name: str, split: str) -> tuple[float, str]:
    """The accuracy of the baseline's one answer on the rows of that part, and the text that says so."""
    data = DATASETS[data_name]
    share = data.share_of_larger(data.split(split, seed=0)[1 if part == "validation" else 0])
    return share, data.baseline_in_words(share)


def _in_words(panel: Panel) -> str:
    ends = (f"{curve.short} {wording.value(curve.y[-1], 3)}" for curve in panel.curves if curve.short)
    return f"Chart of {panel.title} by epoch; median after the last: {', '.join(ends)}."


def _rates_in_words(entries: Sequence[Entry]) -> str:
    rates = {entry.letter: entry.recipe.learning_rates() for entry in entries}
    return "Rates, first to last: " + ", ".join(
        f"{letter}: {each[0, 0]:.3g} to {each[-1, -1]:.3g}" for letter, each in rates.items()
    )
