"""The results in sentences: the schedules at their own best rates and at equal rates, the best rates, the area."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from lrcore.findings import tuning, tuning_wording
from lrcore.findings.metrics import MEASURES
from lrcore.findings.tuning import FairVerdict, Tuned
from lrcore.findings.wording import counted
from lrcore.recipes.recipe import Recipe
from lrcore.server.queue import Priority
from lrcore.settings import number_text
from pages.components.page import Page
from pages.components.results import histories
from pages.components.tune import views
from pages.components.tune.point import compare_link
from pages.components.tune.runs import Scan

Found = Sequence[tuple[Scan, Tuned]]
_LOSS = MEASURES["val_loss"]


def best_buttons(found: Found) -> None:
    """Draws for each schedule a button that chooses its best rate."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for scan, tuned in found:
            if not tuned.all_lost:
                st.button(
                    f"{scan.entry.label}: {number_text(tuned.rate)}",
                    key=f"tune.best.{scan.entry.letter.lower()}",
                    icon=":material/star:",
                    help="Chooses the best rate of this schedule",
                    on_click=views.choose,
                    args=(scan.entry.letter, tuned.rate),
                )


def show(page: Page, found: Found, judging: int) -> None:
    """Writes the fair verdicts and the reasons.

    Args:
        judging: the number of seeds that judge.
    """
    scans, tuned = [scan for scan, _ in found], [each for _, each in found]
    recipes = [scan.recipes[each.best] for scan, each in found]
    if len(found) > 1:
        st.subheader("Each at its own best rate", anchor=False)
        verdicts = _verdicts(recipes, tuned, judging)
        for scan, given in zip(scans[1:], verdicts, strict=True):
            names = scan.entry.label, scans[0].entry.label
            st.markdown(tuning_wording.fair(given, names))
            st.caption(tuning_wording.scores(given, names))
        page.link(
            "Compare them at these rates",
            "5_Compare.py",
            compare_link(recipes, judging),
            key="tune.compare.best",
            icon=":material/compare_arrows:",
        )
        st.subheader("At equal rates", anchor=False)
        for number in range(1, len(found)):
            _at_equal_rates(scans[number], scans[0])
    st.subheader("The best rates", anchor=False)
    for scan, each in found:
        said = [
            tuning_wording.best_rate(each, scan.entry.rate_label),
            tuning_wording.certainty(each),
            tuning_wording.good_range(each),
        ]
        st.markdown(f"**{scan.entry.label}**. {' '.join(filter(None, said))}")


def _verdicts(recipes: Sequence[Recipe], tuned: Sequence[Tuned], judging: int) -> list[FairVerdict]:
    """The verdict on each schedule but the first, against the first."""
    runs = histories(recipes, judging, Priority.BEHIND)
    values = [_LOSS.values(history) for history in runs]
    return [
        tuning.judge_tuned(
            (own, tuned[0]), values[number], values[0], len(tuned) - 1, same=recipes[number] == recipes[0]
        )
        for number, own in enumerate(tuned[1:], start=1)
    ]


def _at_equal_rates(scan: Scan, baseline: Scan) -> None:
    """Writes the contrast: the verdicts at each equal rate of the grid."""
    rates = [rate for rate in scan.rates if rate in baseline.runs]
    if not rates:
        return
    values, others = (
        np.stack([_LOSS.values(each.runs[rate]) for rate in rates]) for each in (scan, baseline)
    )
    verdicts = tuning.at_equal_rates(values, others)
    names = scan.entry.label, baseline.entry.label
    st.markdown(tuning_wording.equal_rates(rates, verdicts, names))


def same_curve(found: Found) -> None:
    """Writes how well the curves coincide on each axis, if there are several."""
    if len(found) < 2:
        return
    st.subheader("The area decides", anchor=False)
    falls = tuning.falls([scan.positions for scan, _ in found], [tuned for _, tuned in found])
    st.markdown(tuning_wording.one_curve(falls, len(found)))
    st.caption(
        f"On {counted(found[0][1].seeds, 'tuning seed')}. Choose another axis below the chart to see it."
    )
