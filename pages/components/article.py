"""The article's four experiments as written: settings, curves, results. And the runs that the whole page uses."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import streamlit as st

from lrcore import figures, ionosphere, metrics, training_process
from lrcore.claims import RECIPES
from lrcore.confounds import differences, in_words
from lrcore.ensemble import History
from lrcore.recipes import ARTICLE, Recipe
from lrcore.settings import Choice, Flag, settings_of
from pages.components import comparison_tables, state
from pages.components.bands import BAND_IN_WORDS, spread_curve
from pages.components.comparison import Entry
from pages.components.controls import SEED, Control
from pages.components.results import PATIENCE, give_way

ARTICLE_SEEDS = 200
"""Runs of each of the article's recipes."""
CONTROL_SEEDS = (50, 100, 200)
"""Runs of each recipe that it did not run, to choose from: the first is what a visitor need not wait for."""
PIECE = 50
"""Seeds that are trained at once."""
COLUMNS = (
    "Recipe",
    "Never",
    "Final training accuracy",
    "Final validation accuracy",
    "Final validation loss",
    "Roughness, training",
    "Roughness, validation",
)


def control_seeds() -> int:
    """Draws the choice of how many runs each recipe gets that the article did not run."""
    return Control(
        "runs",
        Choice(
            label="Runs of each control recipe",
            default=CONTROL_SEEDS[0],
            options={number: str(number) for number in CONTROL_SEEDS},
            help="Controls are the recipes that the article did not run: each changes one thing. More runs tell finer "
            "differences, and take longer to train.",
        ),
    ).draw()


def runs(recipes: Mapping[str, Recipe], seeds: int) -> dict[str, History]:
    """The runs of `recipes` on the seeds 0..seeds-1 by name; with a progress bar where they have to be trained.

    They are trained together in pieces of `PIECE` seeds, and kept for all sessions. While they are trained a rerun
    that the reader has asked for takes over.
    """
    place, began = st.empty(), time.monotonic()
    pieces: list[dict[str, dict[str, np.ndarray]]] = []
    for first in range(0, seeds, PIECE):
        if time.monotonic() - began > PATIENCE:
            place.progress(first / seeds, f"Training {len(recipes) * seeds} networks")
        pieces.append(_piece(tuple(recipes), first, min(first + PIECE, seeds)))
    place.empty()
    return {
        name: History(
            **{key: np.concatenate([piece[name][key] for piece in pieces]) for key in pieces[0][name]}
        )
        for name in recipes
    }


@st.cache_data(max_entries=2 * ARTICLE_SEEDS // PIECE, show_spinner=False)
def _piece(names: tuple[str, ...], first: int, stop: int) -> dict[str, dict[str, np.ndarray]]:
    """The fields of each History, with the seeds along the first axis, by the recipe's name."""
    recipes = [RECIPES[name] for name in names]
    results = training_process.shared().run(recipes, range(first, stop), wanted=give_way)
    return {name: asdict(history) for name, history in zip(names, results, strict=True)}


@st.fragment
@state.part("experiment")
def experiment(target: float) -> None:
    """One experiment at a time, and a table of all four; `target` is the training accuracy to count epochs to."""
    results = runs(ARTICLE, ARTICLE_SEEDS)
    name = Control(
        "experiment",
        Choice(label="Experiment", default=next(iter(ARTICLE)), options={name: name for name in ARTICLE}),
    ).draw()
    controls, chart = st.columns([1, 2], gap="large")
    with controls:
        _settings(ARTICLE[name])
        single = Control(
            "one_run",
            Flag(
                label="One run, as the article shows it",
                default=True,
                help="The line is the run of the seed below. Otherwise it is the median of all runs.",
            ),
        ).draw()
        seed = SEED.draw() if single else None
    with chart:
        _curves(name, results[name], seed)
    columns = (COLUMNS[0], comparison_tables.heading(("accuracy", target)), *COLUMNS[1:])
    rows = [_row(str(number), each, results[each], target) for number, each in enumerate(ARTICLE, 1)]
    st.dataframe(
        pd.DataFrame(rows)[[*columns]],
        hide_index=True,
        key="article.results",
        column_config={"Recipe": st.column_config.TextColumn(pinned=True)},
        alt="Results of the four experiments.",
    )
    st.caption(
        f"The median of {ARTICLE_SEEDS} runs and, in parentheses, the best and the worst one; of the epochs to the "
        f"target, the median and {BAND_IN_WORDS}. Roughness is the mean change of an accuracy from one epoch to the "
        f"next over the last {metrics.ROUGHNESS_EPOCHS} epochs, in percentage points."
    )


def _row(number: str, name: str, history: History, target: float) -> dict[str, str]:
    row = comparison_tables.cells(Entry(number, ARTICLE[name], name), history, ("accuracy", target))
    return {title: cell.text for title, cell in row.items()}


def _settings(recipe: Recipe) -> None:
    """The experiment's settings, and what it changes against the first one."""
    rates = recipe.learning_rates(ionosphere.n_train())
    st.latex(recipe.schedule.latex(numbers=True))
    settings = {
        "Rate, first to last": f"{rates[0, 0]:.4g} to {rates[-1, -1]:.4g}",
        **{
            declared.label: declared.spell(getattr(recipe, name))
            for name, declared in settings_of(recipe).items()
            if name != "warmup"  # the article knows none
        },
    }
    st.dataframe(
        pd.DataFrame({"setting": settings.keys(), "value": settings.values()}),
        hide_index=True,
        key="article.settings",
        alt="Settings of the experiment.",
    )
    changed = [
        in_words(each, recipe, ARTICLE["constant"]) for each in differences(recipe, ARTICLE["constant"])
    ]
    if changed:
        st.markdown(f"Changed against the constant rate: **{', '.join(changed)}**.")


def _curves(name: str, history: History, seed: int | None) -> None:
    """Accuracy and loss: the band of all runs, and the run of that seed or, without one, the median."""
    share = ionosphere.good_share("tail")
    accuracy = _panel("accuracy", history.accuracy, history.val_accuracy, seed)
    panels = [
        replace(accuracy, reference=(share, f'always "good" in validation: {share:.1%}')),
        _panel("loss", history.loss, history.val_loss, seed),
    ]
    ends = [metrics.spread(values).median[-1] for values in (history.accuracy, history.val_accuracy)]
    st.plotly_chart(
        figures.epoch_figure(panels, height=250),
        key="article.curves",
        config=figures.TOOLBAR,
        alt=f"Accuracy and loss by epoch, experiment {name}. Median accuracy after the last epoch: training "
        f"{ends[0]:.3f}, validation {ends[1]:.3f}; always answering good would have {share:.3f}.",
    )
    line = "the median" if seed is None else f"the run of seed {seed}"
    st.caption(f"Lines: {line}. Bands: {BAND_IN_WORDS}, of which there are {len(history.loss)}.")


def _panel(title: str, training: np.ndarray, validation: np.ndarray, seed: int | None) -> figures.Panel:
    curves = [
        spread_curve("training", training, figures.TRAINING, "solid"),
        spread_curve("validation", validation, figures.VALIDATION, "dash"),
    ]
    if seed is not None:
        curves = [
            replace(curve, y=values[seed])
            for curve, values in zip(curves, (training, validation), strict=True)
        ]
    return figures.Panel(title, curves)
