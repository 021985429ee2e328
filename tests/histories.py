"""Histories that no trainer made, for what is said of any."""

import numpy as np

from lrcore.recipes.recipe import Recipe
from lrcore.training.run import History


def made(loss, accuracy, val_loss, val_accuracy, lost) -> History:
    """Runs with these curves, each (seeds, epochs); `lost` says which of them are."""
    seeds, epochs = np.shape(loss)
    rates = np.full((seeds, epochs), 0.1)
    return History(Recipe(), tuple(range(seeds)), loss, accuracy, val_loss, val_accuracy, rates, lost)
