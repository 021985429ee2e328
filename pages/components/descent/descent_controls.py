"""The controls beside a descent player, and the rule that it follows with its numbers put in."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lrcore.descent import Bowl, Ravine
from lrcore.settings import settings_of
from pages.components.state.controls import Control

BOWL = {name: Control(name, setting, "Bowl: ") for name, setting in settings_of(Bowl).items()}
RAVINE = {
    name: Control(f"ravine.{name}", setting, "Ravine: ") for name, setting in settings_of(Ravine).items()
}
"""The controls of each scene, by its fields' names."""
GLOSSARY = (
    "**Loss** $L$: how wrong the model is; training looks for the $w$ with the lowest.\n\n"
    "**Weight** $w$: a number that the model learns.\n\n"
    "**Learning rate** $\\eta$: how much of the slope is taken off the weight.\n\n"
    "**Update**: one such step."
)


def bowl_controls() -> Bowl:
    """Draws the controls of the bowl, and its rule; the bowl that they ask for."""
    bowl = Bowl(_rate(BOWL["rate"]), BOWL["curvature"].draw("segments"))
    _bowl_rule(bowl)
    return bowl


def ravine_controls() -> Ravine:
    """Draws the controls of the ravine, and its rule; the ravine that they ask for."""
    rate, momentum, decay = _rate(RAVINE["rate"]), RAVINE["momentum"].draw(), RAVINE["decay"].draw("radio")
    ravine = Ravine(rate, momentum, decay, RAVINE["decay_rate"].draw(disabled=decay == "Constant"))
    _ravine_rule(ravine)
    return ravine


def _rate(control: Control) -> float:
    """The rate as a number: what the player's slider sets, and a way to ask for one between its stops."""
    return control.draw("field", label=f"{control.setting.label}, as a number")


def _bowl_rule(bowl: Bowl) -> None:
    (start,), rate, curvature = bowl.start, bowl.rate, bowl.curvature
    first = bowl.paths([rate])[0, 1, 0]
    st.latex(
        r"\begin{aligned} w &\leftarrow w - \eta\,\frac{dL}{dw} = w - \eta\,c\,w \\"
        rf"&= {start:g} - {rate:.4g} \cdot {curvature:g} \cdot {start:g} = {first:.4g} \end{{aligned}}",
        help=GLOSSARY,
    )
    st.markdown(
        rf"Each update multiplies $w$ by ${{1 - \eta\,c = {1 - rate * curvature:.4g}}}$ and comes closer to the "
        rf"minimum while that is between −1 and 1, so for rates below ${{2 / c = {bowl.limit:.4g}}}$. "
        rf"At ${{1 / c = {bowl.limit / 2:.4g}}}$ a single update lands in it."
    )


def _ravine_rule(ravine: Ravine) -> None:
    flat, steep = ravine.curvatures
    st.latex(
        rf"\begin{{aligned}} v &\leftarrow {ravine.momentum:.4g}\,v - \eta(t)\,\nabla L(w) \\"
        r"w &\leftarrow w + v \\"
        + ravine.schedule.latex(numbers=True).replace("=", "&=", 1)
        + r"\end{aligned}"
    )
    st.markdown(
        rf"Across, the ravine is {steep / flat:g} times as curved as along. Across sets the limit, "
        rf"${{2\,(1 + m) / {steep:g} = {ravine.limit:.4g}}}$; along, only a high rate gets anywhere. "
        + _decay_in_words(ravine)
    )


def _decay_in_words(ravine: Ravine) -> str:
    rates = ravine.learning_rates([ravine.rate])[0]
    if rates[-1] == rates[0]:
        return ""
    words = f"The rate falls from {rates[0]:.3g} to {rates[-1]:.3g}"
    if rates[-1] < ravine.limit <= rates[0]:
        words += f", and is below the limit from update {np.argmax(rates < ravine.limit) + 1} on"
    return words + "."
