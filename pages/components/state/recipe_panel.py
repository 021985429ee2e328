"""The controls of a recipe, generated from its declarations.

Their keys are the recipe's parameters in a link, behind a prefix where a page holds several recipes; pages that share
a prefix share the recipe.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import streamlit as st

from lrcore.recipes.recipe import PARTS, RATES, RUN, SETTINGS, Recipe
from lrcore.schedules.schedule import Schedule
from lrcore.settings import settings_of
from pages.components.state import session
from pages.components.state.controls import Control

OWN_WARMUP = "warmup_fraction"
"""The hyperparameter of the schedules that warm up by themselves."""


@cache
def recipe_controls(prefix: str = "", owner: str = "") -> dict[str, Control]:
    """The controls of every setting of a recipe, by name; `owner` tells one recipe's faults from another's."""
    return {name: Control(prefix + name, setting, owner) for name, setting in SETTINGS.items()}


def recipe_link(recipe: Recipe, prefix: str = "") -> dict[str, str]:
    """What a link says that sets the panel of that prefix to `recipe`: everything, since what it leaves out stays."""
    chosen = {name: type(getattr(recipe, name)).__name__ for name in PARTS}
    spelled = {name: setting.spell(value) for name, (setting, value) in recipe.settings().items()}
    needed = recipe.to_params()
    return {
        prefix + name: text
        for name, text in (chosen | spelled).items()
        if name in needed or SETTINGS[name].has_alternatives
    }


def recipe_panel(
    prefix: str = "", owner: str = "", *, settings_in: AbstractContextManager | None = None
) -> Recipe:
    """Draws the controls of one recipe and returns it.

    Args:
        prefix: goes before every key, so that a page can hold several panels.
        owner: as in `recipe_controls`.
        settings_in: where all but the schedule's and the optimizer's settings go; default: below, half folded away.
    """
    controls = recipe_controls(prefix, owner)
    for control in controls.values():  # what a link says of other schedules is kept for when they are picked
        control.read()
    values = {name: part_controls(name, controls) for name in PARTS}
    groups = {
        RATES: settings_in or st.container(),
        RUN: settings_in or st.expander("Batches, network, split", icon=":material/tune:"),
    }
    for group, place in groups.items():
        with place:
            for name, setting in settings_of(Recipe).items():
                if setting.group == group:
                    if is_idle(name, values.get("drop_epoch", 0)):
                        values[name] = controls[name].value()
                    else:
                        values[name] = _setting(controls[name], values["schedule"])
    return Recipe(**values)


def is_idle(name: str, drop_epoch: int) -> bool:
    """Whether a setting changes nothing: the factor of an extra drop, where there is no such drop."""
    return name == "drop_factor" and drop_epoch == 0


def part_controls(name: str, controls: Mapping[str, Control]) -> Any:
    """Draws the choice of a part of the recipe, and the settings of what is chosen."""
    kind = PARTS[name][controls[name].draw()]
    return kind(**{key: controls[key].draw() for key in settings_of(kind)})


def _setting(control: Control, schedule: Schedule) -> Any:
    """Draws a setting of the recipe's own.

    A schedule that warms up by itself is offered no second warmup; one that a link has set can be taken away.
    """
    if control.name != "warmup" or OWN_WARMUP not in settings_of(schedule):
        return control.draw()
    warmup = control.value()
    if warmup:
        st.caption(
            f"A warmup over {warmup:.4g} of the run goes before the schedule, which has one of its own, too."
        )
        st.button(
            "Take the first warmup away",
            key=f"{control.key}.remove",
            on_click=session.act,
            args=({control.key: control.setting.spell(0)},),
        )
    return warmup
