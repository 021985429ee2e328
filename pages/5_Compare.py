"""Two to six recipes side by side: the verdict, what it depends on, the curves, and what is more than luck."""

import streamlit as st

from lrcore.recipes.presets import PRESETS
from lrcore.settings import Flag
from pages.components.compare import (
    charts,
    comparison,
    dependence,
    links,
    one_by_one,
    panels,
    prediction,
    tables,
)
from pages.components.compare.guard import guard, offer
from pages.components.compare.verdicts import (
    compare,
    headline,
    judged_losses,
    number_of_comparisons,
    show_verdicts,
)
from pages.components.export_panel import export_panel
from pages.components.page import Page
from pages.components.results import affordable, histories, run_of
from pages.components.state.controls import Control

page = Page(__file__)
page.opening("Which recipe does better, by how much, and is the difference more than luck?")
number = links.count()
presets = st.container(horizontal=True)
verdict_place, dependence_place = st.container(), st.empty()
curves, controls = st.columns([2, 1], gap="large")
with controls:
    seeds = links.SEED_COUNT.draw()
    switches = st.container(horizontal=True)
    which = st.container(horizontal=True, vertical_alignment="bottom")
    entries = panels.panels(number)
    with which:
        baseline = panels.baseline_control(entries)
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
        stepping = one_by_one.SWITCH.draw()

with presets:
    for name, preset in PRESETS.items():
        link = links.link(comparison.entries_of(preset))
        page.link(preset.title, "5_Compare.py", link, key=f"compare.preset.{name}", help=preset.lesson)

with curves:
    seeds = affordable([entry.recipe for entry in entries], seeds)
    guess = prediction.guess(entries, seeds)
    waits = predicting and not guess
    added = one_by_one.added(entries, baseline, seeds) if stepping else seeds
    complete = not waits and added == seeds
    pair = comparison.pair(entries, baseline, st.session_state[panels.EDITING])
    if waits:
        prediction.ask(entries, seeds)
    else:
        results = histories([entry.recipe for entry in entries], seeds)
        if stepping:
            one_by_one.buttons(added, seeds)
            one_by_one.show(entries, results, pair, added, seeds)
    guard(entries, baseline)
    if complete:
        comparisons = number_of_comparisons(entries, results, baseline, predicting=predicting)
        if predicting:
            with verdict_place:
                prediction.answer(guess, entries, results, baseline, comparisons)
        figure = charts.charts(entries, results, pair, comparisons)
    else:
        charts.rate_chart(entries)

if complete:
    by_letter = {entry.letter: history for entry, history in zip(entries, results, strict=True)}
    st.subheader(f"Against recipe {baseline.letter}, the baseline", anchor=False)
    target = tables.target_controls()
    made = compare(entries, results, baseline, target, comparisons)
    verdict_place.markdown(headline(made, by_letter))
    show_verdicts(made, by_letter)
    tables.table(entries, results, target)
    taken = entries.index(panels.taken_home(entries))
    export_panel(
        entries[taken].recipe,
        0,
        key="compare.export",
        history=run_of(results[taken], 0),
        figure=(lambda: figure) if figure else None,
    )

page.closing(
    *(
        (PRESETS[name].title, "5_Compare.py", links.link(comparison.entries_of(PRESETS[name])))
        for name in ("article", "four_meanings", "decay_at_2")
    )
)
if complete:  # last, so that it delays nothing
    dependence.show(dependence_place, *pair, judged_losses(made, seeds))
