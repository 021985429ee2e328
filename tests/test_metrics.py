"""Measurements against values worked out by hand, and against SciPy and the standard library."""

import statistics
import warnings

import numpy as np
import pytest
from scipy import stats

from lrcore import metrics
from lrcore.ensemble import History

NAN, INF = float("nan"), float("inf")


def history(val_loss, val_accuracy, loss=None, accuracy=None):
    """A History of float32 arrays (seeds, epochs); training as validation where it is not given."""
    arrays = [loss or val_loss, accuracy or val_accuracy, val_loss, val_accuracy]
    return History(*(np.array(each, np.float32) for each in arrays))


# Spread over the seeds


def test_the_band_holds_four_runs_in_five():
    runs = np.arange(11.0)[::-1, None] * [1, 10]
    spread = metrics.spread(runs)
    assert (spread.low.tolist(), spread.median.tolist(), spread.high.tolist()) == ([1, 10], [5, 50], [9, 90])


def test_a_diverged_run_leaves_the_band_from_its_epoch_on():
    spread = metrics.spread(np.array([[1.0, 1], [2, 2], [9, NAN]]))
    assert spread.median.tolist() == [2, 1.5]


def test_where_every_run_has_diverged_there_is_no_band():
    spread = metrics.spread(np.array([[1.0, NAN], [3, NAN]]))
    assert spread.median[0] == 2
    assert np.isnan([spread.low[1], spread.median[1], spread.high[1]]).all()


def test_runs_with_a_nan_have_diverged():
    assert metrics.diverged(np.array([[1, 1], [1, NAN], [NAN, NAN]])).tolist() == [False, True, True]


# One number per run


def test_epochs_to_reach_counts_from_one_and_takes_the_first_time():
    values = np.array([[0.2, 0.9, 0.5, 0.9], [0.95, 0, 0, 0], [0.2, 0.3, 0.4, 0.89], [NAN, NAN, NAN, NAN]])
    assert metrics.epochs_to_reach(values, 0.9).tolist() == [2, 1, INF, INF]


def test_a_target_that_is_met_exactly_is_reached_in_float32_too():
    assert metrics.epochs_to_reach(np.array([[0.5, 0.95]], np.float32), 0.95).tolist() == [2]


def test_a_run_that_diverges_after_it_reached_the_target_did_reach_it():
    assert metrics.epochs_to_reach(np.array([[0.5, 0.96, NAN]]), 0.95).tolist() == [2]


def test_roughness_is_the_mean_change_in_percentage_points():
    np.testing.assert_allclose(metrics.roughness(np.array([[0.5, 0.6, 0.4], [0.7, 0.7, 0.7]])), [15, 0])


def test_roughness_looks_at_the_last_30_changes_only():
    wild_then_steady = np.append(np.tile([0.0, 1.0], 20), np.tile([0.5, 0.6], 16)[:31])
    np.testing.assert_allclose(metrics.roughness(wild_then_steady[None]), [10])
    np.testing.assert_allclose(metrics.roughness(wild_then_steady[None, 39:]), [10])
    np.testing.assert_allclose(
        metrics.roughness(np.append([1.0], wild_then_steady[-30:])[None]), [(40 + 29 * 10) / 30]
    )


def test_roughness_of_one_epoch_or_of_a_diverged_run_is_unknown():
    assert np.isnan(metrics.roughness(np.array([[0.5]]))).all()
    assert np.isnan(metrics.roughness(np.array([[0.5, 0.6, NAN]]))).all()


def test_each_measure_of_a_run_worked_out_by_hand():
    two_runs = history(
        val_loss=[[0.5, 0.25, 0.375], [1, 0.75, 0.5]],
        val_accuracy=[[0.5, 0.75, 0.625], [0.25, 0.5, 0.5]],
        loss=[[1, 1, 1], [1, 1, 1]],
        accuracy=[[0.5, 0.5, 0.75], [0.5, 1, 0.875]],
    )
    expected = {
        "val_loss": [0.375, 0.5],
        "best_val_loss": [0.25, 0.5],
        "val_accuracy": [0.625, 0.5],
        "best_val_accuracy": [0.75, 0.5],
        "accuracy": [0.75, 0.875],
        "roughness": [18.75, 12.5],
        "training_roughness": [12.5, 31.25],
    }
    assert {name: measure.of(two_runs).tolist() for name, measure in metrics.MEASURES.items()} == expected


@pytest.mark.parametrize("name", metrics.MEASURES)
def test_what_is_measured_of_a_diverged_run_is_unknown(name):
    lost = history([[0.5, 0.4, NAN], [0.5, 0.4, 0.3]], [[0.5, 0.6, NAN], [0.5, 0.6, 0.7]])
    assert np.isnan(metrics.MEASURES[name].of(lost)).tolist() == [True, False]


@pytest.mark.parametrize("name", metrics.MEASURES)
def test_a_measure_explains_itself(name):
    measure = metrics.MEASURES[name]
    assert measure.label[0].isupper()
    assert measure.help.endswith(".")


# Summaries


def test_the_average_is_the_mean_with_the_sample_standard_deviation():
    values = [0.125, 0.5, 0.375, 1.25]
    average = metrics.average(np.array(values))
    assert average.mean == pytest.approx(statistics.mean(values), rel=1e-12)
    assert average.sd == pytest.approx(statistics.stdev(values), rel=1e-12)
    assert average.runs == 4


def test_the_average_leaves_diverged_runs_out_and_counts_the_rest():
    average = metrics.average(np.array([1, NAN, 3]))
    assert (average.mean, average.runs) == (2, 2)
    assert average.sd == pytest.approx(2**0.5)


def test_the_average_of_one_run_has_no_spread_and_of_none_no_value():
    assert metrics.average(np.array([7.0])).mean == 7
    assert np.isnan(metrics.average(np.array([7.0])).sd)
    nothing = metrics.average(np.array([NAN, NAN]))
    assert np.isnan(nothing.mean)
    assert nothing.runs == 0


def test_reach_gives_the_median_the_band_and_how_many_never_do():
    reach = metrics.reach(np.array([30, 1, 2, 3, 4, 5, 6, 7, 8, 40.0]))
    assert (reach.low, reach.median, reach.high, reach.never) == (1, 5.5, 30, 0)


@pytest.mark.parametrize(
    ("epochs", "median", "never"),
    [([5, 7, INF], 7, 1), ([5, INF], INF, 1), ([5, INF, INF], INF, 2), ([INF, INF], INF, 2), ([4], 4, 0)],
)
def test_a_run_that_never_reaches_the_target_stands_behind_all_that_do(epochs, median, never):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reach = metrics.reach(np.array(epochs, float))
    assert (reach.median, reach.never) == (median, never)


def test_the_area_under_the_rates_is_in_rate_times_epochs():
    assert metrics.area_under_rates(np.array([[0.5, 0.25], [0.25, 0.0]])) == pytest.approx(0.375 + 0.125)
    assert metrics.area_under_rates(np.full((50, 9), 0.1)) == pytest.approx(5.0)


# Paired differences

BEFORE = np.array([0.30, 0.25, 0.40, 0.31, 0.28])
AFTER = np.array([0.28, 0.24, 0.33, 0.30, 0.29])


def test_the_interval_is_the_mean_with_students_t():
    difference = metrics.paired_difference(AFTER, BEFORE)
    gaps = [-0.02, -0.01, -0.07, -0.01, 0.01]
    half = 2.7764451 * statistics.stdev(gaps) / 5**0.5  # t of 4 degrees of freedom at 97.5 %, from a table
    assert difference.mean == pytest.approx(-0.02)
    assert (difference.low, difference.high) == pytest.approx((-0.02 - half, -0.02 + half), rel=1e-6)
    assert difference.pairs == 5
    scipys = stats.ttest_rel(AFTER, BEFORE).confidence_interval(0.95)
    assert (difference.low, difference.high) == pytest.approx((scipys.low, scipys.high), rel=1e-9)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.995])
def test_the_interval_leaves_0_out_exactly_when_the_paired_t_test_rejects(confidence):
    random = np.random.default_rng(7)
    verdicts = set()
    for shift in np.linspace(-1.5, 1.5, 31):
        values, baseline = random.normal(shift, 1, 12), random.normal(0, 1, 12)
        verdict = metrics.paired_difference(values, baseline, confidence).verdict
        test = stats.ttest_rel(values, baseline)
        expected = "not distinguishable"
        if test.pvalue < 1 - confidence:
            expected = "lower" if test.statistic < 0 else "higher"
        assert verdict == expected
        verdicts.add(verdict)
    assert verdicts == {"lower", "higher", "not distinguishable"}


def test_a_common_shift_of_the_seeds_does_not_widen_the_interval():
    hard_seeds = np.array([0.0, 5, -3, 9, 1])
    alone = metrics.paired_difference(AFTER, BEFORE)
    shifted = metrics.paired_difference(AFTER + hard_seeds, BEFORE + hard_seeds)
    assert (shifted.low, shifted.high) == pytest.approx((alone.low, alone.high))


def test_pairs_with_a_diverged_run_are_left_out():
    with_lost = metrics.paired_difference(np.append(AFTER, [NAN, 9.0]), np.append(BEFORE, [1.0, NAN]))
    assert with_lost == metrics.paired_difference(AFTER, BEFORE)


@pytest.mark.parametrize("values", [[], [NAN], [0.3], [0.3, NAN]])
def test_fewer_than_two_pairs_tell_nothing_apart(values):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        difference = metrics.paired_difference(np.array(values), np.full(len(values), 0.1))
    assert difference.verdict == "not distinguishable"
    assert np.isnan([difference.low, difference.high]).all()


def test_a_recipe_does_not_differ_from_itself():
    difference = metrics.paired_difference(BEFORE, BEFORE)
    assert (difference.mean, difference.low, difference.high) == (0, 0, 0)
    assert difference.verdict == "not distinguishable"


def test_equal_differences_of_few_seeds_may_be_chance_and_of_many_are_not():
    few = metrics.paired_difference(np.array([0.5, 0.75]), np.array([0.625, 0.875]))
    assert (few.mean, few.verdict) == (-0.125, "not distinguishable")
    many = metrics.paired_difference(np.full(6, 0.5), np.full(6, 0.625))
    assert many.verdict == "lower"  # 6 of 6 by chance: 2 / 2**6, which is under 5 %
    assert metrics.paired_difference(np.full(5, 0.5), np.full(5, 0.625)).verdict == "not distinguishable"


def test_equal_steps_of_an_accuracy_are_equal_whatever_float32_makes_of_them():
    steps = np.array([112, 113, 114], np.float32) / np.float32(116)
    difference = metrics.paired_difference(steps[1:], steps[:-1])
    assert difference.verdict == "not distinguishable"


def test_no_mean_takes_in_a_run_that_never_gets_there():
    with pytest.raises(ValueError, match="must be finite or NaN"):
        metrics.paired_difference(np.array([3, INF]), np.array([3, 4.0]))
    with pytest.raises(ValueError, match="must be finite or NaN"):
        metrics.paired_difference(np.array([3, 4.0]), np.array([3, INF]))


def test_bonferroni_divides_the_risk_among_the_comparisons():
    assert metrics.adjusted(0.95, 1) == pytest.approx(0.95)
    assert metrics.adjusted(0.95, 10) == pytest.approx(0.995)
    assert metrics.adjusted(0.95, 0) == pytest.approx(0.95)


def test_with_adjusted_intervals_chance_is_taken_for_a_difference_in_at_most_one_study_in_twenty():
    random = np.random.default_rng(11)
    comparisons, studies = 15, 400
    false_alarms = 0
    for _ in range(studies):
        noise = random.normal(0, 1, (comparisons, 8))
        confidence = metrics.adjusted(0.95, comparisons)
        false_alarms += any(
            metrics.paired_difference(each, np.zeros(8), confidence).verdict != "not distinguishable"
            for each in noise
        )
    assert 0 < false_alarms / studies < 0.05 + 3 * (0.05 * 0.95 / studies) ** 0.5
