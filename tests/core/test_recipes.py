"""Recipes: the article's four, both clocks, warmup, and conversion to a link and back."""

import math
import re
from dataclasses import FrozenInstanceError, replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcore.optimizers import SGD
from lrcore.recipes.article import ARTICLE
from lrcore.recipes.recipe import CLOCKS, HORIZON, LATER, SETTINGS, Recipe
from lrcore.schedules.catalogue import (
    SCHEDULES,
    Constant,
    CosineDecay,
    ExponentialDecay,
    PolynomialDecay,
    StepDecay,
    TimeBasedDecay,
)
from lrcore.settings import Number, settings_of

EVERY_SCHEDULE = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)

NUMBERS_OF_RECIPE = {name: each for name, each in settings_of(Recipe).items() if isinstance(each, Number)}


# The article


@pytest.mark.parametrize(
    ("name", "schedule", "clock", "momentum"),
    [
        ("constant", Constant(0.1), "epoch", 0.0),
        ("time-based", TimeBasedDecay(0.1, 0.002), "update", 0.8),
        ("step", StepDecay(0.1, 0.5, 10), "epoch", 0.9),
        ("exponential", ExponentialDecay(0.01, 0.01), "epoch", 0.9),
    ],
)
def test_the_articles_recipes_are_those_in_its_text(name, schedule, clock, momentum):
    recipe = ARTICLE[name]
    assert (recipe.schedule, recipe.clock, recipe.optimizer.momentum) == (schedule, clock, momentum)
    assert (recipe.optimizer.nesterov, recipe.warmup, recipe.split) == (False, 0.0, "tail")
    assert (recipe.batch_size, recipe.epochs, recipe.hidden_units) == (28, 50, 34)


def test_the_article_has_four_recipes():
    assert list(ARTICLE) == ["constant", "time-based", "step", "exponential"]


def test_settings_can_be_positional_arguments():
    by_place = Recipe(StepDecay(), "update", SGD(0.5, True), 8, 3, 4, "tail", 0.2)
    assert by_place == Recipe(
        schedule=StepDecay(),
        clock="update",
        optimizer=SGD(0.5, nesterov=True),
        batch_size=8,
        epochs=3,
        hidden_units=4,
        split="tail",
        warmup=0.2,
    )


def test_the_articles_rates_update_by_update():
    rates = {name: recipe.learning_rates() for name, recipe in ARTICLE.items()}
    for epoch in range(50):
        for batch in range(9):
            expected = {
                "constant": 0.1,
                "time-based": 0.1 / (1 + 0.002 * (9 * epoch + batch)),
                "step": 0.1 * 0.5 ** (epoch // 10),
                "exponential": 0.01 * math.exp(-0.01 * epoch),
            }
            for name, rate in expected.items():
                assert rates[name][epoch, batch] == pytest.approx(rate, rel=1e-12)


def test_the_rates_that_the_article_names():
    exponential = ARTICLE["exponential"].learning_rates()
    assert exponential[:2, 0].round(4).tolist() == [0.01, 0.0099]
    assert ARTICLE["step"].learning_rates()[[0, 9, 10], 0].tolist() == [0.1, 0.1, 0.05]


def test_one_decay_of_0_002_ends_elsewhere_on_each_clock():
    by_update = ARTICLE["time-based"]
    assert by_update.learning_rates()[-1, -1].round(4) == 0.0527
    assert replace(by_update, clock="epoch").learning_rates()[-1, -1].round(4) == 0.0911


# Clocks and shapes


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize(
    ("batch_size", "updates"), [(28, 9), (47, 5), (235, 1), (234, 2), (351, 1), (1, 235), (4, 59)]
)
def test_there_is_one_rate_for_each_update_of_each_epoch(clock, batch_size, updates):
    recipe = Recipe(clock=clock, batch_size=batch_size, epochs=3)
    rates = recipe.learning_rates()
    assert rates.shape == (3, updates)
    assert rates.dtype == np.float64
    assert recipe.updates_per_epoch() == updates
    assert recipe.run_length() == {"epoch": 3, "update": 3 * updates}[clock]


@EVERY_SCHEDULE
def test_on_the_epoch_clock_the_rate_is_constant_within_an_epoch(schedule):
    rates = Recipe(schedule(), clock="epoch").learning_rates()
    np.testing.assert_array_equal(rates, np.repeat(schedule()(np.arange(50), 50), 9).reshape(50, 9))


@EVERY_SCHEDULE
def test_on_the_update_clock_the_schedule_counts_updates(schedule):
    rates = Recipe(schedule(), clock="update").learning_rates()
    np.testing.assert_array_equal(rates.ravel(), schedule()(np.arange(450), 450))


@pytest.mark.parametrize("clock", CLOCKS)
def test_writing_to_the_rates_does_not_change_the_next_call(clock):
    recipe = Recipe(clock=clock)
    recipe.learning_rates()[:] = -1
    assert (recipe.learning_rates() == 0.1).all()


# Warmup


@pytest.mark.parametrize(("clock", "total"), [("epoch", 50), ("update", 450)])
@pytest.mark.parametrize("warmup", [0.02, 0.1, 0.33, 0.5])
def test_warmup_climbs_in_equal_steps_and_then_the_schedule_starts(clock, total, warmup):
    rates = Recipe(PolynomialDecay(0.1, 0.02, 2.0), clock=clock, warmup=warmup).rates_at(np.arange(total))
    length = warmup * total
    for t in range(total):
        climbing = 0.1 * min(1, (t + 1) / length)
        falling = 0.02 + 0.08 * ((total - t) / (total - length)) ** 2
        expected = climbing if t < length else falling
        assert rates[t] == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_warmup_delays_drops_that_are_counted_in_epochs():
    rates = Recipe(StepDecay(0.1, 0.5, 10), warmup=0.1).learning_rates()[:, 0]
    assert rates[[0, 3, 5, 14, 15, 25]].tolist() == pytest.approx([0.02, 0.08, 0.1, 0.1, 0.05, 0.025])


@EVERY_SCHEDULE
def test_no_rate_is_0_because_of_a_warmup_even_one_before_another(schedule, subtests):
    warmups = [1e-9, 0.02, 0.2, 0.5, 0.98, np.nextafter(1, 0)]
    for clock, epochs, warmup in product(CLOCKS, [1, 2, 10], warmups):
        with subtests.test(clock=clock, epochs=epochs, warmup=warmup):
            recipe = Recipe(schedule(), clock=clock, epochs=epochs, warmup=warmup)
            assert (recipe.learning_rates() > 0).all()


@EVERY_SCHEDULE
@pytest.mark.parametrize("warmup", [0.02, 0.1])
def test_a_warmup_of_at_most_an_epoch_keeps_the_first_rate(schedule, warmup):
    first = Recipe(schedule(), epochs=10, warmup=warmup).learning_rates()[0, 0]
    assert first == pytest.approx(schedule()(np.zeros(1), 10 * (1 - warmup))[0])


@pytest.mark.parametrize("warmup_steps", [9, 45, 225])
def test_warmup_before_a_cosine_is_one_update_ahead_of_that_of_keras_which_starts_at_0(warmup_steps):
    recipe = Recipe(CosineDecay(0.1, 0.2), clock="update", warmup=warmup_steps / 450)
    keras = pytest.importorskip("keras")
    of_keras = keras.optimizers.schedules.CosineDecay(
        np.float64(0),
        450 - warmup_steps,
        alpha=np.float64(0.2),
        warmup_target=np.float64(0.1),
        warmup_steps=warmup_steps,
    )
    keras_rates = np.array([float(of_keras(np.int64(t))) for t in range(500)])
    rates = recipe.rates_at(np.arange(500))
    assert keras_rates[0] == 0
    np.testing.assert_allclose(rates[:warmup_steps], keras_rates[1 : warmup_steps + 1], rtol=1e-9)
    np.testing.assert_allclose(rates[warmup_steps:], keras_rates[warmup_steps:], rtol=1e-9)


@EVERY_SCHEDULE
def test_rates_are_finite_and_never_negative_with_any_warmup(schedule, subtests):
    warmups = [0.0, 5e-324, 0.02, 0.5, np.nextafter(1, 0)]
    for clock, epochs, warmup in product(CLOCKS, [1, 500], warmups):
        with subtests.test(clock=clock, epochs=epochs, warmup=warmup):
            recipe = Recipe(schedule(), clock=clock, warmup=warmup, epochs=epochs, batch_size=4)
            with np.errstate(over="raise", divide="raise", invalid="raise"):
                rates = recipe.learning_rates()
            assert np.isfinite(rates).all()
            assert (rates >= 0).all()


# The first change


@pytest.mark.parametrize(
    ("recipe", "first"),
    [
        (Recipe(Constant()), None),
        (Recipe(StepDecay(0.1, 0.5, 10)), 10),
        (Recipe(StepDecay(0.1, 0.5, 90)), 90),
        (Recipe(StepDecay(0.1, 1.0, 10)), None),
        (Recipe(StepDecay(0.1, 0.5, 50 * HORIZON)), None),
        (Recipe(StepDecay(0.1, 0.5, 450), clock="update"), 450),
        (Recipe(StepDecay(0.1, 0.5, 10), warmup=0.1), 1),
        (Recipe(StepDecay(0.1, 0.5, 100), warmup=0.02), 101),
        (Recipe(StepDecay(0.1, 0.5, 100), epochs=25, warmup=0.04), 101),
        (Recipe(TimeBasedDecay(0.1, 0.0)), None),
        (Recipe(TimeBasedDecay(0.1, 1e-12)), 1),
        (Recipe(TimeBasedDecay(0.1, 0.002)), 1),
    ],
)
def test_the_first_change_is_found_even_after_the_end_of_the_run(recipe, first):
    assert recipe.first_change() == first


# Links


def number(declared):
    """Any number that meets the rule, at a stop of the slider or not."""
    if declared.whole:
        return st.integers(declared.low, declared.high)
    return st.sampled_from(declared.offered) | st.floats(
        declared.low, declared.high, exclude_min=declared.low_open, exclude_max=declared.high_open
    )


def schedules(schedule):
    return st.builds(schedule, **{name: number(each) for name, each in settings_of(schedule).items()})


def recipes(schedule):
    return st.builds(
        Recipe,
        schedules(schedule),
        clock=st.sampled_from(["epoch", "update"]),
        optimizer=st.builds(SGD, number(settings_of(SGD)["momentum"]), st.booleans()),
        split=st.sampled_from(["stratified", "tail"]),
        **{name: number(each) for name, each in NUMBERS_OF_RECIPE.items()},
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("schedule", SCHEDULES.values())
@pytest.mark.parametrize(("warmup", "epochs"), [(np.nextafter(1, 0), 1), (0.99999, 50), (0.5, 3)])
def test_the_search_for_the_first_change_ends_at_the_horizon(schedule, warmup, epochs, monkeypatch):
    farthest = []
    call = schedule.__call__

    def watched(self, t, total):
        farthest.append(np.max(t) / total)
        return call(self, t, total)

    monkeypatch.setattr(schedule, "__call__", watched)
    Recipe(schedule(), warmup=warmup, epochs=epochs).first_change()
    assert max(farthest) <= HORIZON


@EVERY_SCHEDULE
@settings(derandomize=True, max_examples=40)
@given(st.data())
def test_a_link_gives_back_the_recipe_exactly(schedule, data):
    recipe = data.draw(recipes(schedule))
    params = recipe.to_params()
    assert all(isinstance(text, str) for text in params.values())
    shuffled = data.draw(st.permutations(list(params.items())))
    assert Recipe.from_params(dict(shuffled)) == recipe


@EVERY_SCHEDULE
def test_a_link_has_every_setting_but_those_left_out_at_their_defaults(schedule):
    own = {"schedule", *settings_of(schedule), *settings_of(SGD), *settings_of(Recipe)}
    assert set(Recipe(schedule()).to_params()) == own - set(LATER)


def test_settings_missing_from_a_link_have_their_defaults():
    assert Recipe.from_params({}) == Recipe()
    assert Recipe.from_params({"schedule": "StepDecay", "drop": "0.2"}) == Recipe(StepDecay(drop=0.2))
    assert Recipe.from_params({"nesterov": "true", "momentum": "0.9"}) == Recipe(
        optimizer=SGD(0.9, nesterov=True)
    )


@EVERY_SCHEDULE
def test_a_link_may_name_a_schedule_by_its_title(schedule):
    assert Recipe.from_params({"schedule": schedule.title}) == Recipe(schedule())


NO_NUMBER = [
    "",
    " ",
    "nan",
    "-inf",
    "1e999",
    "-1",
    "1,5",
    "0x10",
    "9**9**9",
    "one",
    "None",
    "true",
    "\x00",
    "0.1; DROP TABLE",
    "__import__('os')",
    "<script>alert(1)</script>",
    "9" * 100_000,
    "x" * 100_000,
]


@pytest.mark.parametrize("name", [name for name, each in SETTINGS.items() if isinstance(each, Number)])
def test_hostile_text_for_a_number_is_refused_by_name_and_briefly(name):
    for text in NO_NUMBER:
        with pytest.raises(ValueError, match=re.escape(f"`{name}` must be ")) as error:
            Recipe.from_params({"schedule": schedule_with(name), name: text})
        assert len(str(error.value)) < 200


def schedule_with(hyperparameter):
    """A schedule with this hyperparameter; any schedule for a setting of the recipe itself."""
    having = [name for name, schedule in SCHEDULES.items() if hyperparameter in settings_of(schedule)]
    return having[0] if having else "Constant"


@pytest.mark.parametrize("name", ["schedule", "clock", "split", "nesterov"])
@pytest.mark.parametrize(
    "text",
    ["", "Nothing", "True", "0", "Recipe", "__class__", "StepDecay()", "epoch ", "\x00", "x" * 100_000],
)
def test_hostile_text_for_a_choice_is_refused_by_name_and_briefly(name, text):
    with pytest.raises(ValueError, match=f"`{name}` must be one of ") as error:
        Recipe.from_params({name: text})
    assert len(str(error.value)) < 500


@pytest.mark.parametrize("name", ["rate", "Momentum", "", "__init__", "learning_rates", "x" * 100_000])
def test_an_unknown_parameter_is_refused_by_name_and_briefly(name):
    with pytest.raises(ValueError, match=re.escape(f"`{name[:50]}")) as error:
        Recipe.from_params({name: "<b>" * 10_000})
    assert len(str(error.value)) < 300


def test_a_hyperparameter_of_another_schedule_is_refused_by_name():
    with pytest.raises(ValueError, match="`drop` must be left out"):
        Recipe.from_params({"schedule": "ExponentialDecay", "drop": "0.5"})


# Rules


@pytest.mark.parametrize("name", NUMBERS_OF_RECIPE)
@pytest.mark.parametrize("value", [math.nan, math.inf, -1, "9", None, True, 10**400])
def test_a_number_outside_its_rule_is_refused_by_name_rule_and_value(name, value):
    declared = settings_of(Recipe)[name]
    expected = f"`{name}` must be {declared.rule}. Received: {name}={repr(value)[:50]}"
    with pytest.raises(ValueError, match=re.escape(expected)):
        Recipe(**{name: value})


@pytest.mark.parametrize("name", NUMBERS_OF_RECIPE)
def test_every_stop_is_accepted_and_the_default_is_one_of_them(name):
    declared = settings_of(Recipe)[name]
    assert getattr(Recipe(), name) in declared.offered
    for value in declared.offered:
        assert getattr(Recipe(**{name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("optimizer", "SGD"),
        ("optimizer", SGD),
        ("warmup", 1),
        ("epochs", 501),
        ("epochs", 0),
        ("epochs", 2.5),
        ("batch_size", 352),
        ("hidden_units", 129),
        ("clock", "step"),
        ("clock", None),
        ("split", ["tail"]),
        ("schedule", "Constant"),
        ("schedule", Constant),
        ("schedule", None),
    ],
)
def test_other_invalid_values_are_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be .* Received: {name}="):
        Recipe(**{name: value})


def test_a_recipe_is_frozen_and_equal_by_value():
    with pytest.raises(FrozenInstanceError):
        Recipe().momentum = 0.5
    assert Recipe(StepDecay()) == Recipe(StepDecay())
    assert hash(Recipe(StepDecay())) == hash(Recipe(StepDecay()))
    assert Recipe(StepDecay()) != Recipe(StepDecay(drop=0.2))


def test_the_area_under_the_rates_is_in_rate_times_epochs():
    assert Recipe(Constant(0.1), epochs=50).area() == pytest.approx(5)
    halved_at_each_update = Recipe(StepDecay(0.5, 0.5, 1), "update", epochs=1, batch_size=118)
    assert halved_at_each_update.area() == pytest.approx((0.5 + 0.25) / 2)


def test_the_effective_rates_include_the_long_run_effect_of_momentum():
    recipe = Recipe(StepDecay(0.5, 0.5, 1), optimizer=SGD(0.9), epochs=2, batch_size=118)
    np.testing.assert_allclose(recipe.effective_rates(), [[5, 5], [2.5, 2.5]])


@pytest.mark.parametrize(
    ("name", "value"), [("drop", 0.2), ("momentum", 0.9), ("epochs", 7), ("split", "tail")]
)
def test_with_setting_changes_settings_of_the_parts_too(name, value):
    changed = Recipe(StepDecay()).with_setting(name, value)
    assert changed.settings()[name][1] == value
    assert {
        key for key, (_, each) in changed.settings().items() if Recipe(StepDecay()).settings()[key][1] != each
    } == {name}
