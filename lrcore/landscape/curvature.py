"""The largest curvature of the loss along a path, and how far it is from the bowl's stability limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lrcore.landscape.loss import checked_rows, cross_entropy, layers, loss
from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.training.ensemble import one_thread

_TOLERANCE = 1e-5  # of the eigenvector's relative residual; the eigenvalue's error is about its square
_LEAST_STEPS, _MOST_STEPS = 4, 80
_STIR = 0.3  # the share of a random direction in a warm start; without it a new largest eigenvalue is missed


@dataclass(frozen=True, eq=False)
class Expansion:
    """The loss at one weight vector, its gradient, and its Hessian as a product.

    The derivatives are exact for the hidden units that are active; a unit whose sum is exactly 0 counts as inactive,
    as in TensorFlow.

    Attributes:
        loss: the mean over the rows.
        gradient: (parameters,).
    """

    loss: float
    gradient: np.ndarray
    _inputs: np.ndarray  # (rows, inputs)
    _active: np.ndarray  # (rows, units), 0 or 1
    _hidden: np.ndarray  # (rows, units)
    _output_kernel: np.ndarray  # (units,)
    _slope: np.ndarray  # (rows,), the derivative of the loss by each logit
    _bend: np.ndarray  # (rows,), its second derivative

    def product(self, directions: np.ndarray) -> np.ndarray:
        """The Hessian times each of `directions` (..., parameters): float64 (..., parameters).

        Source: Pearlmutter, 1994, "Fast exact multiplication by the Hessian".
        """
        kernel, output_kernel, output_bias = layers(directions, self._inputs)
        hidden = self._inputs @ kernel
        hidden *= self._active
        logits = np.matvec(hidden, self._output_kernel) + np.matvec(self._hidden, output_kernel)
        slope = self._bend * (logits + output_bias[..., None])
        back = slope[..., None] * self._output_kernel + self._slope[:, None] * output_kernel[..., None, :]
        back *= self._active
        to_output = np.vecmat(self._slope, hidden) + np.vecmat(slope, self._hidden)
        return _flat(self._inputs.T @ back, to_output, slope.sum(axis=-1))


def expand(weights: ArrayLike, x: ArrayLike, y: ArrayLike) -> Expansion:
    """The expansion of the rows' loss at `weights` (parameters,).

    Args:
        weights: (parameters,), finite.
        x: (rows, features).
        y: (rows,), each 0 or 1.

    Raises:
        ValueError: the shapes do not fit each other.
    """
    inputs, y = checked_rows(x, y)
    kernel, output_kernel, output_bias = layers(np.asarray(weights, float), inputs)
    hidden = np.maximum(inputs @ kernel, 0)
    logits = hidden @ output_kernel + output_bias
    sign = 2 * y - 1
    with np.errstate(over="ignore"):
        slope = -sign / (1 + np.exp(sign * logits)) / len(y)
    tail = np.exp(-np.abs(logits))
    active = (hidden > 0).astype(float)
    gradient = _flat(
        inputs.T @ (slope[:, None] * output_kernel * active), slope @ hidden, np.asarray(slope.sum())
    )
    bend = tail / np.square(1 + tail) / len(y)
    return Expansion(
        float(cross_entropy(logits, y)), gradient, inputs, active, hidden, output_kernel, slope, bend
    )


def _flat(kernel: np.ndarray, output_kernel: np.ndarray, output_bias: np.ndarray) -> np.ndarray:
    """The inverse of `layers`: (..., parameters)."""
    return np.concatenate(
        [kernel.reshape(*kernel.shape[:-2], -1), output_kernel, output_bias[..., None]], axis=-1
    )


def largest_eigenvalue(
    product: Callable[[np.ndarray], np.ndarray], start: np.ndarray
) -> tuple[float, np.ndarray]:
    """The largest eigenvalue of a symmetric matrix, and its eigenvector, from products with the matrix alone.

    Args:
        product: the matrix times a vector (n,).
        start: (n,), not 0 and not orthogonal to the eigenvector: a random vector or, to save products, an
            approximate eigenvector.

    Returns:
        The eigenvalue, exact to about 9 digits, and the eigenvector, of length 1.

    Source: Lanczos, 1950, with full reorthogonalisation.
    """
    steps = min(_MOST_STEPS, len(start))
    basis, tridiagonal = np.empty((steps, len(start))), np.zeros((steps, steps))
    vector = start / float(np.linalg.norm(start))
    for k in range(steps):
        basis[k] = vector
        image = product(vector)
        tridiagonal[k, k] = vector @ image
        for _ in range(2):  # once leaves rounding errors
            image = image - (basis[: k + 1] @ image) @ basis[: k + 1]
        values, vectors = np.linalg.eigh(tridiagonal[: k + 1, : k + 1])
        length = np.linalg.norm(image)
        scale = np.abs(values).max()
        if length <= 1e-12 * scale or (
            k + 1 >= _LEAST_STEPS and length * abs(vectors[-1, -1]) <= _TOLERANCE * scale
        ):
            break
        if k + 1 < steps:
            tridiagonal[k, k + 1] = tridiagonal[k + 1, k] = length
            vector = image / float(length)
    return float(values[-1]), vectors[:, -1] @ basis[: k + 1]


def curvatures(path: ArrayLike, x: ArrayLike, y: ArrayLike) -> np.ndarray:
    """The largest curvature at every point of a path: the largest eigenvalue of the Hessian of the loss.

    Args:
        path: (points, parameters).
        x: (rows, features), the training rows.
        y: (rows,), each 0 or 1.

    Returns:
        float64 (points,), in units of loss per squared unit of the weights; NaN where the weights are not finite.

    Raises:
        ValueError: the shapes do not fit each other.
    """
    path = np.asarray(path, float)
    stir = np.random.default_rng(0).normal(size=path.shape[-1:])
    vector = stir = stir / float(np.linalg.norm(stir))
    found = np.full(len(path), np.nan)
    with one_thread():
        for i in np.flatnonzero(np.isfinite(path).all(axis=-1)):
            found[i], vector = largest_eigenvalue(expand(path[i], x, y).product, vector + _STIR * stir)
    return found


def has_limit(recipe: Recipe) -> bool:
    """Whether the bowl's limit applies to a recipe: full batches, no momentum."""
    return recipe.updates_per_epoch() == 1 and recipe.optimizer.simplest() == SGD()


@dataclass(frozen=True, eq=False)
class Edge:
    """The curvature along a run of full batches, in units of the bowl's limit.

    Attributes:
        gauge: (updates - 1,), curvature x rate / 2, the mean of each update and the next: a path that bounces has
            another curvature at every other update. From 1 on, a path would leave a bowl of this curvature.
        rises: bool (updates,), whether the update raises the training loss, or makes it infinite or NaN.
    """

    gauge: np.ndarray
    rises: np.ndarray


def edge(path: ArrayLike, rates: ArrayLike, x: ArrayLike, y: ArrayLike) -> Edge:
    """The gauge and the rises of a run of full batches without momentum.

    Args:
        path: (updates + 1, parameters).
        rates: (updates,), the learning rate of each update; at least 2.
        x: (rows, features), all training rows.
        y: (rows,), each 0 or 1.

    Raises:
        ValueError: the shapes do not fit each other.
    """
    path, rates = np.asarray(path), np.asarray(rates, float)
    if path.ndim != 2 or rates.shape != (len(path) - 1,) or len(rates) < 2:
        raise ValueError(
            f"`rates` must be (updates,) for a path (updates + 1, parameters), with 2 updates. "
            f"Received: {rates.shape} for {path.shape}"
        )
    gauge = curvatures(path[:-1], x, y) * rates / 2
    losses = loss(path, x, y)
    return Edge((gauge[1:] + gauge[:-1]) / 2, ~(losses[1:] <= losses[:-1]))
