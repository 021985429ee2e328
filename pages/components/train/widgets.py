"""The screen of the page Train: the buttons, the run on the player or what is set, and what is said of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lrcore import figures
from lrcore.data import DATASETS
from lrcore.findings import metrics, wording
from lrcore.recipes.recipe import Recipe
from lrcore.server import keras
from lrcore.settings import settings_of
from lrcore.training.run import METRICS, is_finite
from pages.components.charts import bands, rates
from pages.components.charts.plot import in_sight
from pages.components.charts.run_player import Band, Overlay, run_panels, run_player
from pages.components.export_panel import export_panel
from pages.components.results import (
    SEEDS,
    affordable,
    histories,
    histories_beside,
    is_quick,
    one_run,
    seeds_within_budget,
)
from pages.components.state import session
from pages.components.state.reference import reference_buttons, reference_caption
from pages.components.train.address import MOST_UPDATES, RunSettings, most_epochs, run_link
from pages.components.train.page_run import PageRun, forget_before, press, shown, stop

GROUP = "train"
POLL, IN_QUEUE = 0.5, 1.0
"""How often to check on a run that has not ended, and how long a check waits for a queued run, in seconds."""
MOST_NAMED = 2
"""The most differences between the run and the run before that the legend names."""


@dataclass(frozen=True)
class Look:
    """What the switches of the page add: a band of seeds, the fast trainer's run, a logarithmic axis of losses."""

    band: bool
    overlay: bool
    log: bool


def stage(recipe: Recipe, seed: int, look: Look, reference: Recipe | None) -> None:
    """The buttons, and below them the page's run, or what is set while there is none; polls until the run ends.

    One grey at a time: `reference` is in the charts of what is set, the run before in those of a run.
    """
    run = shown()
    is_under_way = run is not None and not run.is_over
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Train",
            icon=":material/play_arrow:",
            key="train.start",
            type="primary",
            on_click=press,
            args=(recipe, seed),
        )
        # Before the buttons that come and go, so that it keeps its place.
        words = st.container(width="stretch").empty()
        if run and run.before:
            st.button("Clear grey", icon=":material/close:", key="train.clear", on_click=forget_before)
        if is_under_way:
            st.button("Stop", icon=":material/stop:", key="train.stop", on_click=stop)
        elif not has_curves(run):
            reference_buttons(recipe, reference)
    draw = st.fragment(_stage, run_every=POLL if is_under_way else None)
    draw(recipe, seed, look, reference, words, time.monotonic())


def _stage(
    recipe: Recipe,
    seed: int,
    look: Look,
    reference: Recipe | None,
    words: DeltaGenerator,
    began: float,
) -> None:
    run = shown()
    if run is None:
        words.caption("Below is what is set. Press Train to watch Keras make one run of it, epoch by epoch.")
        _what_is_set(recipe, look, reference)
        return
    was_settled = _is_settled(run)
    run.wait(in_queue=min(IN_QUEUE, time.monotonic() - began))  # not before the page was drawn
    is_set = run.matches(recipe, seed)
    _say_state(words, run, is_set=is_set)
    if has_curves(run):
        if run.before and not run.before.done:
            run.before.make_again()
        _player(run, look, is_settled=was_settled)
        if not is_set:
            st.caption(f"The run above: {_in_words(run.settings)}")
        if run.before:
            st.caption(f"In grey, the run before: {_in_words(run.before.settings)}")
        if reference:
            st.caption(
                "The reference is not drawn beside a run, where grey is the run before. It stays on Schedules."
            )
    else:
        _what_is_set(recipe, look, reference)
    _remarks(run)
    run.seen = run.is_over
    if _is_settled(run) and not was_settled:
        session.run_again()  # the polling ends, the buttons change, and the band is drawn


def has_curves(run: PageRun | None) -> bool:
    """Whether there are curves to play, or those of the run before; otherwise the page shows what is set."""
    return run is not None and (run.done > 0 or run.before is not None)


def _is_settled(run: PageRun) -> bool:
    """Whether the run is over and its band can be trained now: at once if that is quick, else once the run is drawn."""
    return run.is_over and (run.seen or is_quick(run.settings.recipe))


def _what_is_set(recipe: Recipe, look: Look, reference: Recipe | None) -> None:
    """The rates that are set and what they do to many seeds, as on Schedules; in grey, those of the reference."""
    with in_sight():
        rates.rate_chart(recipe, log=False, group=GROUP, reference=reference)
        if look.band:
            history, kept = histories_beside(recipe, reference)
            bands.band_charts(recipe, history, log=look.log, group=GROUP, reference=kept)
    reference_caption(reference)
    if look.band:
        bands.band_caption(recipe, history)


def _say_state(words: DeltaGenerator, run: PageRun, *, is_set: bool) -> None:
    """The state of the run in a sentence; `is_set`: whether the page's controls say the same."""
    status = run.progress.status
    if status == "waiting" and keras.trainer().state == "starting":
        words.caption(
            ":material/hourglass: Keras is starting, which takes some seconds. Your run begins by itself."
        )
    elif status == "waiting":
        words.caption(f":material/hourglass: In the queue: {run.progress.place} before you.")
    elif status == "failed":
        words.error(run.progress.message)
    elif not run.done and status != "running":
        words.caption("The run was stopped before its first epoch.")
    else:
        verb = {"running": "is training", "stopped": "was stopped after"}.get(status, "has trained")
        so_far = f"Keras {verb} {run.done} of {run.settings.recipe.epochs} epochs"
        if is_set:
            took = f"in {1000 * run.progress.seconds:.0f} ms"
            words.caption(f"{so_far} {took}; below they are shown at your pace.")
        else:
            words.caption(
                f":material/history: {so_far}. **This run was computed from other settings** than those set now."
            )


def _remarks(run: PageRun) -> None:
    """What follows from the state of the run."""
    recipe, status = run.settings.recipe, run.progress.status
    if status == "finished" and run.done == most_epochs(recipe) < recipe.epochs:
        st.warning(
            f"Keras makes at most {MOST_UPDATES:,} updates of a run here, for all wait for the same Keras. "
            "Larger batches or fewer epochs make it whole.",
            icon=":material/timer:",
        )
    if status == "lost":
        bands.warn_of_lost(f"The run is lost: {_why_lost(run.progress.history, recipe)}.")
        if st.button("Halve the rate and train", on_click=_train_at_half, args=(recipe,)):
            session.run_again()


def _why_lost(history: Mapping[str, list[float]], recipe: Recipe) -> str:
    """Which half of the definition the run meets."""
    done = len(history["loss"])
    if is_finite([history[metric][-1] for metric in METRICS]):
        return "its training loss ended above that of the same network before training"
    rates_there = recipe.learning_rates()[done - 1]
    low, high = (f"{rate:.4g}" for rate in (rates_there.min(), rates_there.max()))
    where = high if low == high else f"{low} to {high}"
    return f"its loss stopped being a number in epoch {done}, where the rate was {where}"


def _train_at_half(recipe: Recipe) -> None:
    """Sets the schedule's rates to half of what the recipe had, and trains that."""
    names = [name for name in settings_of(recipe.schedule) if name.endswith("learning_rate")]
    halved = {name: getattr(recipe.schedule, name) / 2 for name in names}
    session.act(run_link(replace(recipe, schedule=replace(recipe.schedule, **halved))))


def _in_words(settings: RunSettings) -> str:
    """All settings of a run, in a line."""
    ended = f" Up to epoch {settings.until}." if settings.until else ""
    return f"{wording.recipe(settings.recipe)} Seed {settings.seed}.{ended}"


def _player(run: PageRun, look: Look, *, is_settled: bool) -> None:
    """Plays the run; `is_settled`: whether what is drawn with it can be trained now."""
    recipe, seed, before = run.settings.recipe, run.settings.seed, run.before
    with in_sight():
        place = st.container()  # the player goes on playing while the band is trained
    band = _band(recipe, is_settled) if look.band else None
    overlay = _same_seed(recipe, seed, is_settled) if look.overlay else None
    with place:
        run_player(
            _to_play(run),
            key="train.player",
            band=band,
            overlay=overlay,
            before=(_name_of(before.settings, run.settings), _to_play(before)) if before else None,
            label=f"Keras training run, {recipe.schedule.title}, seed {seed}",
            log=look.log,
        )


def _to_play(run: PageRun) -> dict[str, Any]:
    """The run as the player takes it; with the rates to come, for whose axis to hold still."""
    recipe, last = run.settings.recipe, run.done if run.is_over else run.settings.last
    return {
        "run_id": run.id,
        "epochs": recipe.epochs,
        "finished": run.is_over,
        "lost": run.progress.status == "lost",
        "history": run.progress.history | {"learning_rate": recipe.learning_rates()[:last, 0]},
        "baseline": DATASETS[recipe.data].reference(recipe.split),
    }


def _name_of(before: RunSettings, now: RunSettings) -> str:
    """The run before in the legend: its schedule, and what else tells it from the run now."""
    there, here = before.recipe.settings(), now.recipe.settings()
    apart = [
        f"{setting.name_in_a_sentence} {setting.word(value)}"
        for name, (setting, value) in there.items()
        if name in here and here[name][1] != value
    ]
    apart += [f"seed {before.seed}"] * (before.seed != now.seed)
    more = ["…"] * (len(apart) > MOST_NAMED)
    return f"before: {', '.join([before.recipe.schedule.title, *apart[:MOST_NAMED], *more])}"


def _band(recipe: Recipe, is_trained: bool) -> Band:
    """The band of the first seeds; before it is trained nothing but its place in the legend."""
    seeds = affordable([recipe]) if is_trained else seeds_within_budget([recipe], SEEDS)
    label = f"{wording.counted(seeds, 'seed')}: band and median"
    if not is_trained:
        return label, {metric: {"low": [], "median": [], "high": []} for metric in METRICS}
    (history,) = histories([recipe], seeds)
    return label, {name: asdict(metrics.spread(values)) for name, values in history.curves().items()}


def _same_seed(recipe: Recipe, seed: int, is_trained: bool) -> Overlay:
    """The fast trainer's run, likewise."""
    curves = one_run(recipe, seed).curves() if is_trained else {}
    return "the fast trainer, same seed", {
        metric: curves[metric][0] if is_trained else [] for metric in METRICS
    }


def export() -> None:
    """The page's run as code and files; nothing while there is none."""
    run = shown()
    if run is not None and run.is_over and run.done:
        settings, history = run.settings, run.progress.history
        figure = partial(_figure, run)
        export_panel(settings.recipe, settings.seed, key="train.export", history=history, figure=figure)


def _figure(run: PageRun) -> go.Figure:
    """The run as a chart to keep, which does not play; with the rate of every update."""
    _, *outcomes = run_panels(_to_play(run))
    rate = figures.rate_curve("rate", run.settings.recipe.learning_rates()[: run.done], figures.RATE)
    return figures.epoch_figure([figures.Panel("learning rate", [rate]), *outcomes])
