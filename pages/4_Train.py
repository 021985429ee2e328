"""Keras trains the recipe, live: curves that grow epoch by epoch, with the learning rate under them."""

import streamlit as st

from lrcore.recipes import ARTICLE
from pages.components import training
from pages.components.controls import toggle
from pages.components.links import flag
from pages.components.page import Page
from pages.components.recipe_panel import recipe_link, recipe_panel, recipe_parameters
from pages.components.seed import SEED, seed_slider

page = Page(__file__)
page.opening(
    "How does one network learn under this schedule, epoch by epoch, when Keras itself trains it?",
    recipe_parameters() | {"seed": SEED, "band": flag, "overlay": flag},
)

buttons = st.container(horizontal=True)
stage, controls = st.columns([2, 1], gap="large")
with controls:
    recipe = recipe_panel()
    seed = seed_slider()
    band = toggle("20 seeds behind it", "band", default=True)
    overlay = toggle(
        "Fast trainer over it",
        "overlay",
        help="The bands come from a second, faster trainer. From the same seed it makes the same run as Keras.",
    )
training.resume_from_link(recipe, seed)
training.follow()
training.write_to_link(recipe, seed)  # before the run is drawn: what a reader sees, a reload finds
with buttons:
    st.button(
        "Train",
        icon=":material/play_arrow:",
        key="train.start",
        on_click=training.start,
        args=(recipe, seed),
    )
    if training.is_running():
        st.button("Stop", icon=":material/stop:", key="train.stop", on_click=training.stop)
with stage:
    training.stage(recipe, seed, band=band, overlay=overlay)
    training.export()

page.closing(
    *(
        (f"The article's experiment {number}: {name}", "4_Train.py", recipe_link(recipe))
        for number, (name, recipe) in enumerate(ARTICLE.items(), start=1)
    )
)
