"""A descent in words: a verdict, and a few sentences with its numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lrcore import descent
from lrcore.descent import Outcome, Scene

ALIKE = 1.05
"""Two expected losses whose ratio is below this are called the same."""


def in_words(scene: Scene, rates: Sequence[float]) -> list[tuple[str, str]]:
    """Verdict and sentences for the scene at each of these first rates, in place of its own."""
    if scene.noise:
        return _noisy_in_words(scene, rates)
    found = scene.outcomes(rates)
    return [bowl_in_words(each) if len(scene.start) == 1 else ravine_in_words(each) for each in found]


def bowl_in_words(outcome: Outcome) -> tuple[str, str]:
    """The outcome of a descent in a bowl: one word, and a few short sentences."""
    words = []
    if outcome.kind == "bounces":
        span = outcome.arrival or outcome.updates
        words.append(f"{outcome.crossings} of the first {span} updates jump over the minimum.")
    if outcome.kind == "diverges":
        words.append(f"{_far_away(outcome)} The axes grow with it.")
    elif outcome.arrival is None:
        words.append(f"After {outcome.updates} updates {outcome.left:.0%} of the way to the minimum is left.")
    else:
        words.append(f"{1 - descent.ARRIVED:.0%} of the way is done after {_updates(outcome.arrival)}.")
    return f"{outcome.kind.capitalize()}.", " ".join([*words, *_in_between(outcome)])


def ravine_in_words(outcome: Outcome) -> tuple[str, str]:
    """Two facts of a descent in a ravine, independent of each other: where it ends, how often it changes sides."""
    words = [f"{outcome.sides} of {outcome.updates} updates change sides."]
    if not outcome.left <= 1:
        return "Leaves.", " ".join([_far_away(outcome), *words])
    if outcome.arrival is None:
        verdict = (
            f"Does not arrive: after {outcome.updates} updates {outcome.left:.0%} of the distance is left."
        )
    else:
        verdict = f"Arrives after {_updates(outcome.arrival)}."
    return verdict, " ".join([*words, *_in_between(outcome)])


def _noisy_in_words(scene: Scene, rates: Sequence[float]) -> list[tuple[str, str]]:
    """The expected loss at the end, and the effect of the schedule on it."""
    ends = scene.expected_loss(rates)[:, -1].tolist()
    verdicts = [f"Expected loss {figure(end)} after {scene.updates} updates." for end in ends]
    floors = scene.floors(rates).tolist()
    if scene == scene.constant():
        return [
            (verdict, kept_in_words(*each)) for verdict, *each in zip(verdicts, ends, floors, strict=True)
        ]
    kept = scene.constant().expected_loss(rates)[:, -1].tolist()
    rate, best = scene.best_constant()
    return [
        (
            verdict,
            f"Decay makes it {compared(end, same)} the rate kept ({figure(same)}), "
            f"and {compared(end, best)} the best constant rate, {figure(rate)} ({figure(best)}).",
        )
        for verdict, end, same in zip(verdicts, ends, kept, strict=True)
    ]


def kept_in_words(end: float, floor: float) -> str:
    """The expected loss at the end beside the floor of a constant rate."""
    if np.isinf(floor):
        return "At the limit and above it there is no floor: the balls leave."
    if end * ALIKE < floor:
        return f"They are on their way up: the floor of this rate is {figure(floor)}."
    if end <= ALIKE * floor:
        return f"That is the floor of this rate, {figure(floor)}: the balls hover, and more updates change nothing."
    return f"They are not down yet: the floor of this rate is {figure(floor)}."


def compared(end: float, other: float) -> str:
    """How many times lower or higher `end` is than `other`; the other's name follows these words."""
    ratio = max(end, other) / min(end, other)
    if ratio < ALIKE:
        return "about the same as with"
    return f"{times(ratio)} {'lower' if end < other else 'higher'} than with"


def _far_away(outcome: Outcome) -> str:
    left = times(outcome.left)
    return f"After {outcome.updates} updates it is {left} as far away as at the start."


def _in_between(outcome: Outcome) -> list[str]:
    if not outcome.farthest > max(1.05, outcome.left):
        return []
    return [f"In between it was {times(outcome.farthest)} as far away as at the start."]


def _updates(number: int) -> str:
    return f"{number} update{'s' * (number != 1)}"


def times(ratio: float) -> str:
    """A ratio in words, to three digits."""
    if ratio >= 1e6:
        return f"{ratio:.1e} times".replace("e+0", "e").replace("e+", "e")
    return f"{ratio:,.0f} times" if ratio >= 100 else f"{ratio:.3g} times"


def figure(value: float) -> str:
    """A rate or a loss to three digits; below 1e-9 it reads 0."""
    if value < 1e-9:
        return "0"
    if value >= 1e6:
        return f"{value:.1e}".replace("e+0", "e").replace("e+", "e")
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
