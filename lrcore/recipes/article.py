"""The article's four experiments as recipes."""

from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, ExponentialDecay, StepDecay, TimeBasedDecay

ARTICLE: dict[str, Recipe] = {
    "constant": Recipe(Constant(0.1), split="tail"),
    "time-based": Recipe(
        TimeBasedDecay(0.1, decay_rate=0.1 / 50), clock="update", optimizer=SGD(0.8), split="tail"
    ),
    "step": Recipe(StepDecay(0.1, drop=0.5, epochs_drop=10), optimizer=SGD(0.9), split="tail"),
    "exponential": Recipe(ExponentialDecay(0.01, decay_rate=0.01), optimizer=SGD(0.9), split="tail"),
}
"""The four recipes by name, as in the article."""
