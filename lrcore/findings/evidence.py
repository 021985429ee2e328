"""Evidence for or against a statement: numbers with confidence intervals, and their words.

A kind of evidence is declared with the names of its recipes and called with their histories, arrays (seeds, epochs):
the same seeds in the same order, of which some recipes may have more. Percentages go from 0 to 100, and their
differences are percentage points. A lost run is the worst of all and never left out; where there is one, a mean is
replaced by the median.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf, isinf, isnan, nan
from typing import ClassVar

import numpy as np
from scipy import stats

from lrcore.data import DATASETS
from lrcore.findings import metrics
from lrcore.findings.verdicts import differences
from lrcore.findings.wording import counted
from lrcore.recipes.recipe import Recipe
from lrcore.training.run import History

EARLY = 20
"""The epoch by which, the article says, the accuracy with decay is high."""
_TIE = 1e-5  # percentage points: of accuracies in float32, smaller differences are rounding errors
LATE = 10
"""The epochs of each of the last two windows of a run, whose losses are compared to see whether it still falls."""


@dataclass(frozen=True)
class Estimate:
    """A number with its confidence interval, NaN where there is none, and a sentence on it."""

    value: float
    low: float
    high: float
    words: str


@dataclass(frozen=True)
class Quantity:
    """One number of each run: `of` a recipe's History gives (seeds,), in `unit`; `worst` is that of a lost run."""

    of: Callable[[History], np.ndarray]
    unit: str
    worst: float

    def values(self, history: History) -> np.ndarray:
        """The number of each run, float64 (seeds,)."""
        return np.where(history.lost, self.worst, np.asarray(self.of(history), dtype=float))


def _late_change(history: History) -> np.ndarray:
    before, last = history.loss[:, -2 * LATE : -LATE], history.loss[:, -LATE:]
    return 100 * (last.mean(axis=1) / before.mean(axis=1) - 1)


def _early_gap(history: History) -> np.ndarray:
    return _percent(history.val_accuracy[:, EARLY - 1]) - _percent(history.val_accuracy[:, -1])


def _percent(shares: np.ndarray) -> np.ndarray:
    """In float64, since 100 times a float32 would be rounded and differ from a level that it equals."""
    return 100 * shares.astype(float)


QUANTITIES = {
    "accuracy": Quantity(lambda history: _percent(history.accuracy[:, -1]), "%", -inf),
    "val_accuracy": Quantity(lambda history: _percent(history.val_accuracy[:, -1]), "%", -inf),
    "training_roughness": Quantity(metrics.MEASURES["training_roughness"].of, "points an epoch", inf),
    "roughness": Quantity(metrics.MEASURES["roughness"].of, "points an epoch", inf),
    "late_change": Quantity(_late_change, "%", inf),
    "early_gap": Quantity(_early_gap, "points", -inf),
}


class Evidence:
    """The base of all kinds of evidence."""

    random: ClassVar[bool] = True  # whether it depends on chance

    def __call__(self, histories: Mapping[str, History], target: float, confidence: float) -> Estimate:
        """The estimate from the runs.

        Args:
            histories: by the recipes' names.
            target: the training accuracy, 0 to 1, that counts as high.
            confidence: of the interval, in (0, 1).
        """
        raise NotImplementedError

    def left_out(self, histories: Mapping[str, History], target: float) -> int:
        """On how many seeds there is no evidence; these are not counted."""
        return 0


@dataclass(frozen=True)
class _Centre:
    """The middle of a number over the seeds, with its interval, NaN where there is none."""

    name: str  # "mean" or "median"
    value: float
    low: float
    high: float


def _centre(values: np.ndarray, confidence: float) -> _Centre:
    """The mean of `values` (seeds,) with Student's t; or the median with order statistics, where t fails.

    It fails where a run is lost, which leaves no mean, and where all values agree to four digits.
    """
    if np.isfinite(values).all() and not np.allclose(values, values.mean(), rtol=1e-4, atol=1e-9):
        interval = stats.ttest_1samp(values, 0).confidence_interval(confidence)
        return _Centre("mean", float(values.mean()), float(interval.low), float(interval.high))
    return _median(values, confidence)


def _median(values: np.ndarray, confidence: float) -> _Centre:
    interval = stats.quantile_test(values, p=0.5).confidence_interval(confidence)
    return _Centre("median", metrics.middle(values), float(interval.low), float(interval.high))


@dataclass(frozen=True)
class Difference(Evidence):
    """A quantity of `recipe` minus the largest of those of `others`: its mean over the seeds, with Student's t."""

    quantity: str
    recipe: str
    others: tuple[str, ...]

    def __call__(self, histories: Mapping[str, History], target: float, confidence: float) -> Estimate:
        """The difference, paired by the seed."""
        quantity = QUANTITIES[self.quantity]
        own, *rivals = (quantity.values(each) for each in _paired(histories, self.recipe, *self.others))
        other = np.max(rivals, axis=0)
        apart = differences(own, other, tie=_TIE)
        if not apart.any():
            return Estimate(0.0, 0.0, 0.0, _equal(len(apart)))
        centre = _centre(apart, confidence)
        middle = np.mean if centre.name == "mean" else metrics.middle
        words = (
            f"{centre.name} {_value(middle(own))} against {_value(middle(other))} {quantity.unit}; {centre.name} "
            f"difference {_value(centre.value, '+')} ({_range(centre, '+')}), {_seeds(apart)}{_lost(own, other)}"
        )
        return Estimate(centre.value, centre.low, centre.high, words)


@dataclass(frozen=True)
class LossDifference(Evidence):
    """Final validation loss of `recipe` minus that of `other`, in percent of the other's median: the median over the
    seeds, with the interval of order statistics, as Compare and Tune have it.
    """

    recipe: str
    other: str

    def __call__(self, histories: Mapping[str, History], target: float, confidence: float) -> Estimate:
        """The difference, paired by the seed; NaN where half of the runs of `other` or more are lost."""
        measure = metrics.MEASURES["val_loss"]
        own, other = (measure.values(each) for each in _paired(histories, self.recipe, self.other))
        unit = metrics.middle(other)
        if isinf(unit):
            return Estimate(nan, nan, nan, f"half of the other's runs or more are lost, {_seeds(other)}")
        centre = _median(differences(own, other, tie=measure.scale.tie) / unit * 100, confidence)
        middles = " against ".join(
            _value(metrics.middle(each), digits=measure.digits) for each in (own, other)
        )
        words = (
            f"median {middles}; median difference {_value(centre.value, '+')} % ({_range(centre, '+')} %), "
            f"{_seeds(own)}{_lost(own, other)}"
        )
        return Estimate(centre.value, centre.low, centre.high, words)


@dataclass(frozen=True)
class Level(Evidence):
    """A quantity of `recipe`, less a level that has a name: its mean over the seeds, with Student's t."""

    quantity: str
    recipe: str
    level: str = "zero"  # "zero", "target" or "baseline"

    def __call__(self, histories: Mapping[str, History], target: float, confidence: float) -> Estimate:
        """The distance from the level."""
        quantity = QUANTITIES[self.quantity]
        level = {
            "zero": 0.0,
            "target": 100 * target,
            "baseline": 100 * DATASETS["ionosphere"].baseline("tail"),
        }[self.level]
        values = quantity.values(histories[self.recipe])
        centre = _centre(differences(values, np.full(len(values), level), tie=_TIE), confidence)
        shown = replace(centre, **{end: getattr(centre, end) + level for end in ("value", "low", "high")})
        which = "on average" if centre.name == "mean" else "in the median run"
        against = f", against {level:.1f} %" if level else ""
        words = (
            f"{_value(shown.value)} {quantity.unit} {which} ({_range(shown)}){against}, {_seeds(values)}"
            f"{_lost(values)}"
        )
        return Estimate(centre.value, centre.low, centre.high, words)


@dataclass(frozen=True)
class FasterShare(Evidence):
    """Share of the seeds, in percent, on which `recipe` reaches the target in fewer epochs than `other`.

    A run that never reaches it, or is lost in the end, is slower than one that does. A seed on which neither does is
    left out; one on which both take equally long counts, and not as faster. The interval is the exact binomial one
    (Clopper and Pearson, 1934).
    """

    recipe: str
    other: str

    def epochs(self, histories: Mapping[str, History], target: float) -> tuple[np.ndarray, np.ndarray]:
        """The epochs to the target of both recipes' runs, each (seeds,); inf for never."""
        own, other = _paired(histories, self.recipe, self.other)
        return _epochs_to(target).values(own), _epochs_to(target).values(other)

    def left_out(self, histories: Mapping[str, History], target: float) -> int:
        """On how many seeds neither reaches the target."""
        return int(np.isinf(np.minimum(*self.epochs(histories, target))).sum())

    def __call__(self, histories: Mapping[str, History], target: float, confidence: float) -> Estimate:
        """The share among the seeds on which at least one reaches the target."""
        own, other = self.epochs(histories, target)
        faster, slower = int((own < other).sum()), int((own > other).sum())
        seeds = int(np.isfinite(np.minimum(own, other)).sum())
        if not seeds:
            on = "the one seed" if len(own) == 1 else f"any of {len(own)} seeds"
            return Estimate(nan, nan, nan, f"neither gets there on {on}")
        equal, neither = seeds - faster - slower, len(own) - seeds
        interval = stats.binomtest(faster, seeds).proportion_ci(confidence)
        share, low, high = (100 * each for each in (faster / seeds, interval.low, interval.high))
        counts = (
            f"faster on {faster} of {counted(seeds, 'seed')} ({low:.0f} to {high:.0f} %), equal on {equal}, "
            f"slower on {slower}"
        )
        words = (
            f"{_equal(seeds) if equal == seeds else counts}"
            f"{f', left out {neither} on which neither gets there' if neither else ''}; median epochs: "
            f"{_epochs(metrics.middle(own))} against {_epochs(metrics.middle(other))}"
        )
        return Estimate(share, float(low), float(high), words)


@dataclass(frozen=True)
class MedianEpochs(Evidence):
    """The epoch in which the median run of `recipe` reaches the target, infinite for never or lost in the end.

    The ends of the interval are order statistics, which assume nothing about the distribution.
    """

    recipe: str

    def __call__(self, histories: Mapping[str, History], target: float, confidence: float) -> Estimate:
        """The median."""
        epochs = _epochs_to(target).values(histories[self.recipe])
        interval = stats.quantile_test(epochs, p=0.5).confidence_interval(confidence)
        low, median, high = (float(each) for each in (interval.low, metrics.middle(epochs), interval.high))
        never = int(np.isinf(epochs).sum())
        words = (
            f"median epochs: {_epochs(median)} ({_epochs(low)} to {_epochs(high)}); "
            f"{never} of {counted(len(epochs), 'run')} never get{'s' * (never == 1)} there"
        )
        return Estimate(median, low, high, words)


@dataclass(frozen=True)
class FirstRates(Evidence):
    """The largest deviation of the first epochs' rates of `recipe` from `stated` ones: nothing is trained."""

    random = False

    recipe: Recipe
    stated: tuple[float, ...]

    def __call__(self, histories: Mapping[str, History], target: float, confidence: float) -> Estimate:
        """The deviation, which is its own interval."""
        rates = self.recipe.learning_rates()[: len(self.stated), 0]
        deviation = float(np.abs(rates - self.stated).max())
        words = ", ".join(f"{rate:.6g} in epoch {epoch}" for epoch, rate in enumerate(rates, 1))
        return Estimate(deviation, deviation, deviation, words)


def _paired(histories: Mapping[str, History], *names: str) -> list[History]:
    """The histories of these names, cut to the seeds that all of them have."""
    seeds = min(len(histories[name].loss) for name in names)
    return [histories[name][:seeds] for name in names]


def _epochs_to(target: float) -> metrics.Measure:
    """The measure of the epochs to that training accuracy."""
    return metrics.epochs_to("accuracy", target)


def _seeds(values: np.ndarray) -> str:
    return counted(len(values), "seed")


def _equal(seeds: int) -> str:
    return "equal on the one seed" if seeds == 1 else f"equal on all {seeds} seeds"


def _lost(*values: np.ndarray) -> str:
    """On how many seeds a run is lost, as a clause; "" for none."""
    lost = int(np.isinf(values).any(axis=0).sum())
    return f", on {lost} of them a run is lost, which counts as the worst" if lost else ""


def _range(centre: _Centre, sign: str = "") -> str:
    """The interval in words."""
    if isnan(centre.low):
        return "too few seeds for an interval"
    return f"{_value(centre.low, sign)} to {_value(centre.high, sign)}"


def _value(value: float, sign: str = "", digits: int = 2) -> str:
    """With that many decimals; "lost" beyond all numbers."""
    return f"{value:{sign}.{digits}f}" if np.isfinite(value) else "lost"


def _epochs(epochs: float) -> str:
    return "never" if isinf(epochs) else f"{epochs:g}"
