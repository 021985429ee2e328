"""The rates of the schedules that Keras has, too, against those of its own objects."""

import math

import numpy as np
import pytest
from keras.optimizers import schedules as keras_schedules

from lrcore.schedules.catalogue import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
    StepDecay,
    TimeBasedDecay,
)

f64 = np.float64  # with it Keras computes in double precision
RUN = 450
SAME_AS_KERAS = {
    "time-based": (
        TimeBasedDecay(0.1, 0.002),
        keras_schedules.InverseTimeDecay(f64(0.1), 1, f64(0.002)),
    ),
    "exponential": (
        ExponentialDecay(0.1, 0.01),
        keras_schedules.ExponentialDecay(f64(0.1), 1, f64(math.exp(-0.01))),
    ),
    "step": (
        StepDecay(0.1, 0.5, 90),
        keras_schedules.ExponentialDecay(f64(0.1), 90, f64(0.5), staircase=True),
    ),
    "linear": (PolynomialDecay(0.1), keras_schedules.PolynomialDecay(f64(0.1), RUN, f64(1e-4))),
    "square": (
        PolynomialDecay(0.1, 0.01, 2.0),
        keras_schedules.PolynomialDecay(f64(0.1), RUN, f64(0.01), power=f64(2)),
    ),
    "cosine": (CosineDecay(0.1), keras_schedules.CosineDecay(f64(0.1), RUN)),
    "cosine-alpha": (CosineDecay(0.1, 0.2), keras_schedules.CosineDecay(f64(0.1), RUN, alpha=f64(0.2))),
    "restarts": (
        CosineDecayRestarts(0.1, 0.2),
        keras_schedules.CosineDecayRestarts(f64(0.1), RUN // 5),
    ),
    "restarts-of-equal-length": (
        CosineDecayRestarts(0.1, 0.2, 1.0, 0.8, 0.05),
        keras_schedules.CosineDecayRestarts(f64(0.1), RUN // 5, f64(1), f64(0.8), f64(0.05)),
    ),
}


@pytest.mark.parametrize(("schedule", "of_keras"), SAME_AS_KERAS.values(), ids=SAME_AS_KERAS)
def test_rates_are_those_of_keras_over_the_run_and_beyond_its_end(schedule, of_keras):
    t = np.arange(2 * RUN)
    np.testing.assert_allclose(schedule(t, RUN), np.array(of_keras(t)), rtol=1e-9, atol=1e-15)


def test_piecewise_rates_switch_at_the_milestone_where_keras_keeps_the_old_rate_once_more():
    schedule = PiecewiseConstantDecay(0.1, 0.5, first_milestone=0.25, second_milestone=0.5)
    values = [f64(0.1), f64(0.05), f64(0.025)]
    t = np.arange(150)
    rates = schedule(t, 100)
    boundaries_at = np.array(keras_schedules.PiecewiseConstantDecay([25, 50], values)(t))
    boundaries_before = np.array(keras_schedules.PiecewiseConstantDecay([24, 49], values)(t))
    assert np.flatnonzero(~np.isclose(rates, boundaries_at, rtol=1e-12)).tolist() == [25, 50]
    np.testing.assert_allclose(rates, boundaries_before, rtol=1e-12)
