"""The article's network in Keras, with one epoch of its training as one compiled function.

The only module that imports TensorFlow at its top: `keras_run` asks for it when a run begins.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
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


@cache  # and never dropped: TensorFlow does not free the graph of a loop, so compiling again would leak
def compiled_epoch(n_features: int, hidden_units: int, nesterov: bool) -> Callable[..., list[tf.Tensor]]:
    """One epoch, training and validation, as one compiled function for this and all later runs: about 3 MB.

    All shapes but the network's own are free: another schedule, momentum, batch size, data set or run
    length is not compiled again. A run's state goes in and comes out, so runs may take turns.

    Returns:
        A function of: the number of the epoch; x (rows, features) and y (rows, 1) to train on, the same to
        validate on; the order of the training rows (epochs, rows); the rates (epochs, updates); the batch
        size; the momentum; the run's state, which is its weights followed by their momentum variables.
        It gives loss, accuracy, val_loss and val_accuracy in one array, then the state after the epoch.
    """
    model = _model(n_features, hidden_units)
    optimizer = keras.optimizers.SGD(momentum=_Momentum(1), nesterov=nesterov)
    optimizer.build(model.trainable_variables)
    variables = [*model.trainable_variables, *optimizer.momentums]

    def epoch(number, x, y, x_val, y_val, order, learning_rates, batch_size, momentum, *state):
        optimizer.momentum.argument = momentum
        for variable, value in zip(variables, state, strict=True):
            variable.assign(value)
        x, y = tf.gather(x, order[number]), tf.gather(y, order[number])
        loss = accuracy = 0.0
        for update in tf.range(tf.shape(learning_rates)[1]):
            batch = slice(update * batch_size, (update + 1) * batch_size)
            losses, accuracies = _update(model, optimizer, x[batch], y[batch], learning_rates[number, update])
            loss += tf.reduce_sum(losses)
            accuracy += tf.reduce_sum(accuracies)
        n_train = tf.cast(tf.shape(order)[1], tf.float32)
        validated = [tf.reduce_mean(part) for part in _measured(y_val, model(x_val, training=False))]
        state = [variable.value for variable in variables]
        return [tf.stack([loss / n_train, accuracy / n_train, *validated]), *state]

    return _alone(
        tf.function(epoch, input_signature=_signature(n_features, variables)).get_concrete_function()
    )


def _signature(n_features: int, variables) -> list[tf.TensorSpec]:
    rows = [tf.TensorSpec([None, n_features]), tf.TensorSpec([None, 1])]
    order, learning_rates = tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None, None])
    number = batch_size = tf.TensorSpec([], tf.int32)
    state = [tf.TensorSpec(variable.shape) for variable in variables]
    return [number, *rows, *rows, order, learning_rates, batch_size, tf.TensorSpec([]), *state]


def _alone(function: Callable) -> Callable:
    """`function`, by one thread at a time: the variables inside are shared."""
    lock = threading.Lock()

    def call(*arguments):
        with lock:
            return function(*arguments)

    return call


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
    """Trains one network, in a function compiled by the time this returns.

    Args:
        weights: to start from, in the order of `model.get_weights()`; they give the network's shape.
        order: the order of the training rows in every epoch, int (epochs, rows).
        training, validation: x, (rows, features), and y, (rows,).
        learning_rates: (epochs, ceil(rows / batch_size)).
        momentum: in [0, 1).

    Returns:
        An iterator of every epoch's loss, accuracy, val_loss and val_accuracy.
    """
    epoch = compiled_epoch(*weights[0].shape, bool(nesterov))
    settings = [tf.constant(part, tf.float32) for x, y in (training, validation) for part in (x, y[:, None])]
    settings += [tf.constant(order, tf.int32), tf.constant(learning_rates, tf.float32)]
    settings += [tf.constant(batch_size, tf.int32), tf.constant(momentum, tf.float32)]
    state = [tf.constant(value) for value in (*weights, *map(np.zeros_like, weights))]
    return _iterate(epoch, len(learning_rates), settings, state)


def _iterate(epoch, n_epochs, settings, state):
    for number in range(n_epochs):
        metrics, *state = epoch(tf.constant(number), *settings, *state)
        yield metrics.numpy().tolist()
