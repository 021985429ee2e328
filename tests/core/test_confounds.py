"""The differences of two recipes, and the version of one that differs in the schedule alone."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from lrcore.data import DATASETS
from lrcore.optimizers import SGD
from lrcore.recipes.article import ARTICLE
from lrcore.recipes.confounds import (
    HEIGHTS,
    at_peak,
    but_rates,
    controlled,
    differences,
    equal_heights,
    in_words,
    is_confounded,
)
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import SCHEDULES, Constant, OneCycle, StepDecay, TimeBasedDecay
from lrcore.settings import settings_of

DATA = DATASETS["ionosphere"]

BASE = Recipe(Constant(0.1), optimizer=SGD(0.9))
OTHER = {
    "momentum": {"optimizer": SGD(0.5)},
    "nesterov": {"optimizer": SGD(0.9, nesterov=True)},
    "batch_size": {"batch_size": 56},
    "epochs": {"epochs": 30},
    "hidden_units": {"hidden_units": 8},
    "split": {"split": "tail"},
}
ALL_OTHER = {name: value for each in OTHER.values() for name, value in each.items()} | {
    "optimizer": SGD(0.5, nesterov=True)
}


def test_every_setting_of_a_recipe_is_compared():
    others = Recipe().settings().keys() - settings_of(Constant).keys()
    assert others == {*OTHER, "clock", "warmup", "drop_epoch", "drop_factor", "data"}


@pytest.mark.parametrize("name", OTHER)
def test_a_setting_that_differs_is_named_alone(name):
    assert differences(replace(BASE, **OTHER[name]), BASE) == (name,)


def test_equal_recipes_differ_in_nothing():
    assert differences(BASE, Recipe(Constant(0.1), optimizer=SGD(0.9))) == ()


def test_the_articles_recipes_change_momentum_and_rate_with_the_schedule():
    found = {name: differences(recipe, ARTICLE["constant"]) for name, recipe in ARTICLE.items()}
    assert found == {
        "constant": (),
        "time-based": ("schedule", "momentum"),
        "step": ("schedule", "momentum"),
        "exponential": ("schedule", "initial_learning_rate", "momentum"),
    }
    assert [*map(but_rates, found.values())] == [
        [],
        ["schedule", "momentum"],
        ["schedule", "momentum"],
        ["schedule", "momentum"],
    ]
    assert [name for name, names in found.items() if is_confounded(names)] == [
        "time-based",
        "step",
        "exponential",
    ]


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        pytest.param(replace(BASE, schedule=Constant(0.3)), ("initial_learning_rate",), id="the-rate-alone"),
        pytest.param(replace(BASE, schedule=StepDecay(0.1)), ("schedule",), id="another-schedule"),
        pytest.param(replace(BASE, warmup=0.1), ("schedule",), id="warmup-bends-the-curve"),
        pytest.param(replace(BASE, drop_epoch=25), ("schedule",), id="an-extra-drop-bends-the-curve"),
        pytest.param(replace(BASE, drop_epoch=50), (), id="an-extra-drop-that-never-comes"),
        pytest.param(replace(BASE, clock="update"), (), id="a-constant-knows-no-clock"),
        pytest.param(replace(BASE, batch_size=DATA.n_train), ("batch_size",), id="one-batch"),
        pytest.param(replace(BASE, schedule=StepDecay(0.1, 0.5, 60)), (), id="a-drop-that-never-comes"),
        pytest.param(replace(BASE, schedule=TimeBasedDecay(0.1, 0.0)), (), id="a-decay-of-nothing"),
        pytest.param(replace(BASE, schedule=OneCycle(0.1)), ("schedule",), id="no-initial-rate-to-compare"),
    ],
)
def test_the_schedule_differs_when_its_curve_does(recipe, expected):
    assert differences(recipe, BASE) == expected


def test_the_same_schedule_on_another_clock_is_another_schedule():
    by_epoch = Recipe(TimeBasedDecay(0.1, 0.002))
    assert differences(replace(by_epoch, clock="update"), by_epoch) == ("schedule",)


def test_nesterov_without_momentum_is_no_difference():
    plain = Recipe(Constant(0.1))
    assert differences(replace(plain, optimizer=SGD(nesterov=True)), plain) == ()


def by_hand(height, recipe):
    """A rate curve's height, computed from its rates without the module under test."""
    rates = recipe.learning_rates()
    if height == "first":
        return recipe.schedule(np.zeros(1), float(recipe.run_length()))[0]
    return rates.max() if height == "peak" else rates.sum() / rates.shape[1]


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_the_controlled_version_is_as_high_and_keeps_its_shape(schedule, subtests):
    wild = Recipe(schedule(), clock="update", warmup=0.1, drop_epoch=20, **ALL_OTHER)
    for of_baseline, height in product(SCHEDULES.values(), HEIGHTS):
        with subtests.test(of_baseline=of_baseline.__name__, height=height):
            is_as_high_and_of_the_same_shape(wild, Recipe(of_baseline(), optimizer=SGD(0.9)), height)


def is_as_high_and_of_the_same_shape(wild, base, height):
    """Checks the controlled version of a recipe."""
    tame, schedule = controlled(wild, base, height), type(wild.schedule)
    assert set(differences(tame, base)) <= {"schedule"} or schedule is type(base.schedule)
    assert replace(tame, schedule=base.schedule, clock=base.clock, warmup=base.warmup, drop_epoch=0) == base
    assert (type(tame.schedule), tame.clock, tame.warmup, tame.drop_epoch) == (schedule, "update", 0.1, 20)
    own = {
        name: getattr(wild.schedule, name) for name in settings_of(schedule) if "learning_rate" not in name
    }
    assert {name: getattr(tame.schedule, name) for name in own} == own
    unscaled = replace(tame, schedule=wild.schedule).learning_rates()
    ratio = tame.learning_rates() / np.where(unscaled > 1e-290, unscaled, np.nan)
    np.testing.assert_allclose(ratio[np.isfinite(ratio)], np.nanmean(ratio), rtol=1e-12)
    if height == "first":
        tame = replace(tame, warmup=0.0)
    assert by_hand(height, tame) == pytest.approx(by_hand(height, base), rel=1e-14)


@pytest.mark.parametrize("height", HEIGHTS)
def test_a_rate_out_of_bounds_is_refused(height):
    peaky = Recipe(OneCycle(0.3, div_factor=100_000.0))
    high = Recipe(Constant(1000.0))
    if height == "peak":
        assert controlled(peaky, high, height).schedule.maximum_learning_rate == 1000
    else:
        with pytest.raises(ValueError, match="`maximum_learning_rate` must be"):
            controlled(peaky, high, height)


def test_curves_that_are_equally_high_in_one_way_are_not_confounded_and_others_are():
    for height in HEIGHTS:
        tame = controlled(Recipe(StepDecay(0.7)), Recipe(Constant(0.1)), height)
        assert differences(tame, Recipe(Constant(0.1))) == ("schedule",)
    assert differences(Recipe(OneCycle(0.3)), Recipe(Constant(0.1))) == ("schedule", "peak")
    assert in_words("peak", Recipe(OneCycle(0.3)), Recipe(Constant(0.1))) == "the highest rate (0.3, not 0.1)"
    assert differences(Recipe(OneCycle(0.3)), Recipe(OneCycle(0.1))) == ("maximum_learning_rate",)
    assert differences(Recipe(StepDecay(0.3)), Recipe(Constant(0.1))) == ("schedule", "initial_learning_rate")
    assert equal_heights(Recipe(StepDecay(0.1)), Recipe(Constant(0.1))) == ["peak", "first"]


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_a_recipe_can_be_scaled_to_any_highest_rate(schedule):
    for rate in (0.01, 1.0):
        assert at_peak(Recipe(schedule()), rate).learning_rates().max() == pytest.approx(rate, rel=1e-14)


def test_the_controlled_version_starts_at_the_baselines_rate():
    rates = controlled(ARTICLE["exponential"], ARTICLE["constant"]).learning_rates()
    assert rates[0, 0] == 0.1
    np.testing.assert_allclose(rates[1, 0], 0.1 * np.exp(-0.01))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("schedule", "the schedule"),
        ("initial_learning_rate", "the initial learning rate (0.01, not 0.1)"),
        ("momentum", "the momentum (0.5, not 0.9)"),
        ("nesterov", "the Nesterov momentum (on, not off)"),
        ("batch_size", "the batch size (56, not 28)"),
        ("epochs", "the epochs (30, not 50)"),
        ("hidden_units", "the hidden units (8, not 34)"),
        ("split", "the split (tail, not stratified)"),
    ],
)
def test_a_difference_in_words_has_both_values(name, words):
    assert in_words(name, Recipe(StepDecay(0.01), **ALL_OTHER), BASE) == words
