"""The table of a comparison: every measure of its recipes over all seeds, on the page and as a file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from lrcore.findings import metrics, wording
from lrcore.findings.metrics import MEASURES, TARGET, Measure, Reach
from lrcore.settings import Choice, Number
from lrcore.training.run import History
from pages.components.charts.bands import BAND_IN_WORDS
from pages.components.compare.comparison import Entry
from pages.components.state.controls import Control

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
    """Every measure of every recipe, and the same numbers to take home, in a panel that is closed at first."""
    panel = st.expander("All numbers", icon=":material/table:", key="compare.numbers", on_change="rerun")
    if panel.open:
        with panel:
            _table(entries, histories, target)


def _table(entries: Sequence[Entry], histories: Sequence[History], target: tuple[str, float]) -> None:
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
        f"Loss, accuracy and roughness: the median of {wording.counted(len(histories[0].loss), 'run')} and, in "
        f"parentheses, the best and the worst one. Epochs: the median and, in parentheses, {BAND_IN_WORDS}. Lost runs "
        "count as the worst."
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
    return metrics.epochs_to(*target).label


def _helps(target: tuple[str, float]) -> dict[str, str]:
    epochs = metrics.epochs_to(*target)
    return {
        **{measure.label: f"Median (best run to worst). {measure.help}" for measure in MEASURES.values()},
        epochs.label: f"The median run, and in parentheses {BAND_IN_WORDS}. {epochs.help}",
        "Never": "Runs that do not reach the target, or are lost in the end.",
        "Area under the rate": "Rate x epochs: how far the run could travel.",
        "Effective step": "The highest rate / (1 - momentum).",
        "Lost": wording.LOST_EXPLAINED,
    }


def cells(entry: Entry, history: History, target: tuple[str, float]) -> dict[str, Cell]:
    """One row of the table, by the columns' headings."""
    runs = len(history.loss)
    epochs = metrics.epochs_to(*target)
    reach = metrics.reach(epochs.values(history))
    return {
        "Recipe": Cell(entry.label, {"": entry.label}),
        **{measure.label: _runs_cell(measure, history) for measure in MEASURES.values()},
        epochs.label: _reach_cell(reach),
        "Never": _count_cell(reach.never, runs),
        "Area under the rate": _number_cell(entry.recipe.area()),
        "Effective step": _number_cell(entry.recipe.effective_rates().max()),
        "Lost": _count_cell(int(history.lost.sum()), runs),
    }


def _runs_cell(measure: Measure, history: History) -> Cell:
    """The median of the runs, and the best and the worst of them."""
    values = measure.values(history)
    ends = (values.min(), values.max()) if measure.scale.worst > 0 else (values.max(), values.min())
    numbers = dict(zip(("median", "best", "worst"), (metrics.middle(values), *ends), strict=True))
    median, best, worst = (
        wording.value(each, measure.digits, measure.scale.absent[0]) for each in numbers.values()
    )
    text = median if best == worst else f"{median} ({best} to {worst})"
    return Cell(text, {kind: _finite(each, measure.scale.absent[0]) for kind, each in numbers.items()})


def _finite(value: float, absent: str) -> float | str:
    """A value in the file: the number, or a word where it is infinite."""
    return absent if math.isinf(value) else float(value)


def _reach_cell(reach: Reach) -> Cell:
    low, high = (f"{100 * share:g} % of the runs within" for share in metrics.BAND)
    numbers = {"median": reach.median, low: reach.low, high: reach.high}
    told = {kind: _finite(each, "never") for kind, each in numbers.items()}
    median, low, high = (each if isinstance(each, str) else f"{each:g}" for each in told.values())
    return Cell(median if low == high else f"{median} ({low} to {high})", told)


def _count_cell(number: int, runs: int) -> Cell:
    return Cell(f"{number} of {runs}", {"(runs)": number, "(of runs)": runs})


def _number_cell(value: float) -> Cell:
    return Cell(f"{value:.3g}", {"": value})


def csv(entries: Sequence[Entry], rows: Sequence[Mapping[str, Cell]]) -> str:
    """The table's numbers with the settings of each recipe, as the text of a CSV file.

    A recipe's name cannot be taken for a formula by a spreadsheet: its letter stands first.
    """
    lines = [
        {
            **{
                f"{heading} {kind}".strip(): value
                for heading, cell in row.items()
                for kind, value in cell.numbers.items()
            },
            **entry.recipe.to_params(),
        }
        for entry, row in zip(entries, rows, strict=True)
    ]
    return pd.DataFrame(lines).to_csv(index=False)
