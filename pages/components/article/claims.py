"""The answer, the claims with their verdicts, and the controlled comparisons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from lrcore import figures
from lrcore.findings import answer, metrics, wording
from lrcore.findings.claims import (
    CAUSES,
    CLAIMS,
    CONFIDENCE,
    FAILS,
    HOLDS,
    JOINT,
    OPEN,
    OUTCOMES,
    RECIPES,
    comparisons,
    judge,
)
from lrcore.findings.evidence import EARLY
from lrcore.training.run import History
from pages.components.article.experiments import ARTICLE_SEEDS
from pages.components.charts.bands import BAND_IN_WORDS, spread_curve
from pages.components.charts.figure import figure_chart

BADGES = {HOLDS: ("green", "check"), FAILS: ("red", "close"), OPEN: ("gray", "question_mark")}
MIXED = "rule"
"""The icon of a claim whose parts differ in their verdicts."""
OTHER_TARGETS = (0.9, 0.93, 0.95, 0.97, 0.98)
TWO_BY_TWO = {
    ("Constant", 0.0): "constant",
    ("StepDecay", 0.0): "step, momentum 0",
    ("Constant", 0.9): "constant, momentum 0.9",
    ("StepDecay", 0.9): "step",
}
"""The recipes of the square, by schedule and momentum; all start at the rate 0.1."""


@st.cache_data(max_entries=100, show_spinner=False)
def verdict_table(target: float, seeds: int, _results: Mapping[str, History]) -> pd.DataFrame:
    """Every part of every claim and cause with its verdict, one a row; cached for all sessions.

    Args:
        target: the training accuracy that counts as high.
        seeds: of the recipes that the article did not run.
        _results: the histories of all recipes, by name; the other arguments determine them.
    """
    return pd.DataFrame(
        [
            {
                "claim": claim.id,
                "statement": part.statement,
                "verdict": verdict.outcome,
                "value": verdict.estimate.value,
                "from": verdict.estimate.low,
                "to": verdict.estimate.high,
                "evidence": verdict.estimate.words,
            }
            for claim in (*CLAIMS, *CAUSES)
            for part in claim.parts
            for verdict in [judge(part, _results, target, CONFIDENCE)]
        ]
    )


@st.cache_data(max_entries=100, show_spinner=False)
def _answer(target: float, seeds: int, _results: Mapping[str, History]) -> str:
    return " ".join(answer.answer(_results, target))


def show_answer(target: float, seeds: int, results: Mapping[str, History]) -> None:
    """Which decays were faster, in two sentences; the arguments are those of `verdict_table`."""
    st.info(_answer(target, seeds, results), icon=":material/gavel:")


def claims(table: pd.DataFrame, more: Mapping[str, Callable[[], None]]) -> None:
    """The article's claims, a card each to unfold, after a count of their parts' verdicts.

    Args:
        table: of `verdict_table`.
        more: by a claim's id, a function that draws a link to another page about it.
    """
    of_article = table[table.claim.isin([claim.id for claim in CLAIMS])]
    counts = of_article.verdict.value_counts()
    told = ", ".join(f"{_badge(outcome)} {counts.get(outcome, 0)}" for outcome in OUTCOMES)
    st.markdown(f"Taken apart, they make {len(of_article)} statements: {told}.")
    for claim in CLAIMS:
        rows = table[table.claim == claim.id]
        outcomes = rows.verdict.tolist()
        with st.expander(
            f"**{answer.in_short(outcomes)}.** {claim.title}",
            icon=f":material/{_icon(outcomes)}:",
            key=f"article.{claim.id}",
        ):
            st.markdown(f"The claim: {claim.statement}")
            _parts(rows)
            if claim.id in more:
                more[claim.id]()


def _parts(rows: pd.DataFrame) -> None:
    """Statements with their verdicts and the numbers: rows of `verdict_table`."""
    for row in rows.itertuples():
        evidence = f"{row.evidence[0].upper()}{row.evidence[1:]}."
        st.markdown(f"{_badge(row.verdict)} {row.statement}  \n:small[{evidence}]")


def _icon(outcomes: Sequence[str]) -> str:
    return BADGES[outcomes[0]][1] if len(set(outcomes)) == 1 else MIXED


def _badge(outcome: str) -> str:
    colour, icon = BADGES[outcome]
    return f":{colour}-badge[:material/{icon}: {outcome}]"


def method(target: float, seeds: int, table: pd.DataFrame, results: Mapping[str, History]) -> None:
    """How the verdicts are reached, all of them as a table, and those that depend on the target."""
    number = comparisons((*CLAIMS, *CAUSES))
    lost = np.concatenate([history.lost for history in results.values()])
    st.markdown(
        f"Each recipe of the article runs on {ARTICLE_SEEDS} seeds, each other recipe on {seeds}. A seed "
        "draws the initial weights and the batch order, so that recipes are compared on equal terms, seed by seed. "
        "The split is always the article's: the verdicts are about that split of this data set.\n\n"
        f"A statement predicts a range: below 0, above half of the seeds, by epoch {EARLY}. It *{HOLDS}* if the "
        f"confidence interval lies inside the range, and *{FAILS}* if it lies outside. If it lies across an end, "
        f'it is *{OPEN}*. The interval stands in parentheses behind the number that it belongs to; "points" are '
        "percentage points, and epochs are counted from 1.\n\n"
        'Means have the interval of the paired t test. "Faster on most seeds" counts the seeds on which the target '
        "is reached in fewer epochs, with the exact binomial interval. A run that never gets there is slower than "
        "one that does, and an equal one is not faster; a seed on which neither gets there is left out. Medians "
        "have the distribution-free interval of order statistics. A lost run counts as the worst, and then "
        f"the median of the differences stands in for their mean: {wording.lost_of(lost)}.\n\n"
        f"This page makes {number} comparisons. Their intervals are widened for that (Bonferroni): each has "
        f"{CONFIDENCE:.2%} confidence, so that all {number} hold together with {JOINT:.0%}."
    )
    numbers = dict.fromkeys(("value", "from", "to"), st.column_config.NumberColumn(format="%.3g"))
    st.dataframe(
        table,
        hide_index=True,
        key="article.verdicts",
        column_config=numbers,
        alt="Every statement with its verdict.",
    )
    _other_targets(target, seeds, results)


def _other_targets(target: float, seeds: int, results: Mapping[str, History]) -> None:
    """The statements whose verdict depends on the target; the arguments are those of `verdict_table`."""
    st.markdown("These verdicts depend on the target:")
    outcomes = {
        f"{100 * each:g}%": verdict_table(each, seeds, results).set_index(["claim", "statement"]).verdict
        for each in sorted({*OTHER_TARGETS, target})
    }
    table = pd.DataFrame(outcomes)
    table = table[table.nunique(axis=1) > 1]
    st.dataframe(table.reset_index(), hide_index=True, key="article.by_target", alt="Verdicts by target.")
    st.caption(
        "All other verdicts are the same at these targets. The intervals are as wide as above, and not wider for the "
        "several targets."
    )


def one_change_at_a_time(
    results: Mapping[str, History],
    target: float,
    table: pd.DataFrame,
    more: Mapping[str, Callable[[], None]],
) -> None:
    """Schedule and momentum crossed: curves, epochs to the target, and the verdicts on each cause.

    Args:
        more: as in `claims`, by a cause's id.
    """
    st.markdown(
        "Where the article added decay, it added momentum, too. To tell the two apart, cross them: these four recipes "
        "all start at the rate 0.1."
    )
    chart, numbers = st.columns([2, 1], gap="large")
    seeds = min(len(results[name].loss) for name in TWO_BY_TWO.values())
    cut = {key: results[name][:seeds] for key, name in TWO_BY_TWO.items()}
    medians = {
        key: metrics.middle(metrics.epochs_to("accuracy", target).values(history))
        for key, history in cut.items()
    }
    with chart:
        _square(cut, target, medians)
    with numbers:
        st.markdown("Median epochs to the target:")
        st.dataframe(_square_table(medians), key="article.square", alt="Epochs to the target.")
        st.markdown("Along a row only the momentum changes, down a column only the schedule.")
        drop, there = RECIPES["step"].first_change(), medians["StepDecay", 0.9]
        if drop and there <= drop:
            st.markdown(
                f"With momentum 0.9 the median run is there after {there:g} epochs. The first drop comes after {drop}: "
                "a decay that has not begun cannot be the cause."
            )
    for cause in CAUSES:
        with st.container(border=True):
            st.markdown(f"**{cause.title}**: {cause.statement}")
            _parts(table[table.claim == cause.id])
            if cause.id in more:
                more[cause.id]()


def _square(histories: Mapping[tuple[str, float], History], target: float, medians: Mapping) -> None:
    curves = [
        spread_curve(
            _square_label(*key),
            history.accuracy,
            figures.schedule_style(key[0])[0],
            "solid" if key[1] else "dot",
        )
        for key, history in histories.items()
    ]
    panel = figures.Panel(
        "training accuracy", curves, (target, f"target {100 * target:g} %"), span=(min(0.8, target - 0.1), 1)
    )
    figure_chart(
        st,
        figures.epoch_figure([panel], height=330),
        key="article.square_chart",
        alt="Training accuracy by epoch. Median epochs to the target: "
        + "; ".join(f"{_square_label(*key)}: {_epochs(value)}" for key, value in medians.items()),
    )
    st.caption(
        f"Lines: the median of {len(next(iter(histories.values())).loss)} runs. Bands: {BAND_IN_WORDS}."
    )


def _square_label(schedule: str, momentum: float) -> str:
    return f"{'constant' if schedule == 'Constant' else 'step decay'}, momentum {momentum:g}"


def _square_table(medians: Mapping[tuple[str, float], float]) -> pd.DataFrame:
    table = pd.Series({key: _epochs(value) for key, value in medians.items()}).unstack()
    table = table.rename(index={"Constant": "constant", "StepDecay": "step decay"}, columns="{:g}".format)
    return table.rename_axis("momentum:")


def _epochs(value: float) -> str:
    return f"{value:g}" if np.isfinite(value) else "never"
