"""Tuning: the grid and its best rate against independent computations, fair verdicts, the area, on real runs, too."""

from __future__ import annotations

from functools import cache
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lrcore.findings import tuning
from lrcore.findings.metrics import MEASURES
from lrcore.findings.tuning import (
    ABOUT_EQUAL,
    EQUAL,
    FAIR_OUTCOMES,
    HIGHER,
    JUDGING_SEEDS,
    LOWER,
    NOT_SETTLED,
    SAME,
    TOO_FEW,
    at_equal_rates,
    at_rate,
    choose,
    falls,
    grid,
    heights,
    judge_tuned,
    points,
    rank_correlation,
    rate_name,
    rate_of,
    tuning_seeds,
)
from lrcore.findings.verdicts import judge
from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import (
    SCHEDULES,
    Constant,
    CosineDecay,
    CyclicalLearningRate,
    ExponentialDecay,
    OneCycle,
    PolynomialDecay,
    StepDecay,
)
from lrcore.settings import number_text
from lrcore.training.experiments import train

LOSS = MEASURES["val_loss"]
LOSSES = st.one_of(st.integers(0, 3).map(float), st.floats(0, 1e30), st.just(inf))


def final_losses(recipes, seeds) -> np.ndarray:
    """The final validation losses (recipes, seeds), inf for a lost run."""
    return np.stack([LOSS.values(history) for history in train(recipes, seeds)])


@st.composite
def grids(draw, most_rates=6, most_seeds=12):
    """Rates, and losses (rates, seeds) with ties and lost runs."""
    shape = draw(st.integers(1, most_rates)), draw(st.integers(1, most_seeds))
    values = draw(st.lists(LOSSES, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    return np.geomspace(0.01, 1, shape[0]) if shape[0] > 1 else [0.1], np.reshape(values, shape)


# The grid


def test_the_usual_grid_has_two_digits():
    assert grid() == (
        *(0.001, 0.0018, 0.0032, 0.0056, 0.01, 0.018, 0.032, 0.056, 0.1),
        *(0.18, 0.32, 0.56, 1, 1.8, 3.2, 5.6, 10),
    )


def test_a_finer_grid_has_all_rates_of_a_coarser_one():
    coarse, usual, fine = (set(grid(size)) for size in tuning.SIZES)
    assert coarse < usual < fine


@pytest.mark.parametrize("size", range(9, 34))
def test_rates_of_every_usual_size_are_short_and_at_equal_distances(size):
    rates = np.array(grid(size))
    assert all(float(f"{rate:.{2 if size in tuning.SIZES else 3}g}") == rate for rate in rates)
    step = 4 / (size - 1)
    exact = -3 + step * np.arange(size)
    assert np.abs(np.log10(rates) - exact).max() <= 0.1 * step * (1 + 1e-9)


@given(st.integers(9, 33), st.floats(1e-6, 100), st.floats(1e-6, 3))
def test_any_grid_ascends_from_its_lowest_rate_to_its_highest(size, low, decades):
    rates = grid(size, low, low * 10**decades)
    step = decades / (size - 1)
    assert len(rates) == size
    assert (np.diff(np.log10(rates)) >= 0.79 * step).all()
    assert np.log10([rates[0] / low, rates[-1] / low / 10**decades]) == pytest.approx(0, abs=0.11 * step)


@settings(deadline=None, derandomize=True)
@given(st.integers(9, 33), st.floats(1e-6, 100), st.floats(0.5, 6), st.data())
def test_nine_rates_around_one_reach_to_its_neighbours_or_as_far_beyond_an_end(size, low, decades, data):
    rates = grid(size, low, low * 10**decades)
    best = data.draw(st.integers(0, size - 1))
    finer = tuning.around(rates, best)
    assert len(finer) == 9
    assert finer[4] == rates[best]
    assert set(rates[max(best - 1, 0) : best + 2]) <= set(finer)
    assert len({*finer} - {*rates}) <= 7
    steps = np.diff(np.log(finer))
    assert steps.max() < 2 * steps.min()


@pytest.mark.parametrize(
    "arguments", [(8,), (34,), (9, 0, 1), (9, 1, 1), (9, 2, 1), (9, 1, inf), (9, nan, 1)]
)
def test_a_grid_that_breaks_a_rule_is_refused(arguments):
    with pytest.raises(ValueError, match="Received"):
        grid(*arguments)


def test_seeds_that_choose_do_not_judge():
    assert tuning_seeds() == range(1000, 1020)
    assert not set(tuning_seeds(200)) & set(range(JUDGING_SEEDS))


@pytest.mark.parametrize("schedule", SCHEDULES.values())
@pytest.mark.parametrize("rate", [0.001, 0.0056, 0.32, 10.0])
def test_a_point_is_its_recipe_with_all_rates_scaled(schedule, rate):
    recipe = Recipe(schedule())
    point = at_rate(recipe, rate)
    assert rate_of(point) == rate
    factor = rate / getattr(recipe.schedule, rate_name(recipe))
    assert np.allclose(point.learning_rates(), factor * recipe.learning_rates(), 1e-12, 0)
    assert point.to_params()[rate_name(recipe)] == number_text(rate)


@given(st.floats(1e-6, 1000), st.integers(9, 33), st.floats(1e-4, 1))
def test_a_point_has_exactly_the_rate_of_the_grid(own, size, low):
    recipe = Recipe(Constant(own))
    for rate in grid(size, low, 20 * low):
        assert rate_of(at_rate(recipe, rate)) == rate


def test_the_rate_is_the_maximum_where_there_is_no_initial_one():
    assert rate_name(Recipe(OneCycle())) == "maximum_learning_rate"
    assert rate_name(Recipe(CyclicalLearningRate())) == "initial_learning_rate"


def test_rates_that_would_leave_their_bounds_have_no_point():
    steep = Recipe(PolynomialDecay(initial_learning_rate=0.1, end_learning_rate=100))
    assert list(points(steep, [0.1, 0.56, 1.0, 1.8])) == [0.1, 0.56, 1.0]
    assert len(points(Recipe(), grid())) == 17
    assert points(Recipe(PolynomialDecay(1e-6, 1000)), grid()) == {}


# The best rate


@settings(max_examples=150, derandomize=True)
@given(grids())
def test_ranks_are_scipys(given_grid):
    values = given_grid[1]
    assert np.array_equal(tuning.ranks(values), stats.rankdata(values, axis=0))


@settings(max_examples=150, derandomize=True)
@given(grids())
def test_the_best_rate_has_the_best_mean_rank(given_grid):
    rates, values = given_grid
    tuned = choose(rates, values)
    places = [
        np.mean([sum(v < own for v in seed) + (sum(v == own for v in seed) + 1) / 2 for own, seed in row])
        for row in ([(own, values[:, k]) for k, own in enumerate(line)] for line in values)
    ]
    assert tuned.places == pytest.approx(places)
    assert places[tuned.best] == pytest.approx(min(places))
    assert tuned.rate == tuned.rates[tuned.best]
    assert tuned.tied == np.isclose(places, min(places)).sum()
    assert tuned.wins.sum() == pytest.approx(1)
    assert tuned.all_lost == bool(np.isinf(values).all())
    likely = tuned.wins[tuned.likely].sum()
    assert likely >= 0.95 - 1e-6
    assert likely - tuned.wins[tuned.likely[-1]] < 0.95


def test_a_huge_or_a_lost_run_is_only_the_last_of_its_seed():
    values = np.array([[1, 1, 1, 9e30], [2, 2, 2, 2], [3, 3, 3, 1]])
    lost = np.where(values > 1e30, inf, values)
    assert choose([1, 2, 3], values).rate == choose([1, 2, 3], lost).rate == 1
    assert (
        choose([1, 2, 3], values).places.tolist() == choose([1, 2, 3], lost).places.tolist() == [1.5, 2, 2.5]
    )
    assert choose([1, 2, 3], lost).lost.tolist() == [1, 0, 0]


def test_the_luck_of_a_seed_does_not_count():
    luck = np.array([1.0, 5.0, 100.0, 2.0])
    values = np.array([[1.1], [1.0], [1.2]]) * luck
    assert choose([1, 2, 3], values).wins.tolist() == [0, 1, 0]


@pytest.mark.parametrize(("better", "seeds"), [(3, 5), (2, 4), (7, 10), (4, 9), (20, 20)])
def test_wins_of_two_rates_are_those_of_the_binomial_distribution(better, seeds):
    values = np.ones((2, seeds))
    values[1, :better] = 2
    law = stats.binom(seeds, better / seeds)
    expected = law.sf(seeds // 2) + (law.pmf(seeds / 2) / 2 if seeds % 2 == 0 else 0)
    sd = np.sqrt(expected * (1 - expected) / tuning.RESAMPLES)
    values[0, better:] = 3
    assert choose([1, 2], values).wins[0] == pytest.approx(expected, abs=4 * sd + 1e-12)


@pytest.mark.parametrize(
    ("medians", "best", "ends"),
    [
        ([3, 1.2, 1.05, 1, 1.1, 1.11, 1], 3, (2, 4)),  # the last is good, and not contiguous
        ([1, 2, 3], 0, (0, 0)),
        ([1.1, 1, 1.1], 1, (0, 2)),
        ([3, 1, inf], 1, (1, 1)),
        ([inf, inf, inf], 0, (0, 0)),
    ],
)
def test_the_good_range_is_contiguous_around_the_best(medians, best, ends):
    rates = 10.0 ** np.arange(len(medians))
    tuned = choose(rates, np.array(medians)[:, None] * np.ones(3))
    assert (tuned.best, (tuned.first, tuned.last)) == (best, ends)
    assert tuned.decades == pytest.approx(ends[1] - ends[0])
    assert tuned.edges == (best == 0, best == len(medians) - 1)


def test_a_good_median_may_be_lower_than_the_best_rates_own():
    values = np.array([[1.0, 1.0, 1.9, 9.0], [2.0, 2.0, 1.8, 1.8], [3.0, 3.0, 3.0, 2.0]])
    tuned = choose([1, 2, 3], values)
    assert (tuned.rate, tuned.median) == (2, 1.9)
    assert tuned.medians[0] == 1.45
    assert tuned.good == (1, 2)


@pytest.mark.parametrize(
    ("rates", "values"),
    [
        ([1, 2], [[1.0, 2.0]]),
        ([2, 1], [[1.0], [2.0]]),
        ([0, 1], [[1.0], [2.0]]),
        ([1, 2], [[1.0], [nan]]),
        ([1], [[]]),
        ([1], [1.0]),
    ],
)
def test_a_grid_without_a_best_rate_is_refused(rates, values):
    with pytest.raises(ValueError, match="Received"):
        choose(rates, np.array(values))


# The fair verdict


def tuned_at(rate: float = 0.1):
    """A grid that chose `rate`."""
    return choose([rate], np.ones((1, 20)))


def fair(values, baseline, comparisons=1, **settings):
    """The fair verdict on these losses."""
    return judge_tuned(
        (tuned_at(), tuned_at()), np.array(values, float), np.array(baseline, float), comparisons, **settings
    )


ONES = np.ones(20)


@pytest.mark.parametrize(
    ("values", "baseline", "outcome"),
    [
        (ONES - 0.06, ONES, LOWER),
        (ONES + 0.06, ONES, HIGHER),
        (ONES - 0.04, ONES, ABOUT_EQUAL),  # on 20 of 20 seeds, and yet
        (ONES - np.array([0.04] * 6 + [0.06] * 14), ONES, NOT_SETTLED),
        (ONES - np.array([0.04] * 5 + [0.06] * 15), ONES, LOWER),
        (ONES + np.array([-0.2] * 10 + [0.2] * 10), ONES, NOT_SETTLED),
        (ONES, ONES, EQUAL),
        (ONES * inf, ONES * inf, EQUAL),
        (ONES * inf, ONES, HIGHER),
        (ONES, ONES * inf, LOWER),
        (ONES[:5] - 0.5, ONES[:5], TOO_FEW),
        (np.append(ONES[1:] * inf, 0.5), np.append(ONES[1:] * inf, 1), ABOUT_EQUAL),
        (ONES - 0.2, np.array([inf] * 12 + [1.0] * 8), NOT_SETTLED),  # the baseline has no median
        (ONES - 0.2, np.array([inf] * 15 + [1.0] * 5), LOWER),
    ],
)
def test_the_outcome_at_tuned_rates(values, baseline, outcome):
    assert fair(values, baseline).outcome == outcome
    mirrored = {LOWER: HIGHER, HIGHER: LOWER}.get(outcome, outcome)
    if np.isfinite(baseline).all() and np.isfinite(values).all():
        assert fair(2 * baseline - values, baseline).outcome == mirrored


def test_one_recipe_is_the_same_whatever_its_runs():
    assert fair(ONES, ONES, same=True).outcome == SAME


@settings(max_examples=200, derandomize=True)
@given(
    st.lists(st.tuples(LOSSES, LOSSES), min_size=1, max_size=40).map(lambda pairs: np.array(pairs).T),
    st.sampled_from([1, 3, 5]),
)
def test_a_direction_at_tuned_rates_takes_an_interval_beyond_the_margin(pair, comparisons):
    own, baseline = pair
    given_verdict = fair(own, baseline, comparisons)
    assert given_verdict.outcome in FAIR_OUTCOMES
    plain = judge(own, baseline, LOSS.scale, comparisons)
    apart = np.array([0 if a == b or abs(a - b) <= 1e-9 else a - b for a, b in pair.T])
    ends = stats.quantile_test(apart, q=0, p=0.5).confidence_interval(1 - 0.05 / comparisons)
    median = np.sort(baseline)[[(len(baseline) - 1) // 2, len(baseline) // 2]].sum() / 2
    if given_verdict.outcome in (LOWER, HIGHER):
        assert plain.outcome == given_verdict.outcome
        nearest = ends.high if given_verdict.outcome == LOWER else ends.low
        assert abs(nearest) >= 0.05 * median
    if given_verdict.outcome == ABOUT_EQUAL:
        assert max(abs(ends.low), abs(ends.high)) <= (0.05 * median + 1e-9 if median < inf else 0)


@pytest.mark.parametrize("pair", [(ONES * nan, ONES), (ONES, ONES * nan), (ONES, ONES[1:]), ([], [])])
def test_losses_that_are_no_numbers_or_not_of_the_same_seeds_are_refused(pair):
    with pytest.raises(ValueError, match="Received"):
        fair(*pair)


def test_the_scores_on_both_kinds_of_seeds_are_kept():
    given_verdict = fair([0.5, 0.7, inf], [0.4, 0.4, 0.5])
    assert given_verdict.medians == (0.7, 0.4)
    assert [tuned.median for tuned in given_verdict.tuned] == [1, 1]


def test_at_equal_rates_every_rate_has_its_verdict_at_the_level_of_all():
    own, baseline = np.stack([ONES + 1, ONES - 0.5]), np.stack([ONES, ONES])
    verdicts = at_equal_rates(own, baseline)
    assert [verdict.outcome for verdict in verdicts] == [HIGHER, LOWER]
    assert [verdict.comparisons for verdict in verdicts] == [2, 2]


# The area


@settings(max_examples=150, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 5), LOSSES), min_size=3, max_size=20))
def test_the_rank_correlation_is_spearmans(pairs):
    x, y = np.array(pairs, float).T
    mine = rank_correlation(x, y)
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert np.isnan(mine)
    else:
        assert mine == pytest.approx(stats.spearmanr(stats.rankdata(x), stats.rankdata(y))[0])


def test_two_points_have_no_rank_correlation():
    assert np.isnan(rank_correlation(np.arange(2.0), np.arange(2.0)))


def test_heights_are_the_first_rate_the_highest_and_the_area():
    found = heights([Recipe(Constant(0.2)), Recipe(StepDecay(0.2)), Recipe(OneCycle(0.2))])
    assert found["first"].tolist() == [0.2, 0.2, 0.008]
    assert found["peak"].tolist() == [0.2, 0.2, 0.2]
    assert found["area"][:2].tolist() == [10, 2 + 1 + 0.5 + 0.25 + 0.125]


def test_curves_of_the_area_fall_onto_one_on_the_area_alone_and_that_ends():
    recipes = [Recipe(schedule()) for schedule in (Constant, StepDecay, CosineDecay)]
    positions = [heights(list(points(recipe, grid()).values())) for recipe in recipes]
    losses = [np.where(each["area"] <= 8, 1 / each["area"], each["area"]) for each in positions]
    tuned = [choose(grid(), np.outer(loss, [1, 2, 3])) for loss in losses]
    found = falls(positions, tuned)
    assert found["area"].correlation == pytest.approx(-1)
    assert found["area"].points == sum(int(loss.argmin()) + 1 for loss in losses)
    areas = np.concatenate([each["area"] for each in positions])
    assert found["area"].end == areas[areas <= 8].max()
    assert not found["area"].to_the_last
    assert vars(found["peak"]) == pytest.approx(vars(found["first"]), nan_ok=True)  # these three only fall
    assert found["peak"].correlation > -0.99
    falling = [choose(grid(), np.outer(1 / each["area"], [1, 2])) for each in positions]
    to_the_end = falls(positions, falling)["area"]
    assert (to_the_end.end, to_the_end.to_the_last) == (500, True)


# Real runs


SCHEDULES_TUNED = (Constant, StepDecay, CosineDecay, ExponentialDecay)


def at(schedule, rate: float, momentum: float) -> Recipe:
    """A recipe of the schedule at a rate."""
    return at_rate(Recipe(schedule(), optimizer=SGD(momentum)), rate)


@cache
def grid_losses(schedule, momentum: float, part: int) -> np.ndarray:
    """The final losses (17 rates, 20 seeds) on one of the disjoint sets of tuning seeds."""
    recipes = list(points(Recipe(schedule(), optimizer=SGD(momentum)), grid()).values())
    return final_losses(recipes, tuning_seeds(20 * part + 20)[-20:])


@cache
def judged(schedule, rate: float, momentum: float) -> np.ndarray:
    """The final losses on the judging seeds."""
    return final_losses([at(schedule, rate, momentum)], range(JUDGING_SEEDS))[0]


def tuned_on(schedule, momentum: float, part: int = 0):
    """The best rate by one of the disjoint sets of 20 seeds."""
    return choose(grid(), grid_losses(schedule, momentum, part))


@pytest.mark.slow
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_no_pair_is_lower_with_one_set_of_seeds_and_higher_with_another(momentum):
    plain, found = set(), {schedule: set() for schedule in SCHEDULES_TUNED[1:]}
    for part in range(8):
        baseline = tuned_on(Constant, momentum, part)
        for schedule, outcomes in found.items():
            own = tuned_on(schedule, momentum, part)
            verdict = judge_tuned(
                (own, baseline),
                judged(schedule, own.rate, momentum),
                judged(Constant, baseline.rate, momentum),
                len(found),
            )
            outcomes.add(verdict.outcome)
            plain.add((schedule, verdict.verdict.outcome))
    for outcomes in found.values():
        assert not {LOWER, HIGHER} <= outcomes
        assert outcomes <= {ABOUT_EQUAL, NOT_SETTLED}  # a stricter fact: they tie
        assert ABOUT_EQUAL in outcomes
    if momentum:  # without a margin the seeds that choose would decide
        assert {(CosineDecay, LOWER), (CosineDecay, HIGHER)} <= plain


@pytest.mark.parametrize(("rate", "difference"), [(0.01, 0.055), (0.1, -0.083), (0.3, -0.143)])
def test_at_equal_rates_the_rate_decides_which_is_lower(rate, difference):
    step, constant = judged(StepDecay, rate, 0.9), judged(Constant, rate, 0.9)
    (verdict,) = at_equal_rates(step[None], constant[None])
    assert verdict.median == pytest.approx(difference, abs=0.01)
    assert verdict.outcome == (LOWER if difference < 0 else HIGHER)


def test_at_their_best_rates_step_decay_and_a_constant_rate_are_about_equal():
    own, baseline = tuned_on(StepDecay, 0.9), tuned_on(Constant, 0.9)
    verdict = judge_tuned(
        (own, baseline), judged(StepDecay, own.rate, 0.9), judged(Constant, baseline.rate, 0.9), 1
    )
    assert verdict.outcome == ABOUT_EQUAL
    assert 0.01 <= baseline.rate <= 0.018
    assert 0.03 <= own.rate <= 0.06
    assert not any(own.edges + baseline.edges)
    assert 0.2 < own.decades < 0.8


@pytest.mark.slow
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_on_the_area_the_schedules_fall_onto_one_curve_and_on_the_rates_they_do_not(momentum):
    recipes = [Recipe(schedule(), optimizer=SGD(momentum)) for schedule in SCHEDULES_TUNED]
    positions = [heights(list(points(recipe, grid()).values())) for recipe in recipes]
    found = falls(positions, [tuned_on(schedule, momentum) for schedule in SCHEDULES_TUNED])
    assert found["area"].correlation < -0.995
    assert found["peak"].correlation > -0.985
    assert np.isnan(found["peak"].end)
    # it ends near the best area, which is about 7 rate x epochs, or a tenth of that with momentum 0.9
    assert 7 < found["area"].end * (10 if momentum else 1) < 20


@pytest.mark.slow
def test_the_best_mean_rank_finds_the_best_rate_more_often_than_the_lowest_median():
    rates = grid(9, 0.05, 0.8)  # a factor of the square root of 2 apart
    losses = final_losses([at(Constant, rate, 0.0) for rate in rates], range(200))
    best = losses.mean(axis=1).argmin()
    drawn = np.random.default_rng(1).integers(200, size=(300, 20))
    by_rank = np.mean([choose(rates, losses[:, seeds]).best == best for seeds in drawn])
    by_median = np.mean([choose(rates, losses[:, seeds]).medians.argmin() == best for seeds in drawn])
    assert rates[best] == pytest.approx(0.1414, rel=0.02)
    assert by_rank > 0.75 > 0.7 > by_median
