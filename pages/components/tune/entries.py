"""The schedules of the page: recipes of which the rate is left open, their controls, and how a link holds them.

Each has a letter, as in Compare, and its own hyperparameters, clock and warmup; all else is the same for all, so
that nothing but the rate curve differs. Those shared settings have the keys of Schedules and Train.
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
from pages.components.state.recipe_panel import OWN_WARMUP, part_controls, recipe_controls, recipe_link

FIRST = ("Constant", "StepDecay", "CosineDecay")
"""The schedules that the page opens with."""
NONE = 0
COUNT = Control(
    "tune.schedules",
    Number(label="Number of schedules", default=NONE, low=1, high=len(LETTERS), whole=True),
)
"""Its default means not set, so that every number that is set is in the link."""
EDITING = "tune.editing"


@dataclass(frozen=True)
class Entry:
    """A schedule of the page.

    Attributes:
        letter: by which it is known.
        recipe: it, with everything else, at the default of its rate: all its other rates are relative to that.
        label: what charts and sentences call it, different for every schedule of the page.
    """

    letter: str
    recipe: Recipe
    label: str

    @property
    def rate_label(self) -> str:
        """What its rate is called, in the middle of a sentence."""
        return SETTINGS[tuning.rate_name(self.recipe)].name_in_a_sentence


def _prefix(letter: str) -> str:
    return f"tune.{letter.lower()}."


def key_of(letter: str, name: str) -> str:
    """The key of the control of that setting, for the schedule of that letter."""
    return name if name in _shared() else _prefix(letter) + name


def link(recipes: Sequence[Recipe]) -> dict[str, str]:
    """What a link says that sets the page to the rate curves of `recipes`, and all else to the first one's."""
    params = {COUNT.key: str(len(recipes))}
    shared = recipe_link(recipes[0])
    params |= {name: text for name, text in shared.items() if name in _shared()}
    for letter, recipe in zip(LETTERS, recipes, strict=False):
        own = recipe_link(_at_default(recipe))
        params |= {_prefix(letter) + name: text for name, text in own.items() if name not in _shared()}
    return params


def _shared() -> list[str]:
    """The names of the settings that all schedules of the page share, the optimizer's included."""
    own = {name for kind in SCHEDULES.values() for name in settings_of(kind)}
    return [name for name in SETTINGS if name not in own | {*SHAPE}]


def _at_default(recipe: Recipe) -> Recipe:
    """The recipe with its rate at the default; as it is, where a rate would leave its bounds."""
    try:
        return tuning.at_rate(recipe, SETTINGS[tuning.rate_name(recipe)].default)
    except ValueError:
        return recipe


def count() -> int:
    """The number of schedules, which has no widget. Without a link or a setting of the reader's, `FIRST` are shown."""
    if COUNT.read() == NONE:
        chosen = {_prefix(letter) + "schedule": name for letter, name in zip(LETTERS, FIRST, strict=False)}
        session.suppose({COUNT.key: str(len(FIRST))} | chosen)
    return COUNT.value()


def panels(number: int) -> list[Entry]:
    """Draws the controls of the schedules, one tab each, the buttons that change their number, and what they share."""
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
    """Draws what belongs to one schedule's rate curve: `SHAPE`, but for the rate."""
    controls = recipe_controls(_prefix(letter), f"Schedule {letter}: ")
    for control in controls.values():  # what a link says of other schedules is kept for when they are picked
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
    return {
        "schedule": schedule,
        "clock": clock,
        "warmup": warmup.value() if has_own else warmup.draw(),
    }


def _rate_of(kind: type[Schedule]) -> str:
    return INITIAL if INITIAL in settings_of(kind) else MAXIMUM


def _same_for_all() -> dict[str, Any]:
    """Draws the settings that all schedules share; by name, as `Recipe` takes them."""
    controls = recipe_controls()
    optimizer = part_controls("optimizer", controls)
    own = {name for name in settings_of(Recipe) if name not in SHAPE}
    return {"optimizer": optimizer} | {name: controls[name].draw() for name in SETTINGS if name in own}


def _buttons(recipes: Sequence[Recipe], editing: str) -> None:
    """Add and remove; the latter acts on the schedule whose tab is open."""
    position = LETTERS.index(editing)
    there = {type(recipe.schedule) for recipe in recipes}
    new = Recipe(next(kind() for kind in SCHEDULES.values() if kind not in there))
    rest = [*recipes[:position], *recipes[position + 1 :]]
    _button("Add", "add", [*recipes, new], opens=len(recipes))
    _button("Remove", "delete", rest, opens=max(position - 1, 0))


def _button(label: str, icon: str, recipes: Sequence[Recipe], *, opens: int) -> None:
    params = link(recipes) if 1 <= len(recipes) <= len(LETTERS) else None
    button(label, icon, EDITING, params, opens=opens)
