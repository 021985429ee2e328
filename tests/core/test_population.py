"""What the verdicts promise, on the project's own runs: on at most 5 % of the pages anything in them is wrong.

The runs of 400 seeds are the population, whose medians and directions are known. From it classes of a few seeds are
drawn, thousands of times; each class gets the verdicts of a whole page.
"""

from __future__ import annotations

import numpy as np
import pytest

from lrcore.findings.metrics import MEASURES, epochs_to
from lrcore.findings.verdicts import ALPHA, HIGHER, LOWER, differences, judge, may_disagree
from lrcore.recipes.presets import PRESETS, START
from lrcore.recipes.recipe import Recipe
from lrcore.training.experiments import train
from lrcore.training.run import History

pytestmark = pytest.mark.slow

SEEDS, PIECE = 400, 100
CLASSES = (8, 10, 20, 50, 200)
DRAWN = 2000
PAGES = {"start": START, **PRESETS}
MEASURED = (
    *(MEASURES[name] for name in ("val_loss", "val_accuracy", "roughness")),
    epochs_to("accuracy", 0.95),
)


@pytest.fixture(scope="module")
def population() -> dict[Recipe, History]:
    """The runs of every preset's recipes on the seeds 0 to 399."""
    recipes = list(dict.fromkeys(recipe for page in PAGES.values() for recipe in page.recipes.values()))
    parts = [train(recipes, range(seed, seed + PIECE)) for seed in range(0, SEEDS, PIECE)]
    return {
        recipe: History.joined(own) for recipe, own in zip(recipes, zip(*parts, strict=True), strict=True)
    }


def pairs_of(page: str, population: dict[Recipe, History]) -> list[tuple]:
    """The comparisons of a page: values of a recipe and of the baseline, each (SEEDS,), and the measure's scale."""
    baseline, *others = (population[recipe] for recipe in PAGES[page].recipes.values())
    return [
        (measure.values(each), measure.values(baseline), measure.scale)
        for each in others
        for measure in MEASURED
    ]


def said_of(drawn: np.ndarray, comparisons: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The direction -1, 0 or 1 and both ends of the interval, from the differences (classes, seeds)."""
    lower, higher = (drawn < 0).sum(axis=1), (drawn > 0).sum(axis=1)
    allowed = np.array([may_disagree(seeds, comparisons) for seeds in range(drawn.shape[1] + 1)])
    is_decided = np.minimum(lower, higher) <= allowed[lower + higher]
    ordered, outside = np.sort(drawn, axis=1), allowed[-1]
    if outside < 0:
        return np.zeros(len(drawn)), np.full(len(drawn), -np.inf), np.full(len(drawn), np.inf)
    return np.sign(higher - lower) * is_decided, ordered[:, outside], ordered[:, -1 - outside]


@pytest.mark.parametrize("seeds", CLASSES)
@pytest.mark.parametrize("page", PAGES)
def test_at_most_a_share_alpha_of_the_pages_has_an_error(page, seeds, population):
    pairs = pairs_of(page, population)
    classes = np.random.default_rng(seeds).integers(0, SEEDS, (DRAWN, seeds))
    wrong = np.zeros(DRAWN, bool)
    for values, baseline, scale in pairs:
        apart = differences(values, baseline, scale.tie)
        truth, median = np.sign((apart > 0).sum() - (apart < 0).sum()), np.sort(apart)[SEEDS // 2]
        direction, low, high = said_of(apart[classes], len(pairs))
        wrong |= (direction != 0) & (direction != truth)
        wrong |= (median < low) | (high < median)
    assert wrong.mean() <= ALPHA


@pytest.mark.parametrize("page", PAGES)
def test_the_page_gives_the_verdicts_counted_here(page, population):
    pairs = pairs_of(page, population)
    for seeds in CLASSES:
        for drawn in np.random.default_rng(1).integers(0, SEEDS, (3, seeds)):
            for values, baseline, scale in pairs:
                verdict = judge(values[drawn], baseline[drawn], scale, len(pairs))
                apart = differences(values, baseline, scale.tie)[drawn]
                direction, low, high = said_of(apart[None], len(pairs))
                assert verdict.is_decided == bool(direction[0])
                assert not verdict.is_decided or verdict.outcome == {-1: LOWER, 1: HIGHER}[int(direction[0])]
                assert np.isnan(verdict.low) or (verdict.low, verdict.high) == (low[0], high[0])
