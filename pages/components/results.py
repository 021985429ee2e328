"""Trained runs for the pages: computed once for all sessions, in pieces, and kept within bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

import numpy as np
import streamlit as st

from lrcore import experiments
from lrcore.ensemble import History
from lrcore.ionosphere import n_train
from lrcore.recipes import Recipe

SEEDS = 20
"""Seeds behind every band, where a page does not ask for another number."""

QUICK_UPDATES = 5000
"""A run of so many updates trains on `SEEDS` seeds in about a second."""


def is_quick(recipe: Recipe) -> bool:
    """Whether the seeds behind a band can be trained while a reader waits."""
    return recipe.epochs * recipe.updates_per_epoch(n_train()) <= QUICK_UPDATES


def histories(
    recipes: Sequence[Recipe], seeds: int = SEEDS, on_progress: Callable[[float], None] | None = None
) -> list[History]:
    """The runs of each recipe on the seeds 0..seeds-1, each History's arrays (seeds, epochs).

    Works in pieces of `SEEDS` seeds of one recipe: between two of them `on_progress` gets the share done,
    and a rerun that the reader has asked for meanwhile takes over.
    """
    pieces = [range(first, min(first + SEEDS, seeds)) for first in range(0, seeds, SEEDS)]
    results = []
    for number, recipe in enumerate(recipes):
        parts = []
        for done, piece in enumerate(pieces):
            if on_progress:
                on_progress((number * len(pieces) + done) / (len(recipes) * len(pieces)))
            parts.append(_piece(tuple(recipe.to_params().items()), piece.start, piece.stop))
        results.append(History(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]}))
    return results


def one_run(recipe: Recipe, seed: int) -> History:
    """The run of that one seed, its arrays (1, epochs)."""
    return History(**_piece(tuple(recipe.to_params().items()), seed, seed + 1))


@st.cache_data(max_size="200MB", show_spinner=False)
def _piece(params: tuple[tuple[str, str], ...], first: int, stop: int) -> dict[str, np.ndarray]:
    (history,) = experiments.run([Recipe.from_params(dict(params))], range(first, stop))
    return asdict(history)
