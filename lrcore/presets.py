"""Ready-made comparisons, each of which teaches one thing. To add one, add an entry to `PRESETS`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lrcore.recipes import ARTICLE, Recipe
from lrcore.schedules import CompoundingDecay, Constant, StepDecay, TimeBasedDecay


@dataclass(frozen=True)
class Preset:
    """Recipes by their names, two to six, the first being the baseline; `lesson` says what to look at."""

    lesson: str
    recipes: Mapping[str, Recipe]


def _decay_against_constant(rate: float) -> dict[str, Recipe]:
    """At the decay rate 0.15 an epoch, 60 epochs take the rate down to a tenth."""
    return {
        f"Constant {rate:g}": Recipe(Constant(rate), epochs=60),
        f"Decay from {rate:g}": Recipe(TimeBasedDecay(rate, decay_rate=0.15), epochs=60),
    }


START = Preset(
    "The same recipe with a constant rate and with one that halves every 10 epochs.",
    {
        "Constant": Recipe(Constant(0.1), momentum=0.9),
        "Halved every 10": Recipe(StepDecay(0.1, drop=0.5, epochs_drop=10), momentum=0.9),
    },
)
"""Where a reader starts who has not asked for anything."""

_DECAYING = Recipe(TimeBasedDecay(0.1, decay_rate=0.002), split="tail")

PRESETS = {
    "The article's four": Preset(
        "As written, momentum and initial rate change together with the schedule. What does the credit belong to?",
        {f"Article {number} ({name})": recipe for number, (name, recipe) in enumerate(ARTICLE.items(), 1)},
    ),
    "The same, equal momentum": Preset(
        "With momentum 0.9 for all four, is decay still faster? Is it still smoother?",
        {f"{name.capitalize()}, 0.9": replace(recipe, momentum=0.9) for name, recipe in ARTICLE.items()},
    ),
    "One decay, four meanings": Preset(
        "One number, decay = 0.002, as four programs understand it. Compare where the rates end.",
        {
            "Per update (old Keras)": replace(_DECAYING, clock="update"),
            "Per epoch": _DECAYING,
            "Compounding": replace(_DECAYING, schedule=CompoundingDecay(0.1, decay_rate=0.002)),
            "Ignored (Keras 3)": replace(_DECAYING, schedule=Constant(0.1)),
        },
    ),
    "Decay hurts at 0.1": Preset(
        "The rate is modest from the start: decay only takes away what the training still needs.",
        _decay_against_constant(0.1),
    ),
    "Decay helps at 2.0": Preset(
        "The rate is too high to settle: decay brings it down to one that can.",
        _decay_against_constant(2.0),
    ),
    "Too small, right, too large": Preset(
        "The same constant schedule at three rates: creeping, learning, bouncing.",
        {
            "Too small": Recipe(Constant(0.001)),
            "Right": Recipe(Constant(0.1)),
            "Too large": Recipe(Constant(3.0)),
        },
    ),
}
"""The comparisons by their titles."""
