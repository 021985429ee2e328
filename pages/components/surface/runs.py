"""The weights of the runs to draw, trained in the fast trainer's process and cached for all sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from lrcore import figures
from lrcore.data import DATASETS
from lrcore.landscape.picture import MOST_POINTS, finite_part
from lrcore.recipes.recipe import Recipe
from lrcore.server import fast
from pages.components.compare.comparison import Entry
from pages.components.results import cached_training, give_way
from pages.components.surface.controls import Window

COLOURS = (figures.TRAINING, figures.VALIDATION, figures.RATE, "#a061d1")
"""The colours of the runs A to D; recipes with the same schedule differ in nothing else here."""


@dataclass(frozen=True, eq=False)
class Path:
    """The points of a run in the window.

    Attributes:
        entry: the recipe, with its letter and name.
        points: (points, parameters), finite.
        epochs: (points,), the epochs passed at each point, with a fraction.
        whole: (epochs + 1, parameters), the weights after every epoch, up to the last finite ones.
    """

    entry: Entry
    points: np.ndarray
    epochs: np.ndarray
    whole: np.ndarray

    @property
    def colour(self) -> str:
        """The colour of the run."""
        return COLOURS["ABCD".index(self.entry.letter)]

    @property
    def drop_epoch(self) -> int | None:
        """The epoch after which its rate drops, or None if it does not drop within the run."""
        drop = self.entry.recipe.drop_epoch
        return drop if 0 < drop < self.entry.recipe.epochs else None


def comparable(entries: Sequence[Entry]) -> list[Entry]:
    """The shown entries with the loss surface of the first one; names the others in a warning."""
    shown = [entry for entry in entries if entry.shown]
    alike = [entry for entry in shown if _ground(entry.recipe) == _ground(shown[0].recipe)]
    others = [entry.letter for entry in shown if entry not in alike]
    if others:
        st.warning(
            f"Not drawn: {', '.join(others)}. A network of another width, or one that trains on other rows, has "
            f"another surface than {shown[0].letter}'s.",
            icon=":material/layers:",
        )
    return alike


def _ground(recipe: Recipe) -> tuple:
    return recipe.data, recipe.split, recipe.hidden_units


def rows_of(recipe: Recipe, seed: int, *, validation: bool) -> tuple[np.ndarray, np.ndarray]:
    """The features and labels of the training or the validation rows."""
    data = DATASETS[recipe.data]
    rows = data.split(recipe.split, seed)[int(validation)]
    return data.x[rows], data.y[rows]


def paths(entries: Sequence[Entry], seed: int, window: Window) -> list[Path]:
    """The paths of the entries in the window, up to the last finite point; tells the reader what is missing."""
    found = []
    for entry in entries:
        recipe, last = entry.recipe, min(window.last, entry.recipe.epochs)
        if last <= window.first:
            st.caption(f"{entry.letter} ends after epoch {recipe.epochs}, before this window.")
            continue
        through = (window.first, last) if window.by_update else None
        whole, points = weights(recipe, seed, through)
        path = _path(entry, whole, points, window, last, stride=_stride(entries, window))
        if len(path.points):
            found.append(path)
        if len(path.whole) <= last:
            st.warning(
                f"{entry.letter} is lost: after epoch {len(path.whole) - 1} its weights stop being numbers, and its "
                "path ends. The steps are too large.",
                icon=":material/trending_up:",
            )
    return found


def _path(
    entry: Entry, whole: np.ndarray, points: np.ndarray | None, window: Window, last: int, stride: int
) -> Path:
    if points is None:
        epochs = np.unique([*range(window.first, last, stride), last]).astype(float)
        points = whole[epochs.astype(int)]
    else:
        epochs = window.first + np.arange(len(points)) / entry.recipe.updates_per_epoch()
    points = finite_part(points)
    return Path(entry, points, epochs[: len(points)], finite_part(whole))


def _stride(entries: Sequence[Entry], window: Window) -> int:
    """The number of epochs from one point to the next; above 1 for long runs."""
    return -(-len(entries) * (window.last - window.first + 2) // MOST_POINTS)


@cached_training(max_size="64MB")
def weights(
    recipe: Recipe, seed: int, window: tuple[int, int] | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """The weights of a run after every epoch, and at every update of a window of epochs.

    Args:
        window: the first epoch, counted from 0, and the one after the last; None for no updates.

    Returns:
        float32 (epochs + 1, parameters); float32 (updates + 1, parameters) or None.
    """
    (history,) = fast.run([recipe], [seed], give_way, weights=True, window=range(*(window or (0,))))
    return history.of_epochs()[0], history.of_updates()[0] if window else None
