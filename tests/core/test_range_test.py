"""The range test: its average and readings on curves whose answers are known, and on runs of a second network."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcore.data import DATASETS
from lrcore.findings.range_test import READINGS, read, rising_rates, smoothed, suggested
from lrcore.findings.tuning import choose
from lrcore.training.run import batch_order, initial_weights

LOSSES = st.one_of(st.floats(0, 1e300), st.sampled_from([inf, nan]))


def test_the_rate_rises_by_the_same_factor_at_every_update():
    rates = rising_rates(450)
    assert (rates[0], rates[-1]) == pytest.approx((0.001, 30))
    assert rates[1:] / rates[:-1] == pytest.approx(30_000 ** (1 / 449))


@pytest.mark.parametrize("arguments", [(1,), (9, 0, 1), (9, 1, 1), (9, 1, inf), (9, nan, 1)])
def test_rates_that_cannot_rise_are_refused(arguments):
    with pytest.raises(ValueError, match="Received"):
        rising_rates(*arguments)


@settings(max_examples=100, derandomize=True)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.sampled_from([0.5, 0.9, 0.98]))
def test_the_average_is_that_of_pandas(losses, smoothing):
    expected = pd.Series(losses).ewm(alpha=1 - smoothing, adjust=True).mean()
    assert np.allclose(smoothed(np.array(losses), smoothing), expected, 1e-9, 1e-9)


def test_from_a_loss_on_that_is_not_finite_the_average_is_infinite():
    average = smoothed(np.array([[1, 1, nan, 1], [2, inf, 2, 2]]))
    assert average == pytest.approx(np.array([[1, 1, inf, inf], [2, inf, inf, inf]]))
    with pytest.raises(ValueError, match="`smoothing` must be > 0 and < 1. Received: smoothing=1"):
        smoothed(np.ones(3), 1)


RATES = 10.0 ** np.linspace(-3, 1, 401)


def readings_of(average) -> dict[str, float]:
    """What is read off an average that is given, without further smoothing."""
    return {name: reading.of(RATES, np.asarray(average, float)) for name, reading in READINGS.items()}


def test_the_readings_of_a_known_curve():
    log = np.log10(RATES)
    average = 1 - 0.9 / (1 + np.exp(-8 * (log + 1.5)))  # falls fastest at 10^-1.5
    average = np.where(log < 0, average, average + 10 * np.maximum(log, 0) ** 2)
    found = readings_of(average)
    assert np.log10(found["steepest"]) == pytest.approx(-1.5, abs=0.006)
    assert np.log10(found["tenth"]) == pytest.approx(-1, abs=0.02)
    exploded = np.sqrt((4 * average.min() - 0.1) / 10)
    assert np.log10(found["last"]) == pytest.approx(exploded, abs=0.011)


def test_a_loss_that_only_falls_has_not_exploded():
    found = readings_of(2 - np.linspace(0, 1, 401))
    assert found["tenth"] == pytest.approx(1)
    assert np.isnan(found["last"])


@pytest.mark.parametrize("average", [np.linspace(1, 2, 401), np.ones(401)])
def test_a_loss_that_never_falls_has_no_steepest_descent(average):
    assert np.isnan(readings_of(average)["steepest"])


@pytest.mark.parametrize("exploded", [0, 1, 20])
def test_a_loss_that_explodes_at_once_has_nothing_to_read(exploded):
    found = readings_of(np.where(np.arange(401) < exploded, 1, inf))
    assert np.isnan([found["steepest"], found["tenth"]]).all()
    assert found["last"] == RATES[exploded - 1] if exploded else np.isnan(found["last"])


def test_a_descent_after_the_explosion_does_not_count():
    average = np.concatenate([np.linspace(1, 0.5, 201), np.linspace(9, 0.01, 200)])
    found = readings_of(average)
    assert found["last"] == RATES[200]
    assert found["tenth"] == pytest.approx(RATES[200] / 10)
    assert found["steepest"] <= RATES[200]


@settings(max_examples=200, derandomize=True)
@given(st.integers(2, 40), st.integers(1, 5), st.data())
def test_any_losses_give_rates_of_the_test_or_none(updates, runs, data):
    losses = data.draw(st.lists(LOSSES, min_size=updates * runs, max_size=updates * runs))
    rates = rising_rates(updates)
    found = read(rates, np.reshape(losses, (runs, updates)))
    for name, values in found.items():
        assert values.shape == (runs,)
        values = values[~np.isnan(values)] * (10 if name == "tenth" else 1)
        assert np.isclose(values[:, None], rates).any(axis=1).all()


def test_losses_without_their_rates_are_refused():
    for shape in [(2, 3), (4,), (0, 4)]:
        with pytest.raises(ValueError, match="`losses` must be"):
            read(rising_rates(4), np.ones(shape))


def test_suggestions_have_their_median_their_band_and_how_many_are_good():
    tuned = choose([0.05, 0.1, 0.2, 0.4], np.array([[3.0], [1.0], [1.05], [3.0]]) * np.ones(5))
    rates = np.array([nan, 0.01, 0.1, 0.15, 0.2, 0.3])
    found = suggested(rates, tuned)
    assert (found.runs, found.without, found.good) == (6, 1, 3)
    assert (found.low, found.median, found.high) == (0.01, 0.15, 0.3)
    nothing = suggested(np.array([nan]), tuned)
    assert (nothing.runs, nothing.without, nothing.good) == (1, 1, 0)
    assert np.isnan([nothing.low, nothing.median, nothing.high]).all()


def losses_of_every_update(rates: np.ndarray, seed: int, momentum: float) -> np.ndarray:
    """The losses (updates,) of the article's network, each before its step, in plain NumPy in float64."""
    data, size = DATASETS["ionosphere"], 28
    rows = data.split("stratified", seed)[0]
    batches = [
        rows[order[first : first + size]]
        for order in batch_order(seed, len(rates) // 9 + 1, len(rows))
        for first in range(0, len(rows), size)
    ]
    weights = [each.astype(float) for each in initial_weights(seed, data.x.shape[1], 34)]
    velocity, losses = [np.zeros_like(each) for each in weights], []
    for rate, batch in zip(rates, batches, strict=False):
        kernel, bias, output, output_bias = weights
        x, y = data.x[batch].astype(float), data.y[batch].astype(float)
        hidden = np.maximum(x @ kernel + bias, 0)
        logits = (hidden @ output + output_bias)[:, 0]
        losses.append(np.mean(np.logaddexp(0, logits) - logits * y))
        slope = (1 / (1 + np.exp(-logits)) - y)[:, None] / len(y)
        back = (slope @ output.T) * (hidden > 0)
        gradients = [x.T @ back, back.sum(0), hidden.T @ slope, slope.sum(0)]
        velocity = [momentum * v - rate * g for v, g in zip(velocity, gradients, strict=True)]
        weights = [w + v for w, v in zip(weights, velocity, strict=True)]
    return np.array(losses)


@pytest.mark.parametrize(("momentum", "best"), [(0.0, 0.14), (0.9, 0.014)])
def test_on_the_real_network_runs_agree_on_the_minimum_alone_and_momentum_misleads_it(momentum, best):
    rates = rising_rates(450)
    with np.errstate(all="ignore"):
        losses = np.stack([losses_of_every_update(rates, seed, momentum) for seed in range(20)])
    found = read(rates, losses)
    low, _, high = np.quantile(found["tenth"], [0.1, 0.5, 0.9])
    assert high / low < 3  # the runs agree
    assert low < best < high if not momentum else low > 2 * best
    low, _, high = np.quantile(found["steepest"], [0.1, 0.5, 0.9])
    assert high / low > 7  # they do not
    assert np.nanmin(found["last"]) > 10 * best
