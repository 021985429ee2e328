"""Trained runs for the pages, cached for all sessions in pieces of bounded size.

What a page needs the fast trainer for besides is a function under `cached_training`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar

import streamlit as st

from lrcore.recipes.recipe import Recipe
from lrcore.server import fast
from lrcore.server.fast import TrainerLostError
from lrcore.server.queue import Priority
from lrcore.training import experiments
from lrcore.training.run import History
from pages.components.state import session

Args = ParamSpec("Args")
Made = TypeVar("Made")
SEEDS = 20
"""The number of seeds behind a band, unless a page chooses another."""
MOST_SEEDS, MOST_AT_ONCE = 200, 40
"""The most seeds of a recipe: for a reader to choose, and in one piece."""
BUDGET = 20
"""The most training that one link may cause, in estimated seconds."""
LONGEST_PIECE = 1
"""The most training in one piece, in estimated seconds: between two pieces the progress bar moves."""
QUICK = 2
"""The most training of the band behind a run by Keras, in estimated seconds."""
NOTICED = 0.05
"""Estimated seconds of training from which on a reader notices a wait."""
PATIENCE = 0.3
"""Seconds of waiting until a progress bar appears."""


def is_quick(recipe: Recipe, seeds: int = SEEDS) -> bool:
    """Whether this many seeds are trained within `QUICK`."""
    return seeds * experiments.seconds(recipe) <= QUICK


def affordable(recipes: Sequence[Recipe], seeds: int = SEEDS) -> int:
    """How many of the seeds fit into `BUDGET`, at least one; warns the reader if not all of them do."""
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

    They are trained in short pieces, each kept as soon as it is there; between two pieces the progress bar moves.
    Streamlit can interrupt this script for a rerun at any time.

    Args:
        priority: the purpose of the training.
        together: whether to cache the recipes as one entry, for recipes that are always requested together. Otherwise
            each is cached on its own, so that changing one does not train the others again.
        first: the first of the seeds.
    """
    place, began = st.empty(), time.monotonic()
    pieces = _pieces(recipes, seeds, together, first)
    made: list[list[History]] = []
    for group, part in pieces:
        if time.monotonic() - began > PATIENCE:
            place.progress(len(made) / len(pieces), f"Training {len(recipes) * seeds} networks")
        made.append(_piece(group, part.start, part.stop, priority))
    place.empty()
    return _joined(recipes, pieces, made)


def histories_beside(recipe: Recipe, reference: Recipe | None) -> tuple[History, History | None]:
    """The runs of the recipe and of the reference, if there is one, on as many seeds as are affordable."""
    recipes = [recipe, *filter(None, [reference])]
    history, *kept = histories(recipes, affordable(recipes))
    return history, kept[0] if kept else None


def known(
    recipes: Sequence[Recipe], seeds: int = SEEDS, *, together: bool = False, first: int = 0
) -> list[History] | None:
    """What `histories` returns for these arguments, if all of it has been trained before; trains nothing."""
    pieces = _pieces(recipes, seeds, together, first)
    try:
        return _joined(
            recipes, pieces, [_piece.known(group, part.start, part.stop) for group, part in pieces]
        )
    except _NotTrainedError:
        return None


class Growing:
    """What a reader sees of a result that is trained part by part: what there is, before each wait for more.

    The reader waits for the first part; the others come after what other readers wait for.

    Attributes:
        is_new: whether there is more than was drawn last.
    """

    def __init__(self, draw: Callable[[], None]) -> None:
        self.is_new, self._draw, self._priority = False, draw, Priority.READER

    def before(self, seconds: float) -> Priority:
        """Draws what is new if training the next part takes long enough to be noticed; returns that part's priority.

        Args:
            seconds: the estimated time of that training.
        """
        if self.is_new and seconds > NOTICED:
            self._draw()
            self.is_new, self._priority = False, Priority.BEHIND
        return self._priority


Piece = tuple[tuple[Recipe, ...], range]
"""Recipes that are trained together, and the seeds."""


def _pieces(recipes: Sequence[Recipe], seeds: int, together: bool, first: int) -> list[Piece]:
    different = tuple(dict.fromkeys(recipes))
    groups = [different] if together else [(recipe,) for recipe in different]
    return [(group, part) for group in groups for part in parts(group, seeds, first)]


def _joined(
    recipes: Sequence[Recipe], pieces: Sequence[Piece], made: Sequence[list[History]]
) -> list[History]:
    """The whole runs of each recipe."""
    found: dict[Recipe, list[History]] = {}
    for (group, _), histories_of_piece in zip(pieces, made, strict=True):
        for recipe, history in zip(group, histories_of_piece, strict=True):
            found.setdefault(recipe, []).append(history)
    return [History.joined(found[recipe]) for recipe in recipes]


def parts(recipes: Sequence[Recipe], seeds: int, first: int = 0, *, most: int = MOST_AT_ONCE) -> list[range]:
    """The seeds in parts of about `LONGEST_PIECE`; longer ones train faster, but show no progress.

    Args:
        recipes: what is trained with each seed.
        most: the most seeds of a part.
    """
    fit = min(most, math.floor(LONGEST_PIECE / sum(map(experiments.seconds, recipes))))
    size = max(1, fit // SEEDS * SEEDS or fit)
    stop = first + seeds
    return [range(start, min(start + size, stop)) for start in range(first, stop, size)]


def one_run(recipe: Recipe, seed: int) -> History:
    """The run of that one seed, its arrays (1, epochs)."""
    return _piece((recipe,), seed, seed + 1, Priority.READER)[0]


def run_of(history: History, seed: int) -> dict[str, list[float]]:
    """The curves of one run of `history`, with the rates that its epochs began with."""
    curves = history.curves() | {"learning_rate": history.learning_rate}
    return {name: values[seed].tolist() for name, values in curves.items()}


class _NotTrainedError(LookupError):
    """There is no such entry in the cache."""


class CachedTraining(Generic[Args, Made]):
    """A function that trains, its results cached for all sessions, as by `st.cache_data`.

    It trains outside the cache: inside, all who ask for an entry would wait for the one reader who computes it, and if
    that reader moved on, the training would begin anew. The trainer's queue shares equal requests.

    Attributes:
        known: takes the same arguments and returns the cached result, or raises a `_NotTrainedError`.
    """

    def __init__(self, train: Callable[Args, Made], **limits: Any) -> None:
        @wraps(train)  # its name and those of its arguments are part of the keys
        def entry(*args, _made: Made | None = None, **named) -> Made:
            if _made is None:
                raise _NotTrainedError
            return _made

        cached = st.cache_data(show_spinner=False, hash_funcs={Recipe: repr}, **limits)
        self.known: Callable[..., Made] = cached(entry)
        self._train = train

    def __call__(self, *args: Args.args, **named: Args.kwargs) -> Made:
        """The result for these arguments; trains where there is none, and ends the page if the trainer is lost."""
        try:
            return self.known(*args, **named)
        except _NotTrainedError:
            with _or_an_apology():
                made = self._train(*args, **named)
            return self.known(*args, **named, _made=made)


def cached_training(**limits: Any) -> Callable[[Callable[Args, Made]], CachedTraining[Args, Made]]:
    """Makes a function that trains a `CachedTraining`; its arguments and `limits` are those of `st.cache_data`."""
    return lambda train: CachedTraining(train, **limits)


# 64 MB hold about 3,000 bands: a lesson of a whole class.
@cached_training(max_size="64MB")
def _piece(recipes: tuple[Recipe, ...], first: int, stop: int, _priority: Priority) -> list[History]:
    """The runs of recipes on some seeds."""
    return fast.run(recipes, range(first, stop), give_way, _priority)


@contextmanager
def _or_an_apology() -> Iterator[None]:
    """Catches the loss of the trainer in this block: shows the error with a button to try again, and ends the page."""
    try:
        yield
    except TrainerLostError as error:
        st.error(str(error), icon=":material/error:")
        st.button("Try again", key="results.again")
        session.mirror()  # what a reader has set is not lost
        st.stop()


def give_way() -> None:
    """Lets Streamlit interrupt this script: it checks for a pending rerun whenever the session is read."""
    st.session_state.get("results.overtaken")
