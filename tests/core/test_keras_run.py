import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from lrcore.data import DATASETS
from lrcore.training import keras_network
from lrcore.training.ensemble import batch_order, initial_weights
from lrcore.training.keras_run import METRICS, check, divergence, train, train_from

DATA = DATASETS["ionosphere"]

EPOCHS, BATCH_SIZE, UPDATES = 50, 28, 9
SEEDED = {"seed": 5, "batch_size": BATCH_SIZE}


@pytest.fixture(scope="module")
def data():
    x, y = DATA.x, DATA.y
    return x, y, DATA.split("tail", 0)


def rates_per_epoch(rates, updates=UPDATES):
    """(epochs, updates): each of `rates` for all updates of its epoch."""
    return np.repeat(np.asarray(rates, float)[:, None], updates, axis=1)


def fitted(data, weights, epochs, optimizer, batch_size, callbacks=()):
    """The history of `model.fit` from `weights`, its rows unshuffled."""
    x, y, (training, validation) = data
    model = keras.Sequential(
        [
            keras.Input((34,)),
            keras.layers.Dense(weights[1].size, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.set_weights(weights)
    model.compile(optimizer=optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    return model.fit(
        x[training],
        y[training],
        validation_data=(x[validation], y[validation]),
        epochs=epochs,
        batch_size=batch_size,
        shuffle=False,
        verbose=0,
        callbacks=list(callbacks),
    ).history


def unshuffled(epochs, n_train):
    return np.tile(np.arange(n_train), (epochs, 1))


def columns(epochs):
    epochs = list(epochs)
    return {key: np.array([epoch[key] for epoch in epochs]) for key in METRICS}


def assert_same_run(epochs, history):
    ours = columns(epochs)
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(ours[name], history[name], rtol=1e-5, err_msg=name)
    for name in ("accuracy", "val_accuracy"):
        np.testing.assert_allclose(ours[name], history[name], atol=1e-6, err_msg=name)


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_same_history_as_model_fit(data, momentum, nesterov):
    x, y, split = data
    weights, rates = initial_weights(3, 34, 34), 0.1 * 0.5 ** (np.arange(EPOCHS) // 10)
    order = unshuffled(EPOCHS, len(split[0]))
    settings = {"batch_size": BATCH_SIZE, "nesterov": nesterov}
    epochs = train_from(weights, order, x, y, split, rates_per_epoch(rates), momentum, **settings)
    optimizer = keras.optimizers.SGD(momentum=momentum, nesterov=nesterov)
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch: float(rates[epoch]))
    assert_same_run(epochs, fitted(data, weights, EPOCHS, optimizer, BATCH_SIZE, [schedule]))


@pytest.mark.parametrize(("batch_size", "hidden_units"), [(50, 3), (235, 64)])
def test_same_history_as_model_fit_with_a_rate_per_update(data, batch_size, hidden_units):
    x, y, split = data
    weights, epochs = initial_weights(0, 34, hidden_units), 10
    updates = -(-235 // batch_size)
    rates = 0.2 / (1 + 0.05 * np.arange(epochs * updates).reshape(epochs, updates))
    order = unshuffled(epochs, len(split[0]))
    ours = train_from(weights, order, x, y, split, rates, 0.5, batch_size=batch_size)
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.2, decay_steps=1, decay_rate=0.05)
    optimizer = keras.optimizers.SGD(schedule, momentum=0.5)
    assert_same_run(ours, fitted(data, weights, epochs, optimizer, batch_size))


def test_trains_on_the_rows_in_the_order_of_the_seed(data):
    x, y, (training, validation) = data
    order, rates = batch_order(5, 1, len(training)), rates_per_epoch([0.1])
    reordered = (training[order[0]], validation)
    weights = initial_weights(5, 34, 34)
    expected = train_from(
        weights, unshuffled(1, len(training)), x, y, reordered, rates, 0.9, batch_size=BATCH_SIZE
    )
    assert list(train(x, y, (training, validation), rates, 0.9, **SEEDED)) == list(expected)


def test_yields_plain_floats_and_the_rate_of_the_first_update(data):
    rates = np.linspace(0.3, 0.1, 18).reshape(2, 9)
    epochs = list(train(*data, rates, 0.0, **SEEDED))
    assert [epoch["learning_rate"] for epoch in epochs] == [rates[0, 0], rates[1, 0]]
    assert {type(value) for epoch in epochs for value in epoch.values()} == {float}
    assert [tuple(epoch) for epoch in epochs] == 2 * [(*METRICS, "learning_rate")]


def test_same_seed_same_history_whatever_the_global_seeds(data):
    rates = rates_per_epoch([0.1] * 5)
    first = list(train(*data, rates, 0.9, **SEEDED))
    keras.utils.set_random_seed(11)
    assert list(train(*data, rates, 0.9, **SEEDED)) == first
    assert list(train(*data, rates, 0.9, **SEEDED | {"seed": 6})) != first


def test_longer_run_begins_like_the_shorter_one(data):
    longer = list(train(*data, rates_per_epoch([0.1] * 6), 0.9, **SEEDED))
    assert list(train(*data, rates_per_epoch([0.1] * 4), 0.9, **SEEDED)) == longer[:4]


def test_runs_that_take_turns_do_not_disturb_each_other(data):
    def run(momentum, rate):
        return train(*data, rates_per_epoch([rate] * 6), momentum, **SEEDED)

    alone = [list(run(0.9, 0.1)), list(run(0.0, 0.5))]
    first, second = run(0.9, 0.1), run(0.0, 0.5)
    turns = [[next(first)], []]
    for _ in range(5):
        turns[1].append(next(second))
        turns[0].append(next(first))
    turns[1].append(next(second))
    assert turns == alone


def test_only_another_network_is_traced_anew(data, monkeypatch):
    traced = []
    update = keras_network._update
    monkeypatch.setattr(keras_network, "_update", lambda *args: traced.append(1) or update(*args))
    x, y, split = data
    rates = rates_per_epoch([0.1] * 2)
    list(train(x, y, split, rates, 0.9, **SEEDED, hidden_units=5))
    once = len(traced)
    assert once > 0
    list(train(x, y, split, rates, 0.0, seed=1, batch_size=BATCH_SIZE, hidden_units=5))
    list(train(x, y, split, rates_per_epoch([0.2] * 7), 0.5, **SEEDED, hidden_units=5))
    list(train(x, y, split, rates[:, :3], 0.5, seed=2, batch_size=100, hidden_units=5))
    list(
        train(x[:60], y[:60], (np.arange(50), np.arange(50, 60)), rates[:, :2], 0.5, **SEEDED, hidden_units=5)
    )
    assert len(traced) == once
    list(train(x, y, split, rates, 0.9, **SEEDED, hidden_units=5, nesterov=True))
    assert len(traced) == 2 * once


def test_diverged_run_ends_with_the_epoch_that_is_not_finite(data):
    epochs = list(train(*data, rates_per_epoch([0.1, 0.2, 1e38, 0.1]), 0.9, **SEEDED))
    assert len(epochs) == 3
    assert np.isfinite([epoch["loss"] for epoch in epochs[:2]]).all()
    assert not np.isfinite(epochs[2]["loss"])
    assert divergence(epochs) == (2, 1e38)


def test_finite_run_has_not_diverged(data):
    assert divergence([]) is None
    assert divergence(list(train(*data, rates_per_epoch([0.1]), 0.9, **SEEDED))) is None


def small_run(**changed):
    """Arguments of `check` for 8 training rows in 2 batches."""
    arguments = {
        "x": np.zeros((10, 3), np.float32),
        "y": np.zeros(10, np.float32),
        "split": (np.arange(8), np.array([8, 9])),
        "learning_rates": np.full((5, 2), 0.1),
        "momentum": 0.0,
        "seed": 0,
        "batch_size": 4,
    }
    return arguments | changed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x", np.zeros(10)),
        ("x", np.full((10, 3), np.nan)),
        ("y", np.zeros(9)),
        ("y", np.full(10, 0.5)),
        ("split", (np.arange(8),)),
        ("split", (np.arange(8), np.array([10]))),
        ("split", (np.arange(8), np.array([-1]))),
        ("split", (np.arange(8), np.array([], int))),
        ("split", (np.arange(8), np.array([8.0]))),
        ("learning_rates", np.full((5, 3), 0.1)),
        ("learning_rates", np.zeros((0, 2))),
        ("learning_rates", [[0.1, 0.1]]),
        ("learning_rates", np.full((5, 2), -0.1)),
        ("learning_rates", np.full((5, 2), np.inf)),
        ("momentum", 1.0),
        ("momentum", -0.1),
        ("momentum", float("nan")),
        ("momentum", "0.9"),
        ("seed", -1),
        ("seed", 0.5),
        ("batch_size", 0),
        ("batch_size", True),
        ("hidden_units", 0),
        ("nesterov", 1),
    ],
)
def test_error_names_the_argument_that_breaks_its_rule(name, value):
    check(**small_run())
    with pytest.raises(ValueError, match=f"^`{name}` must be .* Received: {name}="):
        train(**small_run(**{name: value}))


def test_arguments_are_checked_without_tensorflow():
    program = """
import sys
from lrcore.training.keras_run import divergence, train
try:
    train(None, None, None, None, 0.0, seed=-1, batch_size=1)
except ValueError as error:
    print(error)
divergence([])
print({"tensorflow", "keras"} & set(sys.modules))
"""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", program]
    output = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    assert output.splitlines() == ["`seed` must be a whole number >= 0. Received: seed=-1", "set()"]
