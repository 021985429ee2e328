"""The words that the first page introduces, each in one sentence, for a reader to open where it is first used.

To add one, add it to `TERMS` and name it where the page first needs it: `terms("loss")`.
"""

from __future__ import annotations

import streamlit as st

from lrcore.data import DATASETS
from lrcore.recipes.recipe import Recipe

_RECIPE = Recipe()
TERMS = {
    "weight": "The weight $w$ is the number that the model learns, and where the ball stands.",
    "loss": "The loss $L$ says how wrong the model is; training looks for the $w$ where it is lowest, the minimum.",
    "slope": r"The slope $\frac{dL}{dw}$ says how fast the loss rises if $w$ grows; downhill is the other way.",
    "learning rate": r"The learning rate $\eta$ says how much of the slope is taken off the weight at each update.",
    "update": "An update is one step: the weight is changed once.",
    "curvature": "The curvature $c$ says how fast the slope itself grows with the distance from the minimum.",
    "noise": r"The noise $\sigma\,\xi$ is a random number, new at each update, that is added to the slope: $\xi$ has "
    r"mean 0 and standard deviation 1.",
    "expected loss": "The expected loss is the mean of the loss over all draws of the noise, computed exactly.",
    "floor": "The floor of a rate is the expected loss that it comes down to in the long run, if it is kept.",
    "decay": r"Decay lets the learning rate fall from update to update, by a schedule $\eta(t)$.",
    "momentum": "Momentum $m$ is the share of the last step that is added to the next one, so the ball keeps rolling.",
    "batch": f"A batch is the rows of the data that one update looks at, here {_RECIPE.batch_size}.",
    "epoch": f"An epoch is one pass over all {DATASETS[_RECIPE.data].n_train} training rows, here "
    f"{_RECIPE.updates_per_epoch()} updates.",
}
"""One sentence for each word."""


def terms(*names: str) -> None:
    """Draws a row of words to open."""
    with st.container(horizontal=True, gap="xsmall"):
        for name in names:
            with st.popover(name, type="tertiary"):
                st.markdown(TERMS[name])
