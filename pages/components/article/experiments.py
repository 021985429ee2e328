"""The article's four experiments as written: settings, curves, results. And the runs that the whole page uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from lrcore import figures
from lrcore.data import DATASETS
from lrcore.findings import metrics, wording
from lrcore.recipes.article import ARTICLE
from lrcore.recipes.confounds import differences, in_words
from lrcore.recipes.presets import PRESETS
from lrcore.recipes.recipe import LATER, Recipe
from lrcore.settings import Choice, Flag, settings_of
from lrcore.training.run import History
from pages.components.charts.bands import BAND_IN_WORDS, both
from pages.components.charts.figure import figure_chart
from pages.components.compare import tables
from pages.components.compare.comparison import Entry
from pages.components.results import histories
from pages.components.state import session
from pages.components.state.controls import SEED, Control

ARTICLE_SEEDS = 200
"""Runs of each of the article's recipes."""
CONTROL_SEEDS = (50, 100, 200)
"""The numbers of runs of each control recipe to choose from; the first is the quickest."""
SAME_MOMENTUM, HELPFUL_DECAY, MEANINGS = (
    PRESETS[name] for name in ("equal_momentum", "decay_at_2", "four_meanings")
)
"""The comparisons that this page shows or links to."""
ACCURACY_SPAN = (0.8, 1.01)
"""Of the accuracy's axis: lower values are of the first epochs alone, and would flatten the bumps of all others."""
HEADROOM = 1.05
"""The end of an axis, as a multiple of the largest value of all four experiments."""
COLUMNS = (
    "Recipe",
    "Never",
    "Final training accuracy",
    "Final validation accuracy",
    "Final validation loss",
    "Roughness, training",
    "Roughness, validation",
)


def folded(label: str, draw: Callable[[], None], *, icon: str, key: str) -> None:
    """A part to unfold; nothing of it is computed before."""
    panel = st.expander(label, icon=icon, key=key, on_change="rerun")
    if panel.open:
        with panel:
            draw()


def control_seeds() -> int:
    """Draws the choice of the number of runs of each control recipe."""
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
    """The runs of `recipes` on the seeds 0..seeds-1 by name."""
    return dict(zip(recipes, histories(list(recipes.values()), seeds, together=True), strict=True))


@st.fragment
def experiment(target: float) -> None:
    """One experiment at a time on axes that all four share, and their results as a table.

    Args:
        target: the training accuracy, 0 to 1, to which the table counts the epochs.
    """
    # Without a gap the address, which is written at the end of the part, takes no room.
    with st.container(gap=None), session.part("experiment"), st.container():
        _experiment(target)


def _experiment(target: float) -> None:
    results = runs(ARTICLE, ARTICLE_SEEDS)
    name, seed = _which()
    chart, settings = st.columns([5, 3], gap="medium")  # on a phone, too, the chart stands still
    with chart:
        _curves(name, results, seed)
    with settings:
        _settings(ARTICLE[name])
    st.caption(_legend(results[name], seed))
    folded(
        "The results of all four, as a table",
        lambda: _results(results, target),
        icon=":material/table:",
        key="article.table",
    )


def _which() -> tuple[str, int | None]:
    """Draws the choice of the experiment and of the run whose curves are shown; its seed, None for the median."""
    which, one_run, of_seed = st.columns([5, 2, 3], gap="medium", vertical_alignment="center")
    with which:
        name = Control(
            "experiment",
            Choice(label="Experiment", default=next(iter(ARTICLE)), options={name: name for name in ARTICLE}),
        ).draw()
    with one_run:
        single = Control(
            "one_run",
            Flag(
                label="One run",
                default=True,
                help="The lines are one run, as the article shows it. Otherwise they are the median of all runs.",
            ),
        ).draw()
    with of_seed:
        return name, SEED.draw() if single else None


def _results(results: Mapping[str, History], target: float) -> None:
    columns = (COLUMNS[0], tables.heading(("accuracy", target)), *COLUMNS[1:])
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
    row = tables.cells(Entry(number, ARTICLE[name], name), history, ("accuracy", target))
    return {title: cell.text for title, cell in row.items()}


def _settings(recipe: Recipe) -> None:
    """The experiment's settings, and what it changes against the first one."""
    rates = recipe.learning_rates()
    st.latex(recipe.schedule.latex(numbers=True))
    settings = {
        "Rate, first to last": f"{rates[0, 0]:.4g} to {rates[-1, -1]:.4g}",
        **{
            declared.label: declared.word(value)
            for name, (declared, value) in recipe.settings().items()
            if name
            not in (*settings_of(recipe.schedule), "warmup", *LATER)  # it knows no warmup, and one data set
        },
    }
    st.dataframe(
        pd.DataFrame({"setting": settings.keys(), "value": settings.values()}),
        hide_index=True,
        row_height=28,  # no taller than the chart beside it, whichever experiment it is
        key="article.settings",
        alt="Settings of the experiment.",
    )
    changed = [
        in_words(each, recipe, ARTICLE["constant"]) for each in differences(recipe, ARTICLE["constant"])
    ]
    if changed:
        st.markdown(f"Changed against the constant rate: **{', '.join(changed)}**.")
    else:
        st.markdown("The other three are set against this one.")


def _curves(name: str, results: Mapping[str, History], seed: int | None) -> None:
    """Rate, accuracy and loss: the band of all runs, and the run of that seed or, without one, the median."""
    history, share = results[name], DATASETS[ARTICLE[name].data].baseline("tail")
    ends = [metrics.spread(values).median[-1] for values in (history.accuracy, history.val_accuracy)]
    figure_chart(
        st,
        figures.epoch_figure(_panels(name, results, seed), height=140),
        key="article.curves",
        alt=f"Learning rate, accuracy and loss by epoch, experiment {name}. Median accuracy after the last epoch: "
        f"training {ends[0]:.3f}, validation {ends[1]:.3f}; always answering good would have {share:.3f}.",
    )


def _legend(history: History, seed: int | None) -> str:
    line = "the median" if seed is None else f"the run of seed {seed}"
    return (
        f"Lines: {line}. Bands: {BAND_IN_WORDS}. All four experiments have these axes; accuracy is shown from "
        f"{ACCURACY_SPAN[0]:g}. {bumps(history, seed)}"
    )


def bumps(history: History, seed: int | None) -> str:
    """A sentence on how bumpy the accuracies of a seed's run are or, without a seed, those of the median run."""
    training, validation = (
        metrics.middle(values) if seed is None else values[seed]
        for values in (metrics.MEASURES[name].values(history) for name in ("training_roughness", "roughness"))
    )
    return (
        f"From epoch to epoch {'the median' if seed is None else 'this'} run's accuracy changes by "
        f"{wording.value(training, 2)} points in training, {wording.value(validation, 2)} in validation (mean of the "
        f"last {metrics.ROUGHNESS_EPOCHS})."
    )


def _panels(name: str, results: Mapping[str, History], seed: int | None) -> list[figures.Panel]:
    history = results[name]
    rates = {each: recipe.learning_rates() for each, recipe in ARTICLE.items()}
    highest = {
        "rate": max(each.max() for each in rates.values()),
        "loss": max(np.nanmax([each.loss, each.val_loss]) for each in results.values()),
    }
    spans = {each: (0.0, HEADROOM * float(value)) for each, value in highest.items()}
    return [
        figures.Panel(
            "learning rate", [figures.rate_curve("rate", rates[name], figures.RATE)], span=spans["rate"]
        ),
        figures.Panel(
            "accuracy",
            _both("accuracy", history, seed),
            DATASETS[ARTICLE[name].data].reference("tail"),
            span=ACCURACY_SPAN,
        ),
        figures.Panel("loss", _both("loss", history, seed), span=spans["loss"]),
    ]


def _both(metric: str, history: History, seed: int | None) -> list[figures.Curve]:
    """The bands of training and validation; their lines are the run of that seed or, without one, the medians."""
    curves = both(history, metric)
    if seed is None:
        return curves
    lines = both(history[seed : seed + 1], metric)
    return [replace(curve, y=line.y) for curve, line in zip(curves, lines, strict=True)]
