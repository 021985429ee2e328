"""Final loss against the rate: which rate is best, and which schedule, each at its own best rate."""

import streamlit as st

from lrcore.findings import tuning
from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, CosineDecay, ExponentialDecay, OneCycle, StepDecay
from pages.components.page import Page
from pages.components.tune import curve, entries, heat_map, point, rising, stops, verdict, views
from pages.components.tune.plan import plan, report

page = Page(__file__)
page.opening("Which learning rate is best, and does a schedule still win when each has its own best rate?")
number = entries.count()

view = views.VIEW.draw(label_visibility="collapsed")
warnings, (left, right) = st.container(), st.columns([2, 1], gap="large")
with left:
    chart, progress, below = st.empty(), st.empty(), st.container()
said, controls = st.columns([2, 1], gap="large")
with controls:
    schedules = entries.panels(number)
    size = views.SIZE.draw()
with right:
    entry, rate = views.chosen_controls(schedules, size)
    runs_of_point, links = st.container(), st.container()
with below:
    measure, axis = views.look_controls(drawn=view == views.CURVE)
    second = heat_map.second_control(entry, drawn=view == views.MAP)
recipe, look = point.recipe_of(entry, rate), curve.styles(schedules)[schedules.index(entry)]
with links:
    point.links(page, schedules, entry, rate)

page.closing(
    (
        "Everything with momentum 0.9: which rates are the best now?",
        "6_Tune.py",
        entries.link(
            [Recipe(kind(), optimizer=SGD(momentum=0.9)) for kind in (Constant, StepDecay, CosineDecay)]
        ),
    ),
    (
        "A decay that is too fast, against the area under it",
        "6_Tune.py",
        entries.link([Recipe(Constant()), Recipe(ExponentialDecay(decay_rate=0.3)), Recipe(OneCycle())])
        | {views.AXIS.key: views.AXIS.setting.spell("area")},
    ),
    (
        "Two schedules at one rate, on Compare",
        "5_Compare.py",
        point.compare_link([Recipe(Constant()), Recipe(StepDecay())], 20),
    ),
)

if view == views.CURVE:
    made = plan([each.recipe for each in schedules], size)
    with warnings:
        report(made, size)
    if made is not None:
        found = curve.show(chart, progress, schedules, made, (measure, axis), recipe)
        with below:
            verdict.best_buttons(found)
            curve.caption(made, measure)
elif view == views.MAP:
    grid = heat_map.grid_of(entry, second, size)
    if grid is None:
        with warnings:
            report(None, size)
    else:
        cells = heat_map.show(chart, progress, grid, recipe)
        with below:
            heat_map.describe(grid, cells)
else:
    made = plan([entry.recipe], size)
    with warnings:
        report(made, size)
    if made is not None:
        with below:
            rising.show(chart, progress, entry, made, look)
if recipe is not None:
    with runs_of_point:
        point.show(entry, recipe, look)
if view == views.CURVE and made is not None:
    with said:
        verdict.show(page, found, made.judging)
        verdict.same_curve(found)
stops.follow(entry, look, sorted({*tuning.grid(size), rate}))
