"""Any number of recipes and seeds, and how long they take."""

from dataclasses import replace

import numpy as np
import pytest

from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, StepDecay, TimeBasedDecay
from lrcore.training import ensemble, experiments
from lrcore.training.experiments import epochs, n_epochs, seconds, train

MIXED = [
    Recipe(Constant(0.1), optimizer=SGD(0.9), epochs=3),
    Recipe(Constant(0.1), split="tail", epochs=3),
    Recipe(StepDecay(0.3, epochs_drop=1), epochs=3),
    Recipe(Constant(0.1), optimizer=SGD(0.9, nesterov=True), epochs=3),
    Recipe(Constant(0.1), optimizer=SGD(0.9), hidden_units=8, epochs=2),
    Recipe(TimeBasedDecay(0.5, 0.1), clock="update", batch_size=56, warmup=0.2, epochs=3),
]


def test_every_recipe_gets_its_own_history_whatever_it_is_trained_with():
    histories = train(MIXED, [4, 0])
    for recipe, history in zip(MIXED, histories, strict=True):
        (alone,) = train([recipe], [0])
        assert (history.recipe, history.seeds, history.loss.shape) == (recipe, (4, 0), (2, recipe.epochs))
        for name, values in history.curves().items():
            np.testing.assert_array_equal(values[1], getattr(alone, name)[0])
        assert history.lost[1] == alone.lost[0]


@pytest.fixture
def groups(monkeypatch):
    """The recipes that are trained together, call by call."""
    calls, real = [], ensemble.epochs
    monkeypatch.setattr(ensemble, "epochs", lambda run: calls.append(run.recipes) or real(run))
    return calls


def test_recipes_that_can_are_trained_in_one_call(groups):
    train(MIXED, [0])
    assert [[MIXED.index(recipe) for recipe in group] for group in groups] == [[0, 2], [1], [3], [4], [5]]


def test_any_number_of_recipes_and_seeds_is_trained(groups):
    short = Recipe(epochs=1, batch_size=235)
    recipes = [
        replace(short, schedule=Constant(0.001 * (n + 1))) for n in range(2 * experiments.TOGETHER + 1)
    ]
    histories = train(recipes, range(3))
    assert [len(group) for group in groups] == [experiments.TOGETHER, experiments.TOGETHER, 1]
    assert [history.recipe for history in histories] == recipes
    (many,) = train([short], range(500))
    np.testing.assert_array_equal(many.loss[7], train([short], [7])[0].loss[0])


def test_the_epochs_of_all_groups_are_counted():
    assert len(list(epochs(MIXED, [0]))) == n_epochs(MIXED) == 14


def test_the_same_recipe_twice_is_the_same_run_twice():
    first, second = train([MIXED[0], MIXED[0]], [0])
    np.testing.assert_array_equal(first.loss, second.loss)


@pytest.mark.parametrize(
    ("recipes", "seeds", "message"),
    [
        ([], [0], "`recipes` must be at least one. Received: 0 recipes"),
        (MIXED[:1], [], "`seeds` must be at least one. Received: 0 seeds"),
        (MIXED[:1], [-1], "`seed` must be a whole number >= 0"),
    ],
)
def test_what_cannot_be_trained_is_refused(recipes, seeds, message):
    with pytest.raises(ValueError, match=message):
        train(recipes, seeds)


# Milliseconds of processor time of one seed among twenty, measured over 30 epochs (the least of four runs):
# (batch size, hidden units, momentum) -> milliseconds
MEASURED = {
    (1, 2, 0.0): 8.0,
    (1, 34, 0.0): 19.4,
    (1, 34, 0.9): 22.6,
    (1, 128, 0.9): 61.5,
    (2, 8, 0.0): 5.4,
    (2, 34, 0.9): 7.3,
    (2, 128, 0.0): 9.9,
    (2, 128, 0.9): 13.5,
    (5, 34, 0.0): 3.3,
    (5, 128, 0.9): 7.3,
    (8, 2, 0.9): 1.7,
    (28, 2, 0.0): 0.9,
    (28, 34, 0.0): 1.6,
    (28, 34, 0.9): 1.6,
    (28, 128, 0.9): 3.8,
    (117, 34, 0.0): 1.4,
    (235, 2, 0.0): 0.6,
    (235, 34, 0.9): 1.2,
    (235, 128, 0.0): 3.6,
}


@pytest.mark.parametrize("measured", MEASURED.items(), ids=str)
def test_the_time_of_a_run_is_estimated_as_it_was_measured_and_hardly_ever_too_short(measured):
    (batch_size, hidden_units, momentum), milliseconds = measured
    recipe = Recipe(batch_size=batch_size, hidden_units=hidden_units, optimizer=SGD(momentum), epochs=30)
    assert 0.9 < 1000 * seconds(recipe) / milliseconds < 1.55


def test_the_estimate_grows_with_epochs_units_and_updates():
    default = seconds(Recipe())
    assert 8 * default < seconds(Recipe(epochs=500)) < 10 * default
    assert seconds(Recipe(hidden_units=128)) > 1.5 * default
    times = [seconds(Recipe(batch_size=size)) for size in range(1, 236)]
    assert times == sorted(times, reverse=True)
