"""Measures of runs, by seed and over seeds; arrays are (seeds, epochs) unless stated otherwise.

To add a number that tables show for every run, add an entry to `MEASURES`. In all of them a lost run is the worst: its
value is infinite, on the bad side, and no summary leaves it out. Only curves leave out the epochs in which a run has
no value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lrcore.data import DATASETS, Dataset
from lrcore.training.run import History

TARGET = 0.95
"""The default of the accuracy to reach."""
BAND = (0.1, 0.9)
"""The quantiles at the edges of a band: four runs in five are inside."""
ROUGHNESS_EPOCHS = 30
"""The number of epochs at the end of a run over which roughness is measured."""


@dataclass(frozen=True)
class Spread:
    """Median and band over the seeds, each (epochs,); NaN in an epoch in which no run has a value."""

    low: np.ndarray
    median: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Scale:
    """How two recipes are compared in a measure.

    Attributes:
        worst: the value of a lost run: inf, or -inf if high is good.
        margin: the largest difference that counts as about equal; fixed beforehand, the same for all comparisons.
        margin_in_words: the margin as text, with `{baseline}` for the baseline's name.
        digits: decimals of a difference.
        tie: the largest difference that counts as a rounding error.
        relative: whether the margin is a share of the baseline's median.
        words: the adjectives for a recipe that is lower and one that is higher.
        absent: the words for a run whose value is infinite, as an adjective and as a verb.
    """

    worst: float
    margin: float
    margin_in_words: str
    digits: int
    tie: float = 1e-9
    relative: bool = False
    words: tuple[str, str] = ("lower", "higher")
    absent: tuple[str, str] = ("lost", "is lost")


@dataclass(frozen=True)
class Measure:
    """A number of each run; `of` computes it, (seeds,), from a History with arrays (seeds, epochs).

    The margin of a share of rows is one row; `rows` names the number of them in a data set, and the `scale` is that of
    the first data set.
    """

    label: str
    of: Callable[[History], np.ndarray]
    digits: int  # decimals to show
    help: str
    scale: Scale
    unit: str = ""
    rows: str = ""

    def scale_for(self, history: History) -> Scale:
        """The `scale` for runs on that history's data set."""
        return _of_rows(self.scale, DATASETS[history.recipe.data], self.rows) if self.rows else self.scale

    def values(self, history: History) -> np.ndarray:
        """The number of each run, float64 (seeds,), with lost runs as the worst.

        inf for a run that never reaches a target; NaN for one without a value, as the roughness of a single epoch.
        """
        return np.where(history.lost, self.scale.worst, np.asarray(self.of(history), dtype=float))


@dataclass(frozen=True)
class Reach:
    """Epochs to a target over the runs: median and band (inf for never), and how many runs `never` reach it."""

    low: float
    median: float
    high: float
    never: int


def spread(values: np.ndarray) -> Spread:
    """Median and `BAND` of `values` in each epoch, over the seeds that have a value."""
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


def middle(values: np.ndarray) -> float:
    """The median of `values` (n,), which may be infinite; NaN halfway between -inf and inf."""
    ordered = np.sort(values)
    low, high = float(ordered[(len(ordered) - 1) // 2]), float(ordered[len(ordered) // 2])
    return low if low == high else low / 2 + high / 2


def epochs_to_reach(values: np.ndarray, target: float) -> np.ndarray:
    """The first epoch, counted from 1, in which each run reaches `target`, inf for never: float64 (seeds,)."""
    reached = values >= target
    return np.where(reached.any(axis=-1), reached.argmax(axis=-1) + 1.0, np.inf)


def roughness(accuracy: np.ndarray) -> np.ndarray:
    """Mean absolute change of an accuracy from one epoch to the next over the last `ROUGHNESS_EPOCHS`.

    Returns:
        (seeds,) in percentage points; NaN for a run of one epoch or one that is not finite.
    """
    last = np.asarray(accuracy, dtype=float)[..., -ROUGHNESS_EPOCHS - 1 :]
    if last.shape[-1] < 2:
        return np.full(last.shape[:-1], np.nan)
    return 100 * np.abs(np.diff(last, axis=-1)).mean(axis=-1)


def reach(epochs: np.ndarray) -> Reach:
    """Median and `BAND` of the `epochs` to a target, (seeds,)."""
    low, high = np.quantile(epochs, BAND, method="inverted_cdf")  # interpolation would make NaN of inf - inf
    return Reach(float(low), middle(epochs), float(high), int(np.isinf(epochs).sum()))


def _of_rows(scale: Scale, data: Dataset, rows: str) -> Scale:
    """The scale with one row as its margin; half a row is a rounding error."""
    count = getattr(data, rows)
    return replace(scale, margin=1 / count, tie=0.5 / count)


_VALIDATION_ROWS, _TRAINING_ROWS = "n_validation", "n_train"
_FIRST = next(iter(DATASETS.values()))
_LOSS = Scale(np.inf, 0.05, "within 5 % of {baseline}'s median", digits=3, relative=True)
_VALIDATION = _of_rows(Scale(-np.inf, 0, "within one validation row", 4), _FIRST, _VALIDATION_ROWS)
_TRAINING = _of_rows(Scale(-np.inf, 0, "within one training row", 4), _FIRST, _TRAINING_ROWS)
_ROUGHNESS = Scale(np.inf, 0.1, "within 0.1 points", 2, tie=1e-5)  # its accuracies are rounded to float32
_EPOCHS = Scale(
    np.inf,
    1,
    "within one epoch",
    1,
    words=("sooner", "later"),
    absent=("never", "never gets there"),
)


def epochs_to(metric: str, target: float) -> Measure:
    """The epochs that a run takes to reach the target; never for a lost run, even if it was there.

    Args:
        metric: "accuracy" or "val_accuracy".
        target: the accuracy to reach, 0 to 1.
    """
    return Measure(
        f"Epochs to {target:.4g}",
        lambda history: epochs_to_reach(getattr(history, metric), target),
        1,
        f"The first epoch with a {'training' if metric == 'accuracy' else 'validation'} accuracy of at least "
        f"{target:.4g}. A run that is lost in the end counts as never.",
        _EPOCHS,
        "epochs",
    )


MEASURES = {
    "val_loss": Measure(
        "Final validation loss",
        lambda history: history.val_loss[..., -1],
        3,
        "Binary cross-entropy after the last epoch.",
        _LOSS,
    ),
    "best_val_loss": Measure(
        "Best validation loss",
        lambda history: history.val_loss.min(axis=-1),
        3,
        "The lowest of all epochs, run by run. It is picked with the validation rows, so it flatters.",
        _LOSS,
    ),
    "val_accuracy": Measure(
        "Final validation accuracy",
        lambda history: history.val_accuracy[..., -1],
        3,
        "Share of the validation rows that are classified correctly after the last epoch.",
        _VALIDATION,
        rows=_VALIDATION_ROWS,
    ),
    "best_val_accuracy": Measure(
        "Best validation accuracy",
        lambda history: history.val_accuracy.max(axis=-1),
        3,
        "The highest of all epochs, run by run. It is picked with the validation rows, so it flatters.",
        _VALIDATION,
        rows=_VALIDATION_ROWS,
    ),
    "accuracy": Measure(
        "Final training accuracy",
        lambda history: history.accuracy[..., -1],
        3,
        "Share of the training rows that were classified correctly during the last epoch.",
        _TRAINING,
        rows=_TRAINING_ROWS,
    ),
    "roughness": Measure(
        "Roughness, validation",
        lambda history: roughness(history.val_accuracy),
        2,
        "Mean absolute change of the validation accuracy from one epoch to the next, in percentage points, over "
        f"the last {ROUGHNESS_EPOCHS} epochs.",
        _ROUGHNESS,
        "points",
    ),
    "training_roughness": Measure(
        "Roughness, training",
        lambda history: roughness(history.accuracy),
        2,
        f"The same of the training accuracy, in percentage points, over the last {ROUGHNESS_EPOCHS} epochs.",
        _ROUGHNESS,
        "points",
    ),
}
"""The measures that tables show for every run, by id."""
