"""The seed: one control, the same on every page that trains a single run."""

from __future__ import annotations

from functools import partial

import streamlit as st

from lrcore.settings import Declared
from pages.components.links import Parameter, held, is_hidden

HIGHEST_SEED = 199
_DECLARED = Declared(
    "Seed", "s", (), "", low=0, high=HIGHEST_SEED, low_open=False, high_open=False, whole=True
)
SEED = Parameter(partial(_DECLARED.parsed, "seed"))


def seed_slider(*, disabled: bool = False) -> int:
    """Draws the control, unless the link hides it, and returns the seed."""
    if is_hidden("seed", _DECLARED.label):
        return held("seed", SEED, 0)
    return st.slider(
        _DECLARED.label,
        int(_DECLARED.low),
        int(_DECLARED.high),
        0,
        key="seed",
        bind="query-params",
        disabled=disabled,
        help="Draws the initial weights, the batch order and, for a stratified split, the rows. The same seed gives "
        "the same run.",
    )
