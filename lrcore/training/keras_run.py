"""The Keras trainer: the network, the optimizer, the loss and the accuracy are Keras's own.

TensorFlow is imported with the first run, not with this module, so that the app's server stays without it.
"""

from __future__ import annotations

from collections.abc import Generator

from lrcore.recipes.recipe import Recipe
from lrcore.training.run import History, Run, result_of


def train_with_keras(recipe: Recipe, seed: int) -> History:
    """One run by Keras, in this process: what `model.fit` reports, and `train` of the same seed; arrays (1, epochs).

    Args:
        seed: >= 0 and < 2**32; draws the initial weights, the batch order and, where it is random, the split.

    Raises:
        ValueError: the seed breaks its rule; raised before TensorFlow is imported.
    """
    (history,) = result_of(epochs(Run((recipe,), (seed,))))
    return history


def epochs(run: Run) -> Generator[list[float], None, list[History]]:
    """Compiles the run of one recipe and one seed, and returns the steps that train it; see `keras_network.epochs`."""
    from lrcore.training import keras_network

    return keras_network.epochs(run)
