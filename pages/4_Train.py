"""Keras trains the recipe, live: curves that grow epoch by epoch, under the learning rate."""

import streamlit as st

from lrcore import source
from lrcore.recipes.article import ARTICLE
from lrcore.settings import Flag
from pages.components.charts.live import OneRecipe, live
from pages.components.page import Page
from pages.components.results import SEEDS
from pages.components.state.controls import LOG_LOSS, SEED, Control
from pages.components.state.recipe_panel import recipe_panel
from pages.components.state.reference import kept_reference
from pages.components.train import widgets
from pages.components.train.address import run_link
from pages.components.train.page_run import page_run

page = Page(__file__)
page.opening("How does one network learn under this schedule, epoch by epoch, when Keras itself trains it?")

stage, controls = st.columns([2, 1], gap="large")
with controls:
    recipe = recipe_panel()
    seed = SEED.draw()
    look = widgets.Look(
        band=Control("band", Flag(label=f"Band of {SEEDS} seeds", default=True)).draw(),
        overlay=Control(
            "overlay",
            Flag(
                label="Fast trainer over it",
                help="The bands come from a second, faster trainer. From the same seed it makes the same run as Keras.",
            ),
        ).draw(),
        log=LOG_LOSS.draw(),
    )
reference = kept_reference(recipe)
run = page_run(recipe, seed)
page.settled()  # before the run is drawn: what a reader sees, a reload finds
with stage:
    widgets.stage(recipe, seed, look, reference)
widgets.export()
if look.band and not widgets.has_curves(run):
    live(recipe, OneRecipe(log=False, log_loss=look.log), group=widgets.GROUP)

page.closing(
    *(
        (f"Experiment {number} of {source.NAMED}: {name}", "4_Train.py", run_link(recipe))
        for number, (name, recipe) in enumerate(ARTICLE.items(), start=1)
    )
)
