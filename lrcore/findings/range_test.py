"""The learning rate range test: one run whose rate rises with every update, and what is read off its losses.

It is used to find the best rate of a whole run: where the smoothed loss falls fastest, is lowest, or explodes. To add a
reading, add an entry to `READINGS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, nan

import numpy as np

from lrcore.findings.metrics import BAND, middle
from lrcore.findings.tuning import Tuned

LOWEST, HIGHEST = 0.001, 30.0
"""The first and the last rate."""
SMOOTHING = 0.98
"""The share of the average that is kept at each update."""
EXPLODED = 4
"""The loss has exploded when its average is this many times its lowest so far."""
SETTLING = 0.1
"""The first part of the run, as a share, in which the average holds too few losses to be read."""


@dataclass(frozen=True)
class Reading:
    """A usual way of reading a rate off the test.

    `of` the rates and one run's smoothed losses, (updates,) each, is a rate; NaN where there is nothing to read.
    """

    label: str
    of: Callable[[np.ndarray, np.ndarray], float]
    help: str


@dataclass(frozen=True)
class Suggested:
    """The rates that a reading suggests over several runs; NaN where no run has one.

    Attributes:
        low, median, high: of the rates; four runs in five lie between `low` and `high`.
        runs: how many runs there are.
        without: how many have nothing to read.
        good: how many of the rates lie within the good range.
    """

    low: float
    median: float
    high: float
    runs: int
    without: int
    good: int


def rising_rates(updates: int, low: float = LOWEST, high: float = HIGHEST) -> np.ndarray:
    """The rate of every update, float64 (updates,): from `low` to `high`, each by the same factor above the last.

    Raises:
        ValueError: fewer than 2 updates, or not 0 < low < high.
    """
    if updates < 2:
        raise ValueError(f"`updates` must be >= 2. Received: updates={updates}")
    if not 0 < low < high < inf:
        raise ValueError(f"`low` and `high` must be 0 < low < high. Received: low={low}, high={high}")
    return np.geomspace(low, high, updates)


def smoothed(losses: np.ndarray, smoothing: float = SMOOTHING) -> np.ndarray:
    """The exponential moving average of the losses, bias-corrected: the first one is the first loss.

    Args:
        losses: (..., updates), of each update before its step.
        smoothing: > 0 and < 1.

    Returns:
        float64 (..., updates); inf from the update on whose loss is not finite.

    Raises:
        ValueError: `smoothing` breaks its rule.
    """
    if not 0 < smoothing < 1:
        raise ValueError(f"`smoothing` must be > 0 and < 1. Received: smoothing={smoothing}")
    losses = np.asarray(losses, dtype=float)
    losses = np.where(np.isfinite(losses), losses, inf)
    average, averages = np.zeros(losses.shape[:-1]), np.empty(losses.shape)
    for update in range(losses.shape[-1]):
        average = smoothing * average + (1 - smoothing) * losses[..., update]
        averages[..., update] = average / (1 - smoothing ** (update + 1))
    return averages


def _settled(average: np.ndarray) -> int:
    """The first update that is read."""
    return int(SETTLING * len(average))


def _end(average: np.ndarray) -> int:
    """How many updates there are before the loss explodes."""
    gone = average / EXPLODED > np.minimum.accumulate(average)
    gone |= ~np.isfinite(average)
    return int(gone.argmax()) if gone.any() else len(average)


def _minimum(average: np.ndarray) -> int | None:
    """The update of the lowest average, of those that are read and before the loss explodes."""
    start, end = _settled(average), _end(average)
    return start + int(average[start:end].argmin()) if start < end else None


def steepest(rates: np.ndarray, average: np.ndarray) -> float:
    """The rate at which the average falls fastest, by log rate, on its way to the minimum; NaN if it never falls."""
    start, minimum = _settled(average), _minimum(average)
    if minimum is None or minimum == start:
        return nan
    slopes = np.gradient(average[start : minimum + 1], np.log(rates[start : minimum + 1]))
    return float(rates[start + slopes.argmin()]) if slopes.min() < 0 else nan


def tenth(rates: np.ndarray, average: np.ndarray) -> float:
    """A tenth of the rate at which the average is lowest; NaN if it has exploded before it is read."""
    minimum = _minimum(average)
    return nan if minimum is None else float(rates[minimum]) / 10


def last(rates: np.ndarray, average: np.ndarray) -> float:
    """The last rate before the average explodes; NaN if it never does, or with the first update."""
    end = _end(average)
    return float(rates[end - 1]) if 0 < end < len(average) else nan


READINGS = {
    "steepest": Reading("Steepest descent", steepest, "Where the smoothed loss falls fastest, by log rate."),
    "tenth": Reading(
        "A tenth of the minimum's rate", tenth, "Where the smoothed loss is lowest, divided by ten."
    ),
    "last": Reading(
        "The last rate before it explodes",
        last,
        f"The smoothed loss has exploded when it is {EXPLODED} times its lowest value so far.",
    ),
}


def read(rates: np.ndarray, losses: np.ndarray) -> dict[str, np.ndarray]:
    """The rate that each of `READINGS` suggests, run by run.

    Args:
        rates: (updates,), rising.
        losses: (runs, updates), of each update before its step; not finite from where a loss of the run is not.

    Returns:
        By the names of `READINGS` a rate for each run, (runs,); NaN where there is nothing to read.

    Raises:
        ValueError: the shapes do not fit.
    """
    losses = np.asarray(losses, dtype=float)
    if losses.ndim != 2 or not losses.size or np.shape(rates) != losses.shape[1:]:
        raise ValueError(
            "`losses` must be (runs, updates), a column for each of the `rates`. "
            f"Received: shapes {np.shape(rates)} and {losses.shape}"
        )
    averages = smoothed(losses)
    return {
        name: np.array([reading.of(rates, average) for average in averages])
        for name, reading in READINGS.items()
    }


def suggested(rates: np.ndarray, tuned: Tuned) -> Suggested:
    """Summarises a reading over several runs.

    Args:
        rates: (runs,), at least one, as `read` gives them: NaN where there is nothing to read.
        tuned: the choice among whole runs at each rate of a grid.
    """
    found = rates[~np.isnan(rates)]
    low, high = np.quantile(found, BAND, method="inverted_cdf") if found.size else (nan, nan)
    least, most = tuned.good
    return Suggested(
        float(low),
        middle(found) if found.size else nan,
        float(high),
        len(rates),
        len(rates) - len(found),
        int(((found >= least) & (found <= most)).sum()),
    )
