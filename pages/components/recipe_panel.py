"""The controls of a recipe, generated from the declarations; their values live in the page's link.

A control's key is its parameter in the link (behind a prefix where a page holds several recipes), so
Streamlit's own binding keeps both in step, and pages that share a key share its value.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import fields
from functools import partial
from typing import Any

import streamlit as st

from lrcore.recipes import HYPERPARAMETERS, Recipe, choice_fields, parse_param
from lrcore.schedules import SCHEDULES, Constant, Schedule
from lrcore.settings import Declared, number_text, settings_of
from pages.components.links import Parameter, held, is_hidden, linked

SCHEDULE_SETTINGS = ("clock", "epochs", "warmup")
TRAINING_SETTINGS = ("momentum", "nesterov", "batch_size", "hidden_units", "split")
SETTINGS = {field.name: field for field in fields(Recipe)}


def recipe_parameters(prefix: str = "") -> dict[str, Parameter]:
    """The parameters of the panel of that prefix, for the page's link."""
    names = (*SETTINGS, *HYPERPARAMETERS)
    return {prefix + name: _parameter(name) for name in names}


def _parameter(name: str) -> Parameter:
    return Parameter(partial(parse_param, name), partial(_spell, name))


def recipe_link(recipe: Recipe, prefix: str = "") -> dict[str, str]:
    """What a link says that sets the panel of that prefix to `recipe`."""
    return {prefix + name: text for name, text in recipe.to_params().items()}


def recipe_panel(prefix: str = "", *, settings_in: AbstractContextManager | None = None) -> Recipe:
    """Draws the controls of one recipe and returns it.

    Args:
        prefix: goes before every key and link parameter, so that a page can hold several panels.
        settings_in: where all controls but the schedule's own go; default: below them, half of them folded away.
    """
    schedule = schedule_controls(prefix)
    with settings_in or st.container():
        settings = {name: setting(name, prefix) for name in SCHEDULE_SETTINGS}
    with settings_in or st.expander("Momentum, batches, network, split", icon=":material/tune:"):
        settings |= {name: setting(name, prefix) for name in TRAINING_SETTINGS}
    return Recipe(schedule, **settings)


def _spell(name: str, value: Any) -> str:
    """`value` as the control's binding writes it."""
    if name == "schedule":
        return SCHEDULES[value].title
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else number_text(value)


def schedule_controls(prefix: str) -> Schedule:
    """The picker, and the sliders of the schedule that is picked."""
    if is_hidden("schedule", "Schedule"):
        name = held(f"{prefix}schedule", _parameter("schedule"), Constant.__name__)
    else:
        name = st.selectbox(
            "Schedule",
            list(SCHEDULES),
            format_func=lambda each: SCHEDULES[each].title,
            key=f"{prefix}schedule",
            bind="query-params",
            help="\n\n".join(f"**{each.title}**: {each.used_for}" for each in SCHEDULES.values()),
        )
    schedule = SCHEDULES[name]
    declared = settings_of(schedule)
    return schedule(
        **{each: _number(prefix, each, declared[each], getattr(schedule, each)) for each in declared}
    )


def setting(name: str, prefix: str = "") -> Any:
    """The control of that field of a recipe, unless the link hides it; its value."""
    field = SETTINGS[name]
    if name in settings_of(Recipe):
        return _number(prefix, name, settings_of(Recipe)[name], field.default)
    label = field.metadata["label"]
    if is_hidden(name, label):
        return held(prefix + name, _parameter(name), field.default)
    common = {"key": prefix + name, "help": field.metadata["help"], "bind": "query-params"}
    if name in choice_fields():
        choices = list(choice_fields()[name])
        return st.segmented_control(label, choices, default=field.default, required=True, **common)
    return st.toggle(label, **common)


def _number(prefix: str, name: str, declared: Declared, default: float) -> float:
    """A slider over the offered values and those that a link has put between them."""
    key = prefix + name
    if is_hidden(name, declared.label):
        return held(key, _parameter(name), default)
    present = [st.session_state[key]] if key in st.session_state else []
    return st.select_slider(
        declared.label,
        sorted({*declared.offered, default, *present, linked(key, _parameter(name).parse, default)}),
        value=default,
        format_func=number_text,
        key=key,
        help=declared.help,
        bind="query-params",
    )
