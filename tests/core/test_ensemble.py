"""The fast trainer: what its runs have to do with one another. `test_agreement.py` says what each comes to."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from lrcore.data import DATASETS
from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, TimeBasedDecay
from lrcore.training import ensemble
from lrcore.training.experiments import train
from lrcore.training.run import METRICS, Run, initial_weights, result_of

DATA = DATASETS["ionosphere"]


def recipe(rate: float = 0.1, momentum: float = 0.0, epochs: int = 4, **settings) -> Recipe:
    """A recipe whose rate falls at every update."""
    return Recipe(TimeBasedDecay(rate, 0.002), "update", SGD(momentum), epochs=epochs, **settings)


def assert_equal_runs(history, expected):
    for name in (*METRICS, "lost"):
        np.testing.assert_array_equal(getattr(history, name), getattr(expected, name), err_msg=name)


@pytest.mark.parametrize("batch_size", [28, 9])
def test_a_run_is_the_same_to_the_last_bit_alone_and_among_others(batch_size):
    recipes = [recipe(*each, batch_size=batch_size) for each in ((0.03, 0.9), (0.1, 0.0), (0.3, 0.5))]
    seeds = range(80)
    many = train(recipes, seeds)
    for history, expected in zip(train(recipes[1:], seeds[:7]), many[1:], strict=True):
        assert_equal_runs(history, expected[:7])
    for r, s in [(0, 0), (1, 0), (2, 79)]:
        (alone,) = train([recipes[r]], [seeds[s]])
        assert_equal_runs(alone, many[r][s : s + 1])


@pytest.mark.parametrize("hidden_units", [4, 128])
def test_the_bits_do_not_depend_on_chunks(hidden_units, monkeypatch):
    recipes = [recipe(0.1, 0.9, hidden_units=hidden_units), recipe(0.3, hidden_units=hidden_units)]

    def trained(per_chunk):
        monkeypatch.setattr(ensemble, "_RUNS_PER_CHUNK", per_chunk)
        return train(recipes, range(31), weights=True, window=range(1, 3))

    for history, alone in zip(trained(8), trained(100), strict=True):
        assert_equal_runs(history, alone)
        np.testing.assert_array_equal(history.weights, alone.weights)
        np.testing.assert_array_equal(history.window_weights, alone.window_weights)


def test_a_longer_run_begins_as_a_shorter_one():
    (long,), (short,) = (train([Recipe(Constant(0.1), optimizer=SGD(0.9), epochs=n)], [3]) for n in (6, 4))
    for name in METRICS:
        np.testing.assert_array_equal(getattr(short, name), getattr(long, name)[:, :4])


def test_seeds_differ_and_recipes_of_a_seed_start_alike():
    recipes = [recipe(0.1), recipe(1e-9, 0.9), recipe(1e-9)]
    _, with_momentum, without = train([replace(each, split="tail") for each in recipes], [1, 2])
    np.testing.assert_allclose(with_momentum.loss, without.loss, rtol=1e-6)
    assert np.abs(without.loss[0] - without.loss[1]).min() > 1e-3


def test_a_run_that_is_not_finite_leaves_the_others_as_they_are():
    recipes, seeds = [recipe(0.1, 0.9, 10), recipe(100.0, 0.9, 10), recipe(0.1, 0.0, 10)], [0, 1, 2]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, wild, last = train(recipes, seeds)
    for history, expected in zip((first, last), train([recipes[0], recipes[2]], seeds), strict=True):
        assert_equal_runs(history, expected)
        assert np.isfinite(history.loss).all()
    for values in wild.curves().values():
        np.testing.assert_array_equal(np.isnan(values), np.isnan(wild.loss))
    assert np.isnan(wild.loss[:, -1]).all()
    assert not np.isnan(wild.loss[:, 0]).any()
    assert wild.lost.all()


def loss_by_hand(weights, rows):
    """The mean loss of a network on the rows, in float64 and with the textbook's formulas."""
    kernel, bias, output_kernel, output_bias = (each.astype(float) for each in weights)
    hidden = np.maximum(DATA.x[rows].astype(float) @ kernel + bias, 0)
    good = 1 / (1 + np.exp(-(hidden @ output_kernel + output_bias)[:, 0]))
    return -np.where(DATA.y[rows] == 1, np.log(good), np.log(1 - good)).mean()


def test_the_untrained_network_is_the_seeds_own_on_the_rows_that_it_trains_on():
    seeds = range(40)
    histories = train([recipe(3.0, 0.9, 1), recipe(10.0, 0.0, 1)], seeds)
    untrained = [
        loss_by_hand(initial_weights(seed, 34, 34), DATA.split("stratified", seed)[0]) for seed in seeds
    ]
    found = np.stack([history.lost for history in histories])
    np.testing.assert_array_equal(found, [~(history.loss[:, -1] <= untrained) for history in histories])
    assert 0 < found.sum() < found.size, "both kinds are among them"


@pytest.mark.parametrize("rate", [1e-300, 1e-12, 1e-6])
@pytest.mark.parametrize("batch_size", [1, 28, 235])
def test_a_run_that_stays_where_it_was_is_not_lost(rate, batch_size):
    (history,) = train([recipe(rate, epochs=2, batch_size=batch_size)], range(20))
    assert not history.lost.any()


@pytest.mark.parametrize("n_seeds", [1, 160])
def test_other_work_can_be_done_after_each_epoch_of_all_runs(n_seeds):
    assert len(list(ensemble.epochs(Run((recipe(epochs=3),), tuple(range(n_seeds)))))) == 3


def test_runs_that_take_turns_are_the_runs_that_each_would_be_alone():
    recipes = [recipe(momentum=momentum, epochs=3) for momentum in (0.0, 0.9)]
    turns, histories = [ensemble.epochs(Run((each,), (3,))) for each in recipes], []
    for _ in range(3):
        for each in turns:
            next(each)
    for each in turns:
        with pytest.raises(StopIteration) as end:
            next(each)
        histories += end.value.value
    for history, own in zip(histories, recipes, strict=True):
        assert_equal_runs(history, train([own], [3])[0])


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
    for _ in ensemble.epochs(Run((recipe(epochs=1),), (0,))):
        assert threads() == before
    assert dict.fromkeys(before, 1) in during
    assert threads() == before


def test_weights_are_handed_out_where_they_are_requested():
    recipes, seeds = [recipe(0.5, 0.9, 3), recipe(0.1, 0.0, 3)], range(150)  # enough to be trained in chunks
    plain, histories = train(recipes, seeds), train(recipes, seeds, weights=True)
    for history, expected in zip(histories, plain, strict=True):
        assert expected.weights is None
        assert_equal_runs(history, expected)
        assert (history.weights.shape, history.weights.dtype) == ((150, 4, 34 * 34 + 34 + 34 + 1), np.float32)
    for seed in (0, 149):
        start = np.concatenate([each.ravel() for each in initial_weights(seed, 34, 34)])
        np.testing.assert_array_equal(histories[0].weights[seed, 0], start)
        _, rows = DATA.split("stratified", seed)
        for history in histories:
            parts = np.split(history.weights[seed, -1], [34 * 34, 34 * 34 + 34, 34 * 34 + 68])
            last = parts[0].reshape(34, 34), parts[1], parts[2][:, None], parts[3]
            assert loss_by_hand(last, rows) == pytest.approx(history.val_loss[seed, -1], rel=1e-5)


@pytest.mark.parametrize("batch_size", [28, 235])
def test_the_losses_of_single_updates_make_up_those_of_the_epochs(batch_size):
    recipes = tuple(recipe(*each, batch_size=batch_size) for each in ((0.1, 0.0), (0.3, 0.5)))
    rates = recipes[0].learning_rates()
    losses = result_of(ensemble.update_losses(Run(recipes, (3, 0, 7)), rates))
    updates = recipes[0].updates_per_epoch()
    assert (losses.shape, losses.dtype) == ((2, 3, 4 * updates), np.float32)
    sizes = Run(recipes, (0,)).batch_sizes
    by_epoch = (losses.reshape(2, 3, 4, updates) * sizes).sum(-1) / sizes.sum()
    (expected,) = train(recipes[:1], (3, 0, 7))
    np.testing.assert_allclose(by_epoch[0], expected.loss, rtol=1e-5)
    scaled = replace(recipes[1], schedule=recipes[0].schedule)
    (expected,) = train([scaled], (3, 0, 7))
    np.testing.assert_allclose(by_epoch[1], expected.loss, rtol=1e-5)


def test_rates_of_another_shape_than_the_run_are_refused():
    with pytest.raises(ValueError, match=r"`rates` must be \(epochs, updates\), \(4, 9\)\. Received: shape"):
        result_of(ensemble.update_losses(Run((recipe(),), (0,)), np.ones((4, 8))))
