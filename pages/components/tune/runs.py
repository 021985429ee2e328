"""The runs of a schedule over the grid of rates, trained and cached in pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import pairwise

import numpy as np

from lrcore.findings import tuning
from lrcore.findings.metrics import BAND, Measure, middle
from lrcore.findings.tuning import FIRST_TUNING_SEED, SIZES, Tuned
from lrcore.recipes.recipe import Recipe
from lrcore.server.queue import Priority
from lrcore.training import experiments
from lrcore.training.run import History
from pages.components import results
from pages.components.tune.entries import Entry
from pages.components.tune.plan import Plan


@dataclass(frozen=True, eq=False)
class Scan:
    """A schedule's runs on the tuning seeds, by rate, ascending; all rates have the same seeds."""

    entry: Entry
    runs: Mapping[float, History]

    @property
    def rates(self) -> list[float]:
        """The rates of the grid that keep the schedule within its bounds."""
        return list(self.runs)

    @cached_property
    def recipes(self) -> list[Recipe]:
        """The recipe of each rate."""
        return [history.recipe for history in self.runs.values()]

    @cached_property
    def positions(self) -> dict[str, np.ndarray]:
        """The positions of the rates on each axis, as `tuning.heights`."""
        return tuning.heights(self.recipes)

    @property
    def seeds(self) -> int:
        """The number of seeds."""
        return len(next(iter(self.runs.values())).seeds)

    def values(self, measure: Measure) -> np.ndarray:
        """A measure of each run, (rates, seeds), lost runs as the worst."""
        return np.stack([measure.values(history) for history in self.runs.values()])

    def lost(self) -> np.ndarray:
        """The number of lost runs, (rates,)."""
        return np.array([int(history.lost.sum()) for history in self.runs.values()])

    def first(self, seeds: int) -> Scan:
        """Its first seeds alone."""
        return Scan(self.entry, {rate: history[:seeds] for rate, history in self.runs.items()})


class Stage(IntEnum):
    """How far a schedule's scan is trained: the number of its pieces, in the order of `_parts`."""

    COARSE = 1
    """The smallest grid on the first few seeds."""
    DRAWN = 3
    """The whole grid on the seeds that the curves are drawn from."""
    WHOLE = 4
    """The whole grid on all tuning seeds."""


def train(entry: Entry, plan: Plan, stage: Stage, priority: Priority = Priority.BEHIND) -> Scan:
    """A schedule's scan up to that stage."""
    parts = _parts(entry, plan, stage)
    return _joined(
        entry,
        parts,
        [
            results.histories([*points.values()], len(seeds), priority, together=True, first=seeds.start)
            for points, seeds in parts
        ],
    )


def known(entry: Entry, plan: Plan, stage: Stage) -> Scan | None:
    """The scan, if all of it has been trained before."""
    parts, made = _parts(entry, plan, stage), []
    for points, seeds in parts:
        found = results.known([*points.values()], len(seeds), together=True, first=seeds.start)
        if found is None:
            return None
        made.append(found)
    return _joined(entry, parts, made)


def seconds(entry: Entry, plan: Plan, stage: Stage) -> float:
    """The estimated time of training of the stage's last piece."""
    points, seeds = _parts(entry, plan, stage)[-1]
    return len(seeds) * sum(map(experiments.seconds, points.values()))


Part = tuple[Mapping[float, Recipe], range]
"""Recipes by rate, and the seeds."""


def _parts(entry: Entry, plan: Plan, stage: Stage) -> list[Part]:
    """What is trained together. No run is trained twice, since each grid contains the smaller ones."""
    rates = tuning.grid(plan.size)
    few = [rate for rate in tuning.grid(SIZES[0]) if rate in rates]
    others = [rate for rate in rates if rate not in few]
    stops = [FIRST_TUNING_SEED + seeds for seeds in (0, plan.coarse, plan.drawn, plan.tuning)]
    first, second, third = (range(start, stop) for start, stop in pairwise(stops))
    parts = [(few, first), (others, first), (rates, second), (rates, third)]
    by_rate = [(tuning.points(entry.recipe, some), seeds) for some, seeds in parts[:stage]]
    return [(points, seeds) for points, seeds in by_rate if points and seeds]


def _joined(entry: Entry, parts: Sequence[Part], made: Sequence[Sequence[History]]) -> Scan:
    found: dict[float, list[History]] = {}
    for (points, _), histories in zip(parts, made, strict=True):
        for rate, history in zip(points, histories, strict=True):
            found.setdefault(rate, []).append(history)
    return Scan(entry, {rate: History.joined(found[rate]) for rate in sorted(found)})


def spread(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The lower end of the band, the median and the upper end, each (rates,), infinite where lost."""
    with np.errstate(invalid="ignore"):
        low, high = np.quantile(values, BAND, axis=1, method="inverted_cdf")
    return low, np.array([middle(row) for row in values]), high


def tuned(scan: Scan, measure: Measure) -> Tuned:
    """The best rate of the scan."""
    return tuning.choose(scan.rates, scan.values(measure))
