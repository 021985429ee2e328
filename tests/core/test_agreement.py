"""The fast trainer against `model.fit`, against the Keras trainer and against a run from the textbook."""

import keras
import numpy as np
import pytest

from lrcore.data import DATASETS, SPLITS
from lrcore.training import keras_run
from lrcore.training.ensemble import batch_order, initial_weights
from tests.core.test_ensemble import BATCH_SIZE, EPOCHS, METRICS, SEED, X, Y, trained, update_rates

DATA = DATASETS["ionosphere"]


def assert_same_runs(runs):
    """Holds pairs of runs, each a dict of what `model.fit` reports, to be the same up to float32 rounding.

    Losses agree to 1e-5 (3e-7 is usual) as long as rounding does not put a unit of one run on the other side
    of its relu's bend. It does so in a few of a hundred runs of 50 epochs, and their losses then differ by
    1e-4 to 1e-1; the first three epochs are too short for it.
    """
    deviations = [
        [np.abs(ours[name] / np.asarray(expected[name]) - 1) for name in ("loss", "val_loss")]
        for ours, expected in runs
    ]
    same = np.array([np.max(deviation) < 1e-5 for deviation in deviations])
    assert max(np.max(deviation, axis=0)[:3].max() for deviation in deviations) < 1e-5
    assert same.mean() >= 0.75
    for ours, expected in (runs[i] for i in np.flatnonzero(same)):
        for name in ("accuracy", "val_accuracy"):
            difference = np.abs(ours[name] - expected[name])
            assert difference.max() < 1.5 / 116  # a row whose logit rounds to the other side of 0
            assert np.mean(difference > 1e-6) < 0.05


def run_of(history, recipe=0, seed=0):
    """What `model.fit` would report of that run."""
    return {name: getattr(history, name)[recipe, seed] for name in METRICS}


# Against Keras.


class _RatePerUpdate(keras.callbacks.Callback):
    def __init__(self, rates):
        super().__init__()
        self.rates = iter(rates.ravel())

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = next(self.rates)


def fitted(rates, momentum, nesterov, how, batch_size, hidden_units):
    """What `model.fit` reports of the run with `SEED`, its batches handed to it in their order."""
    training, validation = DATA.split(how, SEED)
    orders = batch_order(SEED, len(rates), len(training))

    def batches():
        for rows in training[orders]:
            for start in range(0, len(rows), batch_size):
                batch = rows[start : start + batch_size]
                yield X[batch], Y[batch]

    hidden = keras.layers.Dense(hidden_units, activation="relu")
    output = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Sequential([keras.Input((34,)), hidden, output])
    model.set_weights(initial_weights(SEED, 34, hidden_units))
    optimizer = keras.optimizers.SGD(momentum=momentum, nesterov=nesterov)
    model.compile(optimizer=optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    fit = {"steps_per_epoch": rates.shape[1], "epochs": len(rates), "callbacks": [_RatePerUpdate(rates)]}
    fit |= {"validation_data": (X[validation], Y[validation]), "shuffle": False, "verbose": 0}
    return model.fit(batches(), **fit).history


def test_same_histories_as_model_fit():
    runs = []
    for momentum, nesterov, how, batch_size, hidden_units, epochs in [
        (0.0, False, "tail", 28, 34, 50),
        (0.9, False, "stratified", 28, 34, 30),
        (0.9, True, "stratified", 47, 16, 15),
        (0.8, False, "tail", 235, 5, 10),
        (0.0, True, "stratified", 300, 1, 5),
    ]:
        rates = update_rates(epochs, batch_size)
        settings = {"how": how, "batch_size": batch_size, "hidden_units": hidden_units, "nesterov": nesterov}
        history = trained(rates[None], [momentum], **settings)
        runs.append((run_of(history), fitted(rates, momentum, **settings)))
    assert_same_runs(runs)


@pytest.mark.parametrize("how", SPLITS)
@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize(("batch_size", "epochs"), [(28, 50), (9, 20)])
def test_same_histories_as_the_keras_trainer(how, nesterov, batch_size, epochs):
    rates = [
        update_rates(epochs, batch_size, rate, decay) for rate, decay in [(0.1, 0), (0.1, 0.01), (0.01, 0)]
    ]
    momentum, seeds = [0.0, 0.8, 0.9], [0, 11]
    settings = {"batch_size": batch_size, "nesterov": nesterov}
    history = trained(rates, momentum, seeds, how, **settings)
    runs = []
    for r, s in np.ndindex(3, 2):
        split = DATA.split(how, seeds[s])
        run = list(keras_run.train(X, Y, split, rates[r], momentum[r], seed=seeds[s], **settings))
        runs.append((run_of(history, r, s), {name: [epoch[name] for epoch in run] for name in METRICS}))
    assert_same_runs(runs)


@pytest.mark.parametrize(("rate", "momentum", "hidden_units"), [(100.0, 0.0, 34), (30.0, 0.99, 128)])
def test_a_run_diverges_in_the_epoch_in_which_it_does_with_keras(rate, momentum, hidden_units):
    rates, split = update_rates(rate=rate), DATA.split("tail", SEED)
    settings = {"batch_size": BATCH_SIZE, "hidden_units": hidden_units}
    epochs = list(keras_run.train(X, Y, split, rates, momentum, seed=SEED, **settings))
    assert 1 < len(epochs) < EPOCHS
    history = trained(rates[None], [momentum], how="tail", hidden_units=hidden_units)
    np.testing.assert_array_equal(np.isfinite(history.loss[0, 0]), np.arange(EPOCHS) < len(epochs) - 1)


# Against the textbook: one run at a time, float64, plain loops.


def textbook_run(rates, momentum, nesterov, how, batch_size, hidden_units):
    x, y = X.astype(float), Y.astype(float)
    training, validation = DATA.split(how, SEED)
    weights = [w.astype(float) for w in initial_weights(SEED, 34, hidden_units)]
    velocity = [np.zeros_like(w) for w in weights]
    history = {name: [] for name in METRICS}
    for rows, epoch_rates in zip(training[batch_order(SEED, len(rates), len(training))], rates, strict=True):
        losses, right = [], []
        batches = np.split(rows, range(batch_size, len(rows), batch_size))
        for batch, rate in zip(batches, epoch_rates, strict=True):
            hidden, p = outputs(weights, x[batch])
            losses += list(cross_entropy(p, y[batch]))
            right += list((p > 0.5) == y[batch])
            d = (p - y[batch])[:, None] / len(batch)
            d_hidden = d @ weights[2].T * (hidden > 0)
            gradients = [x[batch].T @ d_hidden, d_hidden.sum(0), hidden.T @ d, d.sum(0)]
            for w, v, g in zip(weights, velocity, gradients, strict=True):
                v[:] = momentum * v - rate * g
                w += momentum * v - rate * g if nesterov else v
        p = outputs(weights, x[validation])[1]
        history["loss"].append(np.mean(losses))
        history["accuracy"].append(np.mean(right))
        history["val_loss"].append(np.mean(cross_entropy(p, y[validation])))
        history["val_accuracy"].append(np.mean((p > 0.5) == y[validation]))
    return history


def outputs(weights, x):
    hidden = np.maximum(x @ weights[0] + weights[1], 0)
    return hidden, 1 / (1 + np.exp(-(hidden @ weights[2] + weights[3])[:, 0]))


def cross_entropy(p, y):
    return -np.log(np.where(y == 1, p, 1 - p))


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("batch_size", [28, 39, 118])
def test_same_histories_as_the_textbook_in_float64(nesterov, batch_size):
    rates = update_rates(20, batch_size, rate=0.05)
    settings = {"how": "stratified", "batch_size": batch_size, "nesterov": nesterov, "hidden_units": 7}
    momentum = [0.0, 0.5, 0.8, 0.95]
    history = trained([rates] * 4, momentum, **settings)
    assert_same_runs([(run_of(history, r), textbook_run(rates, momentum[r], **settings)) for r in range(4)])


def test_a_rate_of_0_leaves_the_network_as_it_was():
    history = trained(np.zeros((1, 3, 9)), [0.9])
    training, validation = DATA.split("stratified", SEED)
    for rows, name in [(training, "loss"), (validation, "val_loss")]:
        _, p = outputs([w.astype(float) for w in initial_weights(SEED, 34, 34)], X[rows].astype(float))
        np.testing.assert_allclose(getattr(history, name), cross_entropy(p, Y[rows]).mean(), rtol=1e-6)
