"""The bowl and the ravine: their settings, and their paths, outcomes and expected losses at any rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, get_args

import numpy as np
from numpy.typing import ArrayLike

from lrcore.descent import noise as noisy
from lrcore.descent.landmarks import landmarks
from lrcore.descent.outcome import Outcome, outcomes
from lrcore.descent.quadratic import descend, stability_limit
from lrcore.schedules.catalogue import Constant, ExponentialDecay, StepDecay, TimeBasedDecay
from lrcore.settings import (
    Choice,
    Flag,
    Number,
    check_settings,
    hyperparameter,
    numbers_of,
    setting,
    settings_of,
)

Decay = Constant | TimeBasedDecay | StepDecay | ExponentialDecay
DECAYS: dict[str, type[Decay]] = {schedule.__name__: schedule for schedule in get_args(Decay)}
"""The schedules of a scene's learning rate, on a clock of updates."""
FINE = 500
"""The number of constant rates that are tried to find the best: each is at most 1.6 % above the one before."""
DRAWS = 1000
"""The number of draws of the noise to choose from."""


_NOISE = Flag(
    label="Noisy slope, as from small batches",
    help="A small batch of rows knows the slope only roughly. Here each update adds a random number to it.",
)
_DRAW = Number(
    default=0,
    label="Draw of the noise",
    low=0,
    high=DRAWS - 1,
    whole=True,
    help="Which random numbers the noise is made of; all rates and schedules get the same ones.",
)
_DECAY = Choice(
    label="Schedule",
    default=Constant.__name__,
    options={name: schedule.title for name, schedule in DECAYS.items()},
    about={name: schedule.__doc__ or "" for name, schedule in DECAYS.items()},
)


def _decay_rate(default: float, *, offered: Sequence[float]) -> Any:
    return setting(
        replace(
            numbers_of(TimeBasedDecay)["decay_rate"],
            default=default,
            offered=tuple(offered),
            high=max(offered),
            help="How fast the learning rate falls, per update. 0 keeps it constant.",
        )
    )


def _epochs_drop(default: int, *, offered: Sequence[int]) -> Any:
    return setting(
        replace(
            numbers_of(StepDecay)["epochs_drop"],
            label="Updates between drops",
            default=default,
            offered=tuple(offered),
            high=100,
            help="After this many updates the learning rate is halved, again and again.",
        )
    )


@dataclass(frozen=True)
class Scene:
    """A quadratic loss and the settings of a descent on it. The base class of the bowl and the ravine."""

    start: ClassVar[tuple[float, ...]]
    balls: ClassVar[int]  # how many descend with noise

    rate: float
    noise: bool
    draw: int
    decay: str

    def __post_init__(self) -> None:
        check_settings(self)

    @property
    def updates(self) -> int:
        """The number of updates."""
        raise NotImplementedError

    @property
    def momentum(self) -> float:
        """The momentum of the updates."""
        return 0.0

    @property
    def curvatures(self) -> tuple[float, ...]:
        """The curvature along each weight."""
        raise NotImplementedError

    @property
    def sigmas(self) -> tuple[float, ...]:
        """The standard deviation of the noise along each weight."""
        raise NotImplementedError

    @property
    def schedule(self) -> Decay:
        """The learning rate over the updates, from `rate` on."""
        schedule = DECAYS[self.decay]
        own = settings_of(schedule).keys() & settings_of(self).keys()
        return schedule(self.rate, **{name: getattr(self, name) for name in own})

    @property
    def limit(self) -> float:
        """The `stability_limit`."""
        return stability_limit(self.curvatures, self.momentum)

    @property
    def stops(self) -> tuple[float, ...]:
        """The stops of the slider of the rate."""
        return numbers_of(self)["rate"].offered

    @property
    def landmarks(self) -> dict[str, float]:
        """Rates worth trying, by name; with noise, only the one with the lowest expected loss at the end."""
        raise NotImplementedError

    def constant(self) -> Scene:
        """The same scene with a constant rate."""
        return replace(self, decay=Constant.__name__)

    def learning_rates(self, initial: ArrayLike) -> np.ndarray:
        """The rate of every update for each initial rate (n,): float64 (n, updates)."""
        time = np.arange(self.updates)
        schedules = [replace(self.schedule, initial_learning_rate=rate) for rate in np.asarray(initial)]
        return np.stack([schedule(time, self.updates) for schedule in schedules])

    def paths(self, initial: ArrayLike) -> np.ndarray:
        """The descent without noise for each initial rate (n,): float64 (n, updates + 1, d)."""
        return descend(self.start, self.curvatures, self.learning_rates(initial), self.momentum)

    def outcomes(self, initial: ArrayLike) -> list[Outcome]:
        """The outcome of each of `paths`."""
        return outcomes(self.paths(initial))

    def swarms(self, initial: ArrayLike) -> np.ndarray:
        """The descents with noise for each initial rate (n,): float64 (n, balls, updates + 1, d).

        A ball has the same draws at every rate and with every schedule, so that only the rates make a difference.
        """
        xi = noisy.draws(self.draw, self.balls, self.updates, len(self.start))
        rates = self.learning_rates(initial)[:, None]
        return descend(self.start, self.curvatures, rates, self.momentum, xi * self.sigmas)

    def expected_loss(self, initial: ArrayLike) -> np.ndarray:
        """The mean loss with noise, over all draws, for each initial rate (n,): float64 (n, updates + 1)."""
        rates = self.learning_rates(initial)
        return noisy.expected_loss(self.start, self.curvatures, rates, self.sigmas, self.momentum)

    def floors(self, rates: ArrayLike) -> np.ndarray:
        """The expected loss of these constant rates (n,) in the long run: float64 (n,)."""
        return noisy.floor(self.curvatures, rates, self.sigmas, self.momentum)

    def best_constant(self) -> tuple[float, float]:
        """The constant rate, of `FINE` over the range, with the lowest expected loss at the end, and that loss."""
        declared = numbers_of(self)["rate"]
        rates = np.geomspace(declared.low, declared.high, FINE)
        ends = np.nan_to_num(self.constant().expected_loss(rates)[:, -1], nan=np.inf)
        return float(rates[ends.argmin()]), float(ends.min())

    def lowest(self) -> tuple[float, float]:
        """The slider's stop with the lowest expected loss at the end, and that loss."""
        ends = np.nan_to_num(self.expected_loss(self.stops)[:, -1], nan=np.inf)
        return self.stops[int(ends.argmin())], float(ends.min())


@dataclass(frozen=True)
class Bowl(Scene):
    """One weight: a rate is too small, right or too large. Without noise the rate is constant."""

    start = (3.0,)
    balls = 30

    rate: float = hyperparameter(
        0.1,
        label="Learning rate",
        symbol=r"\eta",
        offered=np.round(np.arange(1, 89) * 0.025, 6).tolist(),
        low=0.001,
        high=2.2,
        help="How far an update goes: the step is the learning rate times the slope.",
    )
    noise: bool = setting(_NOISE)
    draw: int = setting(_DRAW)
    decay: str = setting(_DECAY)
    curvature: float = hyperparameter(
        2.0,
        label="Curvature",
        symbol="c",
        offered=(1.0, 2.0, 4.0),
        low=1,
        high=4,
        help="How fast the bowl gets steeper away from its minimum.",
    )
    sigma: float = hyperparameter(
        2.0,
        label="Strength of the noise",
        symbol=r"\sigma",
        offered=(0.5, 1.0, 2.0, 4.0),
        low=0.1,
        high=4,
        help="The standard deviation of what is added to the slope. Batches four times as large halve it.",
    )
    decay_rate: float = _decay_rate(0.8, offered=(0.0, 0.01, 0.03, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6))
    epochs_drop: int = _epochs_drop(10, offered=(2, 5, 10, 20))

    @property
    def updates(self) -> int:
        return 60 if self.noise else 30  # the effects of noise take longer to see

    @property
    def curvatures(self) -> tuple[float, ...]:
        return (self.curvature,)

    @property
    def sigmas(self) -> tuple[float, ...]:
        return (self.sigma,)

    @property
    def schedule(self) -> Decay:
        return super().schedule if self.noise else Constant(self.rate)

    @property
    def landmarks(self) -> dict[str, float]:
        if self.noise:
            return {"lowest": self.lowest()[0]}
        shares = {"too small": 0.025, "good": 0.4, "optimum": 0.5, "bouncing": 0.95, "diverging": 1.05}
        return {name: round(share * self.limit, 4) for name, share in shares.items()}

    def lower_bound(self) -> np.ndarray:
        """The lowest expected loss of any sequence of rates after each update: float64 (updates + 1,)."""
        return noisy.lower_bound(*self.start, self.curvature, self.sigma, np.arange(self.updates + 1))


@dataclass(frozen=True)
class Ravine(Scene):
    """Two weights of unequal curvature: the steep one limits the rate, the flat one needs a high rate."""

    start = (-9.0, 3.0)
    balls = 12
    curvatures = (0.05, 20.0)
    sigmas = (0.5 * 0.05**0.5, 0.5 * 20**0.5)
    """Half the root of the curvature: in the real network, too, the variance of the slope grows with the curvature."""
    updates = 100

    rate: float = hyperparameter(
        0.1,
        label="Learning rate",
        symbol=r"\eta",
        offered=np.round(np.arange(1, 89) * 0.0025, 6).tolist(),
        low=0.001,
        high=0.22,
        help="The learning rate of the first update; a decay lowers it from there.",
    )
    noise: bool = setting(_NOISE)
    draw: int = setting(_DRAW)
    decay: str = setting(_DECAY)
    momentum: float = hyperparameter(
        0.0,
        label="Momentum",
        symbol="m",
        offered=np.round(np.arange(20) * 0.05, 6).tolist(),
        low=0,
        high=0.95,
        help="How much of the last step is added to the next one: the ball keeps rolling.",
    )
    decay_rate: float = _decay_rate(0.03, offered=np.round(np.arange(41) * 0.005, 6).tolist())
    epochs_drop: int = _epochs_drop(20, offered=(5, 10, 20, 30, 50))

    @property
    def landmarks(self) -> dict[str, float]:
        if self.noise:
            return {"lowest": self.lowest()[0]}
        return dict(_landmarks(replace(self, rate=Ravine.rate, draw=0)))

    @staticmethod
    def best_momentum() -> tuple[float, Outcome]:
        """The slider's stop of the momentum that arrives first at its best constant rate, and the outcome there."""
        return _best_momentum()


@lru_cache(maxsize=128)
def _landmarks(scene: Ravine) -> dict[str, float]:
    return landmarks(dict(zip(scene.stops, scene.outcomes(scene.stops), strict=True)))


@lru_cache(maxsize=1)
def _best_momentum() -> tuple[float, Outcome]:
    best = {}
    for momentum in numbers_of(Ravine)["momentum"].offered:
        scene = Ravine(momentum=momentum)
        best[momentum] = min(scene.outcomes(scene.stops), key=lambda each: each.rank)
    return min(best.items(), key=lambda item: item[1].rank)
