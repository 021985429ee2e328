"""Gradient descent to play with, in a bowl and in a ravine, then four rates on the real data."""

from collections.abc import Callable

import streamlit as st

from lrcore.descent import Bowl, Scene
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant
from pages.components.descent.descent_controls import bowl_controls, ravine_controls
from pages.components.descent.descent_player import descent_player
from pages.components.descent.descent_rules import noisy_bowl_rule, ravine_rule
from pages.components.descent.four_rates import DECAY, RATES, four_rates, on_real_data
from pages.components.descent.terms import terms
from pages.components.page import Page
from pages.components.state import session
from pages.components.state.recipe_panel import recipe_link
from pages.components.train.address import run_link

page = Page(__file__)
with st.container(gap=None, key="page.opening"):
    page.opening(
        "**Learning rate laboratory**: move a learning rate and see what it does to a ball, then to a real network. "
        "Find out when it is too high, and when it pays to let it fall.",
        below=True,
    )


@st.fragment
def descend(controls: Callable[[], Scene], under: Callable[[Scene], None], key: str, label: str) -> None:
    """Draws a player, its controls beside it, and `under` it; a change here redraws nothing else."""
    with session.part(label):
        player, beside = st.columns([2, 1], gap="large")
        with beside:
            scene = controls()
        with player:
            descent_player(scene, key=key, label=label)
        under(scene)


def under_the_bowl(bowl: Bowl) -> None:
    """With noise, the rule that holds at every setting, and a link to a real network with the same schedule."""
    if not bowl.noise:
        return
    noisy_bowl_rule(bowl)
    recipe = on_real_data(bowl.schedule)
    title = recipe.schedule.title.lower()
    page.link(
        f"Try {title} on a real network",
        "3_Schedules.py",
        recipe_link(recipe),
        key="bowl.next",
        icon=":material/arrow_forward:",
    )


descend(bowl_controls, under_the_bowl, "rate", "Bowl")

st.subheader("A ravine: what momentum is for", anchor=False)
st.markdown(
    "Seen from above: steep across, almost flat along. Which rate gets to the middle? Then add momentum."
)
descend(ravine_controls, ravine_rule, "ravine.rate", "Ravine")

st.subheader("The same on real data", anchor=False)
terms("batch", "epoch")
four_rates()

page.closing(
    ("Next page: the data behind these curves", "2_Data.py", {}),
    (
        f"Start at the high rate, {RATES['High']:g}, and let it decay",
        "3_Schedules.py",
        recipe_link(on_real_data(DECAY)),
    ),
    (
        f"Train with Keras at the very high rate, {RATES['Very high']:g}, live",
        "4_Train.py",
        run_link(Recipe(Constant(RATES["Very high"]))),
    ),
)
