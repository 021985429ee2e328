"""The picture of some paths: the plane through their points, the loss over it in steps, the loss along them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lrcore.landscape.loss import loss
from lrcore.landscape.plane import Misfit, Plane, Surface, misfit, principal_plane, surface

MOST_POINTS = 1000
"""The most points in a picture, of all its paths together: more would take too long."""
_FEWEST_LEVELS = 7
_MANTISSAS = (
    (1, 10),
    (1, 2, 5, 10),
    (1, 1.5, 2, 3, 5, 7, 10),
    (1, 1.2, 1.4, 1.7, 2, 2.4, 3, 3.5, 4, 5, 6, 7, 8, 10),
    tuple(np.round(np.arange(1, 10.01, 0.2), 1).tolist()),
    tuple(np.round(np.arange(1, 10.001, 0.05), 2).tolist()),
)
"""Levels within a power of ten, from coarse to fine."""


@dataclass(frozen=True, eq=False)
class Picture:
    """Some paths over their loss surface.

    Attributes:
        plane: of the points of all paths; its `coordinates` are those of the points, path after path.
        surface: the loss around the points.
        levels: (levels,), the losses of the contours, ascending.
        steps: (rows, columns), the surface's height in levels: 0 at the first, 1 at the second.
        losses: for each path, (points,), the true loss at its points.
        misfit: the error of the surface at the points.
    """

    plane: Plane
    surface: Surface
    levels: np.ndarray
    steps: np.ndarray
    losses: list[np.ndarray]
    misfit: Misfit


def picture(
    paths: Sequence[np.ndarray], x: ArrayLike, y: ArrayLike, *, nodes: tuple[int, int], aspect: float
) -> Picture:
    """The picture of `paths`.

    Args:
        paths: each (points, parameters), finite, at least one point.
        x: (rows, features), the rows whose loss is drawn.
        y: (rows,), each 0 or 1.
        nodes, aspect: as in `plane.surface`.

    Raises:
        ValueError: as in `plane.principal_plane` and `loss.loss`.
    """
    points = np.concatenate(paths)
    plane = principal_plane(points)
    ground = surface(plane, x, y, nodes=nodes, aspect=aspect)
    levels = contour_levels(ground.loss)
    ends = np.cumsum([len(path) for path in paths])[:-1]
    return Picture(
        plane,
        ground,
        levels,
        heights(ground.loss, levels),
        np.split(loss(points, x, y), ends),
        misfit(plane, points, x, y),
    )


def finite_part(path: np.ndarray) -> np.ndarray:
    """The points (points, parameters) of a path before the first one that is not finite."""
    finite = np.isfinite(path).all(axis=-1)
    return path if finite.all() else path[: int(finite.argmin())]


def contour_levels(losses: ArrayLike) -> np.ndarray:
    """Round numbers within the range of the losses, spread about evenly on a logarithmic scale.

    Args:
        losses: any shape, each > 0 or infinite.

    Returns:
        float64 (levels,), ascending; about 7 to 17 levels, unless the losses hardly differ.
    """
    losses = np.asarray(losses, float)
    usable = losses[np.isfinite(losses) & (losses > 0)]
    if not usable.size:
        return np.array([1.0])
    low, high = usable.min(), usable.max()
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    found = powers
    for mantissas in _MANTISSAS:
        every = np.unique((powers[:, None] * mantissas).round(12))
        inside = every[(every >= low) & (every <= high)]
        found = inside if inside.size else found
        if inside.size >= _FEWEST_LEVELS:
            break
    return found


def heights(losses: ArrayLike, levels: np.ndarray) -> np.ndarray:
    """The positions of `losses` (...) among the `levels`, logarithmic between two: from -1 to the number of levels.

    Below the first level and above the last one the scale of the nearest step goes on for one step.
    """
    with np.errstate(divide="ignore"):
        given, marks = np.log(np.asarray(losses, float)), np.log(levels)
    steps = np.diff(marks) if len(marks) > 1 else np.ones(1)
    marks = np.concatenate([[marks[0] - steps[0]], marks, [marks[-1] + steps[-1]]])
    return np.interp(np.nan_to_num(given, nan=np.inf), marks, np.arange(-1.0, len(levels) + 1))
