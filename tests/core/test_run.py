import math
import re

import numpy as np
import pytest

from lrcore.data import DATASETS
from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, StepDecay
from lrcore.training.run import METRICS, History, Run, batch_order, initial_weights, is_finite, lost

DATA = DATASETS["ionosphere"]


def history_of(curves: np.ndarray, untrained_loss: float = 0.7) -> History:
    """The History of runs with these curves, (4, seeds, epochs)."""
    recipe = Recipe(StepDecay(0.1, epochs_drop=1), epochs=curves.shape[-1])
    run = Run((recipe,), tuple(range(curves.shape[1])))
    return run.history(0, curves.astype(np.float32), np.full(curves.shape[1], untrained_loss, np.float32))


def test_a_run_holds_nan_from_its_first_loss_that_is_not_finite_in_training_or_validation():
    curves = np.ones((4, 4, 5))
    curves[0, 1, 2], curves[2, 2, 0], curves[2, 3, 4] = np.inf, np.nan, -np.inf
    history = history_of(curves)
    for values in history.curves().values():
        for row, first in zip(values, [5, 2, 0, 4], strict=True):
            np.testing.assert_array_equal(np.isnan(row), np.arange(5) >= first)
    assert np.isfinite(history.learning_rate).all()


def test_a_run_is_lost_that_is_not_finite_or_ends_above_its_untrained_network():
    curves = np.ones((4, 6, 3))
    curves[0, :, -1] = [0.5, 0.7, 0.70001, 0.9, 0.5, np.nan]
    curves[0, 0, 0] = 9  # above it on the way only
    curves[2, 4, -1] = np.inf
    assert history_of(curves).lost.tolist() == [False, False, True, True, True, True]
    assert lost(np.array([0.7]), np.array([0.7])).tolist() == [False]


@pytest.mark.parametrize(
    ("metrics", "finite"),
    [([1, 1, 1, 1], True), ([math.nan, 0, 1, 0], False), ([1, 0, math.inf, 0], False)],
)
def test_an_epoch_is_finite_whose_losses_are(metrics, finite):
    assert is_finite(metrics) == finite


def test_a_history_knows_what_it_was_computed_from_and_the_first_rate_of_each_epoch():
    history = history_of(np.ones((4, 3, 5)))
    assert history.seeds == (0, 1, 2)
    assert history.recipe.epochs == 5
    np.testing.assert_allclose(history.learning_rate, [[0.1, 0.05, 0.025, 0.0125, 0.00625]] * 3)
    assert (history.learning_rate.dtype, history.loss.dtype, history.lost.dtype) == (float, np.float32, bool)


def test_a_part_of_a_history_and_its_parts_joined():
    curves = np.random.default_rng(0).random((4, 5, 3))
    history = history_of(curves)
    parts = [history[:2], history[2:]]
    assert [part.seeds for part in parts] == [(0, 1), (2, 3, 4)]
    joined = History.joined(parts)
    assert (joined.recipe, joined.seeds, joined.weights) == (history.recipe, history.seeds, None)
    for name in (*METRICS, "learning_rate", "lost"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(history, name))


@pytest.mark.parametrize(
    ("recipes", "seeds", "message"),
    [
        ((), (0,), "`recipes` must be at least one. Received: 0 recipes"),
        ((Recipe(),), (), "`seeds` must be at least one. Received: 0 seeds"),
        ((Recipe(),), (-1,), "`seed` must be a whole number >= 0 and < 2**32. Received: seed=-1"),
        ((Recipe(),), (0.5,), "`seed` must be a whole number >= 0 and < 2**32. Received: seed=0.5"),
        ((Recipe(),), (True,), "`seed` must be a whole number >= 0 and < 2**32. Received: seed=True"),
        (
            (Recipe(), Recipe(batch_size=3)),
            (0,),
            "`recipes` must be of one kind. Received: recipes of 2 kinds",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused(recipes, seeds, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Run(recipes, seeds)


def test_a_run_may_end_before_the_recipe_does():
    recipe = Recipe(StepDecay(0.1, epochs_drop=1), epochs=8)
    run = Run((recipe,), (0,), until=3)
    assert run.epochs == 3
    assert run.rows(0)[0].shape == (3, DATA.n_train)
    np.testing.assert_array_equal(run.rates(2), recipe.learning_rates()[None, 2])
    assert Run((recipe,), (0,), until=100).epochs == 8


@pytest.mark.parametrize(
    ("size", "sizes"), [(28, [28] * 8 + [11]), (235, [235]), (351, [235]), (118, [118, 117])]
)
def test_the_last_batch_may_be_short(size, sizes):
    assert Run((Recipe(batch_size=size),), (0,)).batch_sizes.tolist() == sizes


def test_recipes_train_together_that_differ_in_numbers_of_the_rates_and_of_the_optimizer():
    run = Run((Recipe(Constant(0.1)), Recipe(StepDecay(1.0), "update", SGD(0.9), warmup=0.1)), (0,))
    assert run.rates(0).shape == (2, 9)
    for other in (
        Recipe(optimizer=SGD(nesterov=True)),
        Recipe(split="tail"),
        Recipe(epochs=3),
        Recipe(hidden_units=5),
    ):
        with pytest.raises(ValueError, match="one kind"):
            Run((Recipe(), other), (0,))


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


def test_the_rows_of_a_seed_are_its_split_in_its_order():
    training, validation = DATA.split("stratified", 3)
    ordered, kept = Run((Recipe(epochs=2),), (3,)).rows(3)
    np.testing.assert_array_equal(ordered, training[batch_order(3, 2, len(training))])
    np.testing.assert_array_equal(kept, validation)
