"""How the recipes of a comparison differ from the baseline: in their settings, and in their results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import streamlit as st

from lrcore import metrics
from lrcore.confounds import SCHEDULE, controlled, differences, in_words, is_confounded
from lrcore.ensemble import History
from lrcore.metrics import MEASURES, Difference, Measure
from pages.components import state
from pages.components.comparison import Entry, link
from pages.components.comparison_tables import heading

CONFIDENCE = 0.95
COMPARED = ("val_loss", "val_accuracy", "roughness")


@dataclass(frozen=True)
class Comparison:
    """One measure of a recipe against the baseline: with an interval of its own, and with the wider one that the
    verdict uses. Both are None where a run never reaches the target, for then no mean takes it in.
    """

    entry: Entry
    measure: Measure
    alone: Difference | None
    jointly: Difference | None

    @property
    def verdict(self) -> str:
        """The comparison in a few plain words."""
        if self.jointly is None:
            return "cannot be averaged: some runs never get there"
        if self.jointly.verdict == "not distinguishable":
            return f"not distinguishable with {self.jointly.pairs} seed{'s' * (self.jointly.pairs != 1)}"
        size = f"{abs(self.jointly.mean):.{self.measure.digits}f} {self.measure.unit}".rstrip()
        return f"{self.jointly.verdict} by {size}"


def guard(entries: Sequence[Entry], baseline: Entry) -> None:
    """Says what each recipe changes; when one changes several things, offers the version that changes one."""
    changes = {
        entry: differences(entry.recipe, baseline.recipe) for entry in entries if entry is not baseline
    }
    told = "; ".join(
        f"**{entry.letter}** changes {_listed([in_words(name, entry.recipe, baseline.recipe) for name in names])}"
        for entry, names in changes.items()
    )
    if not any(is_confounded(names) for names in changes.values()):
        st.caption(f"Against {baseline.letter}: {told}.")
        return
    st.warning(
        f"Several things change at once against {baseline.letter}, so a difference in the results has several possible "
        f"causes: {told}.",
        icon=":material/balance:",
    )
    alone = [
        replace(entry, recipe=controlled(entry.recipe, baseline.recipe))
        if is_confounded(changes.get(entry, ())) and SCHEDULE in changes[entry]
        else entry
        for entry in entries
    ]
    if alone != list(entries):
        st.button(
            f"Set all but the schedules as in {baseline.letter}",
            key="compare.control",
            icon=":material/balance:",
            on_click=state.act,
            args=(link(alone, baseline.letter),),
        )


def _listed(things: Sequence[str]) -> str:
    *first, last = things or ["nothing"]
    return f"{', '.join(first)} and {last}" if first else last


def compare(
    entries: Sequence[Entry], histories: Sequence[History], baseline: Entry, target: tuple[str, float]
) -> list[Comparison]:
    """Every compared measure of every recipe but the baseline, paired by seed."""
    epochs = Measure(
        heading(target),
        lambda history: metrics.epochs_to_reach(getattr(history, target[0]), target[1]),
        digits=1,
        help="",
        unit="epochs",
    )
    of_baseline = histories[entries.index(baseline)]
    pairs = [
        (entry, measure, measure.of(history), measure.of(of_baseline))
        for entry, history in zip(entries, histories, strict=True)
        if entry is not baseline
        for measure in (*(MEASURES[name] for name in COMPARED), epochs)
    ]
    possible = sum(not np.isinf(pair[-2:]).any() for pair in pairs)
    confidences = (CONFIDENCE, metrics.adjusted(CONFIDENCE, possible))
    return [
        Comparison(entry, measure, *(_difference(values, reference, each) for each in confidences))
        for entry, measure, values, reference in pairs
    ]


def _difference(values: np.ndarray, reference: np.ndarray, confidence: float) -> Difference | None:
    if np.isinf([values, reference]).any():
        return None
    return metrics.paired_difference(values, reference, confidence)


def verdicts(comparisons: Sequence[Comparison], baseline: Entry) -> None:
    """The comparisons as sentences, as a table, and how they were made."""
    for letter in dict.fromkeys(each.entry.letter for each in comparisons):
        own = [each for each in comparisons if each.entry.letter == letter]
        said = "; ".join(f"{each.measure.label.lower()}: **{each.verdict}**" for each in own)
        st.markdown(f"**{letter}** against **{baseline.letter}**: {said}.")
    possible = sum(each.jointly is not None for each in comparisons)
    joint = f"{100 * metrics.adjusted(CONFIDENCE, possible):.4g}%"
    st.dataframe(
        pd.DataFrame([_row(each, joint) for each in comparisons]),
        hide_index=True,
        key="compare.differences",
        column_config={"Recipe": st.column_config.TextColumn(pinned=True, width=160)},
        alt="Mean differences from the baseline with their confidence intervals; the sentences above say the same.",
    )
    st.caption(
        f"{possible} comparisons are made at once. With {CONFIDENCE:.0%} intervals, one in "
        f"{round(1 / (1 - CONFIDENCE))} of equal recipes would look different by chance. The verdicts use wider "
        f"intervals, of confidence {joint} each (Bonferroni), so that with {CONFIDENCE:.0%} confidence all {possible} "
        "hold together."
    )
    with st.expander("How the differences are computed", icon=":material/help:"):
        st.markdown(
            "Every recipe runs on the same seeds. A seed draws the initial weights, the batch order and, for a "
            "stratified split, the rows; where these settings are equal, two runs of one seed differ by the recipe "
            "alone. So the difference is taken seed by seed, and its mean gets the interval of the paired t test, with "
            "Student's t from SciPy. *Lower* or *higher* means that the interval leaves 0 out. *Not distinguishable* "
            "does not mean equal: more seeds may tell the two apart. Seeds with a diverged run are left out of the "
            "pairs, which flatters a recipe that diverges."
        )


def _row(each: Comparison, joint: str) -> dict[str, str]:
    digits = each.measure.digits
    return {
        "Recipe": each.entry.label,
        "Measure": each.measure.label,
        "Mean difference": f"{each.alone.mean:+.{digits}f}" if each.alone else "-",
        f"{CONFIDENCE:.0%} interval": _interval(each.alone, digits),
        f"{joint} interval": _interval(each.jointly, digits),
        "Verdict": each.verdict,
        "Pairs": str(each.alone.pairs) if each.alone else "-",
    }


def _interval(difference: Difference | None, digits: int) -> str:
    if difference is None or np.isnan(difference.low):
        return "-"
    return f"{difference.low:+.{digits}f} to {difference.high:+.{digits}f}"
