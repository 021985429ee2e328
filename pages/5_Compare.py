"""Two to six recipes side by side: the verdict, the curves, what it depends on, and what is more than luck."""

from dataclasses import replace

import streamlit as st

from pages.components.charts.live import after_release, live
from pages.components.charts.plot import in_sight, pinned
from pages.components.compare import (
    charts,
    comparison,
    dependence,
    links,
    one_by_one,
    own_best,
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

page = Page(__file__)
page.opening("Which recipe does better, by how much, and is the difference more than luck?")
number = links.count()
presets = st.container(horizontal=True)
curves, controls = st.columns([2, 1], gap="large")
with controls:
    entries = panels.panels(number)
with presets:
    links.presets(page)
with curves:
    above = st.container()
    with pinned():
        verdict_place, sight = after_release(), in_sight()
    view = charts.view()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        baseline = panels.baseline_control(entries)
        offer(entries, baseline)
    guard(entries, baseline, tuned=own_best.is_done(entries))
    own_best.offer(entries, baseline)
    dependence_place, explained = st.empty(), st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seeds = links.SEED_COUNT.draw()
        predicting, stepping = prediction.SWITCH.draw(), one_by_one.SWITCH.draw()

opened = st.session_state[panels.EDITING]
picture = charts.Picture(entries, baseline.letter, opened, view)
pair = comparison.pair(entries, baseline, opened)
recipes = [entry.recipe for entry in entries]
with sight:
    charts.show_rates(picture)
with explained:
    seeds = affordable(recipes, seeds)
guess = prediction.guess(entries, seeds)
waits = predicting and not guess
added = one_by_one.added(entries, baseline, seeds) if stepping else seeds
complete = not waits and added == seeds
if waits:
    with above:
        prediction.ask(entries, seeds)
else:
    with explained:
        results = histories(recipes, seeds)
    if stepping:
        with above:
            one_by_one.buttons(added, seeds)
            one_by_one.show(entries, results, pair, added, seeds)

if complete:
    comparisons = number_of_comparisons(entries, results, baseline, predicting=predicting)
    picture = replace(picture, histories=results, comparisons=comparisons)
    with sight:
        charts.show_runs(picture)
    with explained:
        charts.explain(picture)
    by_letter = {entry.letter: history for entry, history in zip(entries, results, strict=True)}
    if predicting:
        with above:
            prediction.answer(guess, entries, results, baseline, comparisons)
    st.subheader(f"Against recipe {baseline.letter}, the baseline", anchor=False)
    target = tables.target_controls()
    made = compare(entries, results, baseline, target, comparisons)
    verdict_place.markdown(headline(made, by_letter))
    show_verdicts(made, by_letter)
    tables.table(entries, results, target)
    taken = entries.index(panels.taken_home(entries))
    history = run_of(results[taken], 0)
    export_panel(recipes[taken], 0, key="compare.export", history=history, figure=picture.figure)
live(
    comparison.by_letter(entries, opened).recipe,
    picture,
    group=charts.GROUP,
    prefix=links.prefix_of(opened),
    seeds=seeds if complete else 0,
)

page.closing(*map(links.suggestion, ("article", "four_meanings", "decay_at_2")))
if complete:  # last, so that it delays nothing
    dependence.show(dependence_place, *pair, judged_losses(made, seeds))
