"""Both trainers against `model.fit`, against each other, and against a run from the textbook."""

import keras
import numpy as np
import pytest

from lrcore import train, train_with_keras
from lrcore.data import DATASETS, SPLITS
from lrcore.data.dataset import split_rows
from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, StepDecay, TimeBasedDecay
from lrcore.training.run import METRICS, Run, initial_weights

DATA, SEED = DATASETS["ionosphere"], 3
X, Y = DATA.x, DATA.y


def recipe(momentum=0.0, nesterov=False, rate=0.1, decay=0.002, **settings):
    """A recipe whose rate falls at every update."""
    return Recipe(TimeBasedDecay(rate, decay), "update", SGD(momentum, nesterov), **settings)


def assert_same_runs(runs):
    """Holds pairs of runs, each the METRICS by name, to be the same up to float32 rounding.

    Losses agree to 1e-5 (3e-7 is usual) as long as rounding does not put a unit of one run on the other side
    of its relu's bend. It does so in a few of a hundred runs of 50 epochs, and their losses then differ by
    1e-4 to 1e-1; the first epoch is too short for it.
    """
    deviations = [
        [np.abs(ours[name] / np.asarray(expected[name]) - 1) for name in ("loss", "val_loss")]
        for ours, expected in runs
    ]
    same = np.array([np.max(deviation) < 1e-5 for deviation in deviations])
    assert max(np.max(deviation, axis=0)[0] for deviation in deviations) < 1e-5
    assert same.mean() >= 0.75
    for ours, expected in (runs[i] for i in np.flatnonzero(same)):
        for name in ("accuracy", "val_accuracy"):
            difference = np.abs(ours[name] - expected[name])
            assert difference.max() < 1.5 / 116  # a row whose logit rounds to the other side of 0
            assert np.mean(difference > 1e-6) < 0.05


def run_of(history, seed=0):
    """The curves of one seed's run."""
    return {name: values[seed] for name, values in history.curves().items()}


# Against Keras.


class _RatePerUpdate(keras.callbacks.Callback):
    def __init__(self, rates):
        super().__init__()
        self.rates = iter(rates.ravel())

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = next(self.rates)


def fitted(recipe, optimizer=None):
    """What `model.fit` reports of the run with `SEED`, its batches handed to it in their order."""
    orders, validation = Run((recipe,), (SEED,)).rows(SEED)
    rates = recipe.learning_rates()

    def batches():
        for rows in orders:
            for start in range(0, len(rows), recipe.batch_size):
                batch = rows[start : start + recipe.batch_size]
                yield X[batch], Y[batch]

    hidden = keras.layers.Dense(recipe.hidden_units, activation="relu")
    output = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Sequential([keras.Input((34,)), hidden, output])
    model.set_weights(initial_weights(SEED, 34, recipe.hidden_units))
    callbacks = [] if optimizer else [_RatePerUpdate(rates)]
    optimizer = optimizer or eval(recipe.optimizer.keras_code(), {"keras": keras})
    model.compile(optimizer=optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    fit = {"steps_per_epoch": rates.shape[1], "epochs": recipe.epochs, "callbacks": callbacks}
    fit |= {"validation_data": (X[validation], Y[validation]), "shuffle": False, "verbose": 0}
    return model.fit(batches(), **fit).history


FITTED = [
    recipe(split="tail"),
    recipe(0.9, epochs=30),
    recipe(0.9, nesterov=True, batch_size=47, hidden_units=16, epochs=15),
    recipe(0.8, batch_size=235, hidden_units=5, epochs=10, split="tail"),
    recipe(nesterov=True, batch_size=300, hidden_units=1, epochs=5),
]


@pytest.mark.parametrize(
    "trainer", [lambda each: train([each], [SEED])[0], lambda each: train_with_keras(each, SEED)]
)
def test_both_trainers_make_the_runs_of_model_fit(trainer):
    assert_same_runs([(run_of(trainer(each)), fitted(each)) for each in FITTED])


def test_a_schedule_object_of_keras_makes_the_same_run():
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.1, decay_steps=1, decay_rate=0.002)
    own = recipe(0.5, epochs=10)
    history = fitted(own, keras.optimizers.SGD(schedule, momentum=0.5))
    assert_same_runs([(run_of(train_with_keras(own, SEED)), history)])


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize(("batch_size", "epochs"), [(28, 50), (9, 20)])
def test_the_two_trainers_agree(split, nesterov, batch_size, epochs):
    settings = {"nesterov": nesterov, "batch_size": batch_size, "epochs": epochs, "split": split}
    numbers = [(0.0, 0.1, 0.0), (0.8, 0.1, 0.01), (0.9, 0.01, 0.0)]
    recipes = [recipe(momentum, rate=rate, decay=decay, **settings) for momentum, rate, decay in numbers]
    seeds, runs = range(8), []
    for each, history in zip(recipes, train(recipes, seeds), strict=True):
        for number, seed in enumerate(seeds):
            keras_run = train_with_keras(each, seed)
            np.testing.assert_array_equal(keras_run.lost, history.lost[number : number + 1])
            np.testing.assert_array_equal(keras_run.learning_rate, history.learning_rate[number : number + 1])
            runs.append((run_of(history, number), run_of(keras_run)))
    assert_same_runs(runs)


@pytest.mark.parametrize(("rate", "momentum", "hidden_units"), [(100.0, 0.0, 34), (30.0, 0.99, 128)])
def test_a_run_stops_being_finite_in_the_epoch_in_which_it_does_with_keras(rate, momentum, hidden_units):
    wild = recipe(momentum, rate=rate, hidden_units=hidden_units, split="tail")
    (ours,), theirs = train([wild], [SEED]), train_with_keras(wild, SEED)
    assert ours.lost.all()
    assert theirs.lost.all()
    for name in METRICS:
        np.testing.assert_array_equal(np.isnan(getattr(ours, name)), np.isnan(getattr(theirs, name)))
    assert 1 < np.isfinite(ours.loss).sum() < wild.epochs


@pytest.mark.parametrize(("rate", "lost"), [(1e-12, False), (0.1, False), (10.0, True)])
def test_keras_tells_a_finite_run_that_is_lost_from_one_that_is_not(rate, lost):
    history = train_with_keras(Recipe(Constant(rate), epochs=3), 1)
    assert np.isfinite(history.loss).all()
    assert history.lost.tolist() == [lost]


class RowRecorder(keras.Model):
    """Notes the rows that `fit` trains and validates on."""

    def __init__(self):
        super().__init__()
        self.trained, self.validated = [], []

    def train_step(self, data):
        self.trained += data[0].numpy().ravel().astype(int).tolist()
        return {"loss": 0.0}

    def test_step(self, data):
        self.validated += data[0].numpy().ravel().astype(int).tolist()
        return {"loss": 0.0}


@pytest.mark.parametrize(("rows", "fraction"), [(351, 0.33), (351, 0.2), (100, 0.33), (10, 0.3)])
def test_the_tail_split_is_that_of_keras_to_the_row(rows, fraction):
    model = RowRecorder()
    model.compile(run_eagerly=True)
    numbers = np.arange(rows, dtype=np.float32)[:, None]
    model.fit(numbers, numbers, validation_split=fraction, batch_size=28, epochs=1, verbose=0)
    train, validation = split_rows(Y[:rows], "tail", 0, fraction)
    assert sorted(model.trained) == train.tolist()
    assert model.validated == validation.tolist()


# Against the textbook: one run at a time, float64, plain loops.


def textbook_run(recipe):
    x, y = X.astype(float), Y.astype(float)
    orders, validation = Run((recipe,), (SEED,)).rows(SEED)
    momentum, nesterov = recipe.optimizer.momentum, recipe.optimizer.nesterov
    weights = [w.astype(float) for w in initial_weights(SEED, 34, recipe.hidden_units)]
    velocity = [np.zeros_like(w) for w in weights]
    history = {name: [] for name in METRICS}
    for rows, epoch_rates in zip(orders, recipe.learning_rates(), strict=True):
        losses, right = [], []
        batches = np.split(rows, range(recipe.batch_size, len(rows), recipe.batch_size))
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
    settings = {"rate": 0.05, "epochs": 20, "batch_size": batch_size, "hidden_units": 7}
    recipes = [recipe(momentum, nesterov, **settings) for momentum in (0.0, 0.5, 0.8, 0.95)]
    histories = train(recipes, [SEED])
    assert_same_runs([(run_of(h), textbook_run(each)) for h, each in zip(histories, recipes, strict=True)])


def test_a_rate_of_almost_0_leaves_the_network_as_it_was():
    (history,) = train([Recipe(StepDecay(1e-30), epochs=3)], [SEED])
    training, validation = DATA.split("stratified", SEED)
    for rows, name in [(training, "loss"), (validation, "val_loss")]:
        _, p = outputs([w.astype(float) for w in initial_weights(SEED, 34, 34)], X[rows].astype(float))
        np.testing.assert_allclose(
            getattr(history, name), [[cross_entropy(p, Y[rows]).mean()] * 3], rtol=1e-6
        )
