"""Every learning rate schedule, each declared once.

To add one, add one class to this file: the picker, its sliders, the formula on the page, the preview, the
training, the link, the exported code and the registry-wide tests all derive from the declaration.
Hyperparameters that several schedules have in common are declared once, at the top, so that a reader who
switches schedules keeps their values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lrcore.declaration import Schedule, hyperparameter

RATES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 2.0, 3.0, 10.0)


def _initial_learning_rate() -> Any:
    return hyperparameter(
        0.1,
        label="Initial learning rate",
        symbol=r"\eta_0",
        offered=RATES,
        low=0,
        low_open=True,
        help="The learning rate that the schedule starts from.",
    )


def _decay_rate() -> Any:
    return hyperparameter(
        0.03,
        label="Decay rate",
        symbol="k",
        offered=(0.0, 0.0001, 0.0003, 0.001, 0.002, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
        low=0,
        help="How fast the rate falls, per unit of the clock: per epoch or per update. 0 keeps it constant.",
    )


@dataclass(frozen=True)
class Constant(Schedule):
    """The same rate throughout: what every decay has to be compared with."""

    title = "Constant"
    formula = r"\eta(t) = <initial_learning_rate>"
    reference = "Robbins and Monro, 1951"
    used_for = "The baseline: try it first, and keep it if nothing beats it."

    initial_learning_rate: float = _initial_learning_rate()

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        return np.full(np.shape(t), self.initial_learning_rate)


@dataclass(frozen=True)
class TimeBasedDecay(Schedule):
    """Inverse time decay: the rate falls as 1 / (1 + k t), quickly at first and ever more slowly."""

    title = "Time-based decay"
    formula = r"\eta(t) = \frac{<initial_learning_rate>}{1 + <decay_rate>\, t}"
    reference = "Robbins and Monro, 1951"
    used_for = "Convex problems and older Keras code, whose `decay` argument it was, counted per update."

    initial_learning_rate: float = _initial_learning_rate()
    decay_rate: float = _decay_rate()

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        return self.initial_learning_rate / (1 + self.decay_rate * t)


@dataclass(frozen=True)
class StepDecay(Schedule):
    """Multiplies the rate by `drop` every `epochs_drop` units of the clock."""

    title = "Step decay"
    formula = r"\eta(t) = <initial_learning_rate> \cdot <drop>^{\left\lfloor t / <epochs_drop> \right\rfloor}"
    reference = "Krizhevsky, Sutskever and Hinton, 2012 (dropped by hand, three times)"
    used_for = "Image classifiers trained for a fixed number of epochs, with drops where progress stalls."

    initial_learning_rate: float = _initial_learning_rate()
    drop: float = hyperparameter(
        0.5,
        label="Drop factor",
        symbol="d",
        offered=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
        low=0,
        low_open=True,
        high=1,
        help="The rate is multiplied by this at each drop: 0.5 halves it, 1 leaves it.",
    )
    epochs_drop: int = hyperparameter(
        10,
        label="Time between drops",
        symbol="T",
        offered=(1, 2, 3, 5, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 90, 100, 150, 200, 300, 450),
        low=1,
        whole=True,
        help="How long the rate stays before it drops, in units of the clock: epochs or updates.",
    )

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        return self.initial_learning_rate * self.drop ** np.floor(t / self.epochs_drop)


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """The rate falls by the same factor, e^-k, in each unit of the clock."""

    title = "Exponential decay"
    formula = r"\eta(t) = <initial_learning_rate> \cdot e^{-<decay_rate>\, t}"
    reference = "Senior, Heigold, Ranzato and Yang, 2013"
    used_for = "A smooth fall by orders of magnitude when there is no reason to prefer fixed drops."

    initial_learning_rate: float = _initial_learning_rate()
    decay_rate: float = _decay_rate()

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        return self.initial_learning_rate * np.exp(-self.decay_rate * t)


SCHEDULES: dict[str, type[Schedule]] = {schedule.__name__: schedule for schedule in Schedule.__subclasses__()}
"""Every schedule by its class name, in the order in which the picker lists them."""
