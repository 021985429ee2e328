"""Measures of the paths of many seeds, each on its own rows: how they move, and the effect of a drop of the rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lrcore.landscape.loss import loss
from lrcore.landscape.path import Movement, movement, share_gone

Rows = tuple[np.ndarray, np.ndarray]
BEFORE = 5
"""The number of epochs up to a drop whose mean loss is the reference."""


def movements(paths: np.ndarray, rows: Sequence[Rows]) -> Movement:
    """The movement of each seed's path, each array (seeds,); NaN for a path that is not finite.

    Args:
        paths: (seeds, points, parameters), at least 3 points.
        rows: for each seed, the features and labels of its training rows.

    Raises:
        ValueError: as in `path.movement`.
    """
    finite = np.isfinite(paths).all(axis=(1, 2))
    found = np.full((3, len(paths)), np.nan)
    for seed in np.flatnonzero(finite).tolist():
        moved = movement(paths[seed], *rows[seed])
        found[:, seed] = moved.cosine, moved.jumped, moved.progress
    return Movement(*found)


def gone_within_one_epoch(weights: np.ndarray, at: int, rows: Sequence[Rows]) -> np.ndarray:
    """The share of the training loss that is gone one epoch after `at`, float64 (seeds,).

    Args:
        weights: (seeds, epochs + 1, parameters), untrained and after every epoch.
        at: the epoch after which the rate drops, one that `leaves_room`.
        rows: as in `movements`.
    """
    part = weights[:, at - BEFORE + 1 : at + 2]
    losses = np.stack([loss(path, x, y) for path, (x, y) in zip(part, rows, strict=True)])
    return share_gone(losses, BEFORE - 1, before=BEFORE)


def leaves_room(at: int, epochs: int) -> bool:
    """Whether a run has enough epochs before and after a drop for `gone_within_one_epoch`."""
    return BEFORE - 1 <= at < epochs
