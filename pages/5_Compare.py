"""Two to six recipes side by side: the verdict, what it depends on, the curves, and what is more than luck."""

import streamlit as st

from lrcore.presets import PRESETS
from lrcore.settings import Flag
from pages.components import comparison, comparison_charts, comparison_dependence, comparison_one_by_one
from pages.components import comparison_prediction as prediction
from pages.components import comparison_tables as tables
from pages.components.comparison_guard import guard, offer
from pages.components.comparison_verdicts import (
    compare,
    headline,
    judged_losses,
    number_of_comparisons,
    show_verdicts,
)
from pages.components.controls import Control
from pages.components.export_panel import export_panel
from pages.components.page import Page
from pages.components.results import affordable, histories, run_of

page = Page(__file__)
page.opening("Which recipe does better, by how much, and is the difference more than luck?")
number = comparison.count()
with st.container(horizontal=True):
    for name, preset in PRESETS.items():
        link = comparison.link(comparison.entries_of(preset))
        page.link(preset.title, "5_Compare.py", link, key=f"compare.preset.{name}", help=preset.lesson)

verdict_place, dependence_place = st.container(), st.empty()
curves, controls = st.columns([2, 1], gap="large")
with controls:
    seeds = comparison.SEED_COUNT.draw()
    switches = st.container(horizontal=True)
    which = st.container(horizontal=True, vertical_alignment="bottom")
    entries = comparison.panels(number)
    with which:
        baseline = comparison.baseline_control(entries)
        offer(entries, baseline)
    with switches:
        predicting = Control(
            "predict",
            Flag(
                label="Predict first",
                help="Hides the results until you have said which recipe will have the lowest final validation loss, "
                "or that they will be about equal.",
            ),
        ).draw()
        stepping = comparison_one_by_one.SWITCH.draw()

with curves:
    seeds = affordable([entry.recipe for entry in entries], seeds)
    guess = prediction.guess(entries, seeds)
    waits = predicting and not guess
    added = comparison_one_by_one.added(entries, baseline, seeds) if stepping else seeds
    complete = not waits and added == seeds
    pair = comparison.pair(entries, baseline)
    if waits:
        prediction.ask(entries, seeds)
    else:
        results = histories([entry.recipe for entry in entries], seeds)
        if stepping:
            comparison_one_by_one.buttons(added, seeds)
            comparison_one_by_one.show(entries, results, pair, added, seeds)
    guard(entries, baseline)
    if complete:
        comparisons = number_of_comparisons(entries, results, baseline, predicting=predicting)
        if predicting:
            with verdict_place:
                prediction.answer(guess, entries, results, baseline, comparisons)
        figure = comparison_charts.charts(entries, results, baseline, comparisons)
    else:
        comparison_charts.rate_chart(entries)

if complete:
    by_letter = {entry.letter: history for entry, history in zip(entries, results, strict=True)}
    st.subheader(f"Against recipe {baseline.letter}, the baseline", anchor=False)
    target = tables.target_controls()
    made = compare(entries, results, baseline, target, comparisons)
    verdict_place.markdown(headline(made, by_letter))
    show_verdicts(made, by_letter)
    tables.table(entries, results, target)
    taken = entries.index(comparison.taken_home(entries))
    export_panel(
        entries[taken].recipe,
        0,
        key="compare.export",
        history=run_of(results[taken], 0, entries[taken].recipe),
        figure=(lambda: figure) if figure else None,
    )

page.closing(
    *(
        (PRESETS[name].title, "5_Compare.py", comparison.link(comparison.entries_of(PRESETS[name])))
        for name in ("article", "four_meanings", "decay_at_2")
    )
)
if complete:  # last, so that it delays nothing
    comparison_dependence.show(dependence_place, *pair, judged_losses(made, seeds))
