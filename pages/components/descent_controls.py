"""The controls beside a descent player, and the rule that it follows with its numbers put in."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from lrcore.descent import DECAYS, Bowl, Ravine, Scene
from lrcore.settings import number_text, settings_of
from pages.components.links import Parameter, held, is_hidden

BOWL, RAVINE = "", "ravine."
"""What goes before a field's name to make its control's key."""
GLOSSARY = (
    "**Loss** $L$: how wrong the model is; training looks for the $w$ with the lowest.\n\n"
    "**Weight** $w$: a number that the model learns.\n\n"
    "**Learning rate** $\\eta$: how much of the slope is taken off the weight.\n\n"
    "**Update**: one such step."
)


def bowl_controls() -> Bowl:
    """Draws the controls of the bowl, and its rule; the bowl that they ask for."""
    bowl = Bowl(_rate(Bowl, BOWL), _curvature())
    _bowl_rule(bowl)
    return bowl


def ravine_controls() -> Ravine:
    """Draws the controls of the ravine, and its rule; the ravine that they ask for."""
    rate, momentum, decay = _rate(Ravine, RAVINE), _slider("momentum"), _decay()
    ravine = Ravine(rate, momentum, decay, _slider("decay_rate", disabled=decay == "Constant"))
    _ravine_rule(ravine)
    return ravine


def _rate(scene: type[Scene], prefix: str) -> float:
    """The rate as a number: what the player's slider sets, and a way to ask for one between its stops."""
    declared, key = settings_of(scene)["rate"], f"{prefix}rate"
    label = f"{declared.label}, as a number"
    if is_hidden("rate", label):
        return held(key, PARAMETERS[key], scene.rate)
    return st.number_input(
        label,
        float(declared.low),
        float(declared.high),
        scene.rate,
        declared.offered[0],
        format="%.4g",
        key=key,
        help=declared.help,
        bind="query-params",
    )


def _curvature() -> float:
    declared = settings_of(Bowl)["curvature"]
    if is_hidden("curvature", declared.label):
        return held("curvature", PARAMETERS["curvature"], Bowl.curvature)
    return st.segmented_control(
        declared.label,
        declared.offered,
        format_func=number_text,
        default=Bowl.curvature,
        required=True,
        key="curvature",
        help=declared.help,
        bind="query-params",
    )


def _slider(name: str, *, disabled: bool = False) -> float:
    declared, key = settings_of(Ravine)[name], RAVINE + name
    if is_hidden(name, declared.label):
        return held(key, PARAMETERS[key], getattr(Ravine, name))
    return st.slider(
        declared.label,
        float(declared.low),
        float(declared.high),
        getattr(Ravine, name),
        declared.offered[1] - declared.offered[0],
        key=key,
        help=declared.help,
        disabled=disabled,
        bind="query-params",
    )


def _decay() -> str:
    key, label = f"{RAVINE}decay", "Schedule"
    if is_hidden("decay", label):
        return held(key, PARAMETERS[key], Ravine.decay)
    return st.radio(
        label,
        list(DECAYS),
        format_func=_title,
        key=key,
        help="\n\n".join(f"**{each.title}**: {each.__doc__}" for each in DECAYS.values()),
        bind="query-params",
    )


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


def _title(decay: str) -> str:
    return DECAYS[decay].title


def _parse_decay(text: str) -> str:
    by_title = {_title(name): name for name in DECAYS}
    return Ravine(decay=by_title.get(text, text)).decay


def _parse_curvature(text: str) -> float:
    offered = settings_of(Bowl)["curvature"].offered
    by_text = {number_text(value): value for value in offered}
    if text not in by_text:
        raise ValueError(f"`curvature` must be one of {', '.join(by_text)}. Received: curvature={text!r:.60}")
    return by_text[text]


PARAMETERS = {
    prefix + name: Parameter(partial(declared.parsed, prefix + name), number_text)
    for prefix, scene in ((BOWL, Bowl), (RAVINE, Ravine))
    for name, declared in settings_of(scene).items()
} | {
    "curvature": Parameter(_parse_curvature, number_text),
    f"{RAVINE}decay": Parameter(_parse_decay, _title),
}
"""The parameters of the page's link, by control."""
