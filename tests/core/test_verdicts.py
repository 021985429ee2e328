"""The verdicts: their worst cases computed exactly, compared with SciPy, and on real runs."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lrcore.findings.metrics import MEASURES, epochs_to
from lrcore.findings.verdicts import (
    ABOUT_EQUAL,
    ALPHA,
    EQUAL,
    HIGHER,
    LOWER,
    NO_VALUE,
    OUTCOMES,
    SAME,
    TOO_FEW,
    UNDECIDED,
    by_epoch,
    compare,
    differences,
    interval,
    judge,
    least_seeds,
    lowest,
    may_disagree,
    unseen_share,
)
from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, ExponentialDecay, OneCycle
from lrcore.training import experiments
from lrcore.training.run import METRICS
from tests.histories import made

INF, NAN = math.inf, math.nan
LOSS, ACCURACY = MEASURES["val_loss"].scale, MEASURES["val_accuracy"].scale
ROUGHNESS, EPOCHS = MEASURES["roughness"].scale, epochs_to("accuracy", 0.95).scale
CLASSES = (8, 10, 20, 50, 200)
TOGETHER = (1, 4, 12, 20)
VALUES = st.one_of(
    st.integers(-3, 3).map(float), st.floats(-1e30, 1e30), st.sampled_from([INF, -INF, 1e-10, -1e-10])
)
PAIRS = st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=40).map(lambda pairs: np.array(pairs).T)


def outcome(values, baseline=None, scale=LOSS, comparisons=4):
    """The outcome for these values against a baseline, by default zeros."""
    baseline = np.zeros(len(values)) if baseline is None else baseline
    return judge(np.array(values, float), np.array(baseline, float), scale, comparisons).outcome


# The level


@pytest.mark.parametrize("comparisons", TOGETHER)
def test_as_many_may_disagree_as_the_sign_test_allows(comparisons, subtests):
    for seeds in [*range(1, 40), 50, 100, 200]:
        with subtests.test(seeds=seeds):
            number = may_disagree(seeds, comparisons)
            assert number < 0 or stats.binomtest(number, seeds).pvalue <= ALPHA / comparisons
            assert stats.binomtest(number + 1, seeds).pvalue > ALPHA / comparisons


@pytest.mark.parametrize(
    ("comparisons", "least", "needed"),
    [  # of 10, 20, 50, 100, 200; computed elsewhere
        (1, 6, (9, 15, 33, 61, 115)),
        (4, 8, (10, 16, 35, 63, 119)),
        (8, 9, (10, 17, 36, 65, 120)),
        (12, 9, (10, 17, 36, 65, 121)),
        (16, 10, (10, 17, 36, 66, 122)),
        (20, 10, (10, 18, 37, 66, 122)),
    ],
)
def test_the_seeds_that_are_needed(comparisons, least, needed):
    assert least_seeds(comparisons) == least == 1 + math.ceil(math.log2(comparisons / ALPHA))
    assert tuple(n - may_disagree(n, comparisons) for n in (10, 20, 50, 100, 200)) == needed


def trinomial(seeds, p_lower, p_higher):
    """Counts of lower, equal and higher seeds, each (cases,), and the exact probability of each case."""
    lower, higher = (each.ravel() for each in np.mgrid[0 : seeds + 1, 0 : seeds + 1])
    possible = lower + higher <= seeds
    lower, higher = lower[possible], higher[possible]
    equal = seeds - lower - higher
    shares = [p_lower, 1 - p_lower - p_higher, p_higher]
    return (lower, equal, higher), stats.multinomial.pmf(
        np.stack([lower, equal, higher], axis=1), seeds, shares
    )


def decided(counts, comparisons):
    """Whether "lower" and whether "higher" is decided, from counts (cases,)."""
    lower, _, higher = counts
    allowed = np.array([may_disagree(seeds, comparisons) for seeds in range(201)])[lower + higher]
    return higher <= np.minimum(allowed, lower - 1), lower <= np.minimum(allowed, higher - 1)


@pytest.mark.parametrize("comparisons", TOGETHER)
@pytest.mark.parametrize("seeds", CLASSES)
def test_with_a_median_of_0_anything_is_wrong_with_at_most_the_level(seeds, comparisons):
    """For any shares of lower, equal and higher; wrong is a direction, or an interval without 0."""
    disagreeing = may_disagree(seeds, comparisons)
    worst = 0
    for p_lower, p_higher in product(np.linspace(0, 0.5, 11), repeat=2):
        counts, probability = trinomial(seeds, p_lower, p_higher)
        lower, equal, higher = counts
        says_lower, says_higher = decided(counts, comparisons)
        wrong = (says_lower & (p_lower <= p_higher)) | (says_higher & (p_higher <= p_lower))
        misses = (lower + equal <= disagreeing) | (higher + equal <= disagreeing)
        worst = max(worst, probability[wrong | misses].sum())
    assert worst <= ALPHA / comparisons * (1 + 1e-9)
    assert worst >= 2 * stats.binom.cdf(disagreeing, seeds, 0.5) * (1 - 1e-9), "no ties are the worst case"


@pytest.mark.parametrize("comparisons", TOGETHER)
@pytest.mark.parametrize("seeds", CLASSES)
def test_with_another_median_a_wrong_direction_implies_that_the_interval_misses_it(seeds, comparisons):
    """So anything is wrong as often as the interval misses, and no more: of a median below 0 it stands above.

    Where "higher" is wrong, at most the lower seeds are below the median, and so few are below both ends.
    """
    counts, _ = trinomial(seeds, 0.4, 0.4)
    lower, _, higher = counts
    says_lower, says_higher = decided(counts, comparisons)
    disagreeing = may_disagree(seeds, comparisons)
    assert (lower[says_higher] <= disagreeing).all()
    assert (higher[says_lower] <= disagreeing).all()
    assert 2 * stats.binom.cdf(disagreeing, seeds, 0.5) <= ALPHA / comparisons * (1 + 1e-9)


def test_the_worst_case_of_20_seeds_is_4_percent():
    assert 2 * stats.binom.cdf(may_disagree(20, 1), 20, 0.5) == pytest.approx(0.0414, abs=5e-5)


# The verdict


@settings(max_examples=300, derandomize=True)
@given(PAIRS, st.sampled_from([1, 4, 24]))
def test_the_direction_is_that_of_the_sign_test_and_the_interval_that_of_order_statistics(pair, comparisons):
    apart = [0.0 if a == b or abs(a - b) <= 1e-9 else a - b for a, b in pair.T]
    lower, higher = sum(each < 0 for each in apart), sum(each > 0 for each in apart)
    verdict = judge(*pair, LOSS, comparisons)
    assert (verdict.lower, verdict.higher, verdict.seeds) == (lower, higher, len(apart))
    sure = lower + higher and stats.binomtest(higher, lower + higher).pvalue <= ALPHA / comparisons
    assert verdict.outcome in OUTCOMES
    assert verdict.is_decided == bool(sure)
    if sure:
        assert verdict.outcome == (LOWER if lower > higher else HIGHER)
    if len(apart) > 1:
        of_scipy = stats.quantile_test(apart, p=0.5).confidence_interval(1 - ALPHA / comparisons)
        np.testing.assert_array_equal([verdict.low, verdict.high], [of_scipy.low, of_scipy.high])


@settings(max_examples=300, derandomize=True)
@given(PAIRS, st.sampled_from([LOSS, ACCURACY, ROUGHNESS, EPOCHS]))
def test_the_other_way_round_everything_is_reversed(pair, scale):
    there, back = judge(*pair, scale, 4), judge(*pair[::-1], scale, 4).reversed()
    for name in ("lower", "equal", "higher", "worst", "baseline_worst", "both_worst"):
        assert getattr(there, name) == getattr(back, name)
    np.testing.assert_array_equal([there.median, there.low, there.high], [back.median, back.low, back.high])
    assert there.reversed().reversed() == there or np.isnan([there.median, there.low, there.margin]).any()


@settings(max_examples=200, derandomize=True)
@given(PAIRS, st.permutations(range(40)))
def test_the_order_of_the_seeds_does_not_matter(pair, order):
    order = [seed for seed in order if seed < pair.shape[1]]
    assert repr(judge(*pair[:, order], LOSS, 4)) == repr(judge(*pair, LOSS, 4))


@pytest.mark.filterwarnings("error")
def test_two_lost_runs_are_equal_and_one_is_the_worst():
    own = np.array([INF, INF, 0.2, 0.2])
    assert differences(own, np.array([INF, 0.2, INF, 0.2]), 0).tolist() == [0, INF, -INF, 0]


def test_with_a_missing_value_there_is_no_verdict():
    assert outcome([NAN, 1, 2], [1, 2, 3]) == NO_VALUE
    assert outcome([1, 2, 3], [1, NAN, 3]) == NO_VALUE


def test_rounding_is_no_difference():
    assert outcome([0.3] * 20, [0.1 + 0.2] * 20) == EQUAL
    rows = np.arange(90, 111) / np.float32(116)
    up = (np.arange(90, 111) + 1).astype(np.float32) / np.float32(116)
    one_row = judge(up.astype(np.float32), rows.astype(np.float32), ACCURACY, 4)
    assert (one_row.higher, one_row.outcome, one_row.is_small) == (21, HIGHER, True)
    two_rows = judge(up + np.float32(1 / 116), rows, ACCURACY, 4)
    assert (two_rows.outcome, two_rows.is_small) == (HIGHER, False)


def test_equal_roughness_of_other_rows_is_equal():
    """Steps of one row each at different heights, which float32 rounds differently."""
    heights = np.array([[5, 6] * 20, [110, 111] * 20], np.float32) / np.float32(116)
    runs = [made(*[each[None]] * 4, lost=np.array([False])) for each in heights]
    values = [MEASURES["roughness"].values(each) for each in runs]
    assert values[0] != values[1]
    assert judge(*values, ROUGHNESS, 4).equal == 1


@pytest.mark.parametrize(
    ("scale", "half"), [(LOSS, 0.049), (ACCURACY, 1 / 116), (ROUGHNESS, 0.099), (EPOCHS, 1)]
)
def test_about_equal_is_an_interval_within_the_margin(scale, half):
    """Differences to either side, on a baseline of 1, of which the margin of the loss is 5 %."""
    baseline = np.ones(20)
    sides = np.array([1, -1] * 10)
    assert outcome(baseline + half * sides, baseline, scale) == ABOUT_EQUAL
    assert outcome(baseline + 2.1 * half * sides, baseline, scale) == UNDECIDED
    small = judge(baseline + half, baseline, scale, 4)
    assert (small.outcome, small.is_small) == (HIGHER, True)
    assert not judge(baseline + 2.1 * half, baseline, scale, 4).is_small


def test_without_a_median_of_the_baseline_nothing_is_about_equal_in_the_loss():
    baseline = np.array([INF] * 10 + [0.5] * 10)
    own = np.array([INF] * 10 + [0.5001, 0.4999] * 5)
    verdict = judge(own, baseline, LOSS, 4)
    assert np.isnan(verdict.margin)
    assert verdict.outcome == UNDECIDED


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0], TOO_FEW),
        ([0.0], EQUAL),
        ([1.0] * 7, TOO_FEW),
        ([1.0] * 8, HIGHER),
        ([-1.0] * 8, LOWER),
        ([1.0] * 7 + [0.0], UNDECIDED),
        ([0.0] * 8, EQUAL),
        ([INF] * 8, HIGHER),
        ([1.0] * 16 + [-1.0] * 4, HIGHER),
        ([1.0] * 15 + [-1.0] * 5, UNDECIDED),
        ([1.0] * 10 + [0.0] * 10, HIGHER),
        ([1.0] * 10 + [-1.0] + [0.0] * 9, HIGHER),
        ([1.0] * 10 + [-1.0] * 2 + [0.0] * 8, UNDECIDED),
    ],
)
def test_outcomes_of_four_comparisons(values, expected):
    assert outcome(values) == expected


def test_few_seeds_that_differ_decide_nothing_and_many_equal_ones_say_about_equal():
    assert outcome([1.0] * 5 + [0.0] * 15, np.full(20, 3.0) * 0, EPOCHS) == ABOUT_EQUAL


def test_identical_recipes_are_the_same_recipe():
    (history,) = experiments.train([Recipe(epochs=2)], range(3))
    (verdict,) = compare(history, history, [MEASURES["val_loss"]], 4, same=True)
    assert verdict.outcome == SAME
    assert verdict.is_level


@pytest.mark.parametrize(("values", "baseline"), [([], []), ([1.0], [1.0, 2.0]), ([[1.0]], [[1.0]])])
def test_values_of_other_seeds_are_refused(values, baseline):
    with pytest.raises(ValueError, match="must be \\(seeds,\\), of the same seeds"):
        judge(np.array(values), np.array(baseline), LOSS, 4)


@pytest.mark.parametrize(
    ("seeds", "comparisons", "share"), [(20, 1, 14), (20, 4, 20), (20, 12, 24), (1, 4, 99)]
)
def test_the_share_of_seeds_that_equal_ones_leave_unseen(seeds, comparisons, share):
    assert unseen_share(seeds, comparisons) == share
    assert (1 - share / 100) ** seeds <= ALPHA / comparisons


@pytest.mark.parametrize(
    ("values", "prefer", "expected"),
    [
        ([[3, 3], [1, 1], [2, 2]], 0, 1),
        ([[1, 1], [1, 1], [1, 1]], 2, 2),
        ([[2, 2], [1, 1], [1, 1]], 0, 1),
        ([[INF, INF, 1], [9, 9, 9], [INF, 1, 1]], 0, 2),
        ([[INF, INF, INF], [INF, INF, 9]], 0, 1),
        ([[INF, INF], [INF, INF]], 1, 1),
    ],
)
def test_the_lowest_is_that_of_the_lowest_median_and_then_of_the_fewest_lost_runs(values, prefer, expected):
    assert lowest([np.array(each, float) for each in values], prefer) == expected


# The project's own runs

COMPARED = [
    *(MEASURES[name] for name in MEASURES),
    epochs_to("accuracy", 0.95),
    epochs_to("val_accuracy", 0.8),
]


@pytest.mark.parametrize("schedule", [Constant(10.0), Constant(30.0), OneCycle(10.0)], ids=repr)
def test_a_rate_that_is_much_too_high_is_worse_on_20_of_20_seeds(schedule):
    right, wild = experiments.train([Recipe(Constant(0.1)), Recipe(schedule)], range(20))
    (loss,) = compare(wild, right, [MEASURES["val_loss"]], 20)
    assert (loss.outcome, loss.higher, loss.seeds) == (HIGHER, 20, 20)


@pytest.mark.parametrize("momentum", [0.0, 0.5])
@pytest.mark.parametrize("decay_rate", [0.01, 0.03, 0.1, 0.3, 0.5, 1.0])
def test_the_survivors_of_a_recipe_that_is_mostly_lost_are_never_praised(decay_rate, momentum):
    recipes = [
        Recipe(Constant(0.001), optimizer=SGD(momentum)),
        Recipe(ExponentialDecay(100.0, decay_rate=decay_rate), optimizer=SGD(0.5)),
    ]
    slow, wild = experiments.train(recipes, range(200))
    assert wild.lost.mean() > 0.5
    assert not slow.lost.any()
    for seeds in (8, 20, 50, 200):
        for measure, verdict in zip(COMPARED, compare(wild[:seeds], slow[:seeds], COMPARED, 4), strict=True):
            praise = LOWER if measure.scale.worst > 0 else HIGHER
            assert verdict.outcome != praise, (measure.label, seeds)
            assert not verdict.is_level or 2 * verdict.both_worst > seeds, "neither ever gets to the target"


def test_a_lost_run_that_is_still_a_number_is_the_worst():
    good = made(*[np.full((20, 40), 0.5)] * 4, lost=np.zeros(20, bool))
    better = made(
        **{name: np.full((20, 40), 0.1 if "loss" in name else 0.9) for name in METRICS},
        lost=np.ones(20, bool),
    )
    for measure, verdict in zip(COMPARED, compare(better, good, COMPARED, 4), strict=True):
        assert verdict.outcome != (LOWER if measure.scale.worst > 0 else HIGHER)


def test_too_few_seeds_have_no_interval():
    assert np.isnan(interval(np.zeros(7), 4)).all()
    assert interval(np.arange(8.0), 4) == (0, 7)


def test_by_epoch_the_last_interval_is_the_verdicts_whatever_is_lost_before():
    rng = np.random.default_rng(0)
    own, other = (rng.random((20, 3)) for _ in range(2))
    own[:4, 1:] = np.nan
    lost = np.arange(20) < 5  # the fifth has a loss, and ended above its untrained network's
    histories = [
        made(each, each, each, each, which) for each, which in ((own, lost), (other, np.zeros(20, bool)))
    ]
    measure = MEASURES["val_loss"]
    found = by_epoch(*histories, "val_loss", measure.scale, 4)
    (verdict,) = compare(*histories, [measure], 4)
    assert (found.low[-1], found.median[-1], found.high[-1]) == (verdict.low, verdict.median, verdict.high)
    first = np.sort(own[:, 0] - other[:, 0])
    assert (found.low[0], found.median[0], found.high[0]) == (first[4], (first[9] + first[10]) / 2, first[-5])
    middle = np.sort(np.where(np.isnan(own[:, 1]), np.inf, own[:, 1] - other[:, 1]))
    assert found.high[1] == middle[-5]


def test_by_epoch_stops_where_the_shorter_run_does_and_needs_its_seeds():
    long, short = (made(*[np.ones((3, epochs))] * 4, np.zeros(3, bool)) for epochs in (5, 2))
    found = by_epoch(long, short, "val_loss", MEASURES["val_loss"].scale, 4)
    assert found.median.tolist() == [0, 0]
    assert np.isnan(found.low).all()
