"""What runs say for or against a statement: numbers with confidence intervals, told in words.

Each kind of evidence is declared with the recipes that it looks at, by name, and is called with their histories,
arrays (seeds, epochs): the same seeds in the same order, of which some recipes may have more. Percentages go from
0 to 100, and their differences are percentage points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isinf, nan
from typing import ClassVar

import numpy as np
from scipy import stats

from lrcore import metrics
from lrcore.ensemble import History
from lrcore.ionosphere import good_share, n_train
from lrcore.recipes import Recipe

EARLY = 20
"""The epoch by which the article sees high accuracy with decay."""
LATE = 10
"""Whether a loss still falls is told by the last so many epochs and as many before them."""


@dataclass(frozen=True)
class Estimate:
    """A number with its confidence interval, NaN where there is none; `words` tell what was seen."""

    value: float
    low: float
    high: float
    words: str


@dataclass(frozen=True)
class Quantity:
    """One number of each run: `of` takes a recipe's History and gives (seeds,), in `unit`."""

    of: Callable[[History], np.ndarray]
    unit: str


def _late_change(history: History) -> np.ndarray:
    before, last = history.loss[:, -2 * LATE : -LATE], history.loss[:, -LATE:]
    return 100 * (last.mean(axis=1) / before.mean(axis=1) - 1)


def _early_gap(history: History) -> np.ndarray:
    return _percent(history.val_accuracy[:, EARLY - 1]) - _percent(history.val_accuracy[:, -1])


def _percent(shares: np.ndarray) -> np.ndarray:
    """In float64, for a float32 rounded at 100 times its size would differ from a level that it equals."""
    return 100 * shares.astype(float)


QUANTITIES = {
    "accuracy": Quantity(lambda history: _percent(history.accuracy[:, -1]), "%"),
    "val_accuracy": Quantity(lambda history: _percent(history.val_accuracy[:, -1]), "%"),
    "training_roughness": Quantity(metrics.MEASURES["training_roughness"].of, "points an epoch"),
    "roughness": Quantity(metrics.MEASURES["roughness"].of, "points an epoch"),
    "late_change": Quantity(_late_change, "%"),
    "early_gap": Quantity(_early_gap, "points"),
}


class Evidence:
    """A kind of evidence; the subclasses say which."""

    random: ClassVar[bool] = True  # whether chance has a part in it

    def __call__(self, histories: Mapping[str, History], target: float, confidence: float) -> Estimate:
        """What the runs say.

        Args:
            histories: by the recipes' names.
            target: the training accuracy, 0 to 1, that counts as high.
            confidence: of the interval, in (0, 1).
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Difference(Evidence):
    """Mean over the seeds of a quantity of `recipe` minus the largest of those of `others`; Student's t."""

    quantity: str
    recipe: str
    others: tuple[str, ...]

    def __call__(self, histories: Mapping[str, History], target: float, confidence: float) -> Estimate:
        """The difference, paired by the seed."""
        quantity = QUANTITIES[self.quantity]
        own, *rivals = (quantity.of(each) for each in _paired(histories, self.recipe, *self.others))
        other = np.max(rivals, axis=0)
        whole = ~np.isnan(own - other)
        mean = metrics.paired_difference(own, other, confidence)
        own, other = (metrics.average(values[whole]).mean for values in (own, other))
        words = (
            f"{own:.2f} against {other:.2f} {quantity.unit}; mean difference "
            f"{mean.mean:+.2f} ({mean.low:+.2f} to {mean.high:+.2f}), {mean.pairs} seeds"
        )
        return Estimate(mean.mean, mean.low, mean.high, words)


@dataclass(frozen=True)
class Level(Evidence):
    """Mean over the seeds of a quantity of `recipe`, less a level that has a name; Student's t."""

    quantity: str
    recipe: str
    level: str = "zero"  # "zero", "target" or "always good"

    def __call__(self, histories: Mapping[str, History], target: float, confidence: float) -> Estimate:
        """The mean's distance from the level."""
        quantity = QUANTITIES[self.quantity]
        level = {"zero": 0.0, "target": 100 * target, "always good": 100 * good_share("tail")}[self.level]
        values = quantity.of(histories[self.recipe])
        mean = metrics.paired_difference(values, np.full(len(values), level), confidence)
        against = f", against {level:.1f} %" if level else ""
        words = (
            f"{mean.mean + level:.2f} {quantity.unit} on average ({mean.low + level:.2f} to "
            f"{mean.high + level:.2f}){against}, {mean.pairs} seeds"
        )
        return Estimate(mean.mean, mean.low, mean.high, words)


@dataclass(frozen=True)
class FasterShare(Evidence):
    """Share of the seeds, in percent, on which `recipe` reaches the target in fewer epochs than `other`.

    A run that never gets there is slower than one that does. A seed on which neither does tells nothing and is left
    out; one on which both take equally long counts, and not as faster. The interval is the exact binomial one
    (Clopper and Pearson, 1934).
    """

    recipe: str
    other: str

    def __call__(self, histories: Mapping[str, History], target: float, confidence: float) -> Estimate:
        """The share among the seeds on which at least one of both gets there."""
        pair = _paired(histories, self.recipe, self.other)
        own, other = (metrics.epochs_to_reach(each.accuracy, target) for each in pair)
        faster, slower = int((own < other).sum()), int((own > other).sum())
        seeds = int(np.isfinite(np.minimum(own, other)).sum())
        if not seeds:
            return Estimate(nan, nan, nan, f"neither gets there on any of {len(own)} seeds")
        interval = stats.binomtest(faster, seeds).proportion_ci(confidence)
        share, low, high = (100 * each for each in (faster / seeds, interval.low, interval.high))
        words = (
            f"faster on {faster} of {seeds} seeds ({low:.0f} to {high:.0f} %), as fast on "
            f"{seeds - faster - slower}, slower on {slower}; epochs of the median run: "
            f"{_epochs(np.median(own))} against {_epochs(np.median(other))}"
        )
        return Estimate(share, float(low), float(high), words)


@dataclass(frozen=True)
class MedianEpochs(Evidence):
    """The epoch in which the median run of `recipe` reaches the target, infinite for never.

    The ends of the interval are order statistics: it asks nothing of the distribution.
    """

    recipe: str

    def __call__(self, histories: Mapping[str, History], target: float, confidence: float) -> Estimate:
        """The median."""
        epochs = metrics.epochs_to_reach(histories[self.recipe].accuracy, target)
        interval = stats.quantile_test(epochs, p=0.5).confidence_interval(confidence)
        low, median, high = (float(each) for each in (interval.low, np.median(epochs), interval.high))
        words = (
            f"epochs of the median run: {_epochs(median)} ({_epochs(low)} to {_epochs(high)}); "
            f"{int(np.isinf(epochs).sum())} of {len(epochs)} runs never get there"
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
        rates = self.recipe.learning_rates(n_train())[: len(self.stated), 0]
        deviation = float(np.abs(rates - self.stated).max())
        words = ", ".join(f"{rate:.6g} in epoch {epoch}" for epoch, rate in enumerate(rates))
        return Estimate(deviation, deviation, deviation, words)


def _paired(histories: Mapping[str, History], *names: str) -> list[History]:
    """The histories of these names, cut to the seeds that all of them have."""
    seeds = min(len(histories[name].loss) for name in names)
    return [histories[name][:seeds] for name in names]


def _epochs(epochs: float) -> str:
    return "never" if isinf(epochs) else f"{epochs:g}"
