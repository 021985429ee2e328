"""Two to six recipes side by side: curves, a table, and which differences are more than luck."""

import streamlit as st

from lrcore.presets import PRESETS
from lrcore.settings import Flag
from pages.components import comparison, comparison_charts, comparison_prediction, comparison_tables
from pages.components.comparison_verdicts import compare, guard, number_of_comparisons, show_verdicts
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

curves, controls = st.columns([2, 1], gap="large")
with controls:
    seeds = comparison.SEED_COUNT.draw()
    entries = comparison.panels(number)
with curves:
    seeds = affordable([entry.recipe for entry in entries], seeds)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        baseline = comparison.baseline_control(entries)
        predicting = Control(
            "predict",
            Flag(
                label="Predict first",
                help="Hides the results until you have said which recipe will have the lowest final validation loss, "
                "or that they will be about equal.",
            ),
        ).draw()
    guard(entries, baseline)
    guess = comparison_prediction.guess(entries, seeds)
    if predicting and not guess:
        comparison_prediction.ask(entries, seeds)
        comparison_charts.rate_chart(entries)
    else:
        results = histories([entry.recipe for entry in entries], seeds)
        comparisons = number_of_comparisons(entries, results, baseline, predicting=predicting)
        if predicting:
            comparison_prediction.answer(guess, entries, results, baseline, comparisons)
        figure = comparison_charts.charts(entries, results)

if guess or not predicting:
    st.subheader("In numbers", anchor=False)
    target = comparison_tables.target_controls()
    comparison_tables.table(entries, results, target)
    st.subheader(f"Against recipe {baseline.letter}", anchor=False)
    show_verdicts(
        compare(entries, results, baseline, target, comparisons),
        {entry.letter: history for entry, history in zip(entries, results, strict=True)},
    )
    taken = entries.index(comparison.taken_home(entries))
    export_panel(
        entries[taken].recipe,
        0,
        key="compare.export",
        history=run_of(results[taken], 0, entries[taken].recipe),
        figure=lambda: figure,
    )

page.closing(
    *(
        (PRESETS[name].title, "5_Compare.py", comparison.link(comparison.entries_of(PRESETS[name])))
        for name in ("article", "four_meanings", "decay_at_2")
    )
)
