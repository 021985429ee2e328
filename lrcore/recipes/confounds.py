"""In what two recipes differ, and how to change one so that it differs in the schedule alone.

"Schedule" here means the shape of the learning rate curve: clock, warmup and extra drop are part of it, its height is
not. Two curves can be equal in one of `HEIGHTS`, but seldom in all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lrcore.data import DATASETS
from lrcore.recipes.recipe import SETTINGS, Recipe
from lrcore.settings import number_text, settings_of

INITIAL, MAXIMUM, END = "initial_learning_rate", "maximum_learning_rate", "end_learning_rate"
SCHEDULE, PEAK = "schedule", "peak"
SHAPE = (SCHEDULE, "clock", "warmup", "drop_epoch", "drop_factor")


@dataclass(frozen=True)
class Height:
    """A measure of how high a rate curve is, proportional to the rates: `of` gives it for a recipe."""

    label: str
    of: Callable[[Recipe], float]


def peak(recipe: Recipe) -> float:
    """The highest rate of any update of the run."""
    return float(recipe.learning_rates().max())


def first_rate(recipe: Recipe) -> float:
    """The first rate of the schedule itself, without warmup and extra drop."""
    return float(replace(recipe, warmup=0.0, drop_epoch=0).rates_at(np.zeros(1))[0])


HEIGHTS = {
    PEAK: Height("highest rate", peak),
    "first": Height("first rate", first_rate),
    "area": Height("area under the rate", Recipe.area),
}
"""The measures of height, the usual one first."""


def scaled(recipe: Recipe, factor: float) -> Recipe:
    """`recipe` with all rates multiplied by `factor`, to 15 digits: the curve keeps its shape.

    Raises:
        ValueError: a rate would be out of bounds; the message names it.
    """
    rates = {
        name: float(f"{getattr(recipe.schedule, name) * factor:.15g}")
        for name in (INITIAL, MAXIMUM, END)
        if name in settings_of(recipe.schedule)
    }
    return replace(recipe, schedule=replace(recipe.schedule, **rates))


def at_peak(recipe: Recipe, rate: float) -> Recipe:
    """`recipe` scaled to the highest rate `rate`; ValueError as in `scaled`."""
    return scaled(recipe, rate / peak(recipe))


def controlled(recipe: Recipe, baseline: Recipe, height: str = PEAK) -> Recipe:
    """The shape of the rate curve of `recipe`, with everything else from `baseline`.

    Args:
        height: which of `HEIGHTS` to make equal to the baseline's, by scaling the curve.

    Raises:
        ValueError: as in `scaled`.
    """
    alike, of = _alike(recipe, baseline), HEIGHTS[height].of
    return scaled(alike, of(baseline) / of(alike))


def equal_heights(recipe: Recipe, baseline: Recipe) -> list[str]:
    """The `HEIGHTS` in which the rate curves are equal, with everything else from `baseline`."""
    alike = _alike(recipe, baseline)
    return [name for name, each in HEIGHTS.items() if np.isclose(each.of(alike), each.of(baseline), 1e-9, 0)]


def differences(recipe: Recipe, baseline: Recipe) -> tuple[str, ...]:
    """The names of what differs: "schedule", rates ("initial_learning_rate", "peak", ...), settings of the recipe.

    The schedules differ if they give other rates within the run when everything else is equal. Settings without an
    effect (a drop after the end of the run, Nesterov without momentum) are no difference. The heights of two
    different schedules differ if the curves are equal in none of `HEIGHTS`.
    """
    alike = _alike(recipe, baseline)
    shared = [name for name in (INITIAL, MAXIMUM) if _have(name, recipe, baseline)]
    same_rates = {name: getattr(baseline.schedule, name) for name in shared}
    same = replace(alike, schedule=replace(alike.schedule, **same_rates))
    rates = tuple(name for name in shared if _value(recipe, name) != _value(baseline, name))
    if np.array_equal(same.learning_rates(), baseline.learning_rates()):
        names = rates
    elif equal_heights(recipe, baseline):
        names = (SCHEDULE,)
    else:
        names = (SCHEDULE, *(rates or (PEAK,)))
    own, other = _others(recipe), _others(baseline)
    return (*names, *(name for name in own | other if own.get(name) != other.get(name)))


def is_confounded(names: Sequence[str]) -> bool:
    """Whether more than one thing differs, so that no single cause explains a difference in the results."""
    return len(names) > 1


def but_rates(names: Sequence[str]) -> list[str]:
    """What else differs than how high the rates are, which is no cause of its own where each recipe has its best."""
    return [name for name in names if name not in (INITIAL, MAXIMUM, PEAK)]


def in_words(name: str, recipe: Recipe, baseline: Recipe) -> str:
    """One of the `differences` in words: "the momentum (0.9, not 0)"."""
    if name == SCHEDULE:
        return "the schedule"
    label = HEIGHTS[PEAK].label if name == PEAK else SETTINGS[name].name_in_a_sentence
    own, other = (_text(_value(each, name)) for each in (recipe, baseline))
    return f"the {label} ({own}, not {other})"


def _alike(recipe: Recipe, baseline: Recipe) -> Recipe:
    """`baseline` with the rate curve of `recipe`."""
    return replace(baseline, **{name: getattr(recipe, name) for name in SHAPE})


def _have(name: str, *recipes: Recipe) -> bool:
    return all(name in settings_of(each.schedule) for each in recipes)


def _others(recipe: Recipe) -> dict[str, float | str | bool]:
    """The values of the settings outside the schedule, by name; those without an effect are normalised."""
    optimizer = recipe.optimizer.simplest()
    rows = DATASETS[recipe.data].n_train  # a larger batch is the same single batch
    alike = replace(recipe, optimizer=optimizer, batch_size=min(recipe.batch_size, rows))
    own = settings_of(recipe.schedule)
    values = {name: value for name, (_, value) in alike.settings().items() if name not in (*own, *SHAPE)}
    return {"optimizer": type(optimizer).__name__} | values


def _value(recipe: Recipe, name: str) -> float | str | bool:
    if name == PEAK:
        return float(f"{peak(recipe):.4g}")
    return getattr(recipe.schedule, name) if name in (INITIAL, MAXIMUM) else _others(recipe)[name]


def _text(value: float | str | bool) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) else number_text(value)
