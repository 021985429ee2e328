"""The update of a descent with its numbers, and the sentences that hold at every setting."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lrcore import descent
from lrcore.descent import Bowl, Ravine, Scene
from pages.components.descent.descent_words import figure
from pages.components.descent.terms import terms

BOWL_TRUTHS = (
    "At a constant rate below $2 / c$ the ball never comes to rest: it hovers, and half the rate hovers less than "
    "half as high.",
    "The rates of a run have to add up to enough to bring the ball down; what is left then decides how quietly it "
    "lies. Decay helps once the ball is down, and stops it on the slope if it comes sooner.",
)
RAVINE_TRUTH = (
    "Across the ravine the rate is limited, along it every update counts: momentum goes on along it."
)
RAVINE_TRUTH_WITH_NOISE = (
    "With noise, the momentum that carries it along also keeps it swinging; decay lets it come to rest, if it has "
    "arrived."
)


def bowl_rule(bowl: Bowl) -> None:
    """The bowl's update without noise, and where the limit comes from."""
    (start,), rate, curvature = bowl.start, bowl.rate, bowl.curvature
    first = bowl.paths([rate])[0, 1, 0]
    st.latex(
        r"\begin{aligned} w &\leftarrow w - \eta\,\frac{dL}{dw} \\ &= w - \eta\,c\,w \\"
        rf"&= {start:g} - {rate:.4g} \cdot {curvature:g} \cdot {start:g} \\ &= {first:.4g} \end{{aligned}}"
    )
    terms("weight", "learning rate", "slope", "loss", "update", "curvature")
    st.markdown(
        rf"Each update multiplies $w$ by ${{1 - \eta\,c = {1 - rate * curvature:.4g}}}$ and comes closer to the "
        rf"minimum while that is between −1 and 1, so for rates below ${{2 / c = {bowl.limit:.4g}}}$. "
        rf"At ${{1 / c = {bowl.limit / 2:.4g}}}$ a single update lands in it."
    )


def noisy_bowl_rule(bowl: Bowl) -> None:
    """The bowl's update with noise, the two sentences that hold at all settings, and the bound."""
    rule, truths = st.columns([1, 2], gap="large")
    with rule:
        st.latex(
            r"\begin{aligned} w &\leftarrow w - \eta(t)\,(c\,w + \sigma\,\xi) \\"
            + _schedule(bowl)
            + r"\end{aligned}"
        )
        terms("noise", "expected loss", "floor", "decay")
    with truths:
        for truth in BOWL_TRUTHS:
            st.markdown(truth)
        bound = bowl.lower_bound()[-1]
        st.markdown(
            f"After {bowl.updates} updates no sequence of rates whatever has an expected loss below {figure(bound)}. "
            f"{decay_in_words(bowl)}"
        )


def ravine_rule(ravine: Ravine) -> None:
    """The ravine's update, what momentum is for, and the best momentum beside the one of theory."""
    rule, truths = st.columns([1, 2], gap="large")
    flat, steep = ravine.curvatures
    with rule:
        slope = r"(\nabla L(w) + \sigma\,\xi)" if ravine.noise else r"\nabla L(w)"
        st.latex(
            rf"\begin{{aligned}} v &\leftarrow {ravine.momentum:.4g}\,v - \eta(t)\,{slope} \\ w &\leftarrow w + v \\"
            + _schedule(ravine)
            + r"\end{aligned}"
        )
        terms("momentum")
    with truths:
        st.markdown(RAVINE_TRUTH + (f" {RAVINE_TRUTH_WITH_NOISE}" if ravine.noise else ""))
        st.markdown(
            rf"Across, it is {steep / flat:g} times as curved as along, and across sets the limit, "
            rf"${{2\,(1 + m) / {steep:g} = {ravine.limit:.4g}}}$. {decay_in_words(ravine)}"
        )
        st.markdown(best_momentum_in_words(ravine))
        st.caption(
            f"It has *arrived* where it stays within {descent.ARRIVED:.0%} of its first distance to the minimum. "
            f"A change of sides counts if it is longer than {descent.SEEN:.0%} of that distance."
        )


def best_momentum_in_words(ravine: Ravine) -> str:
    """The momentum of the slider that arrives first, and what theory says."""
    flat, steep = ravine.curvatures
    momentum, best = ravine.best_momentum()
    in_theory, rate, _ = descent.theory(ravine.curvatures)
    ratio = rf"\sqrt{{{steep / flat:g}}}"
    return (
        f"Without noise, the best momentum of the slider is **{momentum:g}**: at its best constant rate it arrives "
        f"after {best.arrival} updates. Theory's best in the long run, at the rate {rate:.3g}, is "
        rf"${{\left(\frac{{{ratio} - 1}}{{{ratio} + 1}}\right)^2 = {in_theory:.3g}}}$."
    )


def decay_in_words(scene: Scene) -> str:
    """How far the rate falls, and from when on it is below the limit; nothing where it stays."""
    rates = scene.learning_rates([scene.rate])[0]
    if rates[-1] == rates[0]:
        return ""
    words = f"The rate falls from {rates[0]:.3g} to {figure(rates[-1])}"
    if rates[-1] < scene.limit <= rates[0]:
        words += f", and is below the limit from update {np.argmax(rates < scene.limit) + 1} on"
    return words + "."


def _schedule(scene: Scene) -> str:
    return scene.schedule.latex(numbers=True).replace("=", "&=", 1)
