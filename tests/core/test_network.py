import math

import numpy as np
import pytest

from lrcore.training.network import (
    Batch,
    Parameters,
    backward,
    forward,
    loss_and_accuracy,
    set_slope,
    with_bias_input,
)

SHAPE, ROWS, FEATURES, UNITS = (2, 3), 5, 4, 3


def tiny_case(dtype=np.float64):
    """Random stacked networks, inputs and labels, none of whose units is near the bend of the relu."""
    random = np.random.default_rng(0)
    x = np.stack([with_bias_input(random.normal(size=(ROWS, FEATURES)).astype(dtype)) for _ in range(2)])
    parameters = Parameters(SHAPE, x.shape[-1], UNITS, dtype)
    parameters.flat[:] = random.normal(size=parameters.flat.shape)
    y = np.array([[[0, 1, 1, 0, 1]], [[1, 1, 0, 0, 0]]], dtype)
    return parameters, x, y


def summed_losses(parameters, x, y):
    """The plain formula, network by network and row by row: (seeds, recipes) sums of the losses."""
    sums = np.zeros(SHAPE)
    for s, r in np.ndindex(*SHAPE):
        for row, label in zip(x[s], y[s, 0], strict=True):
            hidden = np.maximum(row @ parameters.kernel[s, r], 0)
            logit = hidden @ parameters.output_kernel[s, r] + parameters.output_bias[s, r]
            probability = 1 / (1 + math.exp(-logit))
            sums[s, r] -= math.log(probability if label else 1 - probability)
    return sums


def gradient_of(parameters, x, y, weight):
    """The module's gradient of the rows' losses, each times its `weight` (recipes, rows)."""
    dtype = parameters.flat.dtype
    batch, gradient = Batch(SHAPE, ROWS, UNITS, dtype), Parameters(SHAPE, x.shape[-1], UNITS, dtype)
    logits = np.empty((*SHAPE, ROWS), dtype)
    sign = 2 * y - 1
    forward(parameters, x, batch, logits)
    set_slope(batch, logits, sign, -sign * weight)
    backward(parameters, x, batch, gradient)
    return gradient.flat


def test_gradient_is_the_finite_difference_of_the_loss():
    parameters, x, y = tiny_case()
    gradient = gradient_of(parameters, x, y, np.ones((3, ROWS)))
    step = 1e-6
    for i in range(parameters.flat.shape[-1]):
        parameters.flat[..., i] += step
        above = summed_losses(parameters, x, y)
        parameters.flat[..., i] -= 2 * step
        below = summed_losses(parameters, x, y)
        parameters.flat[..., i] += step
        np.testing.assert_allclose(gradient[..., i], (above - below) / (2 * step), atol=1e-8)


def test_weights_of_the_rows_scale_the_gradient():
    parameters, x, y = tiny_case()
    weight = np.array([[1.0], [0.5], [0.0]]) * np.ones(ROWS)
    expected = gradient_of(parameters, x, y, np.ones((3, ROWS))) * weight[:, :1]
    np.testing.assert_allclose(gradient_of(parameters, x, y, weight), expected, rtol=1e-12)


def test_a_unit_whose_input_is_exactly_0_passes_no_gradient_as_in_tensorflow():
    parameters, x, y = tiny_case()
    parameters.kernel[:] = 0
    gradient = Parameters(SHAPE, x.shape[-1], UNITS, np.float64)
    gradient.flat[:] = gradient_of(parameters, x, y, np.ones((3, ROWS)))
    assert not gradient.kernel.any()
    assert gradient.output_bias.all()


def test_the_bias_input_is_1_and_the_padding_gets_no_gradient():
    inputs = with_bias_input(np.full((2, 6), 7.0))
    np.testing.assert_array_equal(inputs, [[7, 7, 7, 7, 7, 7, 1, 0]] * 2)
    parameters, x, y = tiny_case()
    assert x.shape[-1] == 8
    kernel = gradient_of(parameters, x, y, np.ones((3, ROWS)))[..., : 8 * UNITS].reshape(*SHAPE, 8, UNITS)
    assert kernel[..., : FEATURES + 1, :].any()
    assert not kernel[..., FEATURES + 1 :, :].any()


def test_loss_and_accuracy_are_means_of_the_plain_formula():
    parameters, x, y = tiny_case()
    batch, logits = Batch(SHAPE, ROWS, UNITS, np.float64), np.empty((*SHAPE, ROWS))
    forward(parameters, x, batch, logits)
    loss, accuracy = loss_and_accuracy(logits, y)
    np.testing.assert_allclose(loss, summed_losses(parameters, x, y) / ROWS, rtol=1e-12)
    right = [[np.mean((logits[s, r] > 0) == (y[s, 0] == 1)) for r in range(3)] for s in range(2)]
    np.testing.assert_allclose(accuracy, right)


@pytest.mark.parametrize("logit", [-200.0, -40.0, -1e-8, 0.0, 1e-8, 40.0, 200.0])
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_loss_and_slope_keep_their_precision_in_float32_where_the_sigmoid_saturates(logit, label):
    logits, y = np.full((1, 1, 1), logit, np.float32), np.full((1, 1, 1), label, np.float32)
    margin = logit if label else -logit
    loss, _ = loss_and_accuracy(logits, y)
    expected = max(-margin, 0) + math.log1p(math.exp(-abs(margin)))
    np.testing.assert_allclose(loss, expected, rtol=3e-7, atol=1e-44)
    batch = Batch((1, 1), 1, 1)
    with np.errstate(over="ignore"):
        set_slope(batch, logits, 2 * y - 1, 1 - 2 * y)
    slope = (1 if margin < 0 else math.exp(-margin)) / (1 + math.exp(-abs(margin)))
    np.testing.assert_allclose(batch.slope, slope if label == 0 else -slope, rtol=1e-6, atol=3e-38)


@pytest.mark.parametrize(("logit", "label"), [(np.inf, 0), (-np.inf, 1), (np.nan, 0), (np.nan, 1)])
def test_a_logit_that_is_not_finite_gives_a_loss_that_is_not_finite(logit, label):
    with np.errstate(invalid="ignore"):
        loss, _ = loss_and_accuracy(np.full((1, 1, 1), logit, np.float32), np.full((1, 1, 1), label))
    assert not np.isfinite(loss).any()
