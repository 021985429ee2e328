"""How the results of a comparison differ from the baseline's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lrcore.findings import metrics, verdicts, wording
from lrcore.findings.metrics import MEASURES, Measure
from lrcore.findings.verdicts import ALPHA, EQUAL, SAME, Verdict, least_seeds, lowest
from lrcore.recipes.recipe import Recipe
from lrcore.training.run import History
from pages.components.compare.comparison import Entry
from pages.components.results import SEEDS

COMPARED = tuple(MEASURES[name] for name in ("val_loss", "val_accuracy", "roughness"))
"""The measures that are compared, besides the epochs to the target."""
_LOSS = MEASURES["val_loss"]


@dataclass(frozen=True)
class Comparison:
    """One measure of a recipe against the baseline, and the verdict on it."""

    entry: Entry
    baseline: Entry
    measure: Measure
    verdict: Verdict

    @property
    def names(self) -> tuple[str, str]:
        """The two letters, for sentences."""
        return self.entry.letter, self.baseline.letter

    @property
    def sentence(self) -> str:
        """The comparison in plain words."""
        return wording.sentence(self.verdict, self.measure.scale, self.names)


def headline(comparisons: Sequence[Comparison], histories: Mapping[str, History]) -> str:
    """The verdicts on the final validation loss in one line, with all lost runs; histories are by letter."""
    losses = [each for each in comparisons if each.measure is _LOSS]
    baseline = f"recipe {losses[0].baseline.letter}, the baseline"
    if len(losses) == 1:
        (only,) = losses
        text = f"**Final validation loss** of {only.entry.letter} against {baseline}: {only.sentence}."
    else:
        alike: dict[str, list[str]] = {}
        for each in losses:
            alike.setdefault(wording.headline(each.verdict, _LOSS.scale, each.names), []).append(
                each.entry.letter
            )
        said = (f"{wording.listed(letters)} {verdict}" for verdict, letters in alike.items())
        text = f"**Final validation loss** against {baseline}: {'; '.join(said)}."
    lost = wording.lost_runs({letter: history.lost for letter, history in histories.items()})
    return f"{text} {lost}, which counts as worse." if lost else text


def judged_losses(comparisons: Sequence[Comparison], seeds: int) -> dict[tuple[Recipe, Recipe], Verdict]:
    """The verdicts on the final validation loss by their two recipes; none where they are not on `SEEDS` seeds."""
    losses = (each for each in comparisons if each.measure is _LOSS)
    return (
        {(each.entry.recipe, each.baseline.recipe): each.verdict for each in losses} if seeds == SEEDS else {}
    )


def number_of_comparisons(
    entries: Sequence[Entry], histories: Sequence[History], baseline: Entry, *, predicting: bool
) -> int:
    """How many verdicts the page gives: each measure of each recipe against the baseline, and the prediction's.

    The prediction sets the lowest recipe against all others. Where that is the baseline, these verdicts are among the
    page's already; where it is not, the one with the baseline is, and those with the rest come on top.
    """
    number = (len(COMPARED) + 1) * (len(entries) - 1)
    if predicting and lowest_recipe(entries, histories, baseline) is not baseline:
        number += len(entries) - 2
    return number


def lowest_recipe(entries: Sequence[Entry], histories: Sequence[History], baseline: Entry) -> Entry:
    """The recipe with the lowest median of the final validation loss; the baseline if it is one of several."""
    finals = [_LOSS.values(each) for each in histories]
    return entries[lowest(finals, prefer=entries.index(baseline))]


def against_lowest(
    entries: Sequence[Entry], histories: Sequence[History], baseline: Entry, comparisons: int
) -> dict[str, Verdict]:
    """By their letters all other recipes' verdicts against the lowest one, in the final validation loss.

    Against the baseline it is the page's own verdict, seen from the other side.
    """
    best = lowest_recipe(entries, histories, baseline)
    rivals = [entry for entry in entries if entry is not best]
    return {
        entry.letter: _verdicts(entries, histories, best, baseline, [_LOSS], comparisons)[0].reversed()
        if entry is baseline
        else _verdicts(entries, histories, entry, best, [_LOSS], comparisons)[0]
        for entry in rivals
    }


def _verdicts(
    entries: Sequence[Entry],
    histories: Sequence[History],
    entry: Entry,
    baseline: Entry,
    measures: Sequence[Measure],
    comparisons: int,
) -> list[Verdict]:
    history, of_baseline = (histories[entries.index(each)] for each in (entry, baseline))
    return verdicts.compare(history, of_baseline, measures, comparisons, same=entry.recipe == baseline.recipe)


def compare(
    entries: Sequence[Entry],
    histories: Sequence[History],
    baseline: Entry,
    target: tuple[str, float],
    comparisons: int,
) -> list[Comparison]:
    """Every compared measure of every recipe but the baseline, paired by seed.

    Args:
        target: which accuracy of a History the epochs are counted to, and its height.
        comparisons: how many verdicts the page gives, these included.
    """
    measures = (*COMPARED, metrics.epochs_to(*target))
    return [
        Comparison(entry, baseline, measure, verdict)
        for entry in entries
        if entry is not baseline
        for measure, verdict in zip(
            measures, _verdicts(entries, histories, entry, baseline, measures, comparisons), strict=True
        )
    ]


def show_verdicts(comparisons: Sequence[Comparison], histories: Mapping[str, History]) -> None:
    """The comparisons as sentences, as a table, and how they are made; the histories are by the recipes' letters."""
    for letter in dict.fromkeys(each.entry.letter for each in comparisons):
        own = [each for each in comparisons if each.entry.letter == letter]
        st.markdown(recipe_in_words(own, {name: histories[name].lost for name in own[0].names}))
    number = comparisons[0].verdict.comparisons
    numbers = st.expander(
        "The differences as a table",
        icon=":material/table:",
        key="compare.differences.open",
        on_change="rerun",
    )
    if numbers.open:
        _table(numbers, comparisons)
    st.caption(f"{wording.level_explained(number)} The line on equal rates has a level of its own.")
    with st.expander("How the differences are judged", icon=":material/help:"):
        st.markdown(_method(comparisons))


def _table(place: DeltaGenerator, comparisons: Sequence[Comparison]) -> None:
    place.dataframe(
        pd.DataFrame([_row(each) for each in comparisons]),
        hide_index=True,
        key="compare.differences",
        column_config={"Recipe": st.column_config.TextColumn(pinned=True, width=160)},
        alt="Counts of seeds and median differences from the baseline; the sentences above say the same.",
    )


def recipe_in_words(comparisons: Sequence[Comparison], lost: Mapping[str, np.ndarray]) -> str:
    """The verdicts on one recipe in words: lost runs first, then measure by measure."""
    recipe, baseline = comparisons[0].names
    head = f"**{recipe}** against **{baseline}**, the baseline:"
    lost_runs = wording.lost_runs(lost)
    if lost_runs:
        head += f" **{lost_runs}, which counts as worse**."
    if comparisons[0].verdict.outcome == SAME:
        return f"{head} **{SAME}**, and so the same runs."
    return "\n".join(
        [head, "", *(f"- {each.measure.label.lower()}: {each.sentence}" for each in comparisons)]
    )


def _method(comparisons: Sequence[Comparison]) -> str:
    """Explains the statistics of the verdicts, with the numbers of this page."""
    number = comparisons[0].verdict.comparisons
    margins = {
        each.measure.label.lower(): each.measure.scale.margin_in_words.format(baseline=each.names[1])
        for each in comparisons
    }
    equal = dict.fromkeys(
        wording.all_equal_explained(each.verdict) for each in comparisons if each.verdict.outcome == EQUAL
    )
    return "\n\n".join(
        [
            "Every recipe runs on the same seeds. A seed draws the initial weights, the batch order and, for a "
            "stratified split, the rows; where these settings are equal, two runs of one seed differ by the recipe "
            "alone. So the two are compared seed by seed.",
            "**Which is lower?** The seeds are counted on which one of the two is lower. Coins that fall heads or "
            f"tails by chance would show so lopsided a count less than once in {round(number / ALPHA)} pages (the sign "
            f"test). Seeds on which both are equal are set aside. At least {least_seeds(number)} seeds must differ.",
            "**By how much?** The median of the differences, over all seeds. The interval reaches from one of the "
            "smallest differences to one of the largest: as many stay outside at either end as may disagree. The "
            "median of the differences is not the difference of the medians in the table.",
            "**About equal** is said where that interval lies within a margin that was fixed before anything was run, "
            f"the same for everybody: {'; '.join(f'{label}, {margin}' for label, margin in margins.items())}. A "
            "direction that is decided within it is called small. *Not decided* does not mean equal: more seeds may "
            "decide it. Choose their number first: adding seeds until it is decided makes chance look like a "
            "difference.",
            "**More often is not the same as on average.** A recipe that is lower on 17 of 20 seeds may be lost on the "
            f"other three. {wording.LOST_EXPLAINED} A lost run counts as the worst of its pair in every measure, two "
            "lost runs as equal, and a run that was at the target and is lost in the end as one that never got there.",
            *equal,
        ]
    )


def _row(each: Comparison) -> dict[str, str]:
    verdict, scale = each.verdict, each.measure.scale
    level = f"{round(100 * (1 - ALPHA / verdict.comparisons), 2):g} %"
    outcome = wording.direction(verdict, scale) if verdict.is_decided else verdict.outcome
    return {
        "Recipe": each.entry.label,
        "Measure": each.measure.label,
        "Lower or sooner": str(verdict.lower),
        "Equal": str(verdict.equal),
        "Higher or later": str(verdict.higher),
        "Median difference": wording.median_difference(verdict, scale, each.names),
        f"{level} interval": wording.interval(verdict, scale, each.names),
        "Verdict": f"{outcome}, small" if verdict.is_small else outcome,
    }
