"""Ready-made comparisons, each of which teaches one thing. To add one, add an entry to `PRESETS`.

Titles and lessons ask questions without giving the answer away, and they mention the momentum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lrcore.optimizers import SGD
from lrcore.recipes.article import ARTICLE
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import CompoundingDecay, Constant, StepDecay, TimeBasedDecay


@dataclass(frozen=True)
class Preset:
    """Two to six recipes by name, the first the baseline; `lesson` tells a reader what to look at."""

    title: str
    lesson: str
    recipes: Mapping[str, Recipe]


def _decay_against_constant(rate: float) -> dict[str, Recipe]:
    """A constant rate, and a decay to a tenth of it: at the decay rate 0.15 per epoch that takes 60 epochs."""
    return {
        f"Constant {rate:g}": Recipe(Constant(rate), epochs=60),
        f"Decay from {rate:g}": Recipe(TimeBasedDecay(rate, decay_rate=0.15), epochs=60),
    }


START = Preset(
    "Constant or halved?",
    "A constant rate, and the same rate halved every 5 epochs, both without momentum. Which ends lower, and does that "
    "hold at other rates?",
    {
        "Constant": Recipe(Constant(0.1)),
        "Halved every 5": Recipe(StepDecay(0.1, drop=0.5, epochs_drop=5)),
    },
)
"""The comparison on opening the page: clear on 20 seeds, and reversed at rate 1."""

_DECAYING = Recipe(TimeBasedDecay(0.1, decay_rate=0.002), split="tail")

PRESETS = {
    "article": Preset(
        "The article's four",
        "As the article wrote them: momentum (0, 0.8, 0.9, 0.9) and initial rate change together with the schedule. "
        "What does the credit belong to?",
        {f"Article {number} ({name})": recipe for number, (name, recipe) in enumerate(ARTICLE.items(), 1)},
    ),
    "equal_momentum": Preset(
        "The same, momentum 0.9",
        "With momentum 0.9 for all four, is decay still faster? Is it still smoother?",
        {
            f"{name.capitalize()}, 0.9": replace(recipe, optimizer=SGD(0.9))
            for name, recipe in ARTICLE.items()
        },
    ),
    "four_meanings": Preset(
        "One decay, four meanings",
        "One number, decay = 0.002, as four programs understand it, without momentum. Compare where the rates end.",
        {
            "Per update (old Keras)": replace(_DECAYING, clock="update"),
            "Per epoch": _DECAYING,
            "Compounding": replace(_DECAYING, schedule=CompoundingDecay(0.1, decay_rate=0.002)),
            "Ignored (Keras 3)": replace(_DECAYING, schedule=Constant(0.1)),
        },
    ),
    "decay_at_0.1": Preset(
        "Decay at 0.1?",
        "From the rate 0.1, without momentum: does it help to decay the rate to a tenth?",
        _decay_against_constant(0.1),
    ),
    "decay_at_2": Preset(
        "Decay at 2.0?",
        "From the rate 2.0, without momentum: does it help to decay the rate to a tenth?",
        _decay_against_constant(2.0),
    ),
    "three_rates": Preset(
        "0.001, 0.1 or 3?",
        "A constant rate of three sizes, without momentum. Which creeps, which learns, which bounces?",
        {f"Constant {rate:g}": Recipe(Constant(rate)) for rate in (0.1, 0.001, 3.0)},
    ),
}
"""The comparisons by their ids."""
