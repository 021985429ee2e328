"""The table of a comparison: what its recipes come to, over all seeds, to be read and taken home."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from lrcore import metrics
from lrcore.ensemble import History
from lrcore.ionosphere import n_train
from lrcore.metrics import MEASURES, TARGET, Average, Reach
from lrcore.settings import Choice, Number
from pages.components.bands import BAND_IN_WORDS
from pages.components.comparison import Entry
from pages.components.controls import Control

PARTS = {"training": "accuracy", "validation": "val_accuracy"}
TARGET_OF = Control(
    "target_of",
    Choice(label="Target: accuracy in", default="training", options={name: name for name in PARTS}),
)
TARGET_HEIGHT = Control("target", Number(label="Target accuracy", default=TARGET, low=0.5, high=1, step=0.01))
"""The accuracy that counts as high, which pages share."""


def target_controls() -> tuple[str, float]:
    """Draws the controls of the target. Which accuracy of a History it is of, and its height in 0.5..1."""
    which, how_high = st.columns(2)
    with which:
        part = TARGET_OF.draw()
    with how_high:
        return PARTS[part], TARGET_HEIGHT.draw()


@dataclass(frozen=True)
class Cell:
    """One value of the table: as it is read, and as numbers (or texts) to calculate with, each with its kind."""

    text: str
    numbers: Mapping[str, float | str]


def table(entries: Sequence[Entry], histories: Sequence[History], target: tuple[str, float]) -> None:
    """Every measure of every recipe, and the same numbers to take home."""
    rows = [cells(entry, history, target) for entry, history in zip(entries, histories, strict=True)]
    st.dataframe(
        pd.DataFrame([{heading: cell.text for heading, cell in row.items()} for row in rows]),
        hide_index=True,
        key="compare.table",
        column_config={
            heading: st.column_config.TextColumn(help=text) for heading, text in _helps(target).items()
        }
        | {"Recipe": st.column_config.TextColumn(help="Letter and name.", pinned=True, width=160)},
        alt="Measures of every recipe; the same numbers are in the file to download.",
    )
    st.caption(
        f"Loss, accuracy and roughness: mean ± standard deviation over {len(histories[0].loss)} seeds. Epochs: median "
        f"and, in parentheses, {BAND_IN_WORDS}. Diverged runs are left out of the means."
    )
    st.download_button(
        "Download as CSV",
        csv(entries, rows),
        "comparison.csv",
        "text/csv",
        key="compare.download",
        icon=":material/download:",
        on_click="ignore",
    )


def heading(target: tuple[str, float]) -> str:
    """The heading of the column of epochs to the target."""
    return f"Epochs to {target[1]:.4g}"


def _helps(target: tuple[str, float]) -> dict[str, str]:
    part = next(name for name, metric in PARTS.items() if metric == target[0])
    return {
        **{measure.label: f"Mean ± standard deviation. {measure.help}" for measure in MEASURES.values()},
        heading(
            target
        ): f"The first epoch with a {part} accuracy of at least {target[1]:.4g}: the median run, and in "
        f"parentheses {BAND_IN_WORDS}.",
        "Never": "Runs that do not reach the target.",
        "Area under the rate": "Rate x epochs: how far the run could travel.",
        "Effective step": "The highest rate / (1 - momentum).",
        "Diverged": "Runs whose loss stopped being a number.",
    }


def cells(entry: Entry, history: History, target: tuple[str, float]) -> dict[str, Cell]:
    """One row of the table, by the columns' headings."""
    rates = entry.recipe.learning_rates(n_train())
    runs = len(history.loss)
    reach = metrics.reach(metrics.epochs_to_reach(getattr(history, target[0]), target[1]))
    return {
        "Recipe": Cell(entry.label, {"": entry.label}),
        **{
            measure.label: _average_cell(metrics.average(measure.of(history)), measure.digits)
            for measure in MEASURES.values()
        },
        heading(target): _reach_cell(reach),
        "Never": _count_cell(reach.never, runs),
        "Area under the rate": _number_cell(metrics.area_under_rates(rates)),
        "Effective step": _number_cell(metrics.effective_step(rates, entry.recipe.momentum).max()),
        "Diverged": _count_cell(int(metrics.diverged(history.loss).sum()), runs),
    }


def _average_cell(average: Average, digits: int) -> Cell:
    if not average.runs:
        return Cell("-", {"mean": math.nan, "sd": math.nan})
    width = "" if math.isnan(average.sd) else f" ± {average.sd:.{digits}f}"
    return Cell(f"{average.mean:.{digits}f}{width}", {"mean": average.mean, "sd": average.sd})


def _reach_cell(reach: Reach) -> Cell:
    low, median, high = (
        "never" if math.isinf(each) else f"{each:g}" for each in (reach.low, reach.median, reach.high)
    )
    numbers = {"median": reach.median, "low": reach.low, "high": reach.high}
    return Cell(f"{median} ({low} to {high})", numbers)


def _count_cell(number: int, runs: int) -> Cell:
    return Cell(f"{number} of {runs}", {"runs": number, "of": runs})


def _number_cell(value: float) -> Cell:
    return Cell(f"{value:.3g}", {"": value})


def csv(entries: Sequence[Entry], rows: Sequence[Mapping[str, Cell]]) -> str:
    """The table's numbers with the settings of each recipe, as the text of a CSV file.

    A recipe's name cannot be taken for a formula by a spreadsheet: its letter stands first.
    """
    lines = [
        {
            f"{heading} {kind}".strip(): value
            for heading, cell in row.items()
            for kind, value in cell.numbers.items()
        }
        | entry.recipe.to_params()
        for entry, row in zip(entries, rows, strict=True)
    ]
    return pd.DataFrame(lines).to_csv(index=False)
