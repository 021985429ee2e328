"""The Keras trainer: one run of the article's network, yielded epoch by epoch.

The network, the optimizer, the loss and the accuracy are Keras's own, in Keras's documented custom-loop
form. TensorFlow is imported with the first run, not with this module, so that the app's server can check
arguments and read a history here and stay without it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from numbers import Integral, Real

import numpy as np

from lrcore.training.ensemble import METRICS, batch_order, initial_weights


def train(
    x: np.ndarray,
    y: np.ndarray,
    split: tuple[np.ndarray, np.ndarray],
    learning_rates: np.ndarray,
    momentum: float,
    *,
    seed: int,
    batch_size: int,
    hidden_units: int = 34,
    nesterov: bool = False,
) -> Iterator[dict[str, float]]:
    """Trains one network; stopping is simply not asking for more epochs.

    Args:
        x: features, (rows, features).
        y: labels, 0 or 1, (rows,).
        split: row numbers to train on and to validate on, from 0.
        learning_rates: the rate of every update, >= 0: (epochs, ceil(training rows / batch_size)).
        momentum: in [0, 1).
        seed: >= 0; draws the initial weights and the order of the training rows in every epoch.
        batch_size: training rows per update, >= 1; the last batch of an epoch may be short.
        hidden_units: width of the hidden layer, >= 1.
        nesterov: whether the momentum is Nesterov's.

    Returns:
        An iterator of one dict per epoch, of Python floats: what `model.fit` reports ("loss", "accuracy":
        averages over the training rows, each taken before its own update; "val_loss", "val_accuracy": after
        the epoch) and "learning_rate", the rate of the epoch's first update. A diverged run ends with the
        epoch in which a loss is no longer finite.

    Raises:
        ValueError: an argument breaks its rule; raised by the call itself, before TensorFlow is imported.
    """
    arguments = (x, y, split, learning_rates, momentum)
    check(*arguments, seed=seed, batch_size=batch_size, hidden_units=hidden_units, nesterov=nesterov)
    weights = initial_weights(seed, x.shape[1], hidden_units)
    order = batch_order(seed, len(learning_rates), len(split[0]))
    return train_from(weights, order, *arguments, batch_size=batch_size, nesterov=nesterov)


def train_from(
    weights: Sequence[np.ndarray],
    order: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    split: tuple[np.ndarray, np.ndarray],
    learning_rates: np.ndarray,
    momentum: float,
    *,
    batch_size: int,
    nesterov: bool = False,
) -> Iterator[dict[str, float]]:
    """`train`, with what its seed draws handed in instead, and with nothing checked.

    Args:
        weights: to start from, float32, in the order of `model.get_weights()`.
        order: the order of the training rows in every epoch, int (epochs, training rows).
    """
    from lrcore.training import keras_network

    training, validation = ((x[rows], y[rows]) for rows in split)
    arguments = (weights, order, training, validation, learning_rates, momentum)
    epochs = keras_network.epochs(*arguments, batch_size=batch_size, nesterov=nesterov)
    return _until_diverged(epochs, learning_rates)


def _until_diverged(epochs, learning_rates):
    for metrics, rates in zip(epochs, learning_rates, strict=True):
        epoch = dict(zip(METRICS, metrics, strict=True)) | {"learning_rate": float(rates[0])}
        yield epoch
        if _diverged(epoch):
            return


def _diverged(epoch: dict[str, float]) -> bool:
    return not (math.isfinite(epoch["loss"]) and math.isfinite(epoch["val_loss"]))


def divergence(history: Sequence[dict[str, float]]) -> tuple[int, float] | None:
    """Where a run diverged: the epoch, counted from 0, and its learning rate; None if it did not.

    Args:
        history: the epochs that `train` yielded so far.
    """
    if not history or not _diverged(history[-1]):
        return None
    return len(history) - 1, history[-1]["learning_rate"]


def check(
    x: np.ndarray,
    y: np.ndarray,
    split: tuple[np.ndarray, np.ndarray],
    learning_rates: np.ndarray,
    momentum: float,
    *,
    seed: int,
    batch_size: int,
    hidden_units: int = 34,
    nesterov: bool = False,
) -> None:
    """Raises the ValueError that `train` raises of the same arguments, and needs no TensorFlow."""
    whole_numbers = {"seed": (seed, 0), "batch_size": (batch_size, 1), "hidden_units": (hidden_units, 1)}
    for name, (value, low) in whole_numbers.items():
        _require(_is_whole(value) and value >= low, name, f"a whole number >= {low}", value)
    real = isinstance(momentum, Real) and not isinstance(momentum, bool)
    _require(real and 0 <= momentum < 1, "momentum", "a number >= 0 and < 1", momentum)
    _require(isinstance(nesterov, (bool, np.bool_)), "nesterov", "True or False", nesterov)
    _check_data(x, y, split)
    n_updates = math.ceil(len(split[0]) / batch_size)
    _require(
        _is_array(learning_rates, 2) and len(learning_rates) > 0 and learning_rates.shape[1] == n_updates,
        "learning_rates",
        f"an array of shape (epochs, {n_updates}), as the training rows and the batch size make it",
        _shape(learning_rates),
    )
    allowed = np.isfinite(learning_rates) & (learning_rates >= 0)
    _require(allowed.all(), "learning_rates", "finite and >= 0", learning_rates[~allowed][:1])


def _check_data(x, y, split):
    _require(_is_array(x, 2) and x.size > 0, "x", "an array of shape (rows, features)", _shape(x))
    _require(_is_array(y, 1) and len(y) == len(x), "y", f"an array of shape ({len(x)},)", _shape(y))
    _require(np.isfinite(x).all(), "x", "finite", x[~np.isfinite(x)][:1])
    _require(np.isin(y, (0, 1)).all(), "y", "labels 0 and 1", y[~np.isin(y, (0, 1))][:1])
    pair = isinstance(split, (tuple, list)) and len(split) == 2
    _require(pair, "split", "two arrays of row numbers", split)
    for rows in split:
        fits = _is_array(rows, 1) and rows.size > 0 and np.issubdtype(rows.dtype, np.integer)
        fits = fits and rows.min() >= 0 and rows.max() < len(x)
        _require(fits, "split", f"two arrays of row numbers >= 0 and < {len(x)}, none empty", rows)


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_array(value: object, dimensions: int) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == dimensions and value.dtype.kind in "fiub"


def _shape(value: object) -> str:
    return f"shape {np.shape(value)}" if isinstance(value, np.ndarray) else f"{value!r:.60}"


def _require(kept: bool | np.bool, name: str, rule: str, received: object) -> None:
    if not kept:
        raise ValueError(f"`{name}` must be {rule}. Received: {name}={received!s:.60}")
