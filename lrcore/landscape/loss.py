"""The loss of the article's network as a function of its weights: dense, relu, dense, sigmoid, cross-entropy."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lrcore.training.ensemble import one_thread

_VECTORS = 16  # computed at once: their hidden units fit into a processor's cache
Layers = tuple[np.ndarray, np.ndarray, np.ndarray]


def loss(weights: ArrayLike, x: ArrayLike, y: ArrayLike) -> np.ndarray:
    """The mean binary cross-entropy of the rows at each weight vector, from the logits, without clipping.

    Args:
        weights: (..., parameters); if they are not finite, neither is the loss.
        x: (rows, features).
        y: (rows,), each 0 or 1.

    Returns:
        float64 (...).

    Raises:
        ValueError: the shapes do not fit each other.
    """
    weights = np.asarray(weights)
    inputs, y = checked_rows(x, y)
    flat = weights.reshape(-1, weights.shape[-1])
    losses = np.empty(len(flat))
    with one_thread(), np.errstate(all="ignore"):  # a lost run is a result, not an error
        for start in range(0, len(flat), _VECTORS):
            part = slice(start, start + _VECTORS)
            kernel, output_kernel, output_bias = layers(flat[part].astype(float), inputs)
            losses[part] = _loss(inputs @ kernel, output_kernel, output_bias, y)
    return losses.reshape(weights.shape[:-1])


def loss_of_combinations(
    vectors: ArrayLike, coefficients: ArrayLike, x: ArrayLike, y: ArrayLike
) -> np.ndarray:
    """`loss` at each linear combination of a few weight vectors, without a product with the rows for each.

    A hidden unit's sum is linear in the weights: it is computed for each of the vectors, and the sums are combined.

    Args:
        vectors: (vectors, parameters).
        coefficients: (..., vectors), the share of each vector in each combination.
        x: (rows, features).
        y: (rows,), each 0 or 1.

    Returns:
        float64 (...), equal to `loss(coefficients @ vectors, x, y)` up to rounding.

    Raises:
        ValueError: as in `loss`.
    """
    coefficients = np.asarray(coefficients, float)
    inputs, y = checked_rows(x, y)
    kernel, output_kernel, output_bias = layers(np.asarray(vectors, float), inputs)
    flat = coefficients.reshape(-1, coefficients.shape[-1])
    losses = np.empty(len(flat))
    with one_thread(), np.errstate(all="ignore"):
        sums = (inputs @ kernel).reshape(len(kernel), -1)
        for start in range(0, len(flat), _VECTORS):
            part = flat[start : start + _VECTORS]
            hidden = (part @ sums).reshape(len(part), len(y), -1)
            losses[start : start + _VECTORS] = _loss(hidden, part @ output_kernel, part @ output_bias, y)
    return losses.reshape(coefficients.shape[:-1])


def checked_rows(x: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """`x` (rows, features) with a column of ones for the bias, and `y` (rows,), both float64.

    Raises:
        ValueError: the shapes do not fit each other.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if x.ndim != 2 or y.shape != x.shape[:1] or not y.size:
        raise ValueError(
            f"`x` and `y` must be (rows, features) and (rows,), with a row. Received: {x.shape} and {y.shape}"
        )
    return np.column_stack([x, np.ones(len(x))]), y


def layers(weights: np.ndarray, inputs: np.ndarray) -> Layers:
    """Views of weight vectors (..., parameters), by layer, for `inputs` (rows, inputs), whose last column is 1.

    Returns:
        The kernel (..., inputs, units), whose last row is the bias, the output kernel (..., units), and the output
        bias (...).

    Raises:
        ValueError: no number of units makes this many parameters.
    """
    n_inputs = inputs.shape[1]
    units, rest = divmod(weights.shape[-1] - 1, n_inputs + 1)
    if rest or units < 1:
        raise ValueError(
            f"`weights` must have units x {n_inputs + 1} + 1 parameters for {n_inputs - 1} features. "
            f"Received: {weights.shape[-1]} parameters"
        )
    kernel = weights[..., : n_inputs * units].reshape(*weights.shape[:-1], n_inputs, units)
    return kernel, weights[..., n_inputs * units : -1], weights[..., -1]


def cross_entropy(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The mean over the rows, (...), for `logits` (..., rows) and `y` (rows,).

    Source: TensorFlow's sigmoid_cross_entropy_with_logits, which never overflows.
    """
    return (np.maximum(logits, 0) - logits * y + np.log1p(np.exp(-np.abs(logits)))).mean(axis=-1)


def _loss(sums: np.ndarray, output_kernel: np.ndarray, output_bias: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The loss (n,) from the hidden units' `sums` (n, rows, units), which are overwritten."""
    logits = np.matvec(np.maximum(sums, 0, out=sums), output_kernel)
    logits += output_bias[:, None]
    return cross_entropy(logits, y)
