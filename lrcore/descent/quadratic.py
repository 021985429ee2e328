"""The loss, its gradient, and descent on it, with momentum and with noise in the gradient."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def loss(w: ArrayLike, curvature: ArrayLike) -> np.ndarray:
    """L at the positions `w` (..., d): float64 (...)."""
    return np.sum(checked_curvature(curvature) * np.square(w), axis=-1) / 2


def gradient(w: ArrayLike, curvature: ArrayLike) -> np.ndarray:
    """dL/dw at the positions `w` (..., d): float64 (..., d)."""
    return checked_curvature(curvature) * np.asarray(w)


def descend(
    start: ArrayLike,
    curvature: ArrayLike,
    learning_rates: ArrayLike,
    momentum: float = 0.0,
    noise: ArrayLike = 0.0,
) -> np.ndarray:
    """Every position of gradient descent, with the update of Keras's `SGD`.

    That is `velocity <- momentum * velocity - rate * (gradient + noise)`, then `w <- w + velocity`; without
    momentum, `w <- w - rate * (gradient + noise)`.

    Args:
        start: (d,), the first position.
        curvature: (d,), each > 0.
        learning_rates: (..., updates), the rate of each update; each leading index is a separate descent.
        momentum: 0 <= momentum < 1.
        noise: added to the gradient of each update: (..., updates, d), or one number for all; its leading indices
            broadcast against those of the rates.

    Returns:
        float64 (..., updates + 1, d), from `start` on; infinite, then NaN, once it is too far for a float.

    Raises:
        ValueError: `curvature` or `momentum` breaks its rule.
    """
    curvature, momentum = checked_curvature(curvature), checked_momentum(momentum)
    rates = np.asarray(learning_rates, dtype=float)[..., None]
    scaled = rates * np.asarray(noise, dtype=float)
    path = np.empty((*scaled.shape[:-2], rates.shape[-2] + 1, len(curvature)))
    path[..., 0, :] = start
    velocity = np.zeros_like(path[..., 0, :])
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(rates.shape[-2]):
            step = rates[..., t, :] * gradient(path[..., t, :], curvature) + scaled[..., t, :]
            velocity = momentum * velocity - step
            path[..., t + 1, :] = path[..., t, :] + velocity
    return path


def stability_limit(curvature: ArrayLike, momentum: float = 0.0) -> float:
    """The constant rate from which on descent no longer converges: 2 (1 + momentum) / largest curvature.

    Source: Polyak, 1964. ValueError as in `descend`.
    """
    return float(2 * (1 + checked_momentum(momentum)) / checked_curvature(curvature).max())


def theory(curvature: ArrayLike) -> tuple[float, float, float]:
    """The best momentum and constant rate in the long run, and the factor by which an update then shrinks the distance.

    With k the ratio of the largest to the smallest curvature, the momentum is ((sqrt k - 1) / (sqrt k + 1))^2, and the
    factor is its root. Source: Polyak, 1964. ValueError as in `descend`.
    """
    roots = np.sqrt(checked_curvature(curvature))
    low, high = roots.min(), roots.max()
    factor = (high - low) / (high + low)
    return float(factor**2), float(4 / (low + high) ** 2), float(factor)


def contour(curvature: ArrayLike, level: float, points: int = 73) -> np.ndarray:
    """The closed line on which a loss of two weights is `level` > 0: float64 (points, 2)."""
    angle = np.linspace(0, 2 * np.pi, points)
    axes = np.sqrt(2 * level / checked_curvature(curvature))
    return axes * np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def checked_curvature(curvature: ArrayLike) -> np.ndarray:
    """`curvature` as float64 (d,). ValueError unless all are finite and > 0."""
    values = np.asarray(curvature, dtype=float)
    if values.ndim != 1 or not (np.isfinite(values) & (values > 0)).all():
        raise ValueError(f"`curvature` must be finite numbers > 0. Received: curvature={curvature!r:.60}")
    return values


def checked_momentum(momentum: float) -> float:
    """`momentum` as a float. ValueError unless 0 <= momentum < 1."""
    if not 0 <= momentum < 1:
        raise ValueError(f"`momentum` must be >= 0 and < 1. Received: momentum={momentum!r:.60}")
    return float(momentum)
