"""Ready-made views of the surface, each of which teaches one thing. To add one, add an entry to `VIEWS`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lrcore.recipes.article import ARTICLE
from lrcore.recipes.presets import Preset
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, StepDecay


@dataclass(frozen=True)
class View:
    """A view of the surface: some runs, and the part of them to draw.

    Attributes:
        preset: the runs, with a title and what to look at.
        seed: of all runs.
        first, last: the epochs after which the paths begin and end; 0 is untrained.
        by_update: whether there is a point for every update, not just for every epoch.
    """

    preset: Preset
    seed: int
    first: int
    last: int
    by_update: bool = False


VIEWS = {
    "valley": View(
        Preset(
            "One valley",
            "Three rates, one start, a point for every epoch. Do they go different ways, or the same way to different "
            "places?",
            {
                "Constant 0.5": Recipe(Constant(0.5)),
                "Halved every 10": Recipe(StepDecay(0.5, drop=0.5, epochs_drop=10)),
                "Constant 0.1": Recipe(Constant(0.1)),
            },
        ),
        seed=0,
        first=0,
        last=50,
    ),
    "across": View(
        Preset(
            "Across the valley",
            "All rows in one batch, so an epoch is an update. What does the drop to a third do to the path, and who is "
            "lower at the end?",
            {
                "Constant 1.5": Recipe(Constant(1.5), batch_size=235),
                "Dropped after 30": Recipe(Constant(1.5), batch_size=235, drop_epoch=30, drop_factor=0.3333),
            },
        ),
        seed=0,
        first=10,
        last=50,
    ),
    "closer": View(
        Preset(
            "Look closer",
            "Every update of five epochs, on batches of 28. Which part of the steps is back and forth, and what is "
            "left of it after the drop?",
            {
                "Constant 0.5": Recipe(Constant(0.5)),
                "Dropped after 25": Recipe(Constant(0.5), drop_epoch=25),
            },
        ),
        seed=3,
        first=23,
        last=28,
        by_update=True,
    ),
}
"""The views by their ids."""

TOGGLING = View(
    Preset(
        "Does it toggle around the minimum?",
        "The article explains bumpy curves by a rate that toggles around the minimum. Here are its constant rate and "
        "one five times as high, on its split, in the last 20 epochs.",
        {
            "The article's rate": ARTICLE["constant"],
            "Five times as high": replace(ARTICLE["constant"], schedule=Constant(0.5)),
        },
    ),
    seed=0,
    first=30,
    last=50,
)
"""The article's claim about bumpy curves, as a view to measure."""
