"""Keras trains the recipe, live: curves that grow epoch by epoch, with the learning rate under them."""

import streamlit as st

from lrcore import source
from lrcore.recipes.article import ARTICLE
from lrcore.settings import Flag
from pages.components.charts.live import OneRecipe, live
from pages.components.page import Page
from pages.components.results import SEEDS
from pages.components.state.controls import LOG_LOSS, SEED, Control
from pages.components.state.recipe_panel import recipe_panel
from pages.components.train import training

page = Page(__file__)
page.opening("How does one network learn under this schedule, epoch by epoch, when Keras itself trains it?")

stage, controls = st.columns([2, 1], gap="large")
with controls:
    recipe = recipe_panel()
    seed = SEED.draw()
    band = Control("band", Flag(label=f"{SEEDS} seeds behind it", default=True)).draw()
    overlay = Control(
        "overlay",
        Flag(
            label="Fast trainer over it",
            help="The bands come from a second, faster trainer. From the same seed it makes the same run as Keras.",
        ),
    ).draw()
    log_loss = LOG_LOSS.draw()
training.show_what_the_link_says(recipe, seed)
training.follow()
training.write_to_link(recipe, seed)
page.settled()  # before the run is drawn: what a reader sees, a reload finds
with stage:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Train",
            icon=":material/play_arrow:",
            key="train.start",
            type="primary",
            on_click=training.press,
            args=(recipe, seed),
        )
        words = st.empty()  # before the button that comes and goes: it keeps its place
        if training.is_running():
            st.button("Stop", icon=":material/stop:", key="train.stop", on_click=training.stop)
    training.stage(recipe, seed, words, band=band, overlay=overlay, log=log_loss)
training.export()
if band and training.is_before_a_run():
    live(recipe, OneRecipe(log=False, log_loss=log_loss), group=training.GROUP)

page.closing(
    *(
        (f"Experiment {number} of {source.NAMED}: {name}", "4_Train.py", training.run_link(recipe))
        for number, (name, recipe) in enumerate(ARTICLE.items(), start=1)
    )
)
