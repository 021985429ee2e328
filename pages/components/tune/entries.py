"""The schedules of the page: recipes without a rate of their own, their controls, and how a link holds them.

Each has a letter, as in Compare, and its own hyperparameters, clock, warmup and extra drop. They share all other
settings, so that nothing but the rate curve differs; these have the keys of Schedules and Train.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from lrcore.findings import tuning
from lrcore.recipes.confounds import INITIAL, MAXIMUM, SHAPE
from lrcore.recipes.recipe import SETTINGS, Recipe
from lrcore.schedules.catalogue import SCHEDULES
from lrcore.schedules.schedule import Schedule
from lrcore.settings import Number, number_text, settings_of
from pages.components.state import session
from pages.components.state.controls import Control
from pages.components.state.lettered import LETTERS, button, in_tabs
from pages.components.state.recipe_panel import (
    OWN_WARMUP,
    is_idle,
    part_controls,
    recipe_controls,
    recipe_link,
)

FIRST = ("Constant", "StepDecay", "CosineDecay")
"""The schedules that the page opens with."""
NONE = 0
COUNT = Control(
    "tune.schedules",
    Number(label="Number of schedules", default=NONE, low=1, high=len(LETTERS), whole=True),
)
"""Its default stands for "not set", so that every number that is set is in the link."""
EDITING = "tune.editing"


@dataclass(frozen=True)
class Entry:
    """A schedule of the page.

    Attributes:
        letter: its name in the link.
        recipe: with its rate at the default, to which all its other rates are relative.
        label: its name in charts and sentences, different for every schedule of the page.
    """

    letter: str
    recipe: Recipe
    label: str

    @property
    def rate_label(self) -> str:
        """The name of its rate, in the middle of a sentence."""
        return SETTINGS[tuning.rate_name(self.recipe)].name_in_a_sentence


def _prefix(letter: str) -> str:
    return f"tune.{letter.lower()}."


def key_of(letter: str, name: str) -> str:
    """The key of a setting's control for the schedule of that letter."""
    return name if name in _shared() else _prefix(letter) + name


def link(recipes: Sequence[Recipe]) -> dict[str, str]:
    """The parameters of a link to the page with the rate curves of `recipes`, and the first one's other settings."""
    params = {COUNT.key: str(len(recipes))}
    shared = recipe_link(recipes[0])
    params |= {name: text for name, text in shared.items() if name in _shared()}
    for letter, recipe in zip(LETTERS, recipes, strict=False):
        own = recipe_link(_at_default(recipe))
        params |= {_prefix(letter) + name: text for name, text in own.items() if name not in _shared()}
    return params


def _shared() -> list[str]:
    """The names of the settings that all schedules of the page share."""
    own = {name for kind in SCHEDULES.values() for name in settings_of(kind)}
    return [name for name in SETTINGS if name not in own | {*SHAPE}]


def _at_default(recipe: Recipe) -> Recipe:
    """The recipe with its rate at the default, or as it is where that would break a bound."""
    try:
        return tuning.at_rate(recipe, SETTINGS[tuning.rate_name(recipe)].default)
    except ValueError:
        return recipe


def count() -> int:
    """The number of schedules, which has no widget. If neither a link nor the reader has set it, `FIRST` are shown."""
    if COUNT.read() == NONE:
        chosen = {_prefix(letter) + "schedule": name for letter, name in zip(LETTERS, FIRST, strict=False)}
        session.suppose({COUNT.key: str(len(FIRST))} | chosen)
    return COUNT.value()


def panels(number: int) -> list[Entry]:
    """Draws a tab for each schedule, the buttons that change their number, and the shared settings."""
    letters = LETTERS[:number]
    buttons = st.container(horizontal=True)
    curves = in_tabs(EDITING, letters, _own)
    with st.expander("The same for all: momentum, epochs, batches, network, split", icon=":material/tune:"):
        values = _same_for_all()
    recipes = [Recipe(**curve, **values) for curve in curves]
    if not session.hides(COUNT.name, "Add, remove"):
        with buttons:
            _buttons(recipes, st.session_state[EDITING])
    titles = [recipe.schedule.title for recipe in recipes]
    labels = [
        f"{title} ({letter})" if titles.count(title) > 1 else title
        for letter, title in zip(letters, titles, strict=True)
    ]
    return [Entry(*each) for each in zip(letters, recipes, labels, strict=True)]


def _own(letter: str) -> dict[str, Any]:
    """Draws the settings of one schedule's rate curve, `SHAPE` without the rate."""
    controls = recipe_controls(_prefix(letter), f"Schedule {letter}: ")
    for control in controls.values():  # a link's values for other schedules are kept
        control.read()
    kind = SCHEDULES[controls["schedule"].draw()]
    names = [name for name in settings_of(kind) if name != _rate_of(kind)]
    schedule = kind(**{name: controls[name].draw() for name in names})
    if MAXIMUM in names or "end_learning_rate" in names:
        usual = number_text(SETTINGS[INITIAL].default)
        st.caption(
            f"That rate belongs to an initial learning rate of {usual}; the grid scales both together."
        )
    clock = controls["clock"].draw()
    warmup = controls["warmup"]
    has_own = OWN_WARMUP in settings_of(kind) and not warmup.read()
    first_warmup = warmup.value() if has_own else warmup.draw()
    drop_epoch, factor = controls["drop_epoch"].draw(), controls["drop_factor"]
    return {
        "schedule": schedule,
        "clock": clock,
        "warmup": first_warmup,
        "drop_epoch": drop_epoch,
        "drop_factor": factor.value() if is_idle("drop_factor", drop_epoch) else factor.draw(),
    }


def _rate_of(kind: type[Schedule]) -> str:
    return INITIAL if INITIAL in settings_of(kind) else MAXIMUM


def _same_for_all() -> dict[str, Any]:
    """Draws the shared settings; the arguments of `Recipe` by name."""
    controls = recipe_controls()
    optimizer = part_controls("optimizer", controls)
    own = {name for name in settings_of(Recipe) if name not in SHAPE}
    return {"optimizer": optimizer} | {name: controls[name].draw() for name in SETTINGS if name in own}


def _buttons(recipes: Sequence[Recipe], editing: str) -> None:
    """Adds a schedule, or removes the one whose tab is open."""
    position = LETTERS.index(editing)
    there = {type(recipe.schedule) for recipe in recipes}
    new = Recipe(next(kind() for kind in SCHEDULES.values() if kind not in there))
    rest = [*recipes[:position], *recipes[position + 1 :]]
    _button("Add", "add", [*recipes, new], opens=len(recipes))
    _button("Remove", "delete", rest, opens=max(position - 1, 0))


def _button(label: str, icon: str, recipes: Sequence[Recipe], *, opens: int) -> None:
    params = link(recipes) if 1 <= len(recipes) <= len(LETTERS) else None
    button(label, icon, EDITING, params, opens=opens)
