"""The extra drop: it combines with every schedule, and its run equals that of any recipe with the same rates."""

import re
from dataclasses import replace

import numpy as np
import pytest

from lrcore import train
from lrcore.findings import wording
from lrcore.optimizers import SGD
from lrcore.recipes.confounds import controlled, differences, equal_heights
from lrcore.recipes.rate_notes import rate_notes
from lrcore.recipes.recipe import CLOCKS, LATER, Recipe
from lrcore.schedules.catalogue import SCHEDULES, Constant, StepDecay
from lrcore.takeaway import keras_script, program, pytorch_scheduler
from lrcore.training.run import METRICS
from tests.core.taken_home import every_rate, run

EVERY_SCHEDULE = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
EVERY_CLOCK = pytest.mark.parametrize("clock", CLOCKS)


@EVERY_SCHEDULE
@EVERY_CLOCK
@pytest.mark.parametrize("warmup", [0.0, 0.5])
def test_every_rate_of_any_schedule_is_multiplied_from_that_epoch_on(schedule, clock, warmup):
    recipe = Recipe(schedule(), clock, warmup=warmup)
    plain = recipe.learning_rates()
    rates = replace(recipe, drop_epoch=13, drop_factor=0.3).learning_rates()
    np.testing.assert_array_equal(rates[:13], plain[:13])
    np.testing.assert_array_equal(rates[13:], 0.3 * plain[13:])


def test_a_drop_at_0_or_after_the_end_has_no_effect():
    plain = Recipe(StepDecay())
    for epoch in (0, 50, 500):
        other = replace(plain, drop_epoch=epoch)
        np.testing.assert_array_equal(other.learning_rates(), plain.learning_rates())
        assert differences(other, plain) == ()


@pytest.mark.parametrize("factor", [0.1, 0.3333, 0.5])
@pytest.mark.parametrize("batch_size", [28, 235])
def test_a_branch_is_bit_for_bit_a_recipe_with_the_same_rates(batch_size, factor):
    kept = Recipe(Constant(0.5), optimizer=SGD(0.5), batch_size=batch_size, epochs=12)
    branch = replace(kept, drop_epoch=7, drop_factor=factor)
    never_one = replace(kept, schedule=StepDecay(0.5, factor, 7))
    first, second, third = train([kept, branch, never_one], [0, 3], weights=True)
    np.testing.assert_array_equal(second.weights[:, :8], first.weights[:, :8])
    assert (second.weights[:, 8] != first.weights[:, 8]).any()
    for name in ("weights", "lost", "learning_rate", *METRICS):
        np.testing.assert_array_equal(getattr(second, name), getattr(third, name), err_msg=name)
    (alone,) = train([branch], [3], weights=True)
    np.testing.assert_array_equal(alone.weights[0], second.weights[1])


def test_links_without_the_extra_drop_are_still_canonical():
    assert not set(LATER) & set(Recipe().to_params())
    dropped = Recipe(drop_epoch=30, drop_factor=0.5)
    assert {name: dropped.to_params()[name] for name in LATER[1:]} == {
        "drop_epoch": "30",
        "drop_factor": "0.5",
    }
    assert Recipe.from_params(dropped.to_params()) == dropped
    kept_for_later = Recipe(drop_factor=0.5)
    assert Recipe.from_params(kept_for_later.to_params()) == kept_for_later


@pytest.mark.parametrize(("name", "value"), [("drop_epoch", -1), ("drop_epoch", 2.5), ("drop_factor", 0)])
def test_a_drop_outside_its_rule_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=re.escape(f"`{name}` must be ")):
        Recipe(**{name: value})


def test_the_drop_is_part_of_the_shape_of_the_curve():
    kept = Recipe(Constant(0.5))
    branch = replace(kept, drop_epoch=30)
    assert differences(branch, kept) == ("schedule",)
    assert equal_heights(branch, kept) == ["peak", "first"]
    assert differences(replace(branch, optimizer=SGD(0.9)), kept) == ("schedule", "momentum")
    as_high = controlled(replace(branch, batch_size=56), Recipe(Constant(0.1)), "area")
    assert (as_high.drop_epoch, as_high.batch_size) == (30, 28)
    assert as_high.area() == pytest.approx(5)


def test_a_recipe_in_one_line_has_the_drop_and_its_factor():
    assert wording.recipe(Recipe(Constant(0.5), drop_epoch=30)) == (
        "Constant: initial learning rate 0.5; momentum 0, extra drop after epoch 30, factor of the extra drop 0.1."
    )


def test_a_drop_has_a_note_even_if_it_never_comes():
    def notes(recipe):
        return [note.text for note in rate_notes(recipe)]

    assert notes(Recipe(Constant(0.5), drop_epoch=30)) == [
        "After epoch 30 every rate of the schedule is multiplied by 0.1."
    ]
    assert notes(Recipe(Constant(0.5))) == []
    (note,) = notes(Recipe(Constant(0.5), drop_epoch=60))
    assert "the first change would come at epoch 60; this run ends at 50" in note


@EVERY_SCHEDULE
@EVERY_CLOCK
@pytest.mark.parametrize("warmup", [0.0, 0.28])
def test_the_exported_code_makes_exactly_these_rates(schedule, clock, warmup):
    recipe = Recipe(schedule(), clock, batch_size=31, epochs=9, warmup=warmup, drop_epoch=4, drop_factor=0.3)
    code = program.schedule_code(recipe, str(recipe.run_length()))
    names = run(code, np=np, updates_per_epoch=recipe.updates_per_epoch())
    np.testing.assert_array_equal(names["rates"], every_rate(recipe))
    for text in (keras_script(recipe), pytorch_scheduler(recipe)):
        assert "rates = with_drop(rates, np.arange(run_length), 4" in text
        assert "every rate is multiplied by 0.3." in text.replace("\n# ", " ")
    assert "with_drop" not in keras_script(replace(recipe, drop_epoch=0))
