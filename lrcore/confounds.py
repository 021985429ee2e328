"""What two recipes differ in besides the schedule, and the recipe that would differ in the schedule alone.

The schedule here is the shape of the learning rate curve: its clock and its warmup belong to it, the
initial learning rate does not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lrcore.ionosphere import n_train
from lrcore.recipes import SETTINGS, Recipe
from lrcore.settings import number_text, settings_of

INITIAL = "initial_learning_rate"
SCHEDULE = "schedule"
SHAPE = (SCHEDULE, "clock", "warmup")
OTHERS = tuple(name for name in settings_of(Recipe) if name not in SHAPE)


def controlled(recipe: Recipe, baseline: Recipe) -> Recipe:
    """`recipe` with its own schedule and everything else as in `baseline`, the initial rate too if both have one."""
    schedule = recipe.schedule
    if _have_initial(recipe, baseline):
        schedule = replace(schedule, **{INITIAL: getattr(baseline.schedule, INITIAL)})
    return replace(baseline, schedule=schedule, clock=recipe.clock, warmup=recipe.warmup)


def differences(recipe: Recipe, baseline: Recipe) -> tuple[str, ...]:
    """The names of what differs: "schedule", "initial_learning_rate" and fields of the recipe.

    The schedules differ if in equal circumstances they give other rates within the run; what changes
    nothing (a drop that never comes, Nesterov without momentum) is no difference.
    """
    rows = n_train()
    names = []
    if not np.array_equal(controlled(recipe, baseline).learning_rates(rows), baseline.learning_rates(rows)):
        names.append(SCHEDULE)
    if _have_initial(recipe, baseline) and _value(recipe, INITIAL) != _value(baseline, INITIAL):
        names.append(INITIAL)
    return (*names, *(name for name in OTHERS if _value(recipe, name) != _value(baseline, name)))


def is_confounded(names: tuple[str, ...]) -> bool:
    """Whether more than one thing differs, so that no difference in the results has one cause."""
    return len(names) > 1


def in_words(name: str, recipe: Recipe, baseline: Recipe) -> str:
    """One difference for a reader: "momentum (0.9, not 0)"."""
    if name == SCHEDULE:
        return "schedule"
    label = SETTINGS[name].label
    if not label.startswith("Nesterov"):
        label = label[0].lower() + label[1:]
    own, other = (_text(_value(each, name)) for each in (recipe, baseline))
    return f"{label} ({own}, not {other})"


def _have_initial(*recipes: Recipe) -> bool:
    return all(INITIAL in settings_of(each.schedule) for each in recipes)


def _value(recipe: Recipe, name: str) -> float | str | bool:
    if name == INITIAL:
        return getattr(recipe.schedule, name)
    if name == "batch_size":  # a larger one than there are rows makes the same single batch
        return min(recipe.batch_size, n_train())
    return recipe.nesterov and recipe.momentum > 0 if name == "nesterov" else getattr(recipe, name)


def _text(value: float | str | bool) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) else number_text(value)
