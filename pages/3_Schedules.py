"""Pick a schedule, slide its hyperparameters, see its curve and what it does to twenty runs."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from lrcore import experiments, figures
from lrcore.recipes import ARTICLE
from pages.components import bands, rates
from pages.components.page import Page
from pages.components.recipe_panel import (
    flag_parameters,
    recipe_link,
    recipe_panel,
    recipe_parameters,
    schedule_controls,
)
from pages.components.results import histories

page = Page(__file__)
page.opening(
    "What does a schedule do to the learning rate over a run, and what does that do to the training?",
    recipe_parameters() | recipe_parameters("overlay.") | flag_parameters("log", "second"),
)

controls, curve = st.columns([1, 2], gap="large")
settings, training = st.columns([1, 2], gap="large")
with controls:
    recipe = recipe_panel(training_in=settings)
    overlaid = st.toggle("Overlay a second schedule", key="second", bind="query-params")
    recipes = [recipe, replace(recipe, schedule=schedule_controls("overlay."))] if overlaid else [recipe]

with curve:
    rates.rate_chart(recipes)
    rates.formula(recipe)

with training:
    bands.band_charts(recipe, histories([recipe])[0])

with st.expander("The rate of every epoch, as a table", icon=":material/table:"):
    rates.rate_table(recipe)
