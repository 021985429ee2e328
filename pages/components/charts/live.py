"""What is drawn while a slider is held: Streamlit itself sends a slider's value on release only.

`live/hand.js` watches the thumb of the slider that is held. The curves of learning rates for all its stops are in the
browser beforehand; bands are trained in the server as previews, one at a time for each reader, behind everything else
in the queue. A preview changes nothing in the session: after the release the page is drawn in the ordinary way. Where
the browser finds no slider that it knows, nothing is drawn before the release.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from lrcore.recipes.recipe import RATES, Recipe, parse_param
from lrcore.server import fast
from lrcore.server.queue import Priority
from lrcore.settings import Number, number_text, numbers_of
from lrcore.training import experiments
from lrcore.training.run import History
from pages.components.charts import bands, drawing, rates
from pages.components.results import SEEDS
from pages.components.state.visitor import visitor

_HAND = st.components.v2.component(
    "hand", js=(Path(__file__).parent / "live" / "hand.js").read_text(encoding="utf-8")
)
SECONDS, FEWEST = 0.1, 3
"""How long a preview may train, estimated, and with how many seeds at least: fewer are no band."""
PATIENCE = 0.5
"""Seconds that a preview may take with its time in the queue: a release has to wait for it."""
LATE = "late"
"""In place of the bands' key, if their preview has not come in time: the browser asks again."""
MOVED, RUNS = "live.moved", "live.runs"

Recipes = Mapping[str, Recipe]
"""Recipes by the prefix of their controls' keys; the first, whose prefix is empty, is the one that is trained."""


def live(recipes: Recipes, *, log: bool, log_loss: bool, group: str) -> None:
    """Makes the plots of the group follow the sliders of these recipes; once all else is drawn."""
    _send(sliders(recipes), stops(tuple(recipes.items()), log), group)
    st.session_state[RUNS] = st.session_state.get(RUNS, 0) + 1
    _answers(dict(recipes), log, log_loss, st.session_state[RUNS])


def look_up(stops: Mapping[str, Mapping[str, Any]], *, group: str) -> None:
    """Makes the plots of the group follow sliders without the server: `stops` has all that they show.

    Args:
        stops: what is drawn, by the slider's key, by the thumb's text, and by the plot's key.
    """
    _send(stops, stops, group, alone=True)


def _send(keys: Iterable[str], stops: Mapping[str, Any], group: str, **how: bool) -> None:
    held = {key: f"st-key-{key.replace('.', '-')}" for key in keys}
    _HAND(data={"group": group, "held": held, "stops": stops, **how}, key="live.stops")


@st.fragment
def _answers(recipes: Recipes, log: bool, log_loss: bool, run: int) -> None:
    """Answers the thumb's last move with a preview; in an ordinary run of the page, says that it is over."""
    moved = st.session_state.pop(MOVED, None)
    answer: dict[str, Any] = {"run": run}
    if moved is not None:
        plots = preview(recipes, str(moved.get("key")), str(moved.get("text")), log=log, log_loss=log_loss)
        answer = {"answer": moved.get("number"), "text": moved.get("text"), "plots": plots}
    _HAND(data=answer, key="live.hand", on_moved_change=_take)


def _take() -> None:
    st.session_state[MOVED] = st.session_state["live.hand"]["moved"]


def sliders(recipes: Recipes) -> dict[str, Number]:
    """The numbers of these recipes that have a slider, by its key."""
    own = {
        prefix + name: each
        for prefix, recipe in recipes.items()
        for name, each in numbers_of(recipe.schedule).items()
    }
    return own | numbers_of(recipes[""].optimizer) | numbers_of(recipes[""])


def changed(recipes: Recipes, key: str, text: str) -> dict[str, Recipe]:
    """The recipes when the slider of that key stands at `text`.

    Raises:
        ValueError: there is no such slider, or no such stop of it.
    """
    if key not in sliders(recipes):
        raise ValueError(f"`key` must be that of a slider. Received: key={key!r:.60}")
    before, dot, name = key.rpartition(".")
    value, owner = parse_param(name, text), before + dot
    if name in numbers_of(recipes[owner].schedule):
        return {**recipes, owner: recipes[owner].with_setting(name, value)}
    return {prefix: recipe.with_setting(name, value) for prefix, recipe in recipes.items()}


@lru_cache(maxsize=16)
def stops(items: tuple[tuple[str, Recipe], ...], log: bool) -> dict[str, dict[str, Any]]:
    """What the chart of rates shows at each stop of each slider that changes it: by key and the thumb's text."""
    recipes = dict(items)
    others = {name for name, each in numbers_of(Recipe).items() if each.group != RATES} - {"batch_size"}
    others |= numbers_of(items[0][1].optimizer).keys()
    drawn = {}
    for key, setting in sliders(recipes).items():
        if key in others:
            continue
        texts = map(number_text, {*setting.offered, setting.default})
        drawn[key] = {text: _stop(changed(recipes, key, text), log) for text in texts}
    return drawn


def _stop(recipes: Recipes, log: bool) -> dict[str, Any]:
    """The rates of these recipes in few points, without their numbers, which come with the preview."""
    drawn = rates.rate_drawing(list(recipes.values()), log=log, brief=True)
    for curve in drawn["panels"][0]["curves"]:
        del curve["texts"]
    return {rates.KEY: drawn}


def preview(recipes: Recipes, key: str, text: str, *, log: bool, log_loss: bool) -> dict[str, Any]:
    """What the plots show, by their keys, while that slider is held there; nothing for what cannot be."""
    try:
        there = changed(recipes, key, text)
    except ValueError:  # a browser may send anything
        return {}
    drawn = {rates.KEY: rates.rate_drawing(list(there.values()), log=log)}
    recipe, seeds = there[""], preview_seeds(there[""])
    if key.rpartition(".")[0]:  # it is the second schedule's, which is not trained
        return drawn
    if not seeds:
        return drawn | {bands.KEY: {"note": "drawn on release"}}
    history = _train(recipe, seeds)
    if history is None:
        return drawn | {LATE: True}
    drawn[bands.KEY] = drawing.chart(bands.band_panels(recipe, history, log=log_loss), recipe.epochs)
    drawn[bands.KEY]["note"] = f"{seeds} of {SEEDS} seeds" if seeds < SEEDS else ""
    return drawn


def preview_seeds(recipe: Recipe) -> int:
    """How many seeds of the recipe a preview trains; 0 where too few would fit."""
    fit = math.floor(SECONDS / experiments.seconds(recipe))
    return min(fit, SEEDS) if fit >= FEWEST else 0


def _train(recipe: Recipe, seeds: int) -> History | None:
    """The runs of the first seeds; None if they have not come in time, or another preview has overtaken them."""
    trainer = fast.trainer()
    request = trainer.submit(replace(fast.request([recipe], range(seeds), Priority.PREVIEW), **visitor()))
    try:
        request.over.wait(PATIENCE)
    finally:
        trainer.leave(request)
    return request.result[0] if request.status == "finished" else None
