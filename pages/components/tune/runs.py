"""The runs of a schedule over the grid of rates, trained and cached in pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lrcore.findings import tuning
from lrcore.findings.metrics import BAND, Measure, middle
from lrcore.findings.tuning import FIRST_TUNING_SEED, SIZES, Tuned
from lrcore.recipes.recipe import Recipe
from lrcore.server.queue import Priority
from lrcore.training.run import History
from pages.components.results import histories
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


def coarse(entry: Entry, plan: Plan) -> Scan:
    """The smallest grid on the first few seeds; the reader waits for it."""
    parts = _parts(plan)[:1]
    return _joined(entry, [_train(entry, part, Priority.READER) for part in parts])


def drawn(entry: Entry, plan: Plan) -> Scan:
    """The whole grid on the seeds that the curves are drawn from."""
    return _joined(entry, [_train(entry, part, Priority.BEHIND) for part in _parts(plan)[:3]])


def whole(entry: Entry, plan: Plan) -> Scan:
    """The whole grid on all tuning seeds."""
    return _joined(entry, [_train(entry, part, Priority.BEHIND) for part in _parts(plan)])


Part = tuple[Sequence[float], range]


def _parts(plan: Plan) -> list[Part]:
    """Rates and seeds of each piece. No run is trained twice, since each grid contains the smaller ones."""
    rates = tuning.grid(plan.size)
    few = [rate for rate in tuning.grid(SIZES[0]) if rate in rates]
    others = [rate for rate in rates if rate not in few]
    stops = [plan.coarse, plan.drawn, plan.tuning]
    seeds = [range(start, stop) for start, stop in zip([0, *stops], stops, strict=False)]
    return [(few, seeds[0]), (others, seeds[0]), (rates, seeds[1]), (rates, seeds[2])]


def _train(entry: Entry, part: Part, priority: Priority) -> dict[float, History]:
    rates, seeds = part
    recipes = tuning.points(entry.recipe, rates)
    if not recipes or not len(seeds):
        return {}
    first = FIRST_TUNING_SEED + seeds.start
    runs = histories([*recipes.values()], len(seeds), priority, together=True, first=first)
    return dict(zip(recipes, runs, strict=True))


def _joined(entry: Entry, parts: Sequence[Mapping[float, History]]) -> Scan:
    by_rate: dict[float, list[History]] = {}
    for part in parts:
        for rate, history in part.items():
            by_rate.setdefault(rate, []).append(history)
    return Scan(entry, {rate: History.joined(by_rate[rate]) for rate in sorted(by_rate)})


def spread(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The lower end of the band, the median and the upper end, each (rates,), infinite where lost."""
    with np.errstate(invalid="ignore"):
        low, high = np.quantile(values, BAND, axis=1, method="inverted_cdf")
    return low, np.array([middle(row) for row in values]), high


def tuned(scan: Scan, measure: Measure) -> Tuned:
    """The best rate of the scan."""
    return tuning.choose(scan.rates, scan.values(measure))
