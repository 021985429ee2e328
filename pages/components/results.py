"""Trained runs for the pages: computed once for all sessions, in pieces, and kept within bounds."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

import numpy as np
import streamlit as st

from lrcore.recipes.recipe import Recipe
from lrcore.server import fast
from lrcore.server.fast import TrainerLostError
from lrcore.server.queue import Priority
from lrcore.training import experiments
from lrcore.training.ensemble import History
from pages.components.state import session

SEEDS = 20
"""Seeds behind every band, where a page does not ask for another number."""
BUDGET = 20
"""Seconds of training, by estimate, that one link may ask of the server."""
LONGEST_PIECE = 1
"""Seconds, by estimate, that a training goes on at most after its reader has moved on, and holds up the next."""
QUICK = 2
"""Seconds of training, by estimate, that a reader of a run by Keras waits for what stands behind it."""
PATIENCE = 0.3
"""Seconds of training before a progress bar appears."""


def is_quick(recipe: Recipe, seeds: int = SEEDS) -> bool:
    """Whether so many seeds can be trained while a reader of a run by Keras waits."""
    return seeds * experiments.seconds(recipe) <= QUICK


def affordable(recipes: Sequence[Recipe], seeds: int = SEEDS) -> int:
    """How many of the seeds fit into `BUDGET`, and at least one; says so where they are fewer than asked for."""
    number = seeds_within_budget(recipes, seeds)
    if number < seeds:
        st.warning(
            f"{seeds} seeds of this would keep the server busy for too long, and it is shared. The results are of "
            f"{number}. Fewer epochs or hidden units, or larger batches, leave time for more.",
            icon=":material/timer:",
        )
    return number


def seeds_within_budget(recipes: Sequence[Recipe], seeds: int) -> int:
    """How many of the seeds fit into `BUDGET`; at least one."""
    return max(1, min(seeds, math.floor(BUDGET / sum(map(experiments.seconds, recipes)))))


def histories(
    recipes: Sequence[Recipe], seeds: int = SEEDS, priority: Priority = Priority.READER
) -> list[History]:
    """The runs of each recipe on the seeds 0..seeds-1, each History's arrays (seeds, epochs).

    Works in pieces of a few seeds of one recipe: between two of them a progress bar moves, and a rerun that
    the reader has asked for meanwhile takes over.
    """
    place, began = st.empty(), time.monotonic()
    pieces = [(number, piece) for number, recipe in enumerate(recipes) for piece in _pieces(recipe, seeds)]
    parts: list[list[dict[str, np.ndarray]]] = [[] for _ in recipes]
    for done, (number, seeds_of_piece) in enumerate(pieces):
        if time.monotonic() - began > PATIENCE:
            place.progress(done / len(pieces), f"Training {len(recipes) * seeds} networks")
        with or_an_apology():
            part = _piece(_params(recipes[number]), seeds_of_piece.start, seeds_of_piece.stop, priority)
        parts[number].append(part)
    place.empty()
    return [
        History(**{name: np.concatenate([part[name] for part in each]) for name in each[0]}) for each in parts
    ]


def _pieces(recipe: Recipe, seeds: int) -> list[range]:
    """The seeds in parts that take a moment each: more at once are faster, but cannot be interrupted."""
    size = max(1, min(SEEDS, math.floor(LONGEST_PIECE / experiments.seconds(recipe))))
    return [range(first, min(first + size, seeds)) for first in range(0, seeds, size)]


def one_run(recipe: Recipe, seed: int) -> History:
    """The run of that one seed, its arrays (1, epochs)."""
    with or_an_apology():
        return History(**_piece(_params(recipe), seed, seed + 1))


def run_of(history: History, seed: int, recipe: Recipe) -> dict[str, list[float]]:
    """The curves of one run of `history`, arrays (seeds, epochs), with the rates that its epochs began with."""
    series = {name: values[seed].tolist() for name, values in history.curves().items()}
    return series | {"learning_rate": recipe.learning_rates()[:, 0].tolist()}


def _params(recipe: Recipe) -> tuple[tuple[str, str], ...]:
    return tuple(recipe.to_params().items())


@st.cache_data(max_size="64MB", show_spinner=False)  # some 4,000 bands: a lesson of a class
def _piece(
    params: tuple[tuple[str, str], ...], first: int, stop: int, _priority: Priority = Priority.READER
) -> dict[str, np.ndarray]:
    """The fields of the recipe's History, each with the seeds along the first axis."""
    recipe = Recipe.from_params(dict(params))
    (history,) = fast.run([recipe], range(first, stop), give_way, _priority)
    return asdict(history)


@contextmanager
def or_an_apology() -> Iterator[None]:
    """Around what is trained: where the trainer was lost, the page says so here, offers to try again, and ends."""
    try:
        yield
    except TrainerLostError as error:
        st.error(str(error), icon=":material/error:")
        st.button("Try again", key="results.again")
        session.mirror()  # what a reader has set is not lost
        st.stop()


def give_way() -> None:
    """Ends the wait of a reader who has moved on: Streamlit stops a script where it reads the session."""
    st.session_state.get("results.overtaken")
