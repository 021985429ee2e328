"""From recipes to histories: which of them train together, and how long they take."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence

from lrcore.recipes.recipe import Recipe
from lrcore.training import ensemble
from lrcore.training.run import History, Run, check, kind, result_of

TOGETHER = 64
"""Recipes that train together at most: with many more the arrays outgrow the caches."""
_SECONDS = {"run": 0.12e-3, "epoch": 17e-6, "update": 1.25e-6}
_SECONDS_OF_UNIT = {"epoch": 0.72e-6, "update": 0.015e-6}
"""Measured: the time of each run, epoch and update of one seed among twenty; and what each hidden unit adds."""
_ONE_ROW = 3.8
"""How many times as long a hidden unit takes in an update on one row, which NumPy multiplies without BLAS."""


def train(
    recipes: Iterable[Recipe], seeds: Iterable[int], *, weights: bool = False, window: range = range(0)
) -> list[History]:
    """The runs of every recipe with every seed, by the fast trainer, in this process.

    A seed draws the initial weights, the batch order and, where it is random, the split: recipes that agree in those
    differ by the recipe alone.

    Args:
        recipes: any number, at least one.
        seeds: any number, at least one, each >= 0 and < 2**32.
        weights: whether the histories hold the weights of every epoch.
        window: the epochs, counted from 0, at most 6, of which they hold the weights of every update.

    Returns:
        One History a recipe, in their order, with arrays (seeds, epochs).

    Raises:
        ValueError: there is no recipe or no seed, or a seed or the window breaks its rule.
    """
    return result_of(epochs(recipes, seeds, weights=weights, window=window))


def epochs(
    recipes: Iterable[Recipe], seeds: Iterable[int], *, weights: bool = False, window: range = range(0)
) -> Generator[None, None, list[History]]:
    """`train` in `n_epochs` steps: between two of them something else can be trained."""
    recipes, seeds = list(recipes), list(seeds)
    check(recipes, seeds, window)
    histories: dict[int, History] = {}
    for members in _groups(recipes):
        run = Run(tuple(recipes[i] for i in members), tuple(map(int, seeds)), weights, window=window)
        histories |= zip(members, (yield from ensemble.epochs(run)), strict=True)
    return [histories[i] for i in range(len(recipes))]


def n_epochs(recipes: Sequence[Recipe]) -> int:
    """How many epochs their training has: those of recipes that train together count once."""
    return sum(recipes[members[0]].epochs for members in _groups(recipes))


def seconds(recipe: Recipe) -> float:
    """About how long one seed of the recipe takes among twenty: within a factor of 1.5 on the core measured."""
    updates = recipe.updates_per_epoch()
    unit = _SECONDS_OF_UNIT["update"] * (_ONE_ROW if recipe.batch_size == 1 else 1)
    update = _SECONDS["update"] + recipe.hidden_units * unit
    epoch = _SECONDS["epoch"] + recipe.hidden_units * _SECONDS_OF_UNIT["epoch"]
    return _SECONDS["run"] + recipe.epochs * (epoch + updates * update)


def _groups(recipes: Sequence[Recipe]) -> list[list[int]]:
    """The positions of the recipes that train together."""
    by_kind: dict[tuple, list[int]] = {}
    for i, recipe in enumerate(recipes):
        by_kind.setdefault(kind(recipe), []).append(i)
    return [
        members[first : first + TOGETHER]
        for members in by_kind.values()
        for first in range(0, len(members), TOGETHER)
    ]
