"""Pick a schedule, slide its hyperparameters, see its curve and what it does to twenty runs."""

from functools import partial
from time import sleep

import streamlit as st

from lrcore.recipes.article import ARTICLE
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import StepDecay
from lrcore.settings import Flag
from pages.components.charts import bands, rates
from pages.components.charts.live import OneRecipe, live
from pages.components.charts.plot import in_sight
from pages.components.export_panel import export_panel
from pages.components.page import Page
from pages.components.results import histories_beside
from pages.components.state import session
from pages.components.state.controls import LOG_LOSS, Control
from pages.components.state.recipe_panel import recipe_link, recipe_panel
from pages.components.state.reference import kept_reference, reference_buttons, reference_caption
from pages.components.train.address import run_link

# Seconds in which the server sends the curve; the browser draws it while the bands are made.
CURVE_FIRST = 0.02
GROUP = "schedules"

page = Page(__file__)
page.opening(
    "What does a schedule do to the learning rate over a run, and what does that do to the training?"
)


@st.fragment
@session.part("laboratory")
def laboratory() -> None:
    """All that a slider changes, so that a move reruns no more than that."""
    charts, controls = st.columns([2, 1], gap="large")
    with controls:
        own, others = st.container(), st.container()
        with own:
            recipe = recipe_panel(settings_in=others)
            reference = kept_reference(recipe)
            reference_buttons(recipe, reference)
            reference_caption(reference)
        log = Control("log", Flag(label="Logarithmic rate axis")).draw()
        log_loss = LOG_LOSS.draw()
    with charts:
        with in_sight():
            rates.rate_chart(recipe, log=log, group=GROUP, reference=reference)
            sleep(CURVE_FIRST)
            history, kept = histories_beside(recipe, reference)
            bands.band_charts(recipe, history, log=log_loss, group=GROUP, reference=kept)
        rates.show_notes(recipe)
        bands.band_caption(recipe, history)
    rates.formula(recipe)
    rates.rate_table(recipe)
    figure = partial(rates.rate_figure, recipe, log=log, reference=reference)
    export_panel(recipe, 0, key="schedules.export", figure=figure)
    live(recipe, OneRecipe(log, log_loss), group=GROUP)
    page.closing(
        (
            "Halve the rate every 10 epochs",
            "3_Schedules.py",
            recipe_link(ARTICLE["step"]),
        ),
        (
            "A drop that never comes",
            "3_Schedules.py",
            recipe_link(Recipe(StepDecay(0.1, 0.5, 60))),
        ),
        ("Train this recipe with Keras, live", "4_Train.py", run_link(recipe)),
    )


laboratory()
