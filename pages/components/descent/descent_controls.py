"""The controls beside a descent player."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lrcore.descent import DECAYS, DRAWS, Bowl, Ravine
from lrcore.settings import settings_of
from pages.components.descent.descent_rules import bowl_rule
from pages.components.state import session
from pages.components.state.controls import Control

FIRST = ("rate", "curvature")
"""Settings of the bowl whose keys have no prefix."""
BOWL = {
    name: Control(name if name in FIRST else f"bowl.{name}", setting, "Bowl: ")
    for name, setting in settings_of(Bowl).items()
}
RAVINE = {
    name: Control(f"ravine.{name}", setting, "Ravine: ") for name, setting in settings_of(Ravine).items()
}
"""The controls of each scene, by its fields' names."""
DECAY = ("decay", "decay_rate", "epochs_drop")
"""The settings of a scene's schedule."""


def bowl_controls() -> Bowl:
    """Draws the controls of the bowl, and below them its update or the controls of the noise; returns the bowl."""
    rate, curvature = _rate(BOWL), BOWL["curvature"].draw("segments")
    if not _noise(BOWL, "rate", 0.4):
        bowl = Bowl(rate=rate, curvature=curvature)
        bowl_rule(bowl)
        return bowl
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sigma = BOWL["sigma"].draw("segments", width="content")
        draw = _draw(BOWL)
    return Bowl(rate=rate, curvature=curvature, noise=True, draw=draw, sigma=sigma, **_schedule(BOWL))


def ravine_controls() -> Ravine:
    """Draws the controls of the ravine; returns the ravine."""
    rate, momentum = _rate(RAVINE), RAVINE["momentum"].draw()
    with st.container(horizontal=True, vertical_alignment="center"):
        noise = _noise(RAVINE, "momentum", 0.9)
        draw = _draw(RAVINE) if noise else RAVINE["draw"].read()
    return Ravine(rate=rate, momentum=momentum, noise=noise, draw=draw, **_schedule(RAVINE))


def _rate(controls: dict[str, Control]) -> float:
    """Draws the rate as a number, for those between the stops of the player's slider; returns it."""
    rate = controls["rate"]
    return rate.draw("field", label=f"{rate.setting.label}, as a number")


def _schedule(controls: dict[str, Control]) -> dict[str, Any]:
    """Draws the choice of the schedule and its hyperparameter; returns the values of all of them."""
    decay = controls["decay"].draw("radio")
    own = next((name for name in DECAY if name in settings_of(DECAYS[decay])), "decay_rate")
    drawn = {own: controls[own].draw(disabled=decay == "Constant")}
    return _read(controls, *DECAY) | {"decay": decay} | drawn


def _read(controls: dict[str, Control], *names: str) -> dict[str, Any]:
    return {name: controls[name].read() for name in names}


def _draw(controls: dict[str, Control]) -> int:
    """Draws the button for other random numbers; returns the number of the current draw."""
    control = controls["draw"]
    draw = control.value()
    if not session.hides(control.name, control.setting.label):
        st.button(
            "Again",
            key=f"{control.key}.again",
            icon=":material/casino:",
            help="Other random numbers, for all rates and schedules alike",
            on_click=session.put,
            args=({control.key: (draw + 1) % DRAWS},),
        )
    return draw


def _noise(controls: dict[str, Control], along: str, value: float) -> bool:
    """Draws the switch of the noise; returns whether it is on.

    If the control of the name `along` is at its default, switching on sets it to `value`, which shows more.
    """
    noise, other = controls["noise"], controls[along]
    brings = {other.key: value} if other.read() == other.setting.default else {}
    return noise.draw(on_change=_switch, args=(noise.key, brings))


@session.whole
def _switch(key: str, brings: dict[str, float]) -> None:
    session.take(key)
    if st.session_state[key] and not session.is_outdated(key):
        session.put(brings)
