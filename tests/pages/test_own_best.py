"""Compare sets each recipe to its own best rate: the best of the rates it names, on the seeds it names, in one act."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from lrcore.findings import tuning
from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import (
    SCHEDULES,
    Constant,
    CosineDecay,
    CyclicalLearningRate,
    OneCycle,
    PolynomialDecay,
    StepDecay,
)
from lrcore.settings import number_text
from lrcore.training import experiments
from pages.components import results
from pages.components.compare import comparison, guard, own_best
from pages.components.compare.links import link
from tests import visit
from tests.visit import address, follow, press

BUTTON = "compare.own_best"
DIFFERENT = [
    Recipe(Constant(0.3), epochs=4),
    Recipe(PolynomialDecay(0.2, end_learning_rate=0.05), optimizer=SGD(0.9), epochs=6),
    Recipe(CyclicalLearningRate(0.02, 0.31), optimizer=SGD(0.5, nesterov=True), batch_size=56, epochs=5),
    Recipe(OneCycle(0.7), split="tail", epochs=3),
    Recipe(StepDecay(0.1, epochs_drop=2), warmup=0.2, clock="update", epochs=4),
    Recipe(CosineDecay(1.5), hidden_units=8, drop_epoch=2, epochs=5),
]


def opened(recipes, **params):
    """Compare with these recipes, the last one hidden in the charts, on few seeds."""
    letters = comparison.LETTERS[: len(recipes)]
    entries = [
        comparison.Entry(letter, recipe, f"{letter} of mine", letter != letters[-1])
        for letter, recipe in zip(letters, recipes, strict=True)
    ]
    return visit.opened("5_Compare.py", link(entries, "B") | {"seeds": "2"} | params)


def pressed(app):
    """The page after a click on the button."""
    return press(app, BUTTON)


def report(app):
    """What the click did, in words; "" without one."""
    return next((each.value for each in app.caption if each.value.startswith("**Each at its own best")), "")


def expected(recipe, rates, seeds=10):
    """The rate of the best mean rank, straight from the trainer."""
    histories = experiments.train([tuning.at_rate(recipe, rate) for rate in rates], range(1000, 1000 + seeds))
    losses = np.stack([np.where(each.lost, np.inf, each.val_loss[:, -1]) for each in histories])
    return rates[int(stats.rankdata(losses, axis=0).mean(axis=1).argmin())]


def recipes_of(app, number):
    """The recipes that the address says."""
    told = address(app)
    own = [
        {key[2:]: text for key, text in told.items() if key.startswith(f"{letter}.")}
        for letter in "abcdef"[:number]
    ]
    return [
        Recipe.from_params({name: text for name, text in each.items() if name not in ("name", "shown")})
        for each in own
    ]


def test_one_click_sets_each_recipe_to_its_own_best_rate_and_keeps_all_else():
    app = opened(DIFFERENT)
    before = address(app)
    assert recipes_of(app, 6) == DIFFERENT
    after = address(pressed(app))
    for made, recipe in zip(recipes_of(app, 6), DIFFERENT, strict=True):
        rough = tuning.grid(13)
        first = rough.index(expected(recipe, rough))
        best = expected(recipe, sorted({*rough, *tuning.around(rough, first)}))
        assert made == tuning.at_rate(recipe, best)
        assert f" to **{number_text(best)}**" in report(app)
    rest = {key for key in before if "learning_rate" not in key}
    assert {key: after[key] for key in rest} == {key: before[key] for key in rest}
    assert "13 rates from 0.001 to 10, then 9 around the best, on seeds 1000 to 1009" in report(app)


def test_a_second_click_changes_nothing_and_back_undoes_the_first():
    app = opened(DIFFERENT)
    before, acts = address(app), visit.mirrored(app)["acts"]
    tuned = address(pressed(app))
    assert visit.mirrored(app)["acts"] == acts + 1
    assert address(pressed(app)) == tuned
    assert visit.mirrored(app)["acts"] == acts + 1
    assert report(app).count(" stays ") == len(DIFFERENT)
    follow(app, before)
    assert recipes_of(app, 6) == DIFFERENT
    assert not report(app), "what it says is of other recipes"


def test_different_rates_are_no_objection_where_each_is_its_recipes_own_best():
    """A link to tuned recipes does not tell that they are tuned: there the page can only say on what it depends."""
    recipes = [Recipe(Constant(0.001), epochs=5), Recipe(StepDecay(0.01, 0.3, 2), epochs=5)]
    app = opened(recipes)
    assert app.warning[0].value.endswith(f"(0.001, not 0.01).{guard.FAIR}")
    pressed(app)
    assert not app.warning
    assert any("the baseline: **A** changes the schedule" in each.value for each in app.caption)
    app = opened([recipes[0], replace(recipes[1], optimizer=SGD(0.9))])
    assert guard.FAIR not in app.warning[0].value
    pressed(app)
    assert "several possible causes" in app.warning[0].value, "the momentum is another cause"


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_every_schedule_can_be_set(momentum):
    names = list(SCHEDULES)
    for first in range(0, len(names), 6):
        recipes = [
            Recipe(SCHEDULES[name](), optimizer=SGD(momentum), epochs=2)
            for name in [*names, *names[:5]][first : first + 6]
        ]
        assert report(pressed(opened(recipes))).count("learning rate") == 6


def test_a_recipe_that_is_lost_everywhere_or_has_no_rate_within_bounds_stays_as_it_is():
    steep = Recipe(PolynomialDecay(1e-6, end_learning_rate=1000.0), epochs=2)
    app = opened([steep, Recipe(epochs=2)])
    pressed(app)
    assert recipes_of(app, 1) == [steep]
    assert "A: initial learning rate stays 1e-06, for no rate of the grid" in report(app)


def test_a_best_rate_at_the_end_of_what_was_tried_is_said():
    slow = Recipe(OneCycle(), epochs=10, batch_size=351, warmup=0.9, drop_epoch=1, drop_factor=0.001)
    limited = replace(slow, schedule=PolynomialDecay(0.01, end_learning_rate=2.0))
    told = report(pressed(opened([slow, limited])))
    best = expected(slow, [*tuning.grid(13), 12.0, 15.0, 18.0, 22.0])
    assert best == 22
    assert (
        f"A: maximum learning rate 0.3 to **{best:g}** (the highest rate tried; a higher one may be better)"
        in told
    )
    assert "(only 0.001 to 4.6 keep its other rates within their bounds)" in told


def test_dear_recipes_have_fewer_seeds_then_fewer_rates_then_none(monkeypatch):
    recipes = [Recipe(epochs=2), Recipe(CosineDecay(), epochs=2)]
    second = sum(map(experiments.seconds, recipes))
    for seeds, told in (
        (4.5, "13 rates from 0.001 to 10, then 9 around the best, on seeds 1000 to 1003"),
        (1, "9 rates from 0.001 to 10, on seeds 1000 to 1001,"),
    ):
        monkeypatch.setattr(results, "BUDGET", seeds * 20 * second)
        assert told in report(pressed(opened(recipes)))
    monkeypatch.setattr(results, "BUDGET", 8 * second)
    assert opened(recipes).button(key=BUTTON).disabled


@pytest.mark.parametrize(
    "recipe", [Recipe(), Recipe(epochs=500), Recipe(epochs=500, batch_size=1, hidden_units=128)]
)
@pytest.mark.parametrize("number", [2, 6])
def test_the_search_is_within_the_budget(recipe, number):
    found = own_best.search([recipe] * number)
    if found:
        runs = found.seeds * (found.rates + own_best.NEW * found.refined)
        assert number * runs * experiments.seconds(recipe) <= results.BUDGET
        assert found.refined or found.seeds < own_best.FEWEST_SEEDS * 3
