"""From recipes to histories: what to train them on, and which of them the fast trainer takes together."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np

from lrcore.data import DATASETS
from lrcore.data.dataset import check_seed
from lrcore.recipes.recipe import Recipe
from lrcore.training import ensemble
from lrcore.training.ensemble import History

MAX_RECIPES = 6
MAX_SEEDS = 200
"""Recipes, and seeds of each, that one `run` takes."""
_SECONDS = {"run": 0.12e-3, "epoch": 17e-6, "update": 1.25e-6}
_SECONDS_OF_UNIT = {"epoch": 0.72e-6, "update": 0.015e-6}
"""Measured: the time of each run, epoch and update of one seed among twenty; and what each hidden unit adds."""
_ONE_ROW = 3.8
"""How many times as long a hidden unit takes in an update on one row, which NumPy multiplies without BLAS."""


def run(recipes: Sequence[Recipe], seeds: Sequence[int]) -> list[History]:
    """`epochs` to the end.

    Args:
        recipes: 1 to MAX_RECIPES of them.
        seeds: 1 to MAX_SEEDS of them, each >= 0.

    Raises:
        ValueError: as `check`.
    """
    check(recipes, seeds)
    return ensemble.result_of(epochs(recipes, seeds))


def epochs(recipes: Sequence[Recipe], seeds: Sequence[int]) -> Generator[None, None, list[History]]:
    """Trains every recipe with every seed.

    A seed draws the initial weights, the batch order and, where it is random, the split: recipes that agree
    in those differ by the recipe alone.

    Args:
        recipes: at least one.
        seeds: at least one, each >= 0.

    Yields:
        After each of `n_epochs` epochs: between two of them something else can be trained.

    Returns:
        One History per recipe, in their order; its curves are (seeds, epochs), `lost` is (seeds,).
    """
    histories: dict[int, History] = {}
    for members in _groups(recipes):
        history = yield from _epochs_of([recipes[i] for i in members], seeds)
        histories |= {i: history[k] for k, i in enumerate(members)}
    return [histories[i] for i in range(len(recipes))]


def n_epochs(recipes: Sequence[Recipe]) -> int:
    """How many epochs their training has: those of recipes of one `kind`, which train together, count once."""
    return sum(recipes[members[0]].epochs for members in _groups(recipes))


def check(recipes: Sequence[Recipe], seeds: Sequence[int]) -> None:
    """Raises ValueError for too many or no recipes or seeds, or a seed that breaks its rule."""
    _check_number("recipes", recipes, MAX_RECIPES)
    _check_number("seeds", seeds, MAX_SEEDS)
    for seed in seeds:
        check_seed(seed)


def seconds(recipe: Recipe) -> float:
    """About how long one seed of the recipe takes among twenty: within a factor of 1.5 on the core measured."""
    updates = recipe.updates_per_epoch()
    unit = _SECONDS_OF_UNIT["update"] * (_ONE_ROW if recipe.batch_size == 1 else 1)
    update = _SECONDS["update"] + recipe.hidden_units * unit
    epoch = _SECONDS["epoch"] + recipe.hidden_units * _SECONDS_OF_UNIT["epoch"]
    return _SECONDS["run"] + recipe.epochs * (epoch + updates * update)


def kind(recipe: Recipe) -> tuple:
    """What recipes have in common that the trainer can take together, which is faster than one by one."""
    return recipe.data, recipe.split, recipe.batch_size, recipe.epochs, recipe.hidden_units, recipe.nesterov


def _groups(recipes: Sequence[Recipe]) -> list[list[int]]:
    """The positions of the recipes that the trainer can take together."""
    groups: dict[tuple, list[int]] = {}
    for i, recipe in enumerate(recipes):
        groups.setdefault(kind(recipe), []).append(i)
    return list(groups.values())


def _epochs_of(group: Sequence[Recipe], seeds: Sequence[int]) -> Generator[None, None, History]:
    data = DATASETS[group[0].data]
    return ensemble.epochs(
        data.x,
        data.y,
        [data.split(group[0].split, seed) for seed in seeds],
        np.stack([recipe.learning_rates() for recipe in group]),
        np.array([recipe.momentum for recipe in group]),
        seeds=seeds,
        batch_size=group[0].batch_size,
        hidden_units=group[0].hidden_units,
        nesterov=group[0].nesterov,
    )


def _check_number(name: str, values: Sequence, high: int) -> None:
    if not 1 <= len(values) <= high:
        raise ValueError(f"`{name}` must be 1 to {high}. Received: {len(values)} {name}")
