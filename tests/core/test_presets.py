"""The ready-made comparisons: their recipes, and training confirms what they teach."""

from dataclasses import replace

import numpy as np
import pytest

from lrcore.findings.metrics import MEASURES, epochs_to
from lrcore.findings.verdicts import EQUAL, HIGHER, LOWER, compare
from lrcore.optimizers import SGD
from lrcore.recipes.article import ARTICLE
from lrcore.recipes.confounds import differences, is_confounded
from lrcore.recipes.presets import PRESETS, START
from lrcore.training import experiments

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
def test_a_preset_mentions_its_momentum_but_not_its_answer(preset):
    momentums = {recipe.optimizer.momentum for recipe in preset.recipes.values()}
    told = f"{preset.title} {preset.lesson}"
    assert "momentum" in told
    assert all(f"{each:g}" in told for each in momentums - {0})
    assert momentums != {0} or "without momentum" in preset.lesson
    for word in ("helps", "hurts", "too ", "right", "better", "worse"):
        assert word not in " ".join([told, *preset.recipes]).lower()


def test_titles_differ_and_fit_into_one_line():
    titles = [preset.title for preset in PRESETS.values()]
    assert len(set(titles)) == len(titles)
    assert sum(map(len, titles)) < 110


@EVERY
def test_a_preset_changes_one_thing_unless_it_is_about_confounding(preset):
    baseline, *others = preset.recipes.values()
    confounded = any(is_confounded(differences(recipe, baseline)) for recipe in others)
    assert confounded == (preset in (PRESETS["article"], PRESETS["equal_momentum"]))


def test_the_articles_four_are_its_recipes():
    assert list(PRESETS["article"].recipes.values()) == list(ARTICLE.values())


def test_equal_momentum_leaves_the_schedule_and_the_rate():
    baseline, *others = PRESETS["equal_momentum"].recipes.values()
    assert [differences(recipe, baseline) for recipe in others] == [
        ("schedule",),
        ("schedule",),
        ("schedule", "initial_learning_rate"),
    ]


def test_one_decay_ends_in_four_places():
    ends = [recipe.learning_rates()[-1, -1].round(4) for recipe in PRESETS["four_meanings"].recipes.values()]
    assert ends == [0.0527, 0.0911, 0.0093, 0.1]


def results(preset):
    recipes = PRESETS[preset].recipes
    return dict(zip(recipes, experiments.train(list(recipes.values()), SEEDS), strict=True))


def outcome(history, baseline, measure, comparisons=4):
    return compare(history, baseline, [measure], comparisons)[0].outcome


@pytest.mark.parametrize(("preset", "verdict"), [("decay_at_0.1", "higher"), ("decay_at_2", "lower")])
def test_decay_hurts_at_a_small_rate_and_helps_at_a_large_one(preset, verdict):
    constant, decayed = results(preset).values()
    assert outcome(decayed, constant, MEASURES["val_loss"]) == verdict


@pytest.mark.parametrize(("rate", "verdict"), [(0.01, HIGHER), (0.1, HIGHER), (1.0, LOWER)])
def test_the_opening_comparison_is_clear_and_reversed_at_a_high_rate(rate, verdict):
    recipes = [
        replace(each, schedule=replace(each.schedule, initial_learning_rate=rate))
        for each in START.recipes.values()
    ]
    constant, halved = experiments.train(recipes, SEEDS)
    assert rate != 0.1 or recipes == list(START.recipes.values())
    (found,) = compare(halved, constant, [MEASURES["val_loss"]], 9)
    assert (found.outcome, max(found.lower, found.higher)) == (verdict, 20)


def test_both_a_small_and_a_large_rate_are_worse_than_the_right_one():
    runs = results("three_rates")
    right, small, large = runs.values()
    for each in (small, large):
        assert outcome(each, right, MEASURES["val_loss"]) == HIGHER
    assert outcome(large, right, MEASURES["roughness"]) == HIGHER
    assert outcome(small, right, MEASURES["roughness"]) == LOWER


def test_at_equal_momentum_step_decay_is_smoother_than_a_constant_rate_and_not_faster():
    runs = results("equal_momentum")
    constant, step = runs["Constant, 0.9"], runs["Step, 0.9"]
    for name in ("roughness", "training_roughness"):
        assert outcome(step, constant, MEASURES[name], comparisons=12) == LOWER
    rough, rougher = (MEASURES["roughness"].values(each).mean() for each in (step, constant))
    assert rough < rougher / 4
    assert np.isfinite(REACHED.values(step)).all()
    assert outcome(step, constant, REACHED) == EQUAL


def test_momentum_alone_has_the_effect_that_the_article_credits_to_decay():
    plain = ARTICLE["constant"]
    slow, fast, step = experiments.train([plain, replace(plain, optimizer=SGD(0.9)), ARTICLE["step"]], SEEDS)
    assert outcome(fast, slow, REACHED, comparisons=12) == LOWER
    slow, fast, step = (REACHED.values(each) for each in (slow, fast, step))
    assert np.median(slow) > 2 * np.median(fast)
    assert np.median(step) >= np.median(fast)
