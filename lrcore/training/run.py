"""The input of both trainers, a `Run`; their output, a `History`; and the random choices of a seed."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numpy as np

from lrcore.data import DATASETS
from lrcore.data.dataset import check_seed
from lrcore.recipes.recipe import Recipe

T = TypeVar("T")
METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")
"""The metrics of every epoch, by Keras's names."""
LONGEST_WINDOW = 6
"""Epochs of which a history may hold the weights of every update."""
_ROUNDING = 1e-6  # of a mean loss in float32, relative: no rise


@dataclass(frozen=True, eq=False)
class History:
    """The finished runs of a recipe, one run a seed.

    Attributes:
        recipe, seeds: the runs that were trained.
        loss, accuracy: of the training rows, float32 (seeds, epochs): means over the epoch, each row taken before its
            batch's update, as `model.fit` reports them. NaN from the epoch on in which the run is not finite.
        val_loss, val_accuracy: of the validation rows after the epoch, likewise.
        learning_rate: of each epoch's first update, float64 (seeds, epochs); never NaN.
        lost: bool (seeds,): see `lost`.
        weights: untrained and after every epoch, float32 (seeds, epochs + 1, parameters) in Keras's order; None unless
            they were requested.
        window_weights: before and after every update of the requested window of epochs, float32
            (seeds, updates + 1, parameters); None unless they were requested.
    """

    recipe: Recipe
    seeds: tuple[int, ...]
    loss: np.ndarray
    accuracy: np.ndarray
    val_loss: np.ndarray
    val_accuracy: np.ndarray
    learning_rate: np.ndarray
    lost: np.ndarray
    weights: np.ndarray | None = None
    window_weights: np.ndarray | None = None

    def __getitem__(self, part: slice) -> History:
        """The runs of some of the seeds."""
        return replace(self, **{name: values[part] for name, values in self._by_seed().items()})

    def curves(self) -> dict[str, np.ndarray]:
        """The arrays of the `METRICS` by name."""
        return {name: getattr(self, name) for name in METRICS}

    def of_epochs(self) -> np.ndarray:
        """`weights`, where they were requested; ValueError elsewhere."""
        return _requested("weights", self.weights)

    def of_updates(self) -> np.ndarray:
        """`window_weights`, where they were requested; ValueError elsewhere."""
        return _requested("window_weights", self.window_weights)

    @staticmethod
    def joined(parts: Sequence[History]) -> History:
        """The runs of one recipe whose seeds were trained in parts."""
        by_seed = [part._by_seed() for part in parts]
        arrays: dict[str, Any] = {
            name: np.concatenate([each[name] for each in by_seed]) for name in by_seed[0]
        }
        arrays["seeds"] = tuple(arrays["seeds"].tolist())
        return replace(parts[0], **arrays)

    def _by_seed(self) -> dict[str, Any]:
        """The fields with the seeds along their first axis."""
        return {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if each.name != "recipe" and getattr(self, each.name) is not None
        }


def _requested(name: str, weights: np.ndarray | None) -> np.ndarray:
    if weights is None:
        raise ValueError(f"`{name}` must be requested when the run is made. Received: {name}=None")
    return weights


def is_finite(metrics: Sequence[float]) -> bool:
    """Whether both losses of an epoch are; `metrics` are in the order of `METRICS`."""
    return math.isfinite(metrics[0]) and math.isfinite(metrics[2])


def lost(final_loss: np.ndarray, untrained_loss: np.ndarray) -> np.ndarray:
    """Which runs are lost: not finite, or with a final training loss above that of their own untrained network."""
    return ~(final_loss <= untrained_loss * (1 + _ROUNDING))


@dataclass(frozen=True, eq=False)
class Run:
    """The input of a trainer: recipes that can be trained together, each with the same seeds, as arrays.

    Args:
        recipes: at least one, all of one `kind`.
        seeds: at least one, each >= 0 and < 2**32: of the initial weights, the batch order and a random split.
        weights: whether the histories are to hold the weights of every epoch.
        until: the epoch after which the run ends, of as many as the recipes have; None for all of them.
        window: the epochs, counted from 0, of which the histories are to hold the weights of every update; at most
            `LONGEST_WINDOW` of them.

    Raises:
        ValueError: there is no recipe or no seed, a seed or the window breaks its rule, or the recipes are of several
            kinds.
    """

    recipes: tuple[Recipe, ...]
    seeds: tuple[int, ...]
    weights: bool = False
    until: int | None = None
    window: range = range(0)

    def __post_init__(self) -> None:
        check(self.recipes, self.seeds, self.window)
        kinds = {kind(recipe) for recipe in self.recipes}
        if len(kinds) > 1:
            raise ValueError(f"`recipes` must be of one kind. Received: recipes of {len(kinds)} kinds")

    @property
    def epochs(self) -> int:
        """How many are trained."""
        return min(self.recipes[0].epochs, self.until or self.recipes[0].epochs)

    @property
    def hidden_units(self) -> int:
        """The width of the hidden layer."""
        return self.recipes[0].hidden_units

    @cached_property
    def batch_sizes(self) -> np.ndarray:
        """The training rows of every update of an epoch, int (updates,); the last batch may be short."""
        n_train, size = DATASETS[self.recipes[0].data].n_train, self.recipes[0].batch_size
        return np.diff([*range(0, n_train, size), n_train])

    @property
    def x(self) -> np.ndarray:
        """The features, float32 (rows, features)."""
        return DATASETS[self.recipes[0].data].x

    @property
    def y(self) -> np.ndarray:
        """The labels 0 and 1, float32 (rows,)."""
        return DATASETS[self.recipes[0].data].y

    def rows(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """The row numbers that a seed trains on, in every epoch's order, int (epochs, rows), and validates on."""
        training, validation = DATASETS[self.recipes[0].data].split(self.recipes[0].split, seed)
        smallest = np.min_scalar_type(len(self.y))
        return training.astype(smallest)[_order(seed, self.epochs, len(training))], validation

    def rates(self, epoch: int) -> np.ndarray:
        """The learning rates of an epoch, counted from 0: float64 (recipes, updates).

        Trainers read them epoch by epoch, so that a schedule may look at the run.
        """
        return self._rates[:, epoch]

    @cached_property
    def _rates(self) -> np.ndarray:
        return np.stack([recipe.learning_rates()[: self.epochs] for recipe in self.recipes])

    def history(
        self,
        number: int,
        curves: np.ndarray,
        untrained_loss: np.ndarray,
        weights: np.ndarray | None = None,
        window_weights: np.ndarray | None = None,
    ) -> History:
        """The History of the recipe of that number.

        Args:
            curves: the `METRICS`, (4, seeds, epochs); NaN is entered from where a loss is not finite.
            untrained_loss: of the training rows before the first update, (seeds,).
            weights, window_weights: as the History has them.
        """
        finite = np.isfinite(curves[0]) & np.isfinite(curves[2])
        curves = np.where(np.logical_and.accumulate(finite, axis=-1), curves, np.float32(np.nan))
        first = self._rates[number, :, 0]
        return History(
            self.recipes[number],
            self.seeds,
            **dict(zip(METRICS, curves, strict=True)),
            learning_rate=np.tile(first, (len(self.seeds), 1)),
            lost=lost(curves[0, :, -1], untrained_loss),
            weights=weights,
            window_weights=window_weights,
        )


def check(recipes: Sequence[Recipe], seeds: Sequence[int], window: range = range(0)) -> None:
    """Raises ValueError where there is nothing to train, or a seed or the window of epochs breaks its rule."""
    for name, values in (("recipes", recipes), ("seeds", seeds)):
        if len(values) == 0:
            raise ValueError(f"`{name}` must be at least one. Received: 0 {name}")
    for seed in seeds:
        check_seed(seed)
    shortest = min(recipe.epochs for recipe in recipes)
    inside = window.step == 1 and window.start >= 0 and window.stop <= shortest
    if len(window) and not (inside and len(window) <= LONGEST_WINDOW):
        rule = f"at most {LONGEST_WINDOW} successive epochs of the {shortest}"
        raise ValueError(f"`window` must be {rule}. Received: window={window!r:.60}")


def kind(recipe: Recipe) -> tuple:
    """The key of recipes that can be trained together, which is faster than one by one."""
    sizes = recipe.batch_size, recipe.epochs, recipe.hidden_units
    return recipe.data, recipe.split, *sizes, recipe.optimizer.kind


def result_of(steps: Generator[object, None, T]) -> T:
    """Runs the generator to its end; returns its result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


@lru_cache(maxsize=256)  # 12 KB each for 50 epochs
def _order(seed: int, epochs: int, n_train: int) -> np.ndarray:
    """`batch_order` in the smallest type. Kept, since a class trains the same seeds again and again."""
    order = batch_order(seed, epochs, n_train).astype(np.min_scalar_type(n_train))
    order.setflags(write=False)
    return order


def initial_weights(seed: int, n_features: int, hidden_units: int) -> list[np.ndarray]:
    """Glorot-uniform kernels and zero biases, as Keras starts with, from a seed local to the run.

    Returns:
        float32 arrays in the order of `model.get_weights()`: (n_features, hidden_units), (hidden_units,),
        (hidden_units, 1), (1,).
    """
    random = np.random.default_rng([seed, 0])

    def glorot_uniform(rows: int, columns: int) -> np.ndarray:
        limit = np.sqrt(6 / (rows + columns))
        return random.uniform(-limit, limit, (rows, columns)).astype(np.float32)

    return [
        glorot_uniform(n_features, hidden_units),
        np.zeros(hidden_units, np.float32),
        glorot_uniform(hidden_units, 1),
        np.zeros(1, np.float32),
    ]


def batch_order(seed: int, epochs: int, n_train: int) -> np.ndarray:
    """The order of the training rows in every epoch: int (epochs, n_train), each row a permutation.

    A longer run begins with the same epochs as a shorter one of the same seed.
    """
    random = np.random.default_rng([seed, 1])
    return np.stack([random.permutation(n_train) for _ in range(epochs)])
