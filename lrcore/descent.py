"""Gradient descent on a quadratic loss, where all that a learning rate does can be seen and computed.

The loss is L(w) = (c_1 w_1^2 + ... + c_d w_d^2) / 2. Its minimum is w = 0, and c_i is its curvature along w_i:
one dimension is a bowl, two of unlike curvature are a ravine. Positions are (..., d), curvatures (d,).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar, get_args

import numpy as np
from numpy.typing import ArrayLike

from lrcore.schedules.catalogue import Constant, ExponentialDecay, TimeBasedDecay
from lrcore.settings import Choice, check_settings, hyperparameter, numbers_of, setting, settings_of

ARRIVED = 0.05
"""A path has arrived where it stays within this share of its first distance to the minimum."""
Decay = Constant | TimeBasedDecay | ExponentialDecay
DECAYS: dict[str, type[Decay]] = {schedule.__name__: schedule for schedule in get_args(Decay)}
"""The schedules of a ravine's learning rate."""


def loss(w: ArrayLike, curvature: ArrayLike) -> np.ndarray:
    """L at the positions `w` (..., d): float64 (...)."""
    return np.sum(_curvature(curvature) * np.square(w), axis=-1) / 2


def gradient(w: ArrayLike, curvature: ArrayLike) -> np.ndarray:
    """dL/dw at the positions `w` (..., d): float64 (..., d)."""
    return _curvature(curvature) * np.asarray(w)


def descend(
    start: ArrayLike, curvature: ArrayLike, learning_rates: ArrayLike, momentum: float = 0.0
) -> np.ndarray:
    """Every position of gradient descent, by the update of Keras's `SGD`.

    That is `velocity <- momentum * velocity - rate * gradient`, then `w <- w + velocity`; without momentum,
    `w <- w - rate * gradient`.

    Args:
        start: (d,), the first position.
        curvature: (d,), each > 0.
        learning_rates: (..., updates), the rate of each update; every leading index is a descent of its own.
        momentum: 0 <= momentum < 1.

    Returns:
        float64 (..., updates + 1, d), each path from `start` on. Too far for a float it is infinite, then NaN.

    Raises:
        ValueError: `curvature` or `momentum` breaks its rule.
    """
    curvature, momentum = _curvature(curvature), _momentum(momentum)
    rates = np.asarray(learning_rates, dtype=float)
    path = np.empty((*rates.shape[:-1], rates.shape[-1] + 1, len(curvature)))
    path[..., 0, :] = start
    velocity = np.zeros_like(path[..., 0, :])
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(rates.shape[-1]):
            velocity = momentum * velocity - rates[..., t, None] * gradient(path[..., t, :], curvature)
            path[..., t + 1, :] = path[..., t, :] + velocity
    return path


def stability_limit(curvature: ArrayLike, momentum: float = 0.0) -> float:
    """The constant rate from which on descent no longer converges: 2 (1 + momentum) / largest curvature.

    Source: Polyak, 1964. ValueError as `descend`.
    """
    return float(2 * (1 + _momentum(momentum)) / _curvature(curvature).max())


def contour(curvature: ArrayLike, level: float, points: int = 73) -> np.ndarray:
    """The closed line where the loss of two dimensions is `level` > 0: float64 (points, 2)."""
    angle = np.linspace(0, 2 * np.pi, points)
    axes = np.sqrt(2 * level / _curvature(curvature))
    return axes * np.stack([np.cos(angle), np.sin(angle)], axis=-1)


@dataclass(frozen=True)
class Outcome:
    """What became of a descent; distances are shares of the first distance to the minimum."""

    updates: int
    left: float  # the last distance
    farthest: float  # the largest distance
    arrival: int | None  # the update from which on it is within `ARRIVED`; None if it is not
    crossings: int  # updates, up to the arrival, that took a coordinate to the other side of the minimum

    @property
    def kind(self) -> str:
        """What it looks like: "diverges", "bounces", "creeps" or "settles"."""
        if not self.left <= 1:
            return "diverges"
        if self.crossings > 2 and 4 * self.crossings > (self.arrival or self.updates):
            return "bounces"
        return "creeps" if self.arrival is None else "settles"


def outcome(path: np.ndarray) -> Outcome:
    """What became of one descent; `path` is (updates + 1, d) as `descend` returns it."""
    with np.errstate(over="ignore", invalid="ignore"):
        distance = np.linalg.norm(path, axis=-1) / np.linalg.norm(path[0])
    outside = np.flatnonzero(~(distance <= ARRIVED))
    arrival = int(outside[-1]) + 1
    crossed = (np.sign(path[1:]) * np.sign(path[:-1]) < 0).any(axis=-1)
    return Outcome(
        updates=len(path) - 1,
        left=float(distance[-1]),
        farthest=float(distance.max()),
        arrival=arrival if arrival < len(path) else None,
        crossings=int(crossed[:arrival].sum()),
    )


@dataclass(frozen=True)
class Scene:
    """A quadratic and how it is descended, whatever rate a reader drags to; the subclasses say which."""

    start: ClassVar[tuple[float, ...]]
    updates: ClassVar[int]

    rate: float

    @property
    def momentum(self) -> float:
        """The momentum of the updates."""
        return 0.0

    @property
    def curvatures(self) -> tuple[float, ...]:
        """The curvature along each weight."""
        raise NotImplementedError

    @property
    def schedule(self) -> Decay:
        """The learning rate over the updates, from `rate` on."""
        return Constant(self.rate)

    @property
    def limit(self) -> float:
        """`stability_limit` of a constant rate."""
        return stability_limit(self.curvatures, self.momentum)

    @property
    def landmarks(self) -> dict[str, float]:
        """Rates worth a visit, by what they are."""
        raise NotImplementedError

    def learning_rates(self, initial: ArrayLike) -> np.ndarray:
        """The rate of every update for each initial rate (n,): float64 (n, updates)."""
        time = np.arange(self.updates)
        schedules = [replace(self.schedule, initial_learning_rate=rate) for rate in np.asarray(initial)]
        return np.stack([schedule(time, self.updates) for schedule in schedules])

    def paths(self, initial: ArrayLike) -> np.ndarray:
        """The descent for each initial rate (n,): float64 (n, updates + 1, d)."""
        return descend(self.start, self.curvatures, self.learning_rates(initial), self.momentum)


@dataclass(frozen=True)
class Bowl(Scene):
    """One weight: the picture in which a rate is too small, right or too large."""

    start = (3.0,)
    updates = 30

    rate: float = hyperparameter(
        0.1,
        label="Learning rate",
        symbol=r"\eta",
        offered=np.round(np.arange(1, 89) * 0.025, 6).tolist(),
        low=0.001,
        high=2.2,
        help="How far an update goes: the step is the learning rate times the slope.",
    )
    curvature: float = hyperparameter(
        2.0,
        label="Curvature",
        symbol="c",
        offered=(1.0, 2.0, 4.0),
        low=1,
        high=4,
        help="How fast the bowl gets steeper away from its minimum.",
    )

    def __post_init__(self) -> None:
        check_settings(self)

    @property
    def curvatures(self) -> tuple[float, ...]:
        """The curvature along each weight."""
        return (self.curvature,)

    @property
    def landmarks(self) -> dict[str, float]:
        """Rates worth a visit, by what they are."""
        shares = {"too small": 0.025, "good": 0.4, "optimum": 0.5, "bouncing": 0.95, "diverging": 1.05}
        return {name: round(share * self.limit, 4) for name, share in shares.items()}


@dataclass(frozen=True)
class Ravine(Scene):
    """Two weights of unlike curvature: the steep one bounds the rate, the flat one asks for a high one."""

    start = (-9.0, 3.0)
    updates = 60
    curvatures = (1.0, 20.0)

    rate: float = hyperparameter(
        0.1,
        label="Learning rate",
        symbol=r"\eta",
        offered=np.round(np.arange(1, 89) * 0.0025, 6).tolist(),
        low=0.001,
        high=0.22,
        help="The learning rate of the first update; a decay lowers it from there.",
    )
    momentum: float = hyperparameter(
        0.0,
        label="Momentum",
        symbol="m",
        offered=np.round(np.arange(20) * 0.05, 6).tolist(),
        low=0,
        high=0.95,
        help="How much of the last step is added to the next one: the ball keeps rolling.",
    )
    decay: str = setting(
        Choice(
            label="Schedule",
            default=Constant.__name__,
            options={name: schedule.title for name, schedule in DECAYS.items()},
            about={name: schedule.__doc__ or "" for name, schedule in DECAYS.items()},
        )
    )
    decay_rate: float = hyperparameter(
        0.03,
        label="Decay rate",
        symbol="k",
        offered=np.round(np.arange(41) * 0.005, 6).tolist(),
        low=0,
        high=0.2,
        help="How fast the learning rate falls, per update.",
    )

    def __post_init__(self) -> None:
        check_settings(self)

    @property
    def schedule(self) -> Decay:
        """The learning rate over the updates, from `rate` on."""
        schedule = DECAYS[self.decay]
        values = {"initial_learning_rate": self.rate, "decay_rate": self.decay_rate}
        return schedule(**{name: values[name] for name in settings_of(schedule)})

    @property
    def landmarks(self) -> dict[str, float]:
        """Rates worth a visit, by what they are."""
        return dict(_landmarks(replace(self, rate=Ravine.rate)))


@lru_cache(maxsize=128)
def _landmarks(scene: Ravine) -> dict[str, float]:
    """Those stops of the slider whose descents are what the names say: with a decay, perhaps none diverges."""
    rates = numbers_of(scene)["rate"].offered
    found = {rate: outcome(path) for rate, path in zip(rates, scene.paths(rates), strict=True)}
    creeping, bouncing, diverging = (
        [rate for rate, each in found.items() if each.kind == kind]
        for kind in ("creeps", "bounces", "diverges")
    )
    arrivals = {rate: each.arrival for rate, each in found.items() if each.arrival is not None}
    landmarks = {
        "too small": min(creeping, key=lambda rate: abs(rate - 0.1 * scene.limit), default=None),
        "fastest": min(arrivals, key=arrivals.__getitem__, default=None),
        "bouncing": max(bouncing, default=None),
        "diverging": min(diverging, default=None),
    }
    return {name: rate for name, rate in landmarks.items() if rate is not None}


def _curvature(curvature: ArrayLike) -> np.ndarray:
    values = np.asarray(curvature, dtype=float)
    if values.ndim != 1 or not (np.isfinite(values) & (values > 0)).all():
        raise ValueError(f"`curvature` must be finite numbers > 0. Received: curvature={curvature!r:.60}")
    return values


def _momentum(momentum: float) -> float:
    if not 0 <= momentum < 1:
        raise ValueError(f"`momentum` must be >= 0 and < 1. Received: momentum={momentum!r:.60}")
    return float(momentum)
