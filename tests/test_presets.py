"""The ready-made comparisons: what they hold, and that training bears out what they teach."""

from dataclasses import replace

import numpy as np
import pytest

from lrcore import experiments
from lrcore.confounds import differences, is_confounded
from lrcore.ionosphere import n_train
from lrcore.metrics import MEASURES, epochs_to
from lrcore.presets import PRESETS, START
from lrcore.recipes import ARTICLE
from lrcore.verdicts import EQUAL, HIGHER, LOWER, compare

SEEDS = range(20)
REACHED = epochs_to("accuracy", 0.95)
EVERY = pytest.mark.parametrize("preset", [START, *PRESETS.values()], ids=["start", *PRESETS])


@EVERY
def test_a_preset_has_two_to_six_different_recipes_with_names_that_fit(preset):
    recipes = list(preset.recipes.values())
    assert 2 <= len(recipes) <= 6
    assert len(set(recipes)) == len(recipes)
    assert all(0 < len(name) <= 40 and name.isprintable() for name in preset.recipes)
    assert preset.lesson[-1] in ".?"


@EVERY
def test_a_preset_changes_one_thing_unless_that_is_what_it_shows(preset):
    baseline, *others = preset.recipes.values()
    confounded = any(is_confounded(differences(recipe, baseline)) for recipe in others)
    assert confounded == (preset in (PRESETS["The article's four"], PRESETS["The same, equal momentum"]))


def test_the_articles_four_are_as_it_wrote_them():
    assert list(PRESETS["The article's four"].recipes.values()) == list(ARTICLE.values())


def test_equal_momentum_leaves_the_schedule_and_the_rate():
    baseline, *others = PRESETS["The same, equal momentum"].recipes.values()
    assert [differences(recipe, baseline) for recipe in others] == [
        ("schedule",),
        ("schedule",),
        ("schedule", "initial_learning_rate"),
    ]


def test_one_decay_ends_in_four_places():
    ends = [
        recipe.learning_rates(n_train())[-1, -1].round(4)
        for recipe in PRESETS["One decay, four meanings"].recipes.values()
    ]
    assert ends == [0.0527, 0.0911, 0.0093, 0.1]


def results(preset):
    recipes = PRESETS[preset].recipes
    return dict(zip(recipes, experiments.run(list(recipes.values()), SEEDS), strict=True))


def outcome(history, baseline, measure, comparisons=4):
    return compare(history, baseline, [measure], comparisons)[0].outcome


@pytest.mark.parametrize(
    ("preset", "verdict"), [("Decay hurts at 0.1", "higher"), ("Decay helps at 2.0", "lower")]
)
def test_decay_does_to_the_loss_what_the_preset_says(preset, verdict):
    constant, decayed = results(preset).values()
    assert outcome(decayed, constant, MEASURES["val_loss"]) == verdict


def test_both_a_small_and_a_large_rate_are_worse_than_the_right_one():
    runs = results("Too small, right, too large")
    for name in ("Too small", "Too large"):
        assert outcome(runs[name], runs["Right"], MEASURES["val_loss"]) == HIGHER
    assert outcome(runs["Too large"], runs["Right"], MEASURES["roughness"]) == HIGHER
    assert outcome(runs["Too small"], runs["Right"], MEASURES["roughness"]) == LOWER


def test_at_equal_momentum_step_decay_is_smoother_than_a_constant_rate_and_not_faster():
    runs = results("The same, equal momentum")
    constant, step = runs["Constant, 0.9"], runs["Step, 0.9"]
    for name in ("roughness", "training_roughness"):
        assert outcome(step, constant, MEASURES[name], comparisons=12) == LOWER
    rough, rougher = (MEASURES["roughness"].values(each).mean() for each in (step, constant))
    assert rough < rougher / 4
    assert np.isfinite(REACHED.values(step)).all()
    assert outcome(step, constant, REACHED) == EQUAL


def test_what_the_article_credits_to_decay_momentum_does_alone():
    plain = ARTICLE["constant"]
    slow, fast, step = experiments.run([plain, replace(plain, momentum=0.9), ARTICLE["step"]], SEEDS)
    assert outcome(fast, slow, REACHED, comparisons=12) == LOWER
    slow, fast, step = (REACHED.values(each) for each in (slow, fast, step))
    assert np.median(slow) > 2 * np.median(fast)
    assert np.median(step) >= np.median(fast)
