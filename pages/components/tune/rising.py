"""The third view: a learning rate range test over one schedule's curve, and the rates that its readings suggest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lrcore import figures
from lrcore.findings import range_test, tuning, tuning_wording, wording
from lrcore.findings.metrics import BAND, middle
from lrcore.findings.range_test import HIGHEST, LOWEST, READINGS, SMOOTHING, Suggested
from lrcore.findings.tuning import Tuned
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant
from lrcore.server import fast
from lrcore.server.queue import Priority
from lrcore.settings import number_text
from lrcore.training import experiments
from pages.components.charts.bands import BAND_IN_WORDS
from pages.components.charts.figure import figure_chart
from pages.components.results import QUICK, SEEDS, cached_training, give_way
from pages.components.tune import curve, runs, views
from pages.components.tune.entries import Entry
from pages.components.tune.plan import Plan
from pages.components.tune.runs import Scan

KEY = "tune.range"
_LOSS = views.SHOWN["validation loss"]


@dataclass(frozen=True, eq=False)
class RangeTest:
    """A range test: the rate of every update, (updates,), and the losses, (seeds, updates)."""

    rates: np.ndarray
    losses: np.ndarray

    def curve(self, colour: str) -> figures.Curve:
        """Median and band of the smoothed losses."""
        smoothed = range_test.smoothed(self.losses)
        low, high = np.quantile(smoothed, BAND, axis=0, method="inverted_cdf")
        median = np.array([middle(column) for column in smoothed.T])
        finite = np.where(np.isfinite(median), median, np.nan)
        return figures.Curve(
            "range test, smoothed training loss", finite, colour, "dot", low, high, self.rates
        )


def run(recipe: Recipe) -> RangeTest:
    """The test with a recipe's length and settings, without its schedule; on fewer seeds where runs take long."""
    plain = replace(recipe.without_drop(), schedule=Constant(), clock="epoch", warmup=0.0)
    seeds = max(1, min(SEEDS, math.floor(QUICK / experiments.seconds(plain))))
    return RangeTest(_rates(plain).ravel(), _losses(plain, seeds))


def _rates(recipe: Recipe) -> np.ndarray:
    shape = recipe.epochs, recipe.updates_per_epoch()
    return range_test.rising_rates(shape[0] * shape[1]).reshape(shape)


@cached_training(max_size="8MB")
def _losses(recipe: Recipe, seeds: int) -> np.ndarray:
    return fast.update_losses(recipe, tuning.tuning_seeds(seeds), _rates(recipe).ravel(), give_way)


def show(
    chart: DeltaGenerator, progress: DeltaGenerator, entry: Entry, plan: Plan, look: tuple[str, str]
) -> None:
    """Draws the test over a schedule's curve into `chart`, and lists below it what the readings suggest.

    Args:
        look: the schedule's colour and dash.
    """
    if entry.recipe.epochs * entry.recipe.updates_per_epoch() < 2:
        chart.info("A range test needs several updates. Choose more epochs, or smaller batches.")
        return
    with progress.container():
        scan = runs.train(entry, plan, runs.Stage.WHOLE, Priority.READER)
    tuned, test = runs.tuned(scan, _LOSS), run(entry.recipe)
    found = range_test.read(test.rates, test.losses)
    suggested = {name: range_test.suggested(rates, tuned) for name, rates in found.items()}
    figure = _figure(scan.first(plan.drawn), tuned, test, suggested, look)
    click = partial(views.clicked, KEY)
    figure_chart(
        chart,
        figure,
        key=KEY,
        alt=f"Range test over the curve of {entry.label}; the readings are given below.",
        on_select=click,
        selection_mode="points",
    )
    _say(suggested, tuned, entry, len(test.losses))


def _figure(
    scan: Scan, tuned: Tuned, test: RangeTest, suggested: Mapping[str, Suggested], look: tuple[str, str]
):
    line = curve.line(scan, tuned, _LOSS, views.RATE, look)
    readings = {READINGS[name].label: (each.low, each.median, each.high) for name, each in suggested.items()}
    return figures.range_figure(
        line,
        test.curve(figures.TRAINING),
        readings,
        ("learning rate", "loss"),
        hover=_hover(line, scan.seeds),
        span=curve.span([line], None, log=True),
        good=None if tuned.all_lost else tuned.good,
        height=views.HEIGHT,
    )


def _hover(line: figures.RateLine, seeds: int) -> list[str]:
    """The text of each point of the curve."""
    of_seeds = wording.counted(seeds, "seed")
    return [
        f"{line.label}, {number_text(rate)}: {_text(median)}"
        f"<br>{BAND_IN_WORDS}: {_text(low)} to {_text(high)}<br>{of_seeds}"
        for (_, rate), low, median, high in zip(line.keys, line.low, line.median, line.high, strict=True)
    ]


def _text(loss: float) -> str:
    return wording.value(float(loss), _LOSS.digits)


def _say(suggested: Mapping[str, Suggested], tuned: Tuned, entry: Entry, seeds: int) -> None:
    st.markdown(tuning_wording.best_rate(tuned, entry.rate_label))
    for number, (name, each) in enumerate(suggested.items(), start=1):
        label = f"{number}. {READINGS[name].label}"
        st.markdown(tuning_wording.reading(label, each, tuned), help=READINGS[name].help)
    st.caption(
        f"Dotted: within one run of the same length the rate rises from {LOWEST:g} to {HIGHEST:g}, by the same factor "
        f"at every update; the loss of each update is smoothed ({SMOOTHING:g}, bias-corrected). Its median and "
        f"{BAND_IN_WORDS}, on {wording.counted(seeds, 'tuning seed')}. Solid: whole runs, each at one rate. Shaded: "
        "the good range. At the bottom, what each reading suggests."
    )
