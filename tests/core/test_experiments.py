import numpy as np
import pytest

from lrcore.data import DATASETS
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, StepDecay, TimeBasedDecay
from lrcore.training import ensemble
from lrcore.training.ensemble import METRICS, History
from lrcore.training.experiments import MAX_RECIPES, MAX_SEEDS, epochs, n_epochs, run, seconds

DATA = DATASETS["ionosphere"]

SHORT = {"epochs": 3}


def trained_alone(recipe: Recipe, seed: int) -> History:
    """That one run, put together by hand from the data, the split and the recipe's rates."""
    x, y = DATA.x, DATA.y
    train, validation = DATA.split(recipe.split, seed)
    return ensemble.train(
        x,
        y,
        [(train, validation)],
        recipe.learning_rates()[None],
        [recipe.momentum],
        seeds=[seed],
        batch_size=recipe.batch_size,
        hidden_units=recipe.hidden_units,
        nesterov=recipe.nesterov,
    )


MIXED = [
    Recipe(Constant(0.1), momentum=0.9, **SHORT),
    Recipe(Constant(0.1), split="tail", **SHORT),
    Recipe(StepDecay(0.3, epochs_drop=1), **SHORT),
    Recipe(Constant(0.1), momentum=0.9, nesterov=True, **SHORT),
    Recipe(Constant(0.1), momentum=0.9, hidden_units=8, epochs=2),
    Recipe(TimeBasedDecay(0.5, decay_rate=0.1), clock="update", batch_size=56, warmup=0.2, **SHORT),
]


def test_every_recipe_gets_its_own_history_whatever_it_is_grouped_with():
    seeds = [4, 0]
    histories = run(MIXED, seeds)
    assert len(histories) == len(MIXED)
    for recipe, history in zip(MIXED, histories, strict=True):
        for i, seed in enumerate(seeds):
            alone = trained_alone(recipe, seed)
            for name in METRICS:
                assert getattr(history, name).shape == (len(seeds), recipe.epochs)
                np.testing.assert_array_equal(getattr(history, name)[i], getattr(alone, name)[0, 0])
            assert history.lost[i] == alone.lost[0, 0]


def test_recipes_that_can_are_trained_in_one_call(monkeypatch):
    calls = []
    real = ensemble.epochs

    def counted(*args, **settings):
        calls.append(args[3].shape)
        return real(*args, **settings)

    monkeypatch.setattr(ensemble, "epochs", counted)
    run(MIXED, [0])
    assert calls == [(2, 3, 9), (1, 3, 9), (1, 3, 9), (1, 2, 9), (1, 3, 5)]


def test_the_epochs_of_all_groups_are_counted():
    assert len(list(epochs(MIXED, [0]))) == n_epochs(MIXED) == 14


def test_the_same_recipe_twice_is_the_same_run_twice():
    first, second = run([MIXED[0], MIXED[0]], [0])
    np.testing.assert_array_equal(first.loss, second.loss)


@pytest.mark.parametrize(
    ("recipes", "seeds", "message"),
    [
        ([], [0], "`recipes` must be 1 to 6. Received: 0 recipes"),
        (MIXED[:1] * (MAX_RECIPES + 1), [0], "`recipes` must be 1 to 6. Received: 7 recipes"),
        (MIXED[:1], [], "`seeds` must be 1 to 200. Received: 0 seeds"),
        (MIXED[:1], range(MAX_SEEDS + 1), "`seeds` must be 1 to 200. Received: 201 seeds"),
    ],
)
def test_too_many_or_none_are_refused(recipes, seeds, message):
    with pytest.raises(ValueError, match=message):
        run(recipes, seeds)


def test_as_many_as_allowed_are_trained():
    recipes = [Recipe(Constant(0.1), epochs=1, batch_size=235, momentum=m / 10) for m in range(MAX_RECIPES)]
    histories = run(recipes, range(MAX_SEEDS))
    assert [history.loss.shape for history in histories] == [(MAX_SEEDS, 1)] * MAX_RECIPES


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
    recipe = Recipe(batch_size=batch_size, hidden_units=hidden_units, momentum=momentum, epochs=30)
    assert 0.9 < 1000 * seconds(recipe) / milliseconds < 1.55


def test_the_estimate_grows_with_epochs_units_and_updates():
    default = seconds(Recipe())
    assert 8 * default < seconds(Recipe(epochs=500)) < 10 * default
    assert seconds(Recipe(hidden_units=128)) > 1.5 * default
    times = [seconds(Recipe(batch_size=size)) for size in range(1, 236)]
    assert times == sorted(times, reverse=True)
