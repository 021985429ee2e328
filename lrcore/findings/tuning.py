"""Which learning rate is best for a recipe, how sure that is, and two recipes compared, each at its own best rate.

The results of a grid are final losses, float64 (rates, seeds), inf for a lost run: `Measure.values` of each rate's
runs. Rates are chosen on `tuning_seeds` and judged on the first `JUDGING_SEEDS`, which share none, because the runs by
which a rate won flatter it. `tuning_wording` has the sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isnan, log10, nan

import numpy as np

from lrcore.findings.metrics import MEASURES, middle
from lrcore.findings.verdicts import (
    ABOUT_EQUAL,
    EQUAL,
    HIGHER,
    LOWER,
    SAME,
    TOO_FEW,
    Verdict,
    judge,
)
from lrcore.recipes.confounds import HEIGHTS, INITIAL, MAXIMUM, scaled
from lrcore.recipes.recipe import Recipe
from lrcore.settings import settings_of

LOWEST, HIGHEST = 0.001, 10.0
"""The lowest and the highest rate of the usual grid."""
SIZES = (9, 17, 33)
"""The usual numbers of rates; each grid contains the smaller ones."""
TUNING_SEEDS, JUDGING_SEEDS, FIRST_TUNING_SEED = 20, 100, 1000
"""How many seeds choose a rate, how many judge it (from 0 on), and the first of those that choose."""
RESAMPLES = 400
"""How many resamples of the seeds show how sure the best rate is."""
LIKELY = 0.95
"""The share of the resamples that the `likely` rates win together, at least."""
GOOD = 0.1
"""A rate is good if its median is at most this share above the best rate's."""
NOT_SETTLED = "not settled"
FAIR_OUTCOMES = (SAME, EQUAL, ABOUT_EQUAL, LOWER, HIGHER, NOT_SETTLED, TOO_FEW)
ONE_CURVE = -0.99
"""The weakest rank correlation at which points count as lying on one falling curve."""
_LOSS = MEASURES["val_loss"].scale
_LEAST_POINTS = 3  # two are always in order


@dataclass(frozen=True)
class Tuned:
    """The best of a grid of rates for a recipe, and how sure that is; arrays are (rates,).

    Attributes:
        rates: ascending.
        medians: of the final losses, inf where half of the runs or more are lost.
        places: the mean ranks; 1: the best on every seed.
        wins: the share of `RESAMPLES` that each rate wins.
        lost: how many runs are lost.
        seeds: how many seeds chose.
        best: the position of the best rate; of the lowest one where several tie.
        first, last: positions of the ends of the good range, the rates around the best one with a median up to
            1 + `GOOD` times as high as its own.
    """

    rates: np.ndarray
    medians: np.ndarray
    places: np.ndarray
    wins: np.ndarray
    lost: np.ndarray
    seeds: int
    best: int
    first: int
    last: int

    @property
    def rate(self) -> float:
        """The best rate."""
        return float(self.rates[self.best])

    @property
    def median(self) -> float:
        """The median loss at the best rate, on the seeds that chose it."""
        return float(self.medians[self.best])

    @property
    def tied(self) -> int:
        """How many rates share the best place, the best one included."""
        return int((self.places == self.places[self.best]).sum())

    @property
    def all_lost(self) -> bool:
        """Whether every run is lost at every rate, so that none is the best."""
        return bool((self.lost == self.seeds).all())

    @property
    def edges(self) -> tuple[bool, bool]:
        """Whether the best rate is the lowest of the grid, and whether it is the highest."""
        return self.best == 0, self.best == len(self.rates) - 1

    @property
    def good(self) -> tuple[float, float]:
        """The lowest and the highest rate of the good range, both on the grid."""
        return float(self.rates[self.first]), float(self.rates[self.last])

    @property
    def decades(self) -> float:
        """The width of the good range in powers of ten."""
        low, high = self.good
        return log10(high / low)

    @property
    def likely(self) -> list[int]:
        """Positions of the fewest rates that win `LIKELY` of the resamples together, the most frequent first."""
        order = np.argsort(-self.wins, kind="stable")
        enough = np.cumsum(self.wins[order]) >= LIKELY - 1e-9
        return order[: int(enough.argmax()) + 1].tolist()


@dataclass(frozen=True)
class FairVerdict:
    """A recipe against a baseline, each at its own best rate, on seeds that chose neither.

    Other tuning seeds may choose a neighbouring rate, and the interval does not cover that. So a direction counts only
    if the whole interval lies beyond the margin.

    Attributes:
        verdict: the usual one, on the judging seeds.
        tuned: the choices of the recipe's and of the baseline's rate.
        medians: of the recipe and of the baseline, on the judging seeds.
    """

    verdict: Verdict
    tuned: tuple[Tuned, Tuned]
    medians: tuple[float, float]

    @property
    def outcome(self) -> str:
        """One of `FAIR_OUTCOMES`."""
        verdict = self.verdict
        if verdict.outcome in (SAME, EQUAL):
            return verdict.outcome
        if isnan(verdict.low):
            return TOO_FEW
        if verdict.within_margin or verdict.low == verdict.high == 0:
            return ABOUT_EQUAL
        margin = inf if isnan(verdict.margin) else verdict.margin  # none: the baseline's typical run is lost
        if verdict.high <= -margin:
            return LOWER
        return HIGHER if verdict.low >= margin else NOT_SETTLED


@dataclass(frozen=True)
class Fall:
    """How well the falling sides of several curves of loss against rate coincide on an axis.

    Attributes:
        correlation: Spearman's, of position and median, over every curve's points from its lowest rate to its best;
            -1: one falling curve. NaN for fewer than three points.
        points: their number.
        end: the position up to which all points, those beyond the best rates included, have a rank correlation of
            `ONE_CURVE` or stronger; NaN: nowhere.
        to_the_last: whether `end` is the last point.
    """

    correlation: float
    points: int
    end: float
    to_the_last: bool


# The grid


def grid(size: int = 17, low: float = LOWEST, high: float = HIGHEST) -> tuple[float, ...]:
    """`size` rates at equal distances on a log axis, from `low` to `high`, each with as few digits as will do.

    Rounding moves a rate by a tenth of the distance at most: two significant digits do for the usual grids.

    Args:
        size: 9 to 33; the rates of each of `SIZES` are among those of the next.
        low, high: rates, 0 < low < high, apart by more than a billionth.

    Raises:
        ValueError: an argument breaks its rule.
    """
    if not SIZES[0] <= size <= SIZES[-1]:
        raise ValueError(f"`size` must be {SIZES[0]} to {SIZES[-1]}. Received: size={size}")
    if not 0 < low * (1 + 1e-9) < high < inf:
        raise ValueError(f"`low` and `high` must be 0 < low < high. Received: low={low}, high={high}")
    return _short(np.geomspace(low, high, size))


def around(rates: Sequence[float], best: int) -> tuple[float, ...]:
    """9 rates around `rates[best]`: itself, its neighbours, and three between it and each, on a log axis.

    Args:
        rates: at least two, > 0, ascending. A neighbour beyond their ends is as far away as the one inside.
        best: a position.

    Returns:
        Ascending, each with as few digits as will do, as in `grid`.
    """
    rate = rates[best]
    low = rates[best - 1] if best else rate**2 / rates[1]
    high = rates[best + 1] if best + 1 < len(rates) else rate**2 / rates[-2]
    finer = list(_short(np.concatenate([np.geomspace(low, rate, 5), np.geomspace(rate, high, 5)[1:]])))
    for place, known in ((0, best - 1), (4, best), (8, best + 1)):
        if 0 <= known < len(rates):
            finer[place] = rates[known]
    return tuple(finer)


def _short(exact: np.ndarray) -> tuple[float, ...]:
    """Ascending rates, rounded to as few digits as move each by a tenth of the shortest distance at most."""
    allowed = 0.1 * np.diff(np.log(exact)).min() * (1 + 1e-9)
    for digits in range(2, 18):
        rates = [float(f"{rate:.{digits}g}") for rate in exact]
        if np.abs(np.log(rates / exact)).max() <= allowed:
            break
    return tuple(rates)


def tuning_seeds(number: int = TUNING_SEEDS) -> range:
    """The seeds that choose a rate; none of them judges."""
    return range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + number)


def rate_name(recipe: Recipe) -> str:
    """The name of the setting that is tuned: the schedule's initial rate or, where it has none, its maximum."""
    return INITIAL if INITIAL in settings_of(recipe.schedule) else MAXIMUM


def rate_of(recipe: Recipe) -> float:
    """The value of the setting that is tuned."""
    return getattr(recipe.schedule, rate_name(recipe))


def at_rate(recipe: Recipe, rate: float) -> Recipe:
    """`recipe` with exactly this `rate`, of 15 digits at most, and all other rates of its schedule scaled with it.

    Raises:
        ValueError: a rate would break its bounds; the message names it.
    """
    return scaled(recipe, rate / rate_of(recipe))


def points(recipe: Recipe, rates: Iterable[float]) -> dict[float, Recipe]:
    """The recipe at each rate, without the rates at which another rate of it would break its bounds."""
    found = {}
    for rate in rates:
        try:
            found[rate] = at_rate(recipe, rate)
        except ValueError:  # a cycle's maximum or a last rate is too high or too low
            continue
    return found


# The best rate


def choose(rates: Sequence[float], values: np.ndarray) -> Tuned:
    """The rate of a grid with the best mean rank: each seed ranks the rates, lost runs last, ties share their ranks.

    A seed that raises or lowers the losses of all rates together changes no rank, and no loss is too large for one.

    Args:
        rates: (rates,), > 0, ascending.
        values: (rates, seeds), lower is better, inf for a lost run.

    Raises:
        ValueError: a shape does not fit, rates do not ascend, or a value is not a number.
    """
    grid_rates, values = np.array(rates, dtype=float), np.asarray(values, dtype=float)
    _check(grid_rates, values)
    ranked = ranks(values)
    places = ranked.mean(axis=1)
    best = int(places.argmin())
    medians = np.array([middle(row) for row in values])
    first, last = _good_range(medians, best)
    lost = np.isinf(values).sum(axis=1)
    return Tuned(grid_rates, medians, places, _wins(ranked), lost, values.shape[1], best, first, last)


def ranks(values: np.ndarray) -> np.ndarray:
    """The rank of each value within its column, from 1 for the lowest; equal ones share the mean of theirs.

    Args:
        values: (n, columns), infinities included.

    Returns:
        float64 (n, columns).
    """
    ordered = np.sort(values, axis=0)
    places = [
        np.searchsorted(column, own, "left") + np.searchsorted(column, own, "right")
        for column, own in zip(ordered.T, values.T, strict=True)
    ]
    return (np.transpose(places) + 1) / 2


def _wins(ranked: np.ndarray) -> np.ndarray:
    """The share of the resamples that each rate wins; rates that tie share one."""
    seeds = ranked.shape[1]
    drawn = np.random.default_rng(0).integers(seeds, size=(RESAMPLES, seeds))
    sums = ranked[:, drawn].sum(axis=-1)  # of halves, so exact
    winners = sums == sums.min(axis=0)
    return (winners / winners.sum(axis=0)).mean(axis=1)


def _good_range(medians: np.ndarray, best: int) -> tuple[int, int]:
    """The ends of the good rates around `best`; `best` alone where its median is infinite."""
    good = medians <= ((1 + GOOD) * medians[best] if np.isfinite(medians[best]) else -inf)
    good[best] = True
    bad = np.flatnonzero(~good)
    return (
        int(bad[bad < best].max(initial=-1)) + 1,
        int(bad[bad > best].min(initial=len(medians))) - 1,
    )


def _check(rates: np.ndarray, values: np.ndarray) -> None:
    if values.ndim != 2 or not values.size or rates.shape != values.shape[:1]:
        raise ValueError(
            "`values` must be (rates, seeds), a row for each of the `rates`. "
            f"Received: shapes {rates.shape} and {values.shape}"
        )
    if not (rates > 0).all() or not (np.diff(rates) > 0).all():
        raise ValueError(f"`rates` must be > 0 and ascend. Received: rates={rates!s:.60}")
    _check_numbers("values", values)


def _check_numbers(name: str, values: np.ndarray) -> None:
    if np.isnan(values).any():
        raise ValueError(f"`{name}` must be numbers. Received: {np.isnan(values).sum()} that are none")


# The verdicts


def judge_tuned(
    tuned: tuple[Tuned, Tuned],
    values: np.ndarray,
    baseline: np.ndarray,
    comparisons: int,
    *,
    same: bool = False,
) -> FairVerdict:
    """The verdict on a recipe at its own best rate against the baseline at its own.

    Args:
        tuned: the choices of the recipe's and of the baseline's rate.
        values, baseline: final losses at these rates, (seeds,), the same seeds in the same order, none of which chose
            a rate; inf for a lost run.
        comparisons: how many such verdicts are given together, this one included. The rates of the grids do not
            count: they are compared on other seeds.
        same: whether the two recipes are equal.

    Raises:
        ValueError: `values` and `baseline` are not of the same seeds, or of none, or a value is not a number.
    """
    for name, each in (("values", values), ("baseline", baseline)):
        _check_numbers(name, each)
    verdict = replace(judge(values, baseline, _LOSS, comparisons), same=same)
    return FairVerdict(verdict, tuned, (middle(values), middle(baseline)))


def at_equal_rates(values: np.ndarray, baseline: np.ndarray) -> list[Verdict]:
    """The verdicts at each of several equal rates, a family of their own.

    Args:
        values, baseline: final losses of the recipe and of the baseline, (rates, seeds), the same rates and seeds;
            inf for a lost run. Tuning seeds will do, since no rate is picked.

    Raises:
        ValueError: the shapes differ.
    """
    return [judge(own, other, _LOSS, len(values)) for own, other in zip(values, baseline, strict=True)]


# The area


def heights(recipes: Sequence[Recipe]) -> dict[str, np.ndarray]:
    """Each of `HEIGHTS` of the recipes, by its name, (recipes,): rates, and for the area rate x epochs.

    They are rounded to 12 digits, so that equal heights are equal numbers.
    """
    return {
        name: np.array([float(f"{height.of(recipe):.12g}") for recipe in recipes])
        for name, height in HEIGHTS.items()
    }


def falls(positions: Sequence[Mapping[str, np.ndarray]], tuned: Sequence[Tuned]) -> dict[str, Fall]:
    """How well the falling sides of several recipes' curves coincide, on each axis.

    Args:
        positions: the `heights` of each recipe's points.
        tuned: each recipe's choice, in the same order.

    Returns:
        By the names of `HEIGHTS`.
    """
    medians = np.concatenate([each.medians for each in tuned])
    falling = np.concatenate([np.arange(len(each.rates)) <= each.best for each in tuned])
    axes = {name: np.concatenate([each[name] for each in positions]) for name in HEIGHTS}
    return {name: _fall(axis, medians, falling) for name, axis in axes.items()}


def _fall(axis: np.ndarray, medians: np.ndarray, falling: np.ndarray) -> Fall:
    ends = np.unique(axis)
    together = [end for end in ends if rank_correlation(axis[axis <= end], medians[axis <= end]) <= ONE_CURVE]
    end = float(together[-1]) if together else nan
    correlation = rank_correlation(axis[falling], medians[falling])
    return Fall(correlation, int(falling.sum()), end, end == float(ends[-1]))


def rank_correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman's rank correlation of the points (x, y), (n,) each, infinities included.

    Returns:
        NaN for fewer than three points, or where all have the same `x` or the same `y`.
    """
    if len(x) < _LEAST_POINTS:
        return nan
    of_x, of_y = (ranks(each[:, None])[:, 0] - (len(x) + 1) / 2 for each in (x, y))
    size = np.sqrt((of_x**2).sum() * (of_y**2).sum())
    return float((of_x * of_y).sum() / size) if size else nan
