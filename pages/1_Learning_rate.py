"""Gradient descent to play with, in a bowl and in a ravine, then four rates on the real data."""

from collections.abc import Callable

import streamlit as st

from lrcore.data import DATASETS
from lrcore.descent import Scene
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, TimeBasedDecay
from pages.components.descent.descent_controls import bowl_controls, ravine_controls
from pages.components.descent.descent_player import descent_player
from pages.components.descent.four_rates import RATES, four_rates
from pages.components.page import Page
from pages.components.state import session
from pages.components.state.recipe_panel import recipe_link
from pages.components.train.training import run_link

page = Page(__file__)
page.opening("Drag the learning rate: when does the ball creep, settle, bounce, or leave the bowl?")


@st.fragment
def descend(controls: Callable[[], Scene], key: str, label: str) -> None:
    """A player and, beside it or under it, its controls; what happens here redraws nothing else."""
    with session.part(label):
        player, beside = st.columns([2, 1], gap="large")
        with beside:
            scene = controls()
        with player:
            descent_player(scene, key=key, label=label)


descend(bowl_controls, "rate", "Bowl")

st.subheader("A ravine: momentum and decay", anchor=False)
st.markdown("Seen from above. Try the high rates, then give the ball momentum, or let the rate decay.")
descend(ravine_controls, "ravine.rate", "Ravine")

recipe = Recipe()
st.subheader(
    "The same on real data",
    anchor=False,
    help=f"**Batch**: the rows that one update looks at, here {recipe.batch_size}.\n\n**Epoch**: one pass over all "
    f"{DATASETS[recipe.data].n_train} training rows, here {recipe.updates_per_epoch()} updates.",
)
four_rates()

page.closing(
    ("Next page: the data behind these curves", "2_Data.py", {}),
    (
        f"Start at the high rate, {RATES['High']:g}, and let it decay",
        "3_Schedules.py",
        recipe_link(Recipe(TimeBasedDecay(RATES["High"], 0.3))),
    ),
    (
        f"Train with Keras at the very high rate, {RATES['Very high']:g}, live",
        "4_Train.py",
        run_link(Recipe(Constant(RATES["Very high"]))),
    ),
)
