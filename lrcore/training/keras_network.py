"""The article's network in Keras, with one epoch of its training as one compiled function.

The only module that imports TensorFlow at its top: `keras_run` asks for it when a run begins.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import keras
import numpy as np
import tensorflow as tf


class _Momentum(float):
    """The momentum of a compiled epoch: an argument of every call, where Keras takes a Python number.

    `keras.optimizers.SGD` accepts a float only, which tracing would make a constant: each of a slider's
    stops would be compiled anew. TensorFlow converts an object that has `__tf_tensor__` by calling it, and so
    finds the argument. The float's own value has only to differ from 0, so that Keras creates its momentum
    variables; with them, a momentum of 0 is plain SGD.
    """

    argument = None

    def __tf_tensor__(self, dtype=None, name=None):
        return self.argument


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
    """What an epoch needs: `settings`, in the order of `_Network._train`, and the state when not in use."""

    settings: list[tf.Tensor]
    state: list[tf.Tensor]


class _Network:
    """The network, its optimizer, and one epoch of training and validation as one compiled function.

    All shapes but the network's own are free: another schedule, momentum, batch size, data set or run
    length is not compiled again. The variables hold the state of the run that trained last; when another
    one takes its turn, the two states are exchanged.
    """

    def __init__(self, n_features: int, hidden_units: int, nesterov: bool) -> None:
        self._model = _model(n_features, hidden_units)
        self._optimizer = keras.optimizers.SGD(momentum=_Momentum(1), nesterov=nesterov)
        self._optimizer.build(self._model.trainable_variables)
        self._variables = [*self._model.trainable_variables, *self._optimizer.momentums]
        function = tf.function(self._train, input_signature=_signature(n_features))
        with _passing_files():
            self._compiled = function.get_concrete_function()
        self._lock = threading.Lock()
        self._holder: _Run | None = None

    def epoch(self, run: _Run, number: int) -> list[float]:
        """Trains the run's epoch `number`: its loss, accuracy, val_loss and val_accuracy."""
        with self._lock:
            if self._holder is not run:
                self._exchange(run)
            return self._compiled(tf.constant(number), *run.settings).numpy().tolist()

    def _exchange(self, run: _Run) -> None:
        if self._holder is not None:
            self._holder.state = [tf.identity(variable) for variable in self._variables]
        for variable, value in zip(self._variables, run.state, strict=True):
            variable.assign(value)
        self._holder = run

    def _train(self, number, x, y, x_val, y_val, order, learning_rates, batch_size, momentum):
        self._optimizer.momentum.argument = momentum
        x, y = tf.gather(x, order[number]), tf.gather(y, order[number])
        loss = accuracy = 0.0
        for update in tf.range(tf.shape(learning_rates)[1]):
            batch = slice(update * batch_size, (update + 1) * batch_size)
            rate = learning_rates[number, update]
            losses, accuracies = _update(self._model, self._optimizer, x[batch], y[batch], rate)
            loss += tf.reduce_sum(losses)
            accuracy += tf.reduce_sum(accuracies)
        n_train = tf.cast(tf.shape(order)[1], tf.float32)
        validation = _measured(y_val, self._model(x_val, training=False))
        return tf.stack([loss / n_train, accuracy / n_train, *map(tf.reduce_mean, validation)])


def _signature(n_features: int) -> list[tf.TensorSpec]:
    rows = [tf.TensorSpec([None, n_features]), tf.TensorSpec([None, 1])]
    order, learning_rates = tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None, None])
    number = batch_size = tf.TensorSpec([], tf.int32)
    return [number, *rows, *rows, order, learning_rates, batch_size, tf.TensorSpec([])]


@cache
def _network(n_features: int, hidden_units: int, nesterov: bool) -> _Network:
    """The process's one such network, about 3 MB. Never dropped: TensorFlow would not free the graph's loop."""
    return _Network(n_features, hidden_units, nesterov)


def n_compiled() -> int:
    """How many networks this process has compiled."""
    return _network.cache_info().currsize


def epochs(
    weights: Sequence[np.ndarray],
    order: np.ndarray,
    training: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    learning_rates: np.ndarray,
    momentum: float,
    *,
    batch_size: int,
    nesterov: bool,
) -> Iterator[list[float]]:
    """Trains one network, compiled by the time this returns. Runs may take turns.

    Args:
        weights: to start from, in the order of `model.get_weights()`; they give the network's shape.
        order: the order of the training rows in every epoch, int (epochs, rows).
        training, validation: x, (rows, features), and y, (rows,).
        learning_rates: (epochs, ceil(rows / batch_size)).
        momentum: in [0, 1).

    Returns:
        An iterator of every epoch's loss, accuracy, val_loss and val_accuracy.
    """
    network = _network(*weights[0].shape, bool(nesterov))
    settings = [tf.constant(part, tf.float32) for x, y in (training, validation) for part in (x, y[:, None])]
    settings += [tf.constant(order, tf.int32), tf.constant(learning_rates, tf.float32)]
    settings += [tf.constant(batch_size, tf.int32), tf.constant(momentum, tf.float32)]
    run = _Run(settings, [tf.constant(value) for value in (*weights, *map(np.zeros_like, weights))])
    return (network.epoch(run, number) for number in range(len(learning_rates)))
