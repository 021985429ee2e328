"""How a path of weights moves: whether it goes on, turns back, or jumps over lower points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lrcore.landscape.loss import loss, loss_of_combinations

INNER = 5
"""The number of points between the ends of a step at which the loss is computed, evenly spread."""
LOWER = 1e-9
"""How much lower than both ends of its step a point must be; less is a rounding error."""
AFTER, BEFORE = 3, 6
"""The fall after a drop is from the mean loss of the last `BEFORE` points to the loss `AFTER` updates later."""


@dataclass(frozen=True, eq=False)
class Movement:
    """How each path moves, an array (...) for paths (..., points, parameters).

    Attributes:
        cosine: the mean cosine of the angle between successive steps: 1 is straight on, -1 straight back; NaN if no
            two successive steps have a length.
        jumped: the share of the steps with a point between their ends that is lower than both.
        progress: how much lower the loss is at the mean weights of the path's second half than at those of the first,
            as a share of the mean loss of the first half's points; negative if it is higher. Around one minimum it is
            0 on average, within about 4 / points: one short path says little, the median over seeds more.
    """

    cosine: np.ndarray
    jumped: np.ndarray
    progress: np.ndarray


def movement(path: ArrayLike, x: ArrayLike, y: ArrayLike) -> Movement:
    """Cosine, jumps and progress of each path.

    Args:
        path: (..., points, parameters), at least 3 points.
        x: (rows, features), the training rows.
        y: (rows,), each 0 or 1.

    Raises:
        ValueError: there are fewer points, or as in `loss.loss`.
    """
    path = np.asarray(path)
    if path.ndim < 2 or path.shape[-2] < 3:
        raise ValueError(f"`path` must have at least 3 points. Received: shape {path.shape}")
    losses, turns = loss(path, x, y), cosines(path)
    defined = ~np.isnan(turns)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.where(defined, turns, 0).sum(axis=-1) / defined.sum(axis=-1)
        return Movement(cosine, jumped(path, losses, x, y).mean(axis=-1), _progress(path, losses, x, y))


def _progress(path: np.ndarray, losses: np.ndarray, x: ArrayLike, y: ArrayLike) -> np.ndarray:
    middles = [half.mean(axis=-2, dtype=float) for half in np.array_split(path, 2, axis=-2)]
    first, second = loss(np.stack(middles), x, y)
    return (first - second) / np.array_split(losses, 2, axis=-1)[0].mean(axis=-1)


def cosines(path: ArrayLike) -> np.ndarray:
    """The cosine of the angle between each step and the one before.

    Args:
        path: (..., points, parameters).

    Returns:
        float64 (..., points - 2), each -1 to 1; NaN if one of the two steps has no length or is not finite.
    """
    with np.errstate(all="ignore"):
        steps = np.diff(np.asarray(path, float), axis=-2)
        steps /= np.linalg.norm(steps, axis=-1, keepdims=True)
        return np.clip(np.vecdot(steps[..., 1:, :], steps[..., :-1, :]), -1, 1)


def jumped(path: np.ndarray, losses: np.ndarray, x: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Which steps jump over a point that is lower, by more than `LOWER`, than both their ends.

    Args:
        path: (..., points, parameters).
        losses: (..., points), the `loss` along the path.
        x: (rows, features).
        y: (rows,), each 0 or 1.

    Returns:
        bool (..., points - 1); False if a loss is not finite.
    """
    shares = np.arange(1, INNER + 1) / (INNER + 1)
    coefficients = np.stack([1 - shares, shares], axis=-1)
    lowest = np.empty((*losses.shape[:-1], losses.shape[-1] - 1))
    for index in np.ndindex(lowest.shape):
        *run, step = index
        ends = path[(*run, slice(step, step + 2))]
        lowest[index] = loss_of_combinations(ends, coefficients, x, y).min()
    return lowest < np.minimum(losses[..., 1:], losses[..., :-1]) - LOWER


def share_gone(losses: ArrayLike, at: int, *, after: int = 1, before: int = 5) -> np.ndarray:
    """The share of the loss that is gone some points after a drop of the rate; negative if the loss rises.

    The loss may fall without the drop, too: compare with the run that keeps the rate.

    Args:
        losses: (..., points), of the training rows after every epoch, or every update; index 0 is untrained.
        at: the first epoch, or update, at the lower rate, counted from 0, as in schedules; >= `before` - 1.
        after: the number of epochs, or updates, at the lower rate, >= 1.
        before: the number of points up to the drop to average, >= 1: a single one may be a spike.

    Returns:
        float64 (...), as a share of the average.

    Raises:
        ValueError: the run is too short before or after `at`.
    """
    losses = np.asarray(losses, float)
    low, high = before - 1, losses.shape[-1] - 1 - after
    if not low <= at <= high:
        raise ValueError(f"`at` must be {low} to {high} in this run. Received: at={at!r:.60}")
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1 - losses[..., at + after] / losses[..., at - before + 1 : at + 1].mean(axis=-1)


@dataclass(frozen=True)
class Drop:
    """The effect of a drop of the rate on a run, compared with the same run without the drop.

    Attributes:
        fall: how much lower the loss is `AFTER` updates after the drop than the mean of the last `BEFORE` points before
            it, as a share of that mean; negative if it is higher.
        below_all: whether it is below the lowest of those points, too.
        overtaken: the number of updates after the drop from which on the run without the drop has the lower loss up to
            the end; None if it has not at the end.
        updates: how many follow the drop.
    """

    fall: float
    below_all: bool
    overtaken: int | None
    updates: int


def drop(kept: ArrayLike, dropped: ArrayLike, at: int) -> Drop:
    """Compares a run with and without a drop of the rate, on full batches, so that an update is an epoch.

    Args:
        kept: (updates + 1,), the training loss without the drop, from the untrained network on.
        dropped: the same with the drop; equal up to index `at`.
        at: the first update at the lower rate, counted from 0; at least `BEFORE` - 1 come before it and `AFTER` after.

    Raises:
        ValueError: the shapes differ, or `at` breaks its rule.
    """
    kept, dropped = np.asarray(kept, float), np.asarray(dropped, float)
    if kept.ndim != 1 or kept.shape != dropped.shape:
        raise ValueError(
            f"`dropped` must have the shape of `kept`, (updates + 1,). Received: {dropped.shape}, {kept.shape}"
        )
    fall = share_gone(dropped, at, after=AFTER, before=BEFORE)
    lowest = dropped[at - BEFORE + 1 : at + 1].min()
    not_lower = np.flatnonzero(~(kept[at:] < dropped[at:]))  # at the drop the two are equal
    overtaken = int(not_lower[-1]) + 1
    return Drop(
        fall=float(fall),
        below_all=bool(dropped[at + AFTER] < lowest),
        overtaken=overtaken if overtaken < len(kept) - at else None,
        updates=len(kept) - 1 - at,
    )
