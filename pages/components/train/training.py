"""A run by Keras, from the press of a button to the player: in the worker, in the session, in the link.

The session remembers which run the page shows and the settings it was computed from. The link says them too
(`run=...`), so a reload, Back, another browser or a new server shows the same run again: runs are seeded.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import RerunException

from lrcore import figures
from lrcore.data import DATASETS
from lrcore.findings import metrics, wording
from lrcore.recipes.recipe import Recipe, parse_param
from lrcore.server import keras
from lrcore.server.keras import RunProgress
from lrcore.server.queue import Request
from lrcore.settings import Text, settings_of
from lrcore.training.run import METRICS, is_finite
from pages.components.charts import bands, rates
from pages.components.charts.plot import in_sight
from pages.components.charts.run_player import run_player
from pages.components.export_panel import export_panel
from pages.components.results import affordable, give_way, histories, is_quick, one_run
from pages.components.state import session
from pages.components.state.controls import SEED, Control
from pages.components.state.recipe_panel import recipe_link
from pages.components.state.visitor import visitor

RUN, GROUP = "train.run", "train"
AS_SET = "as set"
TOLD = Control("run", Text(label="Run", longest=1000))
"""Which run the page shows: its settings, or `AS_SET` for those that are set. It has no widget."""
MOST_UPDATES = 30_000
"""The most updates of one run; a longer run ends before. One Keras serves all readers."""
PATIENCE = 0.3
"""Seconds that a page waits for the end of a running run before it is drawn."""
POLL, IN_QUEUE = 0.5, 1.0
"""How often to check on a run that has not ended, and how long a check waits for a queued run, in seconds."""
ATTENTIVE = 0.1
"""How often to check whether the reader has moved on, in seconds."""
COLOURS = {
    "training": figures.TRAINING,
    "validation": figures.VALIDATION,
    "learning_rate": figures.RATE,
    "baseline": figures.BASELINE,
}
OVER = ("finished", "stopped", "lost", "failed")


def run_link(recipe: Recipe) -> dict[str, str]:
    """What a link says that sets the recipe and trains it."""
    return recipe_link(recipe) | {TOLD.key: AS_SET}


def press(recipe: Recipe, seed: int) -> None:
    """The callback of the button that trains what is set; it counts, too, if a slider is moved right after it."""
    try:
        start(recipe, seed)
    except RerunException:  # Streamlit ends a callback, too, at its next use of the session
        start(recipe, seed)
        raise


def start(recipe: Recipe, seed: int, epochs: int | None = None) -> None:
    """Makes Keras train the recipe, or its first `epochs`, and makes that the page's run, unless it already is.

    A run is made by one request, which takes the place of the one before: who presses again and again waits for
    the last press alone, and so does everybody else.
    """
    if _is_under_way(recipe, seed, epochs):
        return
    # First, for a slider that is moved meanwhile ends this function at its next use of the session, and begins
    # another run of the page beside it: that one must find the run, even if it is not queued yet.
    run: dict[str, Any] = {
        "id": uuid4().hex,
        "request": None,
        "params": recipe.to_params(),
        "seed": seed,
        "until": epochs,
        "progress": None,
        "seen": False,
    }
    st.session_state[RUN] = run
    _tell_state(run)
    until = min(epochs or recipe.epochs, most_epochs(recipe))
    request = keras.request(recipe, seed, until, **visitor())
    run["request"] = keras.trainer().submit(request)


def _is_under_way(recipe: Recipe, seed: int, epochs: int | None) -> bool:
    run = st.session_state.get(RUN)
    if run is None or run["request"] is None or not run["request"].is_open:
        return False
    return matches(run, recipe, seed) and run["until"] == epochs


def most_epochs(recipe: Recipe) -> int:
    """How many epochs of the recipe Keras makes at most."""
    return MOST_UPDATES // recipe.updates_per_epoch()


def stop() -> None:
    """Makes Keras stop the page's run; what was trained stays."""
    keras.trainer().leave(st.session_state[RUN]["request"])


def show_what_the_link_says(recipe: Recipe, seed: int) -> None:
    """Trains what the link says was trained, where the page shows another run or none."""
    told, run = TOLD.value(), st.session_state.get(RUN)
    if told == AS_SET:
        told = _spelled(recipe.to_params(), seed)
    if run is not None and told == run["told"]:
        return
    st.session_state.pop(RUN, None)
    settings = dict(parse_qsl(told))
    try:
        epochs = parse_param("epochs", settings.pop("until")) if "until" in settings else None
        seed = SEED.setting.parse("seed", settings.pop("seed", str(seed)))
        if settings:
            start(Recipe.from_params(settings), seed, epochs)
    except ValueError as error:  # a mangled link: nothing has been trained, and the page says how to
        session.fault(f"The run that this link shows cannot be read. {error}")
        session.put({TOLD.key: TOLD.setting.default})


def write_to_link(recipe: Recipe, seed: int) -> None:
    """Puts into the link which run the page shows."""
    run = st.session_state.get(RUN)
    if run is None:
        return
    if run["progress"] and run["progress"]["status"] == "stopped":
        run["until"] = len(run["progress"]["history"]["loss"])
    _tell_state(run)
    TOLD.value()
    if matches(run, recipe, seed) and not run["until"]:
        session.abbreviate(TOLD.key, AS_SET)


def _tell_state(run: dict) -> None:
    run["told"] = _spelled(run["params"], run["seed"], run["until"])
    session.put({TOLD.key: run["told"]})


def _spelled(params: Mapping[str, str], seed: int, until: int | None = None) -> str:
    """A run as the link says it."""
    return urlencode({**params, "seed": seed} | ({"until": until} if until else {}))


def matches(run: dict, recipe: Recipe, seed: int) -> bool:
    """Whether the run was computed from these settings."""
    return run["params"] == recipe.to_params() and run["seed"] == seed


def follow(in_queue: float = 0) -> dict | None:
    """How far the page's run is; waits a moment, since most runs are done at once. None without a run.

    Args:
        in_queue: seconds to wait for a run that has not begun.
    """
    run = st.session_state.get(RUN)
    if run is None:
        return None
    request = run["request"]
    patience = {"waiting": in_queue if request else 0, "running": PATIENCE}
    status, since = "", 0.0
    while run["progress"] is None:
        progress = asdict(_progress(request))
        if progress["status"] != status:
            status, since = progress["status"], time.monotonic()
        if status in OVER:
            run["progress"] = progress
        elif time.monotonic() - since >= patience[status]:
            return progress
        else:
            request.over.wait(ATTENTIVE)
            give_way()
    return run["progress"]


def _progress(request: Request | None) -> RunProgress:
    if request is None:
        return RunProgress("waiting")
    return keras.progress(request, keras.trainer().place(request))


def is_running() -> bool:
    """Whether the page's run has not ended yet, as far as the page knows."""
    run = st.session_state.get(RUN)
    return run is not None and run["progress"] is None


def is_before_a_run() -> bool:
    """Whether there is nothing of a run to show, so that the page shows what is set."""
    progress = (st.session_state.get(RUN) or {}).get("progress")
    return progress is None or not progress["history"]["loss"]


def stage(recipe: Recipe, seed: int, words: DeltaGenerator, *, band: bool, overlay: bool, log: bool) -> None:
    """The page's run on the player, or what is set while there is none; polls while the run is under way.

    Args:
        words: the place for the state of the run, in a sentence.
        band, overlay: whether to show the seeds behind the run, and the fast trainer's run over it.
        log: whether the axis of losses is logarithmic.
    """
    look = st.fragment(_stage, run_every=POLL if is_running() else None)
    look(recipe, seed, words, band, overlay, log, time.monotonic())


def _stage(
    recipe: Recipe, seed: int, words: DeltaGenerator, band: bool, overlay: bool, log: bool, began: float
) -> None:
    run, was_settled = st.session_state.get(RUN), _is_settled()
    progress = follow(in_queue=min(IN_QUEUE, time.monotonic() - began))  # not before the page was drawn
    if run is None or progress is None:
        words.caption("Below is what is set. Press Train to watch Keras make one run of it, epoch by epoch.")
        _what_is_set(recipe, band, log)
        return
    ran = Recipe.from_params(run["params"])
    _tell(words, progress, ran, is_set=matches(run, recipe, seed))
    if progress["history"]["loss"]:
        _player(run, ran, progress, was_settled and band, was_settled and overlay, log)
        if not matches(run, recipe, seed):
            st.caption(f"The run above: {wording.recipe(ran)} Seed {run['seed']}.")
    else:
        _what_is_set(recipe, band, log)
    _remarks(progress, ran)
    run["seen"] = run["progress"] is not None
    if _is_settled() and not was_settled:
        st.rerun()  # the polling ends, the buttons change, and the band is drawn


def _is_settled() -> bool:
    """Whether the run is over and its band can be trained now: at once if that is quick, else once the run is drawn."""
    run = st.session_state.get(RUN)
    if run is None or run["progress"] is None:
        return False
    return run["seen"] or is_quick(Recipe.from_params(run["params"]))


def _what_is_set(recipe: Recipe, band: bool, log: bool) -> None:
    """The rates that are set and what they do to many seeds, as on Schedules."""
    with in_sight():
        rates.rate_chart(recipe, log=False, group=GROUP)
        if not band:
            return
        (history,) = histories([recipe], affordable([recipe]))
        bands.band_charts(recipe, history, log=log, group=GROUP)
    bands.band_caption(recipe, history)


def _tell(words: DeltaGenerator, progress: dict, ran: Recipe, *, is_set: bool) -> None:
    """The state of the run in a sentence; `is_set`: whether the page's controls say the same."""
    done = len(progress["history"]["loss"])
    status = progress["status"]
    if status == "waiting" and keras.trainer().state == "starting":
        words.info(
            "Keras is starting, which takes some seconds. Your run begins by itself.",
            icon=":material/hourglass:",
        )
    elif status == "waiting":
        words.info(f"In the queue: {progress['place']} before you.", icon=":material/hourglass:")
    elif status == "failed":
        words.error(progress["message"])
    elif not done and status != "running":
        words.caption("The run was stopped before its first epoch.")
    else:
        word = {"running": "is training", "stopped": "was stopped after", "lost": "has trained"}
        so_far = f"Keras {word.get(status, 'has trained')} {done} of {ran.epochs} epochs"
        if is_set:
            took = f"in {1000 * progress['seconds']:.0f} ms"
            words.caption(f"{so_far} {took}; below they are shown at your pace.")
        else:
            words.caption(
                f":material/history: {so_far}. **This run was computed from other settings** than those set now."
            )


def _remarks(progress: dict, ran: Recipe) -> None:
    """What follows from the state of the run."""
    done = len(progress["history"]["loss"])
    if progress["status"] == "finished" and done == most_epochs(ran) < ran.epochs:
        st.warning(
            f"Keras makes at most {MOST_UPDATES:,} updates of a run here, for all wait for the same Keras. "
            "Larger batches or fewer epochs make it whole.",
            icon=":material/timer:",
        )
    if progress["status"] == "lost":
        _tell_lost(progress["history"], ran)


def _tell_lost(history: Mapping[str, list[float]], ran: Recipe) -> None:
    """Why the run is lost, and what to try."""
    done = len(history["loss"])
    if is_finite([history[metric][-1] for metric in METRICS]):
        why = "its training loss ended above that of the same network before training."
    else:
        rates = ran.learning_rates()[done - 1]
        low, high = (f"{rate:.4g}" for rate in (rates.min(), rates.max()))
        where = high if low == high else f"{low} to {high}"
        why = f"its loss stopped being a number in epoch {done}, where the rate was {where}."
    st.warning(
        f"The run is lost: {why} A finding, not a fault: the steps are too large.",
        icon=":material/trending_up:",
    )
    if st.button("Halve the rate and train", on_click=_train_at_half, args=(ran,)):
        st.rerun()


def _train_at_half(recipe: Recipe) -> None:
    """Sets the schedule's rates to half of what the recipe had, and trains that."""
    names = [name for name in settings_of(recipe.schedule) if name.endswith("learning_rate")]
    halved = {name: getattr(recipe.schedule, name) / 2 for name in names}
    session.act(run_link(replace(recipe, schedule=replace(recipe.schedule, **halved))))


def _player(run: dict, ran: Recipe, progress: dict, band: bool, overlay: bool, log: bool) -> None:
    with in_sight():
        place = st.container()  # the player goes on playing while the band is trained
    seeds = affordable([ran]) if band else 0
    behind, over = _band(ran, seeds) if band else None, _same_seed(ran, run["seed"]) if overlay else None
    with place:
        run_player(
            {
                "run_id": run["id"],
                "epochs": ran.epochs,
                "finished": progress["status"] in OVER,
                "history": progress["history"],
                "baseline": DATASETS[ran.data].reference(ran.split),
            },
            colours=COLOURS,
            key="train.player",
            band=behind,
            band_label=f"{wording.counted(seeds, 'seed')}: band and median",
            overlay=over,
            overlay_label="the fast trainer, same seed",
            label=f"Keras training run, {ran.schedule.title}, seed {run['seed']}",
            log=log,
        )


def _band(recipe: Recipe, seeds: int) -> dict:
    (history,) = histories([recipe], seeds)
    return {name: asdict(metrics.spread(values)) for name, values in history.curves().items()}


def _same_seed(recipe: Recipe, seed: int) -> dict:
    return {name: values[0] for name, values in one_run(recipe, seed).curves().items()}


def export() -> None:
    """The page's run as code and files; nothing while there is none."""
    run = st.session_state.get(RUN)
    if run is not None and run["progress"] and run["progress"]["history"]["loss"]:
        recipe, history = Recipe.from_params(run["params"]), run["progress"]["history"]
        figure = partial(_figure, recipe, history)
        export_panel(recipe, run["seed"], key="train.export", history=history, figure=figure)


def _figure(recipe: Recipe, history: dict) -> go.Figure:
    """The run as a chart to keep, which does not play."""
    panels = [
        figures.Panel(
            metric,
            [
                figures.Curve(label, np.array(history[prefix + metric]), colour, dash)
                for label, prefix, colour, dash in figures.BOTH
            ],
        )
        for metric in ("loss", "accuracy")
    ]
    panels[1] = replace(panels[1], reference=DATASETS[recipe.data].reference(recipe.split))
    rates = recipe.learning_rates()[: len(history["loss"])]
    rate = figures.rate_curve("learning rate", rates, figures.RATE)
    return figures.epoch_figure([*panels, figures.Panel("learning rate", [rate])])
