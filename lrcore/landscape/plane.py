"""The plane that holds most of the movement of some weight vectors, and the loss over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lrcore.landscape.loss import loss, loss_of_combinations
from lrcore.training.ensemble import one_thread

MARGIN = 0.1
"""The free space on each side of the points of a surface, as a share of their extent."""
_ROUNDING = 1e-7  # a spread below this share of the largest is a rounding error: the points lie on a line


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane in the space of the weights.

    Attributes:
        origin: (parameters,), the mean of the points.
        axes: (2, parameters), of length 1 and at right angles; the first holds most of the variance.
        coordinates: (points, 2), of the projections of the points, in units of the weights.
        held: the share of the points' variance that the plane holds, 0 to 1.
    """

    origin: np.ndarray
    axes: np.ndarray
    coordinates: np.ndarray
    held: float

    def project(self, points: ArrayLike) -> np.ndarray:
        """The coordinates (..., 2) of the projections of `points` (..., parameters)."""
        return (np.asarray(points, float) - self.origin) @ self.axes.T

    def loss(self, coordinates: ArrayLike, x: ArrayLike, y: ArrayLike) -> np.ndarray:
        """The loss of the rows at `coordinates` (..., 2): float64 (...). ValueError as in `loss.loss`."""
        coordinates = np.asarray(coordinates, float)
        shares = np.concatenate([np.ones_like(coordinates[..., :1]), coordinates], axis=-1)
        return loss_of_combinations(np.vstack([self.origin, self.axes]), shares, x, y)


def principal_plane(points: ArrayLike) -> Plane:
    """The plane through the mean of the points that holds most of their variance: two principal components.

    The signs of the axes are such that the first point lies on the left and below. For points on a line, or all equal,
    the free directions are arbitrary, but always the same.

    Args:
        points: (points, parameters), finite, at least one. 200 points take some milliseconds; the time stops growing
            once there are more points than parameters.

    Raises:
        ValueError: `points` breaks its rule.

    Source: Pearson, 1901; from the eigenvectors of the Gram matrix.
    """
    points = np.asarray(points, float)
    if points.ndim != 2 or not len(points) or points.shape[1] < 2 or not np.isfinite(points).all():
        raise ValueError(
            f"`points` must be finite (points, parameters), with a point. Received: shape {points.shape}"
        )
    origin = points.mean(axis=0)
    centred = points - origin
    with one_thread():
        axes = _principal_axes(centred)
        coordinates = centred @ axes.T
    signs = np.where(coordinates[0] > 0, -1.0, 1.0)
    axes, coordinates = axes * signs[:, None], coordinates * signs
    total = np.square(centred).sum()
    held = min(float(np.square(coordinates).sum() / total), 1.0) if total else 1.0
    return Plane(origin, axes, coordinates, held)


def _principal_axes(centred: np.ndarray) -> np.ndarray:
    """The first two principal axes, (2, parameters), from the Gram or the covariance matrix, whichever is smaller."""
    few = len(centred) <= centred.shape[1]
    _, vectors = np.linalg.eigh(centred @ centred.T if few else centred.T @ centred)
    axes = vectors[:, :-3:-1].T  # the last two, the largest first
    if few:
        axes = axes @ centred
    axes = np.vstack([axes, np.zeros((2 - len(axes), centred.shape[1]))])
    lengths = np.linalg.norm(axes, axis=1, keepdims=True)
    spare = np.random.default_rng(0).normal(size=axes.shape)
    usable = lengths > _ROUNDING * max(lengths.max(), np.finfo(float).tiny)
    return np.linalg.qr(np.where(usable, axes / np.where(usable, lengths, 1), spare).T)[0].T


@dataclass(frozen=True, eq=False)
class Surface:
    """The loss on a grid over a plane; `horizontal` and `vertical` are coordinates, in units of the weights.

    Attributes:
        horizontal: (columns,), along the plane's first axis.
        vertical: (rows,), along its second.
        loss: (rows, columns).
    """

    horizontal: np.ndarray
    vertical: np.ndarray
    loss: np.ndarray


def surface(
    plane: Plane,
    x: ArrayLike,
    y: ArrayLike,
    *,
    nodes: tuple[int, int],
    aspect: float,
) -> Surface:
    """The loss of the rows around the plane's own points, with the same scale on both axes.

    Args:
        plane: the window is centred on its `coordinates`.
        x: (rows, features).
        y: (rows,), each 0 or 1.
        nodes: columns and rows of the grid, each >= 2.
        aspect: width of the window over its height, > 0: that of the chart.

    Raises:
        ValueError: as in `loss.loss`.
    """
    low, high = plane.coordinates.min(axis=0), plane.coordinates.max(axis=0)
    extent = (high - low) * (0.5 + MARGIN)
    half = max(extent[0] / aspect, extent[1]) or 1.0
    horizontal, vertical = (
        middle + half * factor * np.linspace(-1, 1, n)
        for middle, factor, n in zip((low + high) / 2, (aspect, 1), nodes, strict=True)
    )
    grid = np.stack(np.meshgrid(horizontal, vertical), axis=-1)
    return Surface(horizontal, vertical, plane.loss(grid, x, y))


@dataclass(frozen=True)
class Misfit:
    """The error of the loss on the plane at some points, as a share of the true loss."""

    median: float
    worst: float


def misfit(plane: Plane, points: ArrayLike, x: ArrayLike, y: ArrayLike) -> Misfit:
    """The misfit at `points` (points, parameters): the losses of their projections against their own.

    Raises:
        ValueError: as in `loss.loss`.
    """
    true, shown = loss(points, x, y), plane.loss(plane.project(points), x, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.where(shown == true, 0, np.abs(shown / true - 1))
    return Misfit(float(np.median(errors)), float(errors.max()))
