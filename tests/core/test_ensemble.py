import math
import warnings

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from lrcore.data import DATASETS
from lrcore.training import ensemble
from lrcore.training.ensemble import (
    METRICS,
    History,
    batch_order,
    epochs,
    history_of,
    initial_weights,
    result_of,
)

DATA = DATASETS["ionosphere"]

EPOCHS, BATCH_SIZE, SEED = 50, 28, 3
X, Y = DATA.x, DATA.y


def update_rates(epochs=EPOCHS, batch_size=BATCH_SIZE, rate=0.1, decay=0.002):
    """A rate that falls at every update, (epochs, updates)."""
    updates = math.ceil(DATA.n_train / batch_size)
    return rate / (1 + decay * np.arange(epochs * updates).reshape(epochs, updates))


def steps(rates, momentum, seeds=(SEED,), how="stratified", batch_size=BATCH_SIZE, **settings):
    """The epochs of the recipes with these `rates` (recipes, epochs, updates) and `momentum`."""
    splits = [DATA.split(how, seed) for seed in seeds]
    return epochs(X, Y, splits, np.asarray(rates), momentum, seeds=seeds, batch_size=batch_size, **settings)


def trained(*recipes, **settings):
    """The History of the recipes that `steps` takes."""
    return result_of(steps(*recipes, **settings))


def assert_equal_runs(history, expected):
    for name in METRICS:
        np.testing.assert_array_equal(getattr(history, name), getattr(expected, name), err_msg=name)
    np.testing.assert_array_equal(history.lost, expected.lost)


# What the runs have to do with one another.


@pytest.mark.parametrize("batch_size", [28, 9])
def test_a_run_is_the_same_to_the_last_bit_alone_and_among_others(batch_size):
    rates = np.stack([update_rates(4, batch_size, rate) for rate in (0.03, 0.1, 0.3)])
    momentum, seeds = np.array([0.9, 0.0, 0.5]), list(range(80))
    many = trained(rates, momentum, seeds, batch_size=batch_size)
    few = trained(rates[1:], momentum[1:], seeds[:7], batch_size=batch_size)
    assert_equal_runs(few, History(*(getattr(many, name)[1:, :7] for name in (*METRICS, "lost"))))
    for r, s in [(0, 0), (1, 0), (2, 79)]:
        alone = trained(rates[r : r + 1], momentum[r : r + 1], [seeds[s]], batch_size=batch_size)
        cut = (getattr(many, name)[r : r + 1, s : s + 1] for name in (*METRICS, "lost"))
        assert_equal_runs(alone, History(*cut))


def test_a_longer_run_begins_as_a_shorter_one():
    long = trained(update_rates(6, decay=0)[None], [0.9])
    short = trained(update_rates(4, decay=0)[None], [0.9])
    for name in METRICS:
        np.testing.assert_array_equal(getattr(short, name), getattr(long, name)[..., :4])


def test_seeds_differ_and_recipes_of_a_seed_start_alike():
    rates = np.stack([update_rates(2), update_rates(2, rate=1e-9), update_rates(2, rate=1e-9)])
    history = trained(rates, [0.0, 0.9, 0.0], seeds=[1, 2], how="tail")
    np.testing.assert_allclose(history.loss[1], history.loss[2], rtol=1e-6)
    assert np.abs(history.loss[:, 0] - history.loss[:, 1]).min() > 1e-3


def test_a_run_that_diverges_leaves_the_others_as_they_are():
    rates = np.stack([update_rates(10), update_rates(10, rate=100.0), update_rates(10)])
    momentum, seeds = [0.9, 0.9, 0.0], [0, 1, 2]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = trained(rates, momentum, seeds)
    assert_equal_runs(history[[0, 2]], trained(rates[[0, 2]], [0.9, 0.0], seeds))
    for name in METRICS:
        diverged = np.isnan(getattr(history, name))
        assert not diverged[[0, 2]].any()
        assert diverged[1, :, -1].all()
        assert not diverged[1, :, 0].any()
        np.testing.assert_array_equal(diverged, np.isnan(history.loss))
        np.testing.assert_array_equal(diverged, np.logical_or.accumulate(diverged, axis=-1))


def test_a_run_counts_as_diverged_from_its_first_loss_that_is_not_finite_in_training_or_validation():
    numbers = np.ones((4, 1, 4, 5), np.float32)
    numbers[0, 0, 1, 2] = np.inf
    numbers[2, 0, 2, 0] = np.nan
    numbers[2, 0, 3, 4] = -np.inf
    history = history_of(numbers, untrained_loss=np.ones((1, 4), np.float32))
    first = [5, 2, 0, 4]
    for name in METRICS:
        np.testing.assert_array_equal(
            np.isnan(getattr(history, name)[0]), [np.arange(5) >= epoch for epoch in first]
        )


def test_a_run_is_lost_that_is_not_finite_or_ends_above_its_untrained_network():
    numbers = np.ones((4, 1, 6, 3), np.float32)
    numbers[0, 0, :, -1] = [0.5, 0.7, 0.70001, 0.9, 0.5, np.nan]
    numbers[0, 0, 0, 0] = 9  # above it on the way only
    numbers[2, 0, 4, -1] = np.inf
    history = history_of(numbers, untrained_loss=np.full((1, 6), 0.7, np.float32))
    assert history.lost.tolist() == [[False, False, True, True, True, True]]
    assert history[0].lost.tolist() == history.lost[0].tolist()


def loss_by_hand(weights, rows):
    """The mean loss of a network on the rows, in float64 and with the textbook's formulas."""
    kernel, bias, output_kernel, output_bias = (each.astype(float) for each in weights)
    hidden = np.maximum(X[rows].astype(float) @ kernel + bias, 0)
    good = 1 / (1 + np.exp(-(hidden @ output_kernel + output_bias)[:, 0]))
    return -np.where(Y[rows] == 1, np.log(good), np.log(1 - good)).mean()


def test_the_untrained_network_is_the_seeds_own_on_the_rows_that_it_trains_on():
    seeds = range(40)
    history = trained(np.stack([update_rates(1, rate=rate, decay=0) for rate in (3, 10)]), [0.9, 0], seeds)
    splits = [DATA.split("stratified", seed)[0] for seed in seeds]
    untrained = [
        loss_by_hand(initial_weights(seed, 34, 34), rows) for seed, rows in zip(seeds, splits, strict=True)
    ]
    np.testing.assert_array_equal(history.lost, ~(history.loss[..., -1] <= untrained))
    assert 0 < history.lost.sum() < history.lost.size, "both kinds are among them"


@pytest.mark.parametrize("rate", [0.0, 1e-12, 1e-6])
@pytest.mark.parametrize("batch_size", [1, 28, 235])
def test_a_run_that_stays_where_it_was_is_not_lost(rate, batch_size):
    rates = update_rates(2, batch_size, rate)[None]
    assert not trained(rates, [0.0], range(20), batch_size=batch_size).lost.any()


def test_a_rate_beyond_float32_is_a_run_that_diverges_at_once():
    history = trained(update_rates(2, rate=1e300)[None], [0.0])
    assert all(np.isnan(getattr(history, name)).all() for name in METRICS)


# The call itself.


@pytest.mark.parametrize("n_seeds", [1, 160])
def test_other_work_can_be_done_after_each_epoch_of_all_runs(n_seeds):
    assert len(list(steps(update_rates(3)[None], [0.0], range(n_seeds)))) == 3


def test_runs_that_take_turns_are_the_runs_that_each_would_be_alone():
    alike = [(update_rates(3)[None], [momentum]) for momentum in (0.0, 0.9)]
    turns, histories = [steps(*each) for each in alike], []
    for _ in range(3):
        for each in turns:
            next(each)
    for each in turns:
        with pytest.raises(StopIteration) as end:
            next(each)
        histories.append(end.value.value)
    for history, own in zip(histories, alike, strict=True):
        assert_equal_runs(history, trained(*own))


def test_the_threads_of_blas_are_limited_to_one_for_the_time_of_an_epoch(monkeypatch):
    def threads():
        return {
            pool["filepath"]: pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"
        }

    before, during = threads(), []
    real = ensemble.network.forward
    monkeypatch.setattr(
        ensemble.network, "forward", lambda *arguments: (during.append(threads()), real(*arguments))
    )
    for _ in steps(update_rates(1)[None], [0.0]):
        assert threads() == before
    assert dict.fromkeys(before, 1) in during
    assert threads() == before


def test_history_arrays_are_float32_by_recipe_seed_and_epoch():
    history = trained(np.stack([update_rates(4)] * 3), [0.0] * 3, seeds=[0, 1])
    for name in METRICS:
        assert getattr(history, name).shape == (3, 2, 4)
        assert getattr(history, name).dtype == np.float32
        np.testing.assert_array_equal(history.curves()[name], getattr(history, name))
    assert (history.lost.shape, history.lost.dtype) == ((3, 2), bool)


def test_the_arguments_are_left_as_they_were():
    rates, momentum = update_rates(2)[None], np.array([0.9])
    copies = rates.copy(), momentum.copy()
    trained(rates, momentum)
    np.testing.assert_array_equal(rates, copies[0])
    np.testing.assert_array_equal(momentum, copies[1])


ROWS = np.arange(235), np.arange(235, 351)
VALID = {
    "x": X,
    "y": Y,
    "splits": [ROWS],
    "learning_rates": update_rates(2)[None],
    "momentum": [0.0],
    "seeds": [0],
    "batch_size": BATCH_SIZE,
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x", X[0]),
        ("x", np.where(X == 1, np.nan, X)),
        ("y", Y[:-1]),
        ("y", Y + 1),
        ("splits", []),
        ("splits", [ROWS, ROWS]),
        ("splits", [(ROWS[0], ROWS[1][:0])]),
        ("splits", [(ROWS[0], ROWS[1] + 1)]),
        ("splits", [(ROWS[0] - 1, ROWS[1])]),
        ("splits", [(ROWS[0] * 0.5, ROWS[1])]),
        ("learning_rates", update_rates(2)),
        ("learning_rates", update_rates(2)[None, :, 1:]),
        ("learning_rates", update_rates(2)[None, :0]),
        ("learning_rates", -update_rates(2)[None]),
        ("learning_rates", np.inf * update_rates(2)[None]),
        ("momentum", [0.0, 0.0]),
        ("momentum", [1.0]),
        ("momentum", [-0.1]),
        ("momentum", [np.nan]),
        ("seeds", [-1]),
        ("seeds", [0.5]),
        ("seeds", [True]),
        ("batch_size", 0),
        ("batch_size", 2.5),
        ("hidden_units", 0),
    ],
)
def test_an_argument_that_breaks_its_rule_is_named(name, value):
    with pytest.raises(ValueError, match=rf"^`{name}` must be .*Received: "):
        result_of(epochs(**(VALID | {name: value})))


def test_splits_of_other_sizes_are_refused():
    with pytest.raises(ValueError, match=r"^`splits` must be .*\(234, 116\), \(235, 116\)"):
        result_of(epochs(**(VALID | {"splits": [ROWS, (ROWS[0][1:], ROWS[1])], "seeds": [0, 1]})))


def test_no_seed_is_refused():
    with pytest.raises(ValueError, match=r"^`splits` must be .* for 0 seeds"):
        result_of(epochs(**(VALID | {"splits": [], "seeds": []})))


# The random choices.


def test_initial_weights_are_glorot_uniform_and_the_seeds_own():
    kernel, bias, output_kernel, output_bias = initial_weights(0, 34, 34)
    assert [w.shape for w in (kernel, bias, output_kernel, output_bias)] == [(34, 34), (34,), (34, 1), (1,)]
    assert not bias.any()
    assert not output_bias.any()
    limit = math.sqrt(6 / 68)
    assert 0.98 * limit < np.abs(kernel).max() <= limit
    np.testing.assert_allclose(kernel.std(), limit / math.sqrt(3), rtol=0.05)
    np.testing.assert_array_equal(kernel, initial_weights(0, 34, 34)[0])
    assert (kernel != initial_weights(1, 34, 34)[0]).all()


def test_every_epoch_has_every_row_once_in_an_order_of_its_own():
    order = batch_order(0, 5, 235)
    np.testing.assert_array_equal(np.sort(order, axis=1), np.tile(np.arange(235), (5, 1)))
    assert len(np.unique(order, axis=0)) == 5
    np.testing.assert_array_equal(order[:3], batch_order(0, 3, 235))
    assert (order != batch_order(1, 5, 235)).any()
