"""The article's network on stacked arrays: forward, backward and loss of many networks in a few NumPy calls.

Dense(hidden_units, relu), Dense(1, sigmoid) and binary cross-entropy. Arrays are (seeds, recipes, ...). The
recipes of a seed see the same rows, and each network has its own matrix product: what it computes does not
depend on the networks beside it, to the last bit. Every function writes to memory that is passed to it, in
the precision of its arrays.
"""

from __future__ import annotations

import numpy as np


class Parameters:
    """The parameters (or gradients) of stacked networks in one array, and views of it by layer.

    Attributes:
        flat: (seeds, recipes, parameters): an optimizer step is a few operations on one array.
        kernel: (seeds, recipes, inputs, units), its bias being the row of an input that is always 1.
        output_kernel: (seeds, recipes, units).
        output_bias: (seeds, recipes).
    """

    def __init__(self, shape: tuple[int, int], n_inputs: int, hidden_units: int, dtype=np.float32) -> None:
        size = n_inputs * hidden_units
        self.flat = np.zeros((*shape, size + hidden_units + 1), dtype)
        self.kernel = self.flat[..., :size].reshape(*shape, n_inputs, hidden_units)
        self.output_kernel = self.flat[..., size:-1]
        self.output_bias = self.flat[..., -1]

    def in_keras_order(self, n_features: int) -> np.ndarray:
        """A copy in the order of `model.get_weights()`, (seeds, recipes, parameters): without the padded inputs."""
        hidden_units = self.kernel.shape[-1]
        used, size = (n_features + 1) * hidden_units, self.kernel.shape[-2] * hidden_units
        return np.concatenate([self.flat[..., :used], self.flat[..., size:]], axis=-1)


class Batch:
    """The memory of a pass over `rows` rows per seed; every pass overwrites it."""

    def __init__(self, shape: tuple[int, int], rows: int, hidden_units: int, dtype=np.float32) -> None:
        self.hidden = np.empty((*shape, rows, hidden_units), dtype)
        self.delta = np.empty_like(self.hidden)
        bits = f"i{self.hidden.itemsize}"
        self.hidden_bits, self.delta_bits = self.hidden.view(bits), self.delta.view(bits)
        self.slope = np.empty((*shape, rows), dtype)
        self.zeros = np.zeros((rows, hidden_units), dtype)  # NumPy's maximum is slow against a single number
        self.ones = np.ones(rows, dtype)


def with_bias_input(x: np.ndarray) -> np.ndarray:
    """`x` (rows, features) with a column of 1, and as many of 0 as make the number of columns divide by 4.

    The latter carry no weight and no gradient; the matrix products are faster with them.
    """
    n_rows, n_features = x.shape
    inputs = np.zeros((n_rows, -(-(n_features + 1) // 4) * 4), x.dtype)
    inputs[:, :n_features] = x
    inputs[:, n_features] = 1
    return inputs


def forward(parameters: Parameters, x: np.ndarray, batch: Batch, logits: np.ndarray) -> None:
    """Sets `logits` (seeds, recipes, rows), and `batch.hidden`, for the inputs `x` (seeds, rows, inputs)."""
    np.matmul(x[:, None], parameters.kernel, out=batch.hidden)
    np.maximum(batch.hidden, batch.zeros, out=batch.hidden)
    np.matvec(batch.hidden, parameters.output_kernel, out=logits)
    np.add(logits, parameters.output_bias[..., None], out=logits)


def set_slope(batch: Batch, logits: np.ndarray, sign: np.ndarray, weight: np.ndarray) -> None:
    """Sets `batch.slope` (seeds, recipes, rows) to `weight` / (1 + exp(`sign` * `logits`)).

    With `sign` -1 for the label 0 and 1 for 1, and `weight` = -`sign`, it is the derivative of each row's
    loss by its logit, sigmoid(logit) - label, in a form that keeps its precision everywhere and to which
    an overflow does no harm. A factor in `weight` becomes one of the gradient.
    """
    np.multiply(logits, sign, out=batch.slope)
    np.exp(batch.slope, out=batch.slope)
    np.add(batch.slope, 1, out=batch.slope)
    np.divide(weight, batch.slope, out=batch.slope)


def backward(parameters: Parameters, x: np.ndarray, batch: Batch, gradient: Parameters) -> None:
    """Sets `gradient` from `batch.slope` and, using it up, from the `batch.hidden` that `forward` has set."""
    np.vecdot(batch.slope, batch.ones, out=gradient.output_bias)
    np.vecmat(batch.slope, batch.hidden, out=gradient.output_kernel)
    # The outer product: einsum takes two thirds of the time of a product that broadcasts.
    np.einsum("...r,...u->...ru", batch.slope, parameters.output_kernel, out=batch.delta)
    # Relu's derivative: the bits of a number > 0, negated, begin with a 1, those of +0 with a 0; that bit, drawn over
    # all others, keeps a delta or makes it 0, in half the time of a comparison and a product.
    np.negative(batch.hidden_bits, out=batch.hidden_bits)
    np.right_shift(batch.hidden_bits, 8 * batch.hidden.itemsize - 1, out=batch.hidden_bits)
    np.bitwise_and(batch.delta_bits, batch.hidden_bits, out=batch.delta_bits)
    np.matmul(x.swapaxes(1, 2)[:, None], batch.delta, out=gradient.kernel)


def loss_and_accuracy(logits: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means over the rows, (seeds, recipes) each, for `logits` (seeds, recipes, rows), `y` (seeds, 1, rows).

    The loss is TensorFlow's sigmoid_cross_entropy_with_logits, which is what Keras's binary cross-entropy
    computes when it is given the output of a sigmoid: from the logit, with nothing clipped.
    """
    losses = np.maximum(logits, 0) - logits * y + np.log1p(np.exp(-np.abs(logits)))
    return losses.mean(axis=-1), ((logits > 0) == (y > 0)).mean(axis=-1, dtype=logits.dtype)
