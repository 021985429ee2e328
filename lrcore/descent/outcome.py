"""The outcome of a descent, measured on its path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ARRIVED = 0.05
"""A path has arrived once it stays within this share of its first distance to the minimum."""
SEEN = 0.01
"""A change of sides is visible if the update is longer than this share of the first distance."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of a descent; distances are shares of the first distance to the minimum."""

    updates: int
    left: float  # the last distance
    farthest: float  # the largest distance
    arrival: int | None  # the update from which on it stays within `ARRIVED`; None if it does not
    crossings: int  # updates up to the arrival that take a coordinate to the other side of the minimum
    sides: int  # all updates that do so by more than `SEEN`

    @property
    def kind(self) -> str:
        """Its looks in a bowl: "diverges", "bounces", "creeps" or "settles"."""
        if not self.left <= 1:
            return "diverges"
        if self.crossings > 2 and 4 * self.crossings > (self.arrival or self.updates):
            return "bounces"
        return "creeps" if self.arrival is None else "settles"

    @property
    def rank(self) -> tuple[int, float]:
        """Lower is better: the arrival, or one more than all updates, then the last distance."""
        arrival = self.updates + 1 if self.arrival is None else self.arrival
        return arrival, self.left if self.left <= np.inf else np.inf


def outcomes(paths: np.ndarray) -> list[Outcome]:
    """The outcome of each of `paths` (n, updates + 1, d)."""
    first = np.linalg.norm(paths[:, 0], axis=-1)
    with np.errstate(over="ignore", invalid="ignore"):
        distance = np.linalg.norm(paths, axis=-1) / first[:, None]
        far = np.abs(np.diff(paths, axis=1)) > SEEN * first[:, None, None]
    outside = ~(distance <= ARRIVED)
    arrival = outside.shape[1] - np.argmax(outside[:, ::-1], axis=1)
    crossed = np.sign(paths[:, 1:]) * np.sign(paths[:, :-1]) < 0
    seen = (crossed & far).any(axis=-1)
    return [_outcome(*each) for each in zip(distance, arrival.tolist(), crossed.any(-1), seen, strict=True)]


def _outcome(distance: np.ndarray, arrival: int, crossed: np.ndarray, seen: np.ndarray) -> Outcome:
    return Outcome(
        updates=len(crossed),
        left=float(distance[-1]),
        farthest=float(distance.max()),
        arrival=arrival if arrival <= len(crossed) else None,
        crossings=int(crossed[:arrival].sum()),
        sides=int(seen.sum()),
    )
