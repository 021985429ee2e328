"""What the chosen point's plot shows while the slider over the grid is held: all of it is sent beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from lrcore import figures
from lrcore.recipes.recipe import Recipe
from lrcore.server.queue import Priority
from lrcore.settings import number_text
from lrcore.training import experiments
from lrcore.training.run import History
from pages.components.charts import bands
from pages.components.charts.drawing import texts_of
from pages.components.charts.live import look_up
from pages.components.results import SEEDS, histories
from pages.components.tune import point, views
from pages.components.tune.entries import Entry

DEAREST = 3
"""Seconds of training, estimated, beyond which the runs are drawn on release only."""
POINTS = 50
"""Epochs of a curve that are sent, at most."""


def follow(entry: Entry, look: tuple[str, str], rates: Sequence[float]) -> None:
    """Makes the plot follow the slider over these rates; the last thing that a page does, for it trains.

    Args:
        look: the schedule's colour and dash.
    """
    points = {number_text(rate): point.recipe_of(entry, rate) for rate in rates}
    recipes = [recipe for recipe in points.values() if recipe]
    runs: list[History] = []
    if recipes and SEEDS * sum(map(experiments.seconds, recipes)) <= DEAREST:
        runs = histories(recipes, priority=Priority.BEHIND)
    stops = _stops(points, look, bool(runs), {history.recipe: history for history in runs})
    look_up({views.RATE_KEY: stops}, group=point.group(entry))


@st.cache_data(max_size="16MB", show_spinner=False, hash_funcs={Recipe: repr})
def _stops(
    points: Mapping[str, Recipe | None],
    look: tuple[str, str],
    trained: bool,
    _runs: Mapping[Recipe, History],
) -> dict[str, dict[str, Any]]:
    """What the plot shows at each stop, by the thumb's text; `trained`: whether that includes the runs."""
    return {
        text: {point.KEY: stop(recipe, look, _runs.get(recipe)) if recipe else {"note": "out of bounds"}}
        for text, recipe in points.items()
    }


def stop(recipe: Recipe, look: tuple[str, str], history: History | None) -> dict[str, Any]:
    """The point of a recipe in few points, with the numbers of the last epoch alone.

    Args:
        history: its runs; None where they are not trained beforehand.
    """
    rates = recipe.learning_rates()
    curve = figures.rate_curve("learning rate", rates, *look, brief=True)
    (last,) = figures.rate_curve("", rates[-1:], *look).texts or ()
    rate = point.rate_panel(replace(curve, texts=_last_alone(last, recipe.epochs)))
    if history is None:
        return point.drawing(recipe, [rate]) | {"note": "runs: on release"}
    panels = [_brief(panel, recipe.epochs) for panel in bands.band_panels(recipe, history, log=True)]
    drawn = point.drawing(recipe, [rate, *panels])
    for curve in (curve for panel in drawn["panels"][1:] for curve in panel["curves"]):
        del curve["low"], curve["high"]
    return drawn


def _brief(panel: figures.Panel, epochs: int) -> figures.Panel:
    kept = np.unique(np.linspace(0, epochs - 1, POINTS).round().astype(int))
    curves = []
    for curve in panel.curves:
        (last,) = texts_of(curve.y[-1:], panel.share)
        arrays = {name: getattr(curve, name)[kept] for name in ("y", "low", "high")}
        curves.append(replace(curve, x=kept + 1.0, texts=_last_alone(last, epochs), **arrays))
    return replace(panel, curves=curves)


def _last_alone(text: str, epochs: int) -> list[str]:
    return ["–"] * (epochs - 1) + [text]
