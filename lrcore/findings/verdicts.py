"""The verdict on two recipes in one measure: which is higher and by how much, or that it is not decided.

Both recipes are trained with the same seeds. The sign test decides the direction, from the number of seeds on which
one of them is higher. The size is the median of the differences, with an interval between two of the ordered
differences. Both assume only that seeds are independent, and both allow infinite values: a run that is lost or never
reaches a target is the worse of its pair, and two such runs are equal.

Several verdicts at once are each given at the level `ALPHA` / their number (Bonferroni): with a probability of at least
1 - `ALPHA` all their directions are right and all their intervals contain the median.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from math import ceil, comb, nan

import numpy as np

from lrcore.findings.metrics import Measure, Scale, Spread, middle
from lrcore.training.run import History

ALPHA = 0.05
"""The highest probability that anything is wrong in the verdicts that are given together."""
SAME, EQUAL, ABOUT_EQUAL = "the same recipe", "equal", "about equal"
LOWER, HIGHER = "lower", "higher"
UNDECIDED, TOO_FEW, NO_VALUE = "not decided", "too few seeds", "no value"
OUTCOMES = (SAME, EQUAL, ABOUT_EQUAL, LOWER, HIGHER, UNDECIDED, TOO_FEW, NO_VALUE)


@dataclass(frozen=True)
class Verdict:
    """The comparison of a recipe with a baseline in one measure, seed by seed.

    Attributes:
        lower, equal, higher: on how many seeds the recipe is lower, equal, higher; all 0 if the measure has no value.
        worst, baseline_worst, both_worst: on how many seeds the run of the recipe, of the baseline, of both is lost or
            never reaches the target.
        median: of the differences; infinite if one of the two is the worst on half of the seeds or more, NaN if half
            of the differences are inf and half -inf.
        low, high: the interval for the median; an end may be infinite; NaN for too few seeds.
        margin: an interval from -margin to margin counts as about equal; NaN if none does.
        comparisons: how many verdicts are given together.
        same: whether the two recipes are the same.
    """

    lower: int
    equal: int
    higher: int
    worst: int
    baseline_worst: int
    both_worst: int
    median: float
    low: float
    high: float
    margin: float
    comparisons: int
    same: bool = False

    @property
    def seeds(self) -> int:
        """The number of seeds."""
        return self.lower + self.equal + self.higher

    @property
    def differing(self) -> int:
        """The number of seeds that are not equal."""
        return self.lower + self.higher

    @property
    def needed(self) -> int | None:
        """How many of the differing seeds must agree for a decision; None if not even all of them are enough."""
        disagreeing = may_disagree(self.differing, self.comparisons)
        return None if disagreeing < 0 else self.differing - disagreeing

    @property
    def within_margin(self) -> bool:
        """Whether the interval for the median lies within the margin."""
        return -self.margin <= self.low and self.high <= self.margin

    @property
    def is_small(self) -> bool:
        """Whether the direction is decided, but the difference is within the margin."""
        return self.is_decided and self.within_margin

    @property
    def outcome(self) -> str:
        """One of `OUTCOMES`."""
        if self.same:
            return SAME
        if not self.seeds:
            return NO_VALUE
        if not self.differing:
            return EQUAL
        if self.needed is not None and max(self.lower, self.higher) >= self.needed:
            return LOWER if self.lower > self.higher else HIGHER
        if self.within_margin:
            return ABOUT_EQUAL
        return TOO_FEW if self.seeds < least_seeds(self.comparisons) else UNDECIDED

    @property
    def is_decided(self) -> bool:
        """Whether the recipe is lower, or higher."""
        return self.outcome in (LOWER, HIGHER)

    @property
    def is_level(self) -> bool:
        """Whether the two are equal, or about equal."""
        return self.outcome in (SAME, EQUAL, ABOUT_EQUAL)

    def reversed(self) -> Verdict:
        """The verdict on the baseline against the recipe, with the same margin."""
        return replace(
            self,
            lower=self.higher,
            higher=self.lower,
            worst=self.baseline_worst,
            baseline_worst=self.worst,
            median=-self.median,
            low=-self.high,
            high=-self.low,
        )


@cache
def may_disagree(seeds: int, comparisons: int) -> int:
    """How many of `seeds` may disagree with the rest for a decision; -1 if even 0 is too many.

    It is the largest count such that fair coins show a count this low on either side with a probability of at most
    `ALPHA` / `comparisons`: the two-sided sign test, exact as it is computed in whole numbers.
    """
    limit = ALPHA / comparisons * 2.0**seeds
    number, tail = -1, 1
    while 2 * tail <= limit:
        number += 1
        tail += comb(seeds, number + 1)
    return number


@cache
def least_seeds(comparisons: int) -> int:
    """The smallest number of seeds that can decide anything: 8 for 4 comparisons."""
    return next(seeds for seeds in count(1) if may_disagree(seeds, comparisons) >= 0)


def unseen_share(seeds: int, comparisons: int) -> int:
    """The percentage of all seeds that may differ before `seeds` equal ones are rarer than the level allows."""
    return ceil(100 * (1 - (ALPHA / comparisons) ** (1 / seeds)))


def differences(values: np.ndarray, baseline: np.ndarray, tie: float) -> np.ndarray:
    """`values` - `baseline` for each seed, float64; 0 if both are the same infinity or at most `tie` apart."""
    own, other = (np.asarray(each, dtype=float) for each in (values, baseline))
    with np.errstate(invalid="ignore"):  # inf - inf, which is replaced
        apart = own - other
    return np.where((own == other) | (np.abs(apart) <= tie), 0.0, apart)


def interval(differences: np.ndarray, comparisons: int) -> tuple[float, float]:
    """The interval for the median of `differences` (seeds,): the ordered ones at `may_disagree` from either end.

    NaN for too few seeds.
    """
    disagreeing = may_disagree(len(differences), comparisons)
    if disagreeing < 0:
        return nan, nan
    ordered = np.sort(differences)
    return float(ordered[disagreeing]), float(ordered[-1 - disagreeing])


def by_epoch(history: History, baseline: History, metric: str, scale: Scale, comparisons: int) -> Spread:
    """The median difference of a metric in each epoch, with its interval; (epochs of the shorter run,).

    A run without a value in an epoch is the worst there, and a lost run is in its last epoch, so that median and
    interval are those of the verdict. They may be infinite as in a `Verdict`; the interval is NaN for too few seeds.

    Args:
        metric: a field of a `History`, such as "val_loss".
    """
    epochs = min(history.loss.shape[1], baseline.loss.shape[1])
    values, of_baseline = (_curves(each, metric, scale)[:, :epochs] for each in (history, baseline))
    apart = differences(values, of_baseline, scale.tie)
    low, high = np.transpose([interval(each, comparisons) for each in apart.T])
    return Spread(low, np.array([middle(each) for each in apart.T]), high)


def _curves(history: History, metric: str, scale: Scale) -> np.ndarray:
    """The metric, float64 (seeds, epochs), infinite if a run is the worst."""
    values = np.array(getattr(history, metric), dtype=float)
    values[np.isnan(values)] = scale.worst
    values[history.lost, -1] = scale.worst
    return values


def judge(values: np.ndarray, baseline: np.ndarray, scale: Scale, comparisons: int) -> Verdict:
    """The verdict on a recipe against the baseline in one measure.

    Args:
        values, baseline: (seeds,), the same seeds in the same order; +-inf for a run that is the worst. With a NaN
            the measure has no value, and there is no verdict.
        scale: of the measure.
        comparisons: how many verdicts are given together, this one included; >= 1.

    Raises:
        ValueError: `values` and `baseline` differ in their number of seeds, or have none.
    """
    own, other = (np.asarray(each, dtype=float) for each in (values, baseline))
    if own.shape != other.shape or own.ndim != 1 or not own.size:
        raise ValueError(
            "`values` and `baseline` must be (seeds,), of the same seeds. "
            f"Received: shapes {own.shape} and {other.shape}"
        )
    if np.isnan([own, other]).any():
        return Verdict(0, 0, 0, 0, 0, 0, nan, nan, nan, nan, comparisons)
    apart = differences(own, other, scale.tie)
    low, high = interval(apart, comparisons)
    return Verdict(
        lower=int((apart < 0).sum()),
        equal=int((apart == 0).sum()),
        higher=int((apart > 0).sum()),
        worst=int(np.isinf(own).sum()),
        baseline_worst=int(np.isinf(other).sum()),
        both_worst=int(np.isinf([own, other]).all(axis=0).sum()),
        median=middle(apart),
        low=low,
        high=high,
        margin=_margin(scale, other),
        comparisons=comparisons,
    )


def _margin(scale: Scale, baseline: np.ndarray) -> float:
    unit = middle(baseline) if scale.relative else 1.0
    return scale.margin * unit + scale.tie if np.isfinite(unit) else nan


def compare(
    history: History, baseline: History, measures: Sequence[Measure], comparisons: int, *, same: bool = False
) -> list[Verdict]:
    """The verdicts on a recipe against a baseline, one for each of the `measures`.

    Args:
        history, baseline: arrays (seeds, epochs), of the same seeds in the same order.
        comparisons: how many verdicts are given together, these included.
        same: whether the two recipes are the same.
    """
    verdicts = (
        judge(measure.values(history), measure.values(baseline), measure.scale_for(baseline), comparisons)
        for measure in measures
    )
    return [replace(verdict, same=same) for verdict in verdicts]


def lowest(values: Sequence[np.ndarray], prefer: int = 0) -> int:
    """The position of the recipe with the lowest median; among infinite ones, of that with the fewest lost runs.

    Args:
        values: for each recipe (seeds,), inf for a lost run.
        prefer: the position that wins a tie; without it, the first one wins.
    """

    def rank(position: int) -> tuple[float, int, bool]:
        own = np.asarray(values[position], dtype=float)
        return middle(own), int(np.isinf(own).sum()), position != prefer

    return min(range(len(values)), key=rank)
