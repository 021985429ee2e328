"""What differs between two recipes, and the version in which the schedule alone does."""

from dataclasses import fields, replace

import numpy as np
import pytest

from lrcore.confounds import controlled, differences, in_words, is_confounded
from lrcore.ionosphere import n_train
from lrcore.recipes import ARTICLE, Recipe
from lrcore.schedules import SCHEDULES, Constant, OneCycle, StepDecay, TimeBasedDecay
from lrcore.settings import settings_of

BASE = Recipe(Constant(0.1), momentum=0.9)
OTHER = {
    "momentum": 0.5,
    "nesterov": True,
    "batch_size": 56,
    "epochs": 30,
    "hidden_units": 8,
    "split": "tail",
}


def test_every_setting_of_a_recipe_is_looked_at():
    assert {field.name for field in fields(Recipe)} == {*OTHER, "schedule", "clock", "warmup"}


@pytest.mark.parametrize("name", OTHER)
def test_a_setting_that_differs_is_named_alone(name):
    assert differences(replace(BASE, **{name: OTHER[name]}), BASE) == (name,)


def test_equal_recipes_differ_in_nothing():
    assert differences(BASE, Recipe(Constant(0.1), momentum=0.9)) == ()


def test_the_articles_recipes_change_momentum_and_rate_with_the_schedule():
    found = {name: differences(recipe, ARTICLE["constant"]) for name, recipe in ARTICLE.items()}
    assert found == {
        "constant": (),
        "time-based": ("schedule", "momentum"),
        "step": ("schedule", "momentum"),
        "exponential": ("schedule", "initial_learning_rate", "momentum"),
    }
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
        pytest.param(replace(BASE, clock="update"), (), id="a-constant-knows-no-clock"),
        pytest.param(replace(BASE, batch_size=n_train()), ("batch_size",), id="one-batch"),
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
    assert differences(replace(plain, nesterov=True), plain) == ()


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_the_controlled_version_differs_in_the_schedule_at_most(schedule):
    wild = Recipe(schedule(), clock="update", warmup=0.1, **OTHER)
    tame = controlled(wild, BASE)
    assert set(differences(tame, BASE)) <= {"schedule"}
    assert (type(tame.schedule), tame.clock, tame.warmup) == (schedule, "update", 0.1)
    own = {
        name: getattr(wild.schedule, name)
        for name in settings_of(schedule)
        if name != "initial_learning_rate"
    }
    assert {name: getattr(tame.schedule, name) for name in own} == own


def test_the_controlled_version_starts_at_the_baselines_rate():
    rates = controlled(ARTICLE["exponential"], ARTICLE["constant"]).learning_rates(n_train())
    assert rates[0, 0] == 0.1
    np.testing.assert_allclose(rates[1, 0], 0.1 * np.exp(-0.01))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("schedule", "schedule"),
        ("initial_learning_rate", "initial learning rate (0.01, not 0.1)"),
        ("momentum", "momentum (0.5, not 0.9)"),
        ("nesterov", "Nesterov momentum (on, not off)"),
        ("batch_size", "batch size (56, not 28)"),
        ("epochs", "epochs (30, not 50)"),
        ("hidden_units", "hidden units (8, not 34)"),
        ("split", "split (tail, not stratified)"),
    ],
)
def test_a_difference_is_told_with_both_values(name, words):
    assert in_words(name, Recipe(StepDecay(0.01), **OTHER), BASE) == words
