"""What two recipes differ in besides the schedule, and the recipe that would differ in the schedule alone.

The schedule here is the shape of the learning rate curve: its clock, its warmup and its extra drop belong to it, its
height does not. Two curves can be equally high in one of `HEIGHTS`, and seldom in all.
"""

from __future__ import annotations

from collections.abc import Callable
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
    """One meaning of how high a rate curve is. `of` a recipe is a rate, or rate x epochs; twice as high, twice that."""

    label: str
    of: Callable[[Recipe], float]


def peak(recipe: Recipe) -> float:
    """The highest rate of any update of the run."""
    return float(recipe.learning_rates().max())


def first_rate(recipe: Recipe) -> float:
    """The rate that the schedule itself starts from, before a warmup takes it down."""
    return float(replace(recipe, warmup=0.0, drop_epoch=0).rates_at(np.zeros(1))[0])


HEIGHTS = {
    PEAK: Height("highest rate", peak),
    "first": Height("first rate", first_rate),
    "area": Height("area under the rate", Recipe.area),
}
"""The meanings of height, the usual one first: of a rate that only falls, the highest is the first."""


def scaled(recipe: Recipe, factor: float) -> Recipe:
    """`recipe` with all its rates `factor` times as high, exact to 15 digits: the curve keeps its shape.

    Raises:
        ValueError: a rate would break its bounds; the message names it.
    """
    rates = {
        name: float(f"{getattr(recipe.schedule, name) * factor:.15g}")
        for name in (INITIAL, MAXIMUM, END)
        if name in settings_of(recipe.schedule)
    }
    return replace(recipe, schedule=replace(recipe.schedule, **rates))


def at_peak(recipe: Recipe, rate: float) -> Recipe:
    """`recipe` with its curve scaled to the highest rate `rate`; ValueError where the bounds forbid it."""
    return scaled(recipe, rate / peak(recipe))


def controlled(recipe: Recipe, baseline: Recipe, height: str = PEAK) -> Recipe:
    """`recipe` with the shape of its own rate curve, and everything else as in `baseline`.

    Args:
        height: which of `HEIGHTS` is made equal to the baseline's, by scaling the curve.

    Raises:
        ValueError: a rate would break its bounds.
    """
    alike, of = _alike(recipe, baseline), HEIGHTS[height].of
    return scaled(alike, of(baseline) / of(alike))


def equal_heights(recipe: Recipe, baseline: Recipe) -> list[str]:
    """In which of `HEIGHTS` the two rate curves are equal, everything else as in `baseline`."""
    alike = _alike(recipe, baseline)
    return [name for name, each in HEIGHTS.items() if np.isclose(each.of(alike), each.of(baseline), 1e-9, 0)]


def differences(recipe: Recipe, baseline: Recipe) -> tuple[str, ...]:
    """The names of what differs: "schedule", a rate ("initial_learning_rate", "peak", ...), fields of the recipe.

    The schedules differ if in equal circumstances they give other rates within the run; what changes
    nothing (a drop that never comes, Nesterov without momentum) is no difference. The heights of two different
    schedules differ if the curves are equal in none of `HEIGHTS`.
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


def is_confounded(names: tuple[str, ...]) -> bool:
    """Whether more than one thing differs, so that no difference in the results has one cause."""
    return len(names) > 1


def in_words(name: str, recipe: Recipe, baseline: Recipe) -> str:
    """One difference for a reader: "the momentum (0.9, not 0)"."""
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
    """The settings that are not the schedule's, by name, without what changes nothing."""
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
