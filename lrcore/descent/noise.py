"""The effects of noise in the slope on a descent, computed exactly, not as averages over draws.

The slope of update t along w_i is c_i w_i + sigma_i xi, with xi normal, of mean 0 and variance 1, drawn anew for each
update and weight. Then w is normal too, and its second moments follow a linear recursion, whatever the rates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lrcore.descent.quadratic import checked_curvature, checked_momentum, stability_limit


def draws(seed: int, balls: int, updates: int, weights: int) -> np.ndarray:
    """The xi of every ball, update and weight, drawn by `seed`: float64 (balls, updates, weights)."""
    return np.random.default_rng(seed).standard_normal((balls, updates, weights))


def expected_loss(
    start: ArrayLike,
    curvature: ArrayLike,
    learning_rates: ArrayLike,
    sigma: ArrayLike,
    momentum: float = 0.0,
) -> np.ndarray:
    """The mean loss over all draws after each update, by the recursion of E w^2, E wv and E v^2.

    Args:
        start: (d,), the position of all balls at the start, at rest.
        curvature: (d,), each > 0.
        learning_rates: (..., updates), the rate of each update.
        sigma: (d,), the noise's standard deviation along each weight, each >= 0.
        momentum: 0 <= momentum < 1.

    Returns:
        float64 (..., updates + 1); infinite, then NaN, once it is too large for a float.

    Raises:
        ValueError: `curvature`, `sigma` or `momentum` breaks its rule.
    """
    curvature, momentum, sigma = checked_curvature(curvature), checked_momentum(momentum), _sigma(sigma)
    rates = np.asarray(learning_rates, dtype=float)[..., None]
    squares = np.empty((*rates.shape[:-2], rates.shape[-2] + 1, len(curvature)))
    squares[..., 0, :] = np.square(start)
    mixed, speeds = np.zeros_like(squares[..., 0, :]), np.zeros_like(squares[..., 0, :])
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(rates.shape[-2]):
            rate, square = rates[..., t, :], squares[..., t, :]
            pull = rate * curvature
            speeds = (
                momentum**2 * speeds - 2 * momentum * pull * mixed + pull**2 * square + (rate * sigma) ** 2
            )
            across = momentum * mixed - pull * square  # E of w times the new velocity
            squares[..., t + 1, :] = square + 2 * across + speeds
            mixed = across + speeds
        return squares @ curvature / 2


def floor(curvature: ArrayLike, rate: ArrayLike, sigma: ArrayLike, momentum: float = 0.0) -> np.ndarray:
    """The expected loss of a constant rate in the long run: float64, in the shape of `rate`.

    Along each weight w has the variance rate sigma^2 (1 + m) / (c (1 - m) (2 (1 + m) - rate c)). Infinite from the
    stability limit on. ValueError as in `expected_loss`.
    """
    curvature, sigma = checked_curvature(curvature), _sigma(sigma)
    limit, rates = stability_limit(curvature, momentum), np.asarray(rate, dtype=float)[..., None]
    inside = np.where(rates < limit, rates, np.nan)
    spread = inside * sigma**2 * (1 + momentum) / ((1 - momentum) * (2 * (1 + momentum) - inside * curvature))
    return np.nan_to_num(spread.sum(axis=-1) / 2, nan=np.inf)


def lower_bound(start: float, curvature: float, sigma: float, updates: ArrayLike) -> np.ndarray:
    """The lowest expected loss that any sequence of rates can reach in one dimension after a number of `updates`.

    It is (c / 2) / (1 / start^2 + updates c^2 / sigma^2), reached by the best rate at each update,
    c E w^2 / (c^2 E w^2 + sigma^2) (Schaul, Zhang and LeCun, 2013, "No more pesky learning rates").
    """
    return curvature / 2 / (1 / start**2 + np.asarray(updates) * (curvature / sigma) ** 2)


def _sigma(sigma: ArrayLike) -> np.ndarray:
    values = np.asarray(sigma, dtype=float)
    if not (np.isfinite(values) & (values >= 0)).all():
        raise ValueError(f"`sigma` must be finite numbers >= 0. Received: sigma={sigma!r:.60}")
    return values
