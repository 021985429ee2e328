"""The article's network in Keras, with one epoch of its training as one compiled function.

The only module that imports TensorFlow at its top: `keras_run` imports it when a run begins.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache

import keras
import numpy as np
import tensorflow as tf

from lrcore.optimizers import Optimizer
from lrcore.settings import numbers_of, settings_of
from lrcore.training.run import METRICS, History, Run, initial_weights, is_finite


class _Argument(float):
    """A number of the optimizer, such as its momentum, that is an argument of every call of a compiled epoch.

    Keras's optimizers accept a float only, which tracing would make a constant: each of a slider's stops would be
    compiled anew. TensorFlow converts an object that has `__tf_tensor__` by calling it, and so finds the argument; so
    does arithmetic. Only comparisons see the float, which has to differ from 0, so that Keras creates its momentum
    variables; with them, a momentum of 0 is plain SGD.
    """

    dtype = "float32"
    tensor: tf.Tensor

    def __tf_tensor__(self, dtype=None, name=None):
        return self.tensor


def _of_the_tensor(name: str):
    return lambda self, *others: getattr(self.tensor, name)(*others)


for _operation in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "rpow", "neg"):
    setattr(_Argument, f"__{_operation}__", _of_the_tensor(f"__{_operation}__"))


@contextmanager
def _passing_files() -> Iterator[None]:
    """AutoGraph writes the code that it makes into temporary files, which a process that is killed would leave."""
    with tempfile.TemporaryDirectory() as folder:
        usual, tempfile.tempdir = tempfile.tempdir, folder
        try:
            yield
        finally:
            tempfile.tempdir = usual


def _model(n_features: int, hidden_units: int) -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((n_features,)),
            keras.layers.Dense(hidden_units, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


def _measured(labels, outputs):
    """The loss and the accuracy of each row."""
    return (
        keras.losses.binary_crossentropy(labels, outputs),
        keras.metrics.binary_accuracy(labels, outputs),
    )


def _update(model, optimizer, x, y, learning_rate):
    """One optimizer step; the loss and the accuracy of each row before it."""
    with tf.GradientTape() as tape:
        losses, accuracies = _measured(y, model(x, training=True))
        loss = tf.reduce_mean(losses)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.learning_rate.assign(learning_rate)
    optimizer.apply(gradients, model.trainable_variables)
    return losses, accuracies


@dataclass
class _Run:
    """A run that has begun: `settings`, the arguments of `_Network._train`, and its state while another run trains."""

    settings: list[tf.Tensor]
    state: list[tf.Tensor]


class _Network:
    """The network, its optimizer, and one epoch of training and validation as one compiled function.

    All shapes but the network's own are free: another schedule, momentum, batch size, data set or run
    length is not compiled again. The variables hold the state of the run that trained last; when another
    one takes its turn, the two states are exchanged.
    """

    def __init__(self, n_features: int, hidden_units: int, optimizer: Optimizer) -> None:
        self._model = _model(n_features, hidden_units)
        self._arguments = {name: _Argument(0.5) for name in numbers_of(optimizer)}
        settings = {name: getattr(optimizer, name) for name in settings_of(optimizer)} | self._arguments
        self._optimizer = getattr(keras.optimizers, type(optimizer).__name__)(**settings)
        self._optimizer.build(self._model.trainable_variables)
        self._variables = [*self._model.trainable_variables, *self._optimizer.variables]
        self._untouched = [tf.identity(variable) for variable in self._optimizer.variables]
        numbers = [tf.TensorSpec([]) for _ in self._arguments]
        function = tf.function(self._train, input_signature=[*_signature(n_features), *numbers])
        with _passing_files():
            self._compiled = function.get_concrete_function()
        self._lock = threading.Lock()
        self._holder: _Run | None = None

    def begin(self, run: Run) -> _Run:
        """The run of one recipe and one seed, before its first epoch."""
        (recipe,), (seed,) = run.recipes, run.seeds
        order, validation = run.rows(seed)
        y = run.y[:, None]
        data = run.x, y, run.x[validation], y[validation]
        numbers = [getattr(recipe.optimizer, name) for name in self._arguments]
        settings = [tf.constant(order, tf.int32), *(tf.constant(each, tf.float32) for each in data)]
        settings += [tf.constant(recipe.batch_size, tf.int32)]
        settings += [tf.constant(number, tf.float32) for number in numbers]
        weights = initial_weights(seed, run.x.shape[1], recipe.hidden_units)
        return _Run(settings, [*map(tf.constant, weights), *self._untouched])

    def epoch(self, run: _Run, number: int, learning_rates: np.ndarray) -> list[float]:
        """Trains the run's epoch `number` with these rates (updates,): loss, accuracy, val_loss, val_accuracy."""
        with self._lock:
            if self._holder is not run:
                self._exchange(run)
            rates = tf.constant(learning_rates, tf.float32)
            return self._compiled(tf.constant(number), rates, *run.settings).numpy().tolist()

    def _exchange(self, run: _Run) -> None:
        if self._holder is not None:
            self._holder.state = [tf.identity(variable) for variable in self._variables]
        for variable, value in zip(self._variables, run.state, strict=True):
            variable.assign(value)
        self._holder = run

    def _train(self, number, learning_rates, order, x, y, x_val, y_val, batch_size, *numbers):
        for argument, tensor in zip(self._arguments.values(), numbers, strict=True):
            argument.tensor = tensor
        x, y = tf.gather(x, order[number]), tf.gather(y, order[number])
        loss = accuracy = 0.0
        for update in tf.range(tf.shape(learning_rates)[0]):
            batch = slice(update * batch_size, (update + 1) * batch_size)
            rate = learning_rates[update]
            losses, accuracies = _update(self._model, self._optimizer, x[batch], y[batch], rate)
            loss += tf.reduce_sum(losses)
            accuracy += tf.reduce_sum(accuracies)
        n_train = tf.cast(tf.shape(order)[1], tf.float32)
        validation = _measured(y_val, self._model(x_val, training=False))
        return tf.stack([loss / n_train, accuracy / n_train, *map(tf.reduce_mean, validation)])

    def untrained_loss(self, run: _Run) -> float:
        """The loss of the training rows before the first update."""
        order, x, y, *_ = run.settings
        with self._lock:
            self._exchange(run)
            losses, _ = _measured(y, self._model(x, training=False))
        return float(tf.reduce_mean(tf.gather(losses, order[0])))


def _signature(n_features: int) -> list[tf.TensorSpec]:
    rows = [tf.TensorSpec([None, n_features]), tf.TensorSpec([None, 1])]
    order, learning_rates = tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None])
    number = batch_size = tf.TensorSpec([], tf.int32)
    return [number, learning_rates, order, *rows, *rows, batch_size]


@cache
def _network(n_features: int, hidden_units: int, optimizer: Optimizer) -> _Network:
    """The process's one such network, about 3 MB. Never dropped: TensorFlow would not free the graph's loop."""
    return _Network(n_features, hidden_units, optimizer)


def n_compiled() -> int:
    """How many networks this process has compiled."""
    return _network.cache_info().currsize


def epochs(run: Run) -> Generator[list[float], None, list[History]]:
    """Compiles the network of a run of one recipe and one seed, whose steps then train it. Runs may take turns.

    Yields:
        Each epoch's loss, accuracy, val_loss and val_accuracy, up to the one in which a loss is not finite.

    Returns:
        The run's History, as all trainers do.
    """
    optimizer = run.recipes[0].optimizer
    numbers = {name: each.default for name, each in numbers_of(optimizer).items()}
    network = _network(run.x.shape[1], run.hidden_units, replace(optimizer, **numbers))
    begun = network.begin(run)
    return _steps(network, run, begun, network.untrained_loss(begun))


def _steps(
    network: _Network, run: Run, begun: _Run, untrained: float
) -> Generator[list[float], None, list[History]]:
    curves = np.full((len(METRICS), 1, run.epochs), np.nan, np.float32)
    for number in range(run.epochs):
        reported = network.epoch(begun, number, run.rates(number)[0])
        curves[:, 0, number] = reported
        yield reported
        if not is_finite(reported):
            break
    return [run.history(0, curves, np.array([untrained], np.float32))]
