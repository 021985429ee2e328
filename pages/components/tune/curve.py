"""The first view: final loss against the rate, first of few rates and seeds, then of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lrcore import figures
from lrcore.data import DATASETS
from lrcore.findings import tuning, wording
from lrcore.findings.metrics import Measure
from lrcore.findings.tuning import Tuned, heights, rate_of
from lrcore.recipes.confounds import HEIGHTS
from lrcore.recipes.recipe import Recipe
from pages.components.charts.bands import BAND_IN_WORDS
from pages.components.charts.rate_plot import RATE, RatePlot, drawing
from pages.components.compare import charts
from pages.components.compare.comparison import Entry as Compared
from pages.components.results import Growing
from pages.components.tune import runs, views
from pages.components.tune.entries import Entry
from pages.components.tune.plan import Plan
from pages.components.tune.runs import Scan

KEY = "tune.curve"
_TALLEST = 30
"""Losses beyond this many times the lowest median are outside the frame."""


def show(
    chart: DeltaGenerator,
    progress: DeltaGenerator,
    entries: Sequence[Entry],
    plan: Plan,
    look: tuple[str, str],
    chosen: Recipe | None,
) -> list[tuple[Scan, Tuned]]:
    """Draws the curves into `chart`, again whenever there is more of them.

    Args:
        chart, progress: empty places for the chart and for the progress bar.
        look: what is drawn, a key of `views.SHOWN`, and against what, a key of `views.AXES`.
        chosen: the recipe of the chosen point.

    Returns:
        Each schedule's runs on all tuning seeds, and its best rate.
    """
    letters = [entry.letter for entry in entries]
    plot = RatePlot(chart, KEY, partial(views.take_point, KEY, letters, tuning.grid(plan.size)))
    draw = partial(_drawn, entries=entries, look=look, chosen=chosen)
    scans = _scans(entries, plan, progress, lambda so_far: plot.draw(*draw(so_far, [])))
    found = [(scan, runs.tuned(scan, views.SHOWN["validation loss"])) for scan in scans]
    plot.draw(*draw([scan.first(plan.drawn) for scan in scans], [tuned for _, tuned in found]))
    return found


def _scans(
    entries: Sequence[Entry],
    plan: Plan,
    progress: DeltaGenerator,
    draw_so_far: Callable[[Sequence[Scan]], None],
) -> list[Scan]:
    """The whole scans; the reader sees them grow."""
    scans: list[Scan] = []
    growing = Growing(lambda: draw_so_far(scans))
    for stage in runs.Stage:
        for number, entry in enumerate(entries):
            scan = runs.known(entry, plan, stage)
            if scan is None:
                priority = growing.before(runs.seconds(entry, plan, stage))
                with progress.container():
                    scan = runs.train(entry, plan, stage, priority)
            scans[number : number + 1] = [scan]
            growing.is_new |= stage <= runs.Stage.DRAWN  # what comes after that is not drawn
    return scans


def _drawn(
    scans: Sequence[Scan],
    best: Sequence[Tuned],
    entries: Sequence[Entry],
    look: tuple[str, str],
    chosen: Recipe | None,
) -> tuple[dict[str, Any], list[str]]:
    """What the browser draws, and what each of its panels shows in words."""
    measure, axis = look
    log = measure in views.LOSSES
    looks = styles(entries)
    lines = [
        line(scan, best[number] if best else None, views.SHOWN[measure], axis, looks[number])
        for number, scan in enumerate(scans)
    ]
    recipe = entries[0].recipe
    is_accuracy = measure == "validation accuracy"
    reference = DATASETS[recipe.data].reference(recipe.split) if is_accuracy else None
    drawn = drawing(
        lines,
        [tuned.wins * (not tuned.all_lost) for tuned in best],
        (axis_title(entries, axis), _title(measure)),
        unit=RATE if axis == views.RATE else views.AXES[axis],
        span=span(lines, reference, log=log),
        log=log,
        written=partial(_value, measure=views.SHOWN[measure]),
        reference=reference,
        chosen=None if chosen is None else position(chosen, axis),
    )
    wins = "For each rate, in what share of resamples of the seeds it is the best."
    return drawn, [_in_words(lines, measure, axis_title(entries, axis)), wins]


def styles(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """Colour and dash of each schedule, as in Compare."""
    return charts.styles([Compared(entry.letter, entry.recipe) for entry in entries])


def axis_title(entries: Sequence[Entry], axis: str) -> str:
    """The title of the x axis."""
    if axis != views.RATE:
        return HEIGHTS[axis].label + (" curve (rate x epochs)" if axis == "area" else "")
    return " or ".join(dict.fromkeys(entry.rate_label for entry in entries))


def position(recipe: Recipe, axis: str) -> float:
    """Where a recipe stands on the x axis."""
    return rate_of(recipe) if axis == views.RATE else float(heights([recipe])[axis][0])


def _title(measure: str) -> str:
    return "roughness (points)" if measure == "roughness" else f"final {measure}"


def line(
    scan: Scan, tuned: Tuned | None, measure: Measure, axis: str, look: tuple[str, str]
) -> figures.RateLine:
    """A schedule's runs as the chart draws them.

    Args:
        tuned: its best rate; None where it is not known yet.
        measure, axis: what is drawn, against what, a key of `views.AXES`.
        look: colour and dash.
    """
    low, median, high = runs.spread(scan.values(measure))
    x = np.array(scan.rates) if axis == views.RATE else scan.positions[axis]
    keys = [(scan.entry.letter, rate) for rate in scan.rates]
    best = tuned.best if tuned and not tuned.all_lost else None
    return figures.RateLine(scan.entry.label, *look, x, low, median, high, keys, scan.lost(), best)


def _value(number: float, measure: Measure) -> str:
    return wording.value(float(number), measure.digits)


def span(
    lines: Sequence[figures.RateLine], reference: tuple[float, str] | None, *, log: bool
) -> tuple[float, float]:
    """The span of the y axis, which leaves out losses beyond `_TALLEST` times the lowest median."""
    values = np.concatenate([[*line.low, *line.median, *line.high] for line in lines])
    values = values[np.isfinite(values)]
    if not values.size:
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    if log:
        medians = np.concatenate([line.median for line in lines])
        lowest = max(float(np.min(medians[np.isfinite(medians)], initial=high)), 1e-6)
        low = max(low, lowest / _TALLEST)
        return low / 1.1, min(high, lowest * _TALLEST) * 1.1
    low = min([low, *(reference[:1] if reference else ())])
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _in_words(lines: Sequence[figures.RateLine], measure: str, axis: str) -> str:
    """The chart for those who cannot see it."""
    shown = views.SHOWN[measure]
    end, best = ("lowest", min) if shown.scale.worst > 0 else ("highest", max)
    finite = [line.median[np.isfinite(line.median)].tolist() for line in lines]
    medians = [
        f"{line.label} {wording.number(best(values), shown.digits) if values else 'none'}"
        for line, values in zip(lines, finite, strict=True)
    ]
    return f"Chart of the {_title(measure)} against the {axis}; {end} medians: {', '.join(medians)}."


def caption(plan: Plan, measure: str) -> None:
    """Explains the chart."""
    drawn, choosing = wording.counted(plan.drawn, "run"), wording.counted(plan.tuning, "seed")
    st.caption(
        f"Lines: the median of {drawn} at each rate. Bands: {BAND_IN_WORDS}. {views.SHOWN[measure].help} Stars: the "
        f"best rates, by the validation loss on {choosing}, in several colours where they coincide; the bars at the "
        "bottom show in what share of resamples of these seeds each rate is the best. Lost runs are counted above the "
        "chart. A click on a point chooses it."
    )
