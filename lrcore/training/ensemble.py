"""The fast trainer: many runs of the article's network at once, in NumPy, in stacked arrays.

It makes the same runs as Keras does from the same weights and batch order; `tests/core/test_agreement.py` holds
it to that. `network.py` has the network itself; here are the random choices, the optimizer and the epochs.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import repeat
from numbers import Integral
from typing import TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

from lrcore.training import network
from lrcore.training.network import Batch, Parameters

T = TypeVar("T")
METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")
"""What is reported of every epoch, by Keras's names."""
_ROUNDING = 1e-6  # of a mean loss in float32, relative: no rise
_RUNS_PER_CHUNK = 100  # fewer: NumPy's cost per call shows; many more: the arrays outgrow the caches
_RUNS_FOR_TWO = 120  # from which on two smaller chunks, at once, are faster than one


@dataclass(frozen=True)
class History:
    """What `model.fit` reports of every epoch, for many runs, and which of them are lost.

    The `METRICS` are float32 (recipes, seeds, epochs). A run holds NaN from the epoch on in which its loss
    stopped being finite. `lost` is bool (recipes, seeds): the run is not finite, or its final training loss
    is above that of its own untrained network, on the same rows. Indexing takes a part along the first axis.
    """

    loss: np.ndarray
    accuracy: np.ndarray
    val_loss: np.ndarray
    val_accuracy: np.ndarray
    lost: np.ndarray

    def __getitem__(self, index) -> History:
        return History(**{name: values[index] for name, values in vars(self).items()})

    def curves(self) -> dict[str, np.ndarray]:
        """The arrays of the `METRICS` by name, each with its epochs along the last axis."""
        return {name: getattr(self, name) for name in METRICS}


def initial_weights(seed: int, n_features: int, hidden_units: int) -> list[np.ndarray]:
    """Glorot-uniform kernels and zero biases, as Keras starts with, from a seed local to the run.

    Returns:
        float32 arrays in the order of `model.get_weights()`: (n_features, hidden_units), (hidden_units,),
        (hidden_units, 1), (1,).
    """
    random = np.random.default_rng([seed, 0])

    def glorot_uniform(rows: int, columns: int) -> np.ndarray:
        limit = np.sqrt(6 / (rows + columns))
        return random.uniform(-limit, limit, (rows, columns)).astype(np.float32)

    return [
        glorot_uniform(n_features, hidden_units),
        np.zeros(hidden_units, np.float32),
        glorot_uniform(hidden_units, 1),
        np.zeros(1, np.float32),
    ]


def batch_order(seed: int, epochs: int, n_train: int) -> np.ndarray:
    """The order of the training rows in every epoch: int (epochs, n_train), each row a permutation.

    A longer run begins with the same epochs as a shorter one of the same seed.
    """
    random = np.random.default_rng([seed, 1])
    return np.stack([random.permutation(n_train) for _ in range(epochs)])


def epochs(
    x: np.ndarray,
    y: np.ndarray,
    splits: Sequence[tuple[np.ndarray, np.ndarray]],
    learning_rates: np.ndarray,
    momentum: np.ndarray,
    *,
    seeds: Sequence[int],
    batch_size: int,
    hidden_units: int = 34,
    nesterov: bool = False,
) -> Generator[None, None, History]:
    """Trains one run per recipe and seed; the recipes of a seed share initial weights and batch order.

    A run gives the same numbers, bit for bit, whatever other recipes and seeds are trained with it.

    Args:
        x: features, (rows, features), finite; used as float32.
        y: labels, (rows,), each 0 or 1.
        splits: for each seed the row numbers (train, validation), of the same two sizes for all seeds.
        learning_rates: (recipes, epochs, updates per epoch), each >= 0; the last batch may be short.
        momentum: (recipes,), each >= 0 and < 1.
        seeds: of the initial weights and the batch order, each >= 0.
        batch_size: training rows per update, >= 1.
        hidden_units: width of the hidden layer, >= 1.
        nesterov: whether the momentum is Nesterov's, as Keras's SGD defines it.

    Yields:
        After each epoch: between two of them other runs may be trained.

    Returns:
        What `model.fit` reports: training loss and accuracy are means over the epoch's rows, each taken
        before its batch's update; validation comes after the epoch's last update.

    Raises:
        ValueError: an argument breaks its rule; from the first step.
    """
    _check_whole("seeds", seeds, low=0)
    _check_whole("batch_size", [batch_size], low=1)
    _check_whole("hidden_units", [hidden_units], low=1)
    x, y = _checked_data(x, y)
    train_rows, validation_rows = _checked_splits(splits, len(x), len(seeds))
    batch_sizes = np.diff([*range(0, train_rows.shape[1], batch_size), train_rows.shape[1]])
    rates = _checked_rates(learning_rates, len(batch_sizes))
    job = _Job(
        inputs=network.with_bias_input(x),
        n_features=x.shape[1],
        y=y,
        batch_sizes=batch_sizes,
        step_sizes=np.repeat(rates / batch_sizes.astype(np.float32), batch_sizes, axis=-1),
        momentum=_checked_momentum(momentum, len(rates)),
        hidden_units=hidden_units,
        nesterov=nesterov,
    )
    runs = len(seeds) * len(rates)
    n_chunks = min(len(seeds), max(round(runs / _RUNS_PER_CHUNK), 2 if runs >= _RUNS_FOR_TWO else 1))
    chunks = [
        _Chunk(job, [seeds[i] for i in part], train_rows[part], validation_rows[part])
        for part in np.array_split(np.arange(len(seeds)), n_chunks)
    ]
    for epoch in range(rates.shape[1]):
        with one_thread():
            _run_epoch(chunks, epoch)
        yield
    return history_of(
        np.concatenate([chunk.history for chunk in chunks], axis=2),
        np.concatenate([chunk.untrained_loss for chunk in chunks], axis=1),
    )


def train(*arguments, **settings) -> History:
    """`epochs` to the end: the same arguments and ValueErrors, and what it returns."""
    return result_of(epochs(*arguments, **settings))


def result_of(steps: Generator[object, None, T]) -> T:
    """What the generator returns, after all its steps."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def _run_epoch(chunks: Sequence[_Chunk], epoch: int) -> None:
    """Trains all chunks for an epoch, two at a time: NumPy lets go of the interpreter in large products."""
    if len(chunks) == 1:
        chunks[0].run_epoch(epoch)
    else:
        list(_threads().map(_Chunk.run_epoch, chunks, repeat(epoch)))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2, thread_name_prefix="chunk")


def one_thread() -> AbstractContextManager:
    """Keeps NumPy's BLAS to one thread: more make small products many times slower on a busy machine."""
    return _thread_pools().limit(limits=1, user_api="blas")


@cache
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()


def history_of(curves: np.ndarray, untrained_loss: np.ndarray) -> History:
    """The History of the `METRICS`, `curves` (4, recipes, seeds, epochs), which is changed in place.

    Args:
        curves: NaN is entered from where a loss stops being finite.
        untrained_loss: of the training rows before the first update, (recipes, seeds).
    """
    finite = np.isfinite(curves[0]) & np.isfinite(curves[2])
    curves[:, np.logical_or.accumulate(~finite, axis=-1)] = np.nan
    learned = curves[0, ..., -1] <= untrained_loss * (1 + _ROUNDING)
    return History(**dict(zip(METRICS, curves, strict=True)), lost=~learned)


@dataclass(frozen=True)
class _Job:
    """What the chunks have in common; `step_sizes` is each row's share of the rate of its update."""

    inputs: np.ndarray  # (rows, inputs)
    n_features: int
    y: np.ndarray  # (rows,)
    batch_sizes: np.ndarray  # (updates,)
    step_sizes: np.ndarray  # (recipes, epochs, training rows)
    momentum: np.ndarray  # (recipes,)
    hidden_units: int
    nesterov: bool


class _Chunk:
    """The runs of some of the seeds, trained together."""

    def __init__(self, job: _Job, seeds: list[int], train: np.ndarray, validation: np.ndarray) -> None:
        n_recipes, epochs, n_train = job.step_sizes.shape
        self.job = job
        self.shape = (len(seeds), n_recipes)
        orders = [_compact_order(seed, epochs, n_train) for seed in seeds]
        self.rows = np.stack([rows[order] for rows, order in zip(train, orders, strict=True)], axis=1)
        self.batches = self._batches()
        self.validation_batch = Batch(self.shape, validation.shape[1], job.hidden_units)
        self.validation_x, self.validation_y = job.inputs[validation], job.y[validation][:, None]
        self.parameters = self._initial_parameters(seeds)
        self.gradient = Parameters(self.shape, job.inputs.shape[1], job.hidden_units)
        self.with_momentum = bool(job.momentum.any())
        self.velocity = np.zeros_like(self.gradient.flat)
        self.lookahead = np.empty_like(self.velocity)
        # Repeated to full length: NumPy is slower when it has a number per run to multiply by.
        self.momentum = np.repeat(job.momentum[:, None], self.velocity.shape[-1], axis=1)
        self.history = np.empty((len(METRICS), n_recipes, len(seeds), epochs), np.float32)
        self.untrained_loss = self._untrained_loss()

    def _batches(self) -> list[tuple[slice, Batch]]:
        """Where in the epoch each batch is, with its memory, which is one for all of a size."""
        sizes = self.job.batch_sizes.tolist()
        memory = {size: Batch(self.shape, size, self.job.hidden_units) for size in set(sizes)}
        stops = np.cumsum(sizes).tolist()
        return [(slice(stop - size, stop), memory[size]) for size, stop in zip(sizes, stops, strict=True)]

    def _initial_parameters(self, seeds: list[int]) -> Parameters:
        n_features, hidden_units = self.job.n_features, self.job.hidden_units
        parameters = Parameters(self.shape, self.job.inputs.shape[1], hidden_units)
        for i, seed in enumerate(seeds):
            kernel, bias, output_kernel, output_bias = initial_weights(seed, n_features, hidden_units)
            parameters.kernel[i, :, :n_features] = kernel
            parameters.kernel[i, :, n_features] = bias
            parameters.output_kernel[i] = output_kernel[:, 0]
            parameters.output_bias[i] = output_bias
        return parameters

    def _untrained_loss(self) -> np.ndarray:
        """The loss of the training rows, (recipes, seeds), in the order and batches of the last epoch.

        So a run whose weights stay as they are ends with this loss, to the last bit.
        """
        x, y = self._rows_of(epoch=-1)
        logits = np.empty((*self.shape, y.shape[-1]), np.float32)
        for rows, batch in self.batches:
            network.forward(self.parameters, x[:, rows], batch, logits[..., rows])
        return network.loss_and_accuracy(logits, y)[0].T

    def _rows_of(self, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """Inputs (seeds, rows, inputs) and labels (seeds, 1, rows) of the training rows in the epoch's order."""
        return self.job.inputs.take(self.rows[epoch], axis=0), self.job.y[self.rows[epoch]][:, None]

    def run_epoch(self, epoch: int) -> None:
        """Trains for an epoch, validates, and enters both into the history."""
        x, y = self._rows_of(epoch)
        with np.errstate(all="ignore"):  # a run that diverges is a result, not an error
            training = network.loss_and_accuracy(self._train(x, y, self.job.step_sizes[:, epoch]), y)
            logits = np.empty((*self.shape, self.validation_x.shape[1]), np.float32)
            network.forward(self.parameters, self.validation_x, self.validation_batch, logits)
            validation = network.loss_and_accuracy(logits, self.validation_y)
        for name, values in enumerate((*training, *validation)):
            self.history[name, ..., epoch] = values.T

    def _train(self, x: np.ndarray, y: np.ndarray, step_sizes: np.ndarray) -> np.ndarray:
        """Makes the updates of an epoch; returns the logits (seeds, recipes, rows) from before each."""
        sign = 2 * y - 1
        weight = -sign * step_sizes
        logits = np.empty(weight.shape, np.float32)
        for rows, batch in self.batches:
            network.forward(self.parameters, x[:, rows], batch, logits[..., rows])
            network.set_slope(batch, logits[..., rows], sign[..., rows], weight[..., rows])
            network.backward(self.parameters, x[:, rows], batch, self.gradient)
            self._update()
        return logits

    def _update(self) -> None:
        """A step of Keras's SGD. The gradient has been multiplied by the learning rate on its way."""
        weights, gradient, velocity = self.parameters.flat, self.gradient.flat, self.velocity
        if not self.with_momentum:
            weights -= gradient
            return
        velocity *= self.momentum
        velocity -= gradient
        if self.job.nesterov:
            np.multiply(velocity, self.momentum, out=self.lookahead)
            weights += np.subtract(self.lookahead, gradient, out=self.lookahead)
        else:
            weights += velocity


@lru_cache(maxsize=32)
def _compact_order(seed: int, epochs: int, n_train: int) -> np.ndarray:
    """`batch_order` in the smallest type. Kept, as a slider asks for the same seeds again and again."""
    order = batch_order(seed, epochs, n_train).astype(np.min_scalar_type(n_train))
    order.setflags(write=False)
    return order


def _checked_data(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(x, np.float32), np.asarray(y, np.float32)
    _require(x.ndim == 2 and np.isfinite(x).all(), "x", "finite (rows, features)", f"shape {x.shape}")
    labels = y.shape == x.shape[:1] and np.isin(y, (0, 1)).all()
    _require(labels, "y", f"0 or 1 for each of {len(x)} rows", f"shape {y.shape}")
    return x, y


def _checked_splits(splits: Sequence, n_rows: int, n_seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows to train and to validate on, (seeds, rows) each, in the smallest type for row numbers."""
    sizes = sorted({(len(train), len(validation)) for train, validation in splits})
    _require(
        len(splits) == n_seeds and len(sizes) == 1 and 0 not in sizes[0],
        "splits",
        "(training rows, validation rows) for each seed, always as many and never none",
        f"{len(splits)} splits of sizes {sizes} for {n_seeds} seeds",
    )
    train, validation = (np.stack(rows) for rows in zip(*splits, strict=True))
    for rows in (train, validation):
        numbers = rows.dtype.kind in "iu" and rows.min() >= 0 and rows.max() < n_rows
        _require(numbers, "splits", f"row numbers from 0 to {n_rows - 1}", rows)
    smallest = np.min_scalar_type(n_rows)
    return train.astype(smallest), validation.astype(smallest)


def _checked_rates(learning_rates: np.ndarray, updates: int) -> np.ndarray:
    rates = np.asarray(learning_rates, float)
    fits = rates.ndim == 3 and 0 not in rates.shape and rates.shape[2] == updates
    _require(fits, "learning_rates", f"of shape (recipes, epochs, {updates})", f"shape {rates.shape}")
    refused = rates[~(np.isfinite(rates) & (rates >= 0))]
    _require(not refused.size, "learning_rates", "finite and >= 0", refused[:1])
    with np.errstate(over="ignore"):  # beyond float32 the run diverges, as it does in Keras
        return rates.astype(np.float32)


def _checked_momentum(momentum: np.ndarray, n_recipes: int) -> np.ndarray:
    momentum = np.asarray(momentum, float)
    kept = momentum.shape == (n_recipes,) and ((momentum >= 0) & (momentum < 1)).all()
    _require(kept, "momentum", f">= 0 and < 1 for each of {n_recipes} recipes", momentum)
    return momentum.astype(np.float32)


def _check_whole(name: str, values: Sequence, low: int) -> None:
    for value in values:
        whole = isinstance(value, Integral) and not isinstance(value, bool)
        _require(whole and value >= low, name, f"a whole number >= {low}", value)


def _require(kept: bool | np.bool, name: str, rule: str, received: object) -> None:
    if not kept:
        raise ValueError(f"`{name}` must be {rule}. Received: {name}={received!s:.80}")
