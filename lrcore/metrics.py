"""What is measured of a run, per seed and over seeds; arrays are (seeds, epochs) unless said.

A diverged run is NaN from its epoch on: what is measured of it is NaN, and whoever shows a summary says how
many runs it leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

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


def area_under_rates(learning_rates: np.ndarray) -> float:
    """The area under the learning rate curve in rate x epochs; `learning_rates` is (epochs, updates)."""
    return float(learning_rates.mean(axis=-1).sum())


def paired_difference(values: np.ndarray, baseline: np.ndarray, confidence: float = 0.95) -> Difference:
    """Mean of `values - baseline` over the seeds, paired, with SciPy's t interval.

    Args:
        values, baseline: (seeds,), the same seeds in the same order; pairs with a NaN are left out.
        confidence: of the interval, in (0, 1).
    """
    differences = np.asarray(values, dtype=float) - np.asarray(baseline, dtype=float)
    differences = differences[np.isfinite(differences)]
    pairs = len(differences)
    mean = float(differences.mean()) if pairs else float("nan")
    if pairs < 2:
        return Difference(mean, float("nan"), float("nan"), pairs)
    if (differences == differences[0]).all():  # no spread, so no t interval either
        return Difference(mean, mean, mean, pairs)
    interval = stats.ttest_1samp(differences, 0).confidence_interval(confidence)
    return Difference(mean, float(interval.low), float(interval.high), pairs)
