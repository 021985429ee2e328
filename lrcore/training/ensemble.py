"""The fast trainer: many runs of the article's network at once, in NumPy, in stacked arrays.

It makes the same runs as Keras does from the same weights and batch order; `tests/core/test_agreement.py` holds
it to that. `network.py` has the network, `optimizers.py` the updates; here are the epochs.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

from lrcore.optimizers import Step
from lrcore.training import network
from lrcore.training.network import Batch, Parameters
from lrcore.training.run import METRICS, History, Run, initial_weights

_RUNS_PER_CHUNK = 100  # fewer: NumPy's cost per call shows; many more: the arrays outgrow the caches


def epochs(run: Run) -> Generator[None, None, list[History]]:
    """Trains the run; the recipes of a seed share initial weights and batch order.

    A recipe and a seed give the same numbers, bit for bit, whatever others are trained with them.

    Yields:
        After each epoch: between two of them other runs may be trained.

    Returns:
        One History a recipe, in their order.
    """
    n_chunks = max(1, round(len(run.seeds) * len(run.recipes) / _RUNS_PER_CHUNK))
    parts = np.array_split(run.seeds, min(len(run.seeds), n_chunks))
    chunks = [_Chunk(run, part.tolist()) for part in parts]
    for epoch in range(run.epochs):
        with one_thread():
            for chunk in chunks:
                chunk.run_epoch(epoch)
        yield
    curves = np.concatenate([chunk.curves for chunk in chunks], axis=2)
    untrained = np.concatenate([chunk.untrained_loss for chunk in chunks], axis=1)
    weights = _by_recipe([chunk.weights for chunk in chunks], len(run.recipes))
    through_window = _by_recipe([chunk.window_weights for chunk in chunks], len(run.recipes))
    return [
        run.history(i, curves[:, i], untrained[i], weights[i], through_window[i])
        for i in range(len(run.recipes))
    ]


def _by_recipe(chunks: Sequence[Sequence[np.ndarray]], n_recipes: int) -> list[np.ndarray | None]:
    """The weights that the chunks have kept, point after point: (seeds, points, parameters) of each recipe."""
    if not chunks[0]:
        return [None] * n_recipes
    return list(np.concatenate([np.stack(kept, axis=2) for kept in chunks]).swapaxes(0, 1))


def update_losses(run: Run, rates: np.ndarray) -> Generator[None, None, np.ndarray]:
    """The loss of every update's batch before the update, of the run's recipes at these rates instead of their own.

    Args:
        rates: (epochs, updates per epoch), the same for all recipes.

    Yields:
        After each epoch.

    Returns:
        float32 (recipes, seeds, epochs * updates); not finite from where a loss of the run is not.

    Raises:
        ValueError: `rates` has another shape than the run.
    """
    shape = run.epochs, len(run.batch_sizes)
    if rates.shape != shape:
        raise ValueError(f"`rates` must be (epochs, updates), {shape}. Received: shape {rates.shape}")
    chunk, losses = _Chunk(run, run.seeds), []
    for epoch in range(run.epochs):
        with one_thread(), np.errstate(all="ignore"):
            losses += chunk.train_by_update(epoch, np.tile(rates[epoch], (len(run.recipes), 1)))
        yield
    return np.stack(losses, axis=-1).swapaxes(0, 1)


def one_thread() -> AbstractContextManager:
    """Keeps NumPy's BLAS to one thread: more make small products many times slower on a busy machine."""
    return _thread_pools().limit(limits=1, user_api="blas")


@cache
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()


class _Chunk:
    """The runs of some of the seeds, trained together."""

    def __init__(self, run: Run, seeds: Sequence[int]) -> None:
        self.run = run
        self.shape = (len(seeds), len(run.recipes))
        self.inputs = network.with_bias_input(run.x)
        rows = [run.rows(seed) for seed in seeds]
        self.rows = np.stack([training for training, _ in rows], axis=1)
        self.batches = self._batches()
        validation = np.stack([validation for _, validation in rows])
        self.validation_batch = Batch(self.shape, validation.shape[1], run.hidden_units)
        self.validation_x, self.validation_y = self.inputs[validation], run.y[validation][:, None]
        self.parameters = self._initial_parameters(seeds)
        self.gradient = Parameters(self.shape, self.inputs.shape[1], run.hidden_units)
        optimizers = [recipe.optimizer for recipe in run.recipes]
        self.step = type(optimizers[0]).step(optimizers, self.parameters.flat)
        # The share of each row in its batch.
        self.share = np.repeat(1 / run.batch_sizes, run.batch_sizes).astype(np.float32)
        self.curves = np.empty((len(METRICS), len(run.recipes), len(seeds), run.epochs), np.float32)
        self.weights = [self._weights()] if run.weights else []
        self.window_weights: list[np.ndarray] = []
        self.untrained_loss = self._untrained_loss()

    def _batches(self) -> list[tuple[slice, Batch]]:
        """The rows of each batch within the epoch, and its memory, which batches of equal size share."""
        sizes = self.run.batch_sizes.tolist()
        memory = {size: Batch(self.shape, size, self.run.hidden_units) for size in set(sizes)}
        stops = np.cumsum(sizes).tolist()
        return [(slice(stop - size, stop), memory[size]) for size, stop in zip(sizes, stops, strict=True)]

    def _initial_parameters(self, seeds: Sequence[int]) -> Parameters:
        n_features, hidden_units = self.run.x.shape[1], self.run.hidden_units
        parameters = Parameters(self.shape, self.inputs.shape[1], hidden_units)
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
        return self.inputs.take(self.rows[epoch], axis=0), self.run.y[self.rows[epoch]][:, None]

    def run_epoch(self, epoch: int) -> None:
        """Trains for an epoch, validates, and enters both into the curves."""
        x, y = self._rows_of(epoch)
        with np.errstate(all="ignore"):  # a run that is lost is a result, not an error
            step = self._step_and_keep if epoch in self.run.window else self.step
            training = network.loss_and_accuracy(self._train(x, y, self.run.rates(epoch), step), y)
            logits = np.empty((*self.shape, self.validation_x.shape[1]), np.float32)
            network.forward(self.parameters, self.validation_x, self.validation_batch, logits)
            validation = network.loss_and_accuracy(logits, self.validation_y)
        for metric, values in enumerate((*training, *validation)):
            self.curves[metric, ..., epoch] = values.T
        if self.weights:
            self.weights.append(self._weights())

    def _step_and_keep(self, gradient: np.ndarray, rate: np.ndarray) -> None:
        """An update within the window, whose weights are kept."""
        if not self.window_weights:
            self.window_weights.append(self._weights())
        self.step(gradient, rate)
        self.window_weights.append(self._weights())

    def train_by_update(self, epoch: int, rates: np.ndarray) -> list[np.ndarray]:
        """Trains for an epoch at the rates (recipes, updates); each update's loss before it, (seeds, recipes)."""
        x, y = self._rows_of(epoch)
        logits = self._train(x, y, rates, self.step)
        return [network.loss_and_accuracy(logits[..., rows], y[..., rows])[0] for rows, _ in self.batches]

    def _weights(self) -> np.ndarray:
        return self.parameters.in_keras_order(self.run.x.shape[1])

    def _train(self, x: np.ndarray, y: np.ndarray, rates: np.ndarray, step: Step) -> np.ndarray:
        """Makes the updates of an epoch; returns the logits (seeds, recipes, rows) from before each."""
        sign = 2 * y - 1
        weight = -sign * self.share
        rates = self._for_each_parameter(rates.astype(np.float32))
        logits = np.empty((*self.shape, y.shape[-1]), np.float32)
        for rate, (rows, batch) in zip(rates, self.batches, strict=True):
            network.forward(self.parameters, x[:, rows], batch, logits[..., rows])
            network.set_slope(batch, logits[..., rows], sign[..., rows], weight[..., rows])
            network.backward(self.parameters, x[:, rows], batch, self.gradient)
            step(self.gradient.flat, rate)
        return logits

    def _for_each_parameter(self, rates: np.ndarray) -> np.ndarray:
        """The rates (recipes, updates) as (updates, recipes, parameters), to multiply gradients by.

        Repeated to full length: NumPy is slower when it has a number per recipe to multiply by.
        """
        n_recipes = self.shape[1]
        repeats = self.parameters.flat.shape[-1] if n_recipes > 1 else 1
        return np.repeat(rates.T[..., None], repeats, axis=-1)
