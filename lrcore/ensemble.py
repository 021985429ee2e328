"""The fast trainer: many runs of the article's network at once, in NumPy, in stacked arrays.

It makes the same runs as Keras does from the same weights and batch order; `tests/test_ensemble.py` holds
it to that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class History:
    """What `model.fit` reports of every epoch, for many runs.

    Each array is float32 (recipes, seeds, epochs), with Keras's names. A diverged run holds NaN from the
    epoch in which its loss stopped being finite. Indexing takes a part along the first axis.
    """

    loss: np.ndarray
    accuracy: np.ndarray
    val_loss: np.ndarray
    val_accuracy: np.ndarray

    def __getitem__(self, index) -> History:
        return History(self.loss[index], self.accuracy[index], self.val_loss[index], self.val_accuracy[index])


def initial_weights(seed: int, n_features: int, hidden_units: int) -> list[np.ndarray]:
    """Glorot-uniform kernels and zero biases, as Keras starts with, from a seed local to the run.

    Returns:
        float32 arrays in the order of `model.get_weights()`: (n_features, hidden_units), (hidden_units,),
        (hidden_units, 1), (1,).
    """
    random = np.random.default_rng([seed, 0])

    def glorot_uniform(rows: int, columns: int) -> np.ndarray:
        limit = np.sqrt(6 / (rows + columns))
        return random.uniform(-limit, limit, (rows, columns)).astype(np.float32)

    return [
        glorot_uniform(n_features, hidden_units),
        np.zeros(hidden_units, np.float32),
        glorot_uniform(hidden_units, 1),
        np.zeros(1, np.float32),
    ]


def batch_order(seed: int, epochs: int, n_train: int) -> np.ndarray:
    """The order of the training rows in every epoch: int (epochs, n_train), each row a permutation.

    A longer run begins with the same epochs as a shorter one of the same seed.
    """
    random = np.random.default_rng([seed, 1])
    return np.stack([random.permutation(n_train) for _ in range(epochs)])
