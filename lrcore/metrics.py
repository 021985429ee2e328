"""What is measured of a run, per seed and over seeds; arrays are (seeds, epochs) unless said.

A diverged run is NaN from its epoch on: what is measured of it is NaN, and whoever shows a summary says how
many runs it leaves out. A number that tables show of every run is one entry in `MEASURES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lrcore.ensemble import History

TARGET = 0.95
"""The accuracy that counts as high, where nobody asks for another."""
BAND = (0.1, 0.9)
"""The quantiles between which a band lies: four runs in five are inside."""
ROUGHNESS_EPOCHS = 30
"""Roughness looks at so many epochs at the end of a run."""


@dataclass(frozen=True)
class Spread:
    """Median and band over the seeds, each (epochs,); NaN where every run has diverged."""

    low: np.ndarray
    median: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Measure:
    """One number of each run. `of` takes a recipe's History, arrays (seeds, epochs), and gives (seeds,)."""

    label: str
    of: Callable[[History], np.ndarray]
    digits: int  # decimals to show
    help: str
    unit: str = ""


@dataclass(frozen=True)
class Average:
    """Mean and sample standard deviation over the `runs` runs that have a value; NaN where there are too few."""

    mean: float
    sd: float
    runs: int


@dataclass(frozen=True)
class Reach:
    """Epochs to a target over the runs: median and band (inf: never), and how many runs `never` reach it."""

    low: float
    median: float
    high: float
    never: int


@dataclass(frozen=True)
class Difference:
    """A mean difference over paired seeds with its confidence interval; `pairs` seeds had both values."""

    mean: float
    low: float
    high: float
    pairs: int

    @property
    def verdict(self) -> str:
        """ "lower", "higher", or "not distinguishable" when the interval holds 0 or cannot be given."""
        if self.high < 0:
            return "lower"
        if self.low > 0:
            return "higher"
        return "not distinguishable"


def spread(values: np.ndarray) -> Spread:
    """Median and `BAND` of `values` over the seeds that have not diverged, epoch by epoch."""
    probabilities = (BAND[0], 0.5, BAND[1])
    alive = ~np.isnan(values)
    if alive.all():
        return Spread(*np.quantile(values, probabilities, axis=0))
    columns = [
        np.quantile(values[alive[:, epoch], epoch], probabilities)
        if alive[:, epoch].any()
        else np.full(3, np.nan)
        for epoch in range(values.shape[1])
    ]
    return Spread(*np.transpose(columns))


def diverged(loss: np.ndarray) -> np.ndarray:
    """Which runs have diverged: bool (seeds,)."""
    return np.isnan(loss).any(axis=-1)


def epochs_to_reach(values: np.ndarray, target: float) -> np.ndarray:
    """The first epoch, counted from 1, in which each run reaches `target`; inf for never. Float (seeds,)."""
    reached = values >= target
    return np.where(reached.any(axis=-1), reached.argmax(axis=-1) + 1.0, np.inf)


def roughness(accuracy: np.ndarray) -> np.ndarray:
    """Mean absolute change of an accuracy from one epoch to the next over the last `ROUGHNESS_EPOCHS`.

    Returns:
        (seeds,) in percentage points; NaN for a run of one epoch or a diverged one.
    """
    last = np.asarray(accuracy, dtype=float)[..., -ROUGHNESS_EPOCHS - 1 :]
    if last.shape[-1] < 2:
        return np.full(last.shape[:-1], np.nan)
    return 100 * np.abs(np.diff(last, axis=-1)).mean(axis=-1)


def average(values: np.ndarray) -> Average:
    """Mean and spread of `values` (seeds,), without the NaN of diverged runs."""
    kept = np.asarray(values, dtype=float)
    kept = kept[~np.isnan(kept)]
    mean = float(kept.mean()) if kept.size else float("nan")
    return Average(mean, float(kept.std(ddof=1)) if kept.size > 1 else float("nan"), kept.size)


def reach(epochs: np.ndarray) -> Reach:
    """Median and `BAND` of what `epochs_to_reach` gave, (seeds,)."""
    low, high = np.quantile(epochs, BAND, method="inverted_cdf")  # interpolating, inf - inf would be NaN
    return Reach(float(low), float(np.median(epochs)), float(high), int(np.isinf(epochs).sum()))


def area_under_rates(learning_rates: np.ndarray) -> float:
    """The area under the learning rate curve in rate x epochs; `learning_rates` is (epochs, updates)."""
    return float(learning_rates.mean(axis=-1).sum())


def effective_step(learning_rates: np.ndarray, momentum: float) -> np.ndarray:
    """What the rates amount to with momentum, in the long run: rate / (1 - momentum), in the rates' shape."""
    return learning_rates / (1 - momentum)


def adjusted(confidence: float, comparisons: int) -> float:
    """Bonferroni: the confidence of each of so many intervals that all hold together with `confidence`."""
    return 1 - (1 - confidence) / max(comparisons, 1)


def paired_difference(values: np.ndarray, baseline: np.ndarray, confidence: float = 0.95) -> Difference:
    """Mean of `values - baseline` over the seeds, paired, with the interval of the paired t test.

    Args:
        values, baseline: (seeds,), the same seeds in the same order, finite or NaN; pairs with a NaN are
            left out.
        confidence: of the interval, in (0, 1).

    Returns:
        Where all differences agree to four digits, as with runs that end alike, there is no spread to make a t
        interval of: the interval is the mean alone if a sign test is as sure of it, else NaN.

    Raises:
        ValueError: a value is infinite: no mean takes in a run that never gets there.
    """
    if np.isinf(values).any() or np.isinf(baseline).any():
        raise ValueError("`values` and `baseline` must be finite or NaN. Received: an infinite value")
    differences = np.asarray(values, dtype=float) - np.asarray(baseline, dtype=float)
    differences = differences[~np.isnan(differences)]
    pairs = len(differences)
    mean = float(differences.mean()) if pairs else float("nan")
    if pairs < 2:
        return Difference(mean, float("nan"), float("nan"), pairs)
    if np.allclose(differences, mean, rtol=1e-4, atol=0):
        enough = mean == 0 or 2.0 ** (1 - pairs) < 1 - confidence
        edge = mean if enough else float("nan")
        return Difference(mean, edge, edge, pairs)
    from scipy import stats  # here: a first page need not wait for this import

    interval = stats.ttest_1samp(differences, 0).confidence_interval(confidence)
    return Difference(mean, float(interval.low), float(interval.high), pairs)


MEASURES = {
    "val_loss": Measure(
        "Final validation loss",
        lambda history: history.val_loss[..., -1],
        3,
        "Binary cross-entropy after the last epoch.",
    ),
    "best_val_loss": Measure(
        "Best validation loss",
        lambda history: history.val_loss.min(axis=-1),
        3,
        "The lowest of all epochs, run by run. It is picked with the validation rows, so it flatters.",
    ),
    "val_accuracy": Measure(
        "Final validation accuracy",
        lambda history: history.val_accuracy[..., -1],
        3,
        "Share of the validation rows that are classified correctly after the last epoch.",
    ),
    "best_val_accuracy": Measure(
        "Best validation accuracy",
        lambda history: history.val_accuracy.max(axis=-1),
        3,
        "The highest of all epochs, run by run. It is picked with the validation rows, so it flatters.",
    ),
    "accuracy": Measure(
        "Final training accuracy",
        lambda history: history.accuracy[..., -1],
        3,
        "Share of the training rows that were classified correctly during the last epoch.",
    ),
    "roughness": Measure(
        "Roughness, validation",
        lambda history: roughness(history.val_accuracy),
        2,
        "Mean absolute change of the validation accuracy from one epoch to the next, in percentage points, over "
        f"the last {ROUGHNESS_EPOCHS} epochs.",
        "points",
    ),
    "training_roughness": Measure(
        "Roughness, training",
        lambda history: roughness(history.accuracy),
        2,
        f"The same of the training accuracy, in percentage points, over the last {ROUGHNESS_EPOCHS} epochs.",
        "points",
    ),
}
"""What tables show of every run."""
