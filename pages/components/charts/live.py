"""What is drawn while a slider is held: Streamlit itself sends a slider's value on release only.

`live/hand.js` watches the thumb of the slider that is held. The curves of learning rates for all stops of a slider are
requested when the pointer or the focus comes to it, so that a page whose sliders nobody touches need not draw them. The
runs of the recipe that the slider belongs to are trained in the server as previews, one at a time for each reader,
behind everything else in the queue. Both come by `previews.py`, and neither changes anything in the session: after the
release the page is drawn in the ordinary way. Where the browser finds no slider that it knows, or no way to the server,
nothing is drawn before the release.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lrcore.recipes.recipe import RATES, Recipe, parse_param
from lrcore.server import fast
from lrcore.server.queue import Priority
from lrcore.settings import Number, number_text, numbers_of
from lrcore.training import experiments
from lrcore.training.run import History
from pages.components.charts import bands, drawing, previews, rates
from pages.components.results import SEEDS
from pages.components.state.visitor import visitor

_HAND = st.components.v2.component(
    "hand", js=(Path(__file__).parent / "live" / "hand.js").read_text(encoding="utf-8")
)
SECONDS, FEWEST = 0.1, 3
"""How long a preview may train, estimated, and with how many seeds at least: fewer are no band."""
PATIENCE = 0.5
"""Seconds that a preview may take with its time in the queue."""
LATE = "late"
"""A key beside those of the plots: the preview has not come in time, so the browser requests it again."""
SHOWN = "live.shown"


class Picture(Protocol):
    """The charts of a page. Each method returns what plots show, by their keys, as `drawing.chart` makes it."""

    @property
    def key(self) -> str:
        """The key of the plot that shows the runs."""

    def rates(self, recipe: Recipe, *, brief: bool = False) -> dict[str, Any]:
        """The learning rates when the recipe is another one; `brief` as in `figures.rate_curve`."""

    def runs(self, recipe: Recipe, history: History) -> dict[str, Any]:
        """The runs when the recipe is another one; its history may be of the first seeds only."""


@dataclass(frozen=True)
class OneRecipe:
    """The charts of one recipe: `rates.KEY` and `bands.KEY`."""

    log: bool
    log_loss: bool
    key: str = bands.KEY

    def rates(self, recipe: Recipe, *, brief: bool = False) -> dict[str, Any]:
        return {rates.KEY: rates.rate_drawing(recipe, log=self.log, brief=brief)}

    def runs(self, recipe: Recipe, history: History) -> dict[str, Any]:
        panels = bands.band_panels(recipe, history, log=self.log_loss)
        return {bands.KEY: drawing.chart(panels, recipe.epochs)}


def after_release() -> DeltaGenerator:
    """A place for what is true of the state before a drag, and pale while a slider is held."""
    st.html("<style>[data-held] .st-key-live-after_release { opacity: 0.4; }</style>")
    return st.container(key="live.after_release")


@dataclass(frozen=True, eq=False)
class Shown:
    """What a page shows, and answers while one of its sliders is held: an `Offer`.

    Attributes:
        recipe: that of the sliders.
        seeds: of the runs that the page shows; 0 if it shows none.
        reader: who asks, as in `visitor`.
    """

    recipe: Recipe
    picture: Picture
    seeds: int = SEEDS
    reader: Mapping[str, Any] = field(default_factory=dict)

    def near(self, key: str) -> dict[str, dict[str, Any]]:
        """What the chart of rates shows at each stop of that slider, by its text; nothing if it never changes."""
        setting = _sliders_of_rates(self.recipe).get(key)  # None where a browser sends what is no slider
        texts = map(number_text, {*setting.offered, setting.default} if setting else ())
        return {text: _stop(changed(self.recipe, key, text), self.picture) for text in texts}

    def moved(self, key: str, text: str) -> dict[str, Any]:
        """What the plots show, by their keys, while that slider is held there; nothing for an invalid stop."""
        try:
            there = changed(self.recipe, key, text)
        except ValueError:  # a browser may send anything
            return {}
        drawn, fit = self.picture.rates(there), preview_seeds(there, self.seeds)
        if not fit:
            return drawn | ({self.picture.key: {"note": "drawn on release"}} if self.seeds else {})
        history = _train(there, fit, self.reader)
        if history is None:
            return drawn | {LATE: True}
        drawn |= self.picture.runs(there, history)
        drawn[self.picture.key]["note"] = f"{fit} of {self.seeds} seeds" if fit < self.seeds else ""
        return drawn


def live(recipe: Recipe, picture: Picture, *, group: str, prefix: str = "", seeds: int = SEEDS) -> None:
    """Makes the plots of the group follow the recipe's sliders; called once all else is drawn.

    Args:
        prefix: what the keys of the recipe's controls begin with.
        seeds: of the runs that the page shows; 0 if it shows none.
    """
    shown = st.session_state[SHOWN] = Shown(recipe, picture, seeds, visitor())
    _send(sliders(recipe), group, prefix, of=previews.name_of(shown))


def look_up(stops: Mapping[str, Mapping[str, Any]], *, group: str) -> None:
    """Makes the plots of the group follow sliders without the server: `stops` has all that they show.

    Args:
        stops: what is drawn, by the slider's key, by the thumb's text, and by the plot's key.
    """
    _send(stops, group, stops=stops)


def _send(names: Iterable[str], group: str, prefix: str = "", **more: Any) -> None:
    held = {name: f"st-key-{prefix}{name}".replace(".", "-") for name in names}
    _HAND(data={"group": group, "held": held, **more}, key="live.sliders")


def sliders(recipe: Recipe) -> dict[str, Number]:
    """The settings of the recipe that have a slider, by name."""
    return numbers_of(recipe.schedule) | numbers_of(recipe.optimizer) | numbers_of(recipe)


def _sliders_of_rates(recipe: Recipe) -> dict[str, Number]:
    """Those by which the learning rates change: the size of a batch decides how many updates there are."""
    shared = {
        name: setting
        for name, setting in numbers_of(recipe).items()
        if setting.group == RATES or name == "batch_size"
    }
    return numbers_of(recipe.schedule) | shared


def changed(recipe: Recipe, name: str, text: str) -> Recipe:
    """The recipe when the slider of that name stands at `text`.

    Raises:
        ValueError: there is no such slider, or no such stop of it.
    """
    if name not in sliders(recipe):
        raise ValueError(f"`name` must be that of a slider. Received: name={name!r:.60}")
    return recipe.with_setting(name, parse_param(name, text))


def _stop(there: Recipe, picture: Picture) -> dict[str, Any]:
    """The rates in few points, without their numbers, which come with the preview."""
    drawn = picture.rates(there, brief=True)
    for plot in drawn.values():
        for curve in filter(None, plot["panels"][0]["curves"]):
            del curve["texts"]
    return drawn


def preview_seeds(recipe: Recipe, seeds: int = SEEDS) -> int:
    """How many of the seeds a preview trains; 0 where too few would fit."""
    fit = math.floor(SECONDS / experiments.seconds(recipe))
    return min(fit, seeds) if fit >= min(FEWEST, seeds) else 0


def _train(recipe: Recipe, seeds: int, reader: Mapping[str, Any]) -> History | None:
    """The runs of the first seeds; None if they have not come in time, or another preview has overtaken them."""
    trainer = fast.trainer()
    request = trainer.submit(replace(fast.request([recipe], range(seeds), Priority.PREVIEW), **reader))
    try:
        request.over.wait(PATIENCE)
    finally:
        trainer.leave(request)
    return request.result[0] if request.status == "finished" else None
