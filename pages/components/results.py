"""Trained runs for the pages: computed once for all sessions, in pieces, and kept within bounds."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from lrcore.recipes.recipe import Recipe
from lrcore.server import fast
from lrcore.server.fast import TrainerLostError
from lrcore.server.queue import Priority
from lrcore.training import experiments
from lrcore.training.run import History
from pages.components.state import session

SEEDS = 20
"""Seeds behind every band, where a page does not ask for another number."""
MOST_SEEDS, MOST_AT_ONCE = 200, 40
"""Seeds of a recipe that a reader can have, and that are trained at once."""
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
    recipes: Sequence[Recipe],
    seeds: int = SEEDS,
    priority: Priority = Priority.READER,
    *,
    together: bool = False,
    first: int = 0,
) -> list[History]:
    """The runs of each recipe on `seeds` seeds, each History's arrays (seeds, epochs); kept for all sessions.

    Works in pieces that take a moment each: between two of them a progress bar moves, and a rerun that the reader
    has caused meanwhile takes over.

    Args:
        priority: what the training is for.
        together: whether the recipes always come together: then they are kept as one, else each on its own, so that
            one that changes leaves the others as they are.
        first: the first of the seeds.
    """
    place, began = st.empty(), time.monotonic()
    different = tuple(dict.fromkeys(recipes))
    groups = [different] if together else [(recipe,) for recipe in different]
    pieces = [(group, part) for group in groups for part in _parts(group, seeds, first)]
    made: dict[tuple[Recipe, ...], list[list[History]]] = {}
    for done, (group, part) in enumerate(pieces):
        if time.monotonic() - began > PATIENCE:
            place.progress(done / len(pieces), f"Training {len(recipes) * seeds} networks")
        with or_an_apology():
            made.setdefault(group, []).append(_piece(group, part.start, part.stop, priority))
    place.empty()
    whole = {
        recipe: History.joined(parts)
        for group, pieces_of in made.items()
        for recipe, parts in zip(group, zip(*pieces_of, strict=True), strict=True)
    }
    return [whole[recipe] for recipe in recipes]


def _parts(recipes: Sequence[Recipe], seeds: int, first: int) -> list[range]:
    """The seeds in parts that take a moment each: more at once are faster, but cannot be interrupted."""
    most = math.floor(LONGEST_PIECE / sum(map(experiments.seconds, recipes)))
    size = max(1, min(MOST_AT_ONCE, most) // SEEDS * SEEDS or min(SEEDS, most))
    stop = first + seeds
    return [range(start, min(start + size, stop)) for start in range(first, stop, size)]


def one_run(recipe: Recipe, seed: int) -> History:
    """The run of that one seed, its arrays (1, epochs)."""
    with or_an_apology():
        return _piece((recipe,), seed, seed + 1)[0]


def run_of(history: History, seed: int) -> dict[str, list[float]]:
    """The curves of one run of `history`, with the rates that its epochs began with."""
    curves = history.curves() | {"learning_rate": history.learning_rate}
    return {name: values[seed].tolist() for name, values in curves.items()}


@st.cache_data(
    max_size="64MB", show_spinner=False, hash_funcs={Recipe: repr}
)  # some 3,000 bands: a class's lesson
def _piece(
    recipes: tuple[Recipe, ...], first: int, stop: int, _priority: Priority = Priority.READER
) -> list[History]:
    """The runs of recipes on some seeds, which are trained and kept as one."""
    return fast.run(recipes, range(first, stop), give_way, _priority)


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
