"""What synthetic runs say, against numbers worked out by hand and against SciPy."""

from math import inf, isnan

import numpy as np
import pytest
from scipy import stats

from lrcore.data import DATASETS
from lrcore.findings import evidence
from lrcore.findings.evidence import Difference, FasterShare, FirstRates, Level, LossDifference, MedianEpochs
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import ExponentialDecay, TimeBasedDecay
from lrcore.training.run import METRICS
from tests.histories import made

DATA = DATASETS["ionosphere"]


def history(lost=(), **arrays):
    """A History (seeds, epochs) of the arrays given and zeros for the others; the seeds `lost` are lost."""
    given = {name: np.array(values, np.float32) for name, values in arrays.items()}
    zeros = np.zeros_like(next(iter(given.values())))
    curves = (given.get(name, zeros) for name in METRICS)
    return made(*curves, np.isin(np.arange(len(zeros)), lost))


def arriving(*epochs, length=6, lost=()):
    """Runs whose training accuracy is 1 from that epoch on, counted from 1, and 0.5 before; inf for never."""
    accuracy = [[1.0 if epoch >= each else 0.5 for epoch in range(1, length + 1)] for each in epochs]
    return history(accuracy=accuracy, lost=lost)


def ending(*accuracies):
    """Runs of two epochs that end with that training accuracy in percent; NaN for a lost one."""
    return history(
        accuracy=[[0.5, each / 100] for each in accuracies], lost=np.flatnonzero(np.isnan(accuracies))
    )


# Differences


def losing(*losses):
    """Runs of two epochs that end with that validation loss; inf for a lost one."""
    return history(val_loss=[[1.0, each] for each in losses], lost=np.flatnonzero(np.isinf(losses)))


def test_a_difference_in_loss_is_a_share_of_the_others_median_with_the_interval_of_order_statistics():
    own, other = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 2.4, inf], [2.0] * 8
    estimate = LossDifference("a", "b")({"a": losing(*own), "b": losing(*other)}, 0.95, 0.9)
    # differences -80 to -55 %, 20 % and one that is lost; of 8 coins at most 1 heads: 9 chances in 256, on each side
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((-62.5, -75, 20), abs=1e-4)
    assert estimate.words == (
        "median 0.750 against 2.000; median difference -62.50 % (-75.00 to +20.00 %), 8 seeds, on 1 of them a run is "
        "lost, which counts as the worst"
    )


def test_against_a_recipe_whose_typical_run_is_lost_there_is_no_share():
    estimate = LossDifference("a", "b")({"a": losing(1, 1), "b": losing(1, inf)}, 0.95, 0.9)
    assert isnan(estimate.value)
    assert isnan(estimate.low)


def test_a_difference_is_paired_by_the_seed():
    histories = {"a": ending(91, 82, 73, 66), "b": ending(90, 80, 70, 60)}
    estimate = Difference("accuracy", "a", ("b",))(histories, 0.95, 0.9)
    expected = stats.ttest_rel([91, 82, 73, 66], [90, 80, 70, 60]).confidence_interval(0.9)
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(
        (3, expected.low, expected.high), rel=1e-4
    )
    assert "mean 78.00 against 75.00 %; mean difference +3.00" in estimate.words


def test_against_several_recipes_each_seed_meets_its_largest():
    histories = {"a": ending(80, 80, 80), "b": ending(70, 85, 60), "c": ending(75, 60, 81)}
    estimate = Difference("accuracy", "a", ("b", "c"))(histories, 0.95, 0.95)
    assert estimate.value == pytest.approx((5 - 5 - 1) / 3, abs=1e-4)


def test_a_recipe_with_more_seeds_is_cut_to_those_that_both_have():
    histories = {"a": ending(91, 82, 73, 0, 0), "b": ending(90, 80, 70)}
    estimate = Difference("accuracy", "a", ("b",))(histories, 0.95, 0.95)
    assert estimate.value == pytest.approx(2, abs=1e-4)
    assert estimate.words.endswith("3 seeds")


def test_a_lost_run_is_the_worst_of_its_pair_and_the_median_stands_in_for_the_mean():
    own, other = [91, 82, 83, 74, 95, 86, 97, np.nan], [90, 80, 80, 70, 90, 80, 90, 60]
    histories = {"a": ending(*own), "b": ending(*other)}
    estimate = Difference("accuracy", "a", ("b",))(histories, 0.95, 0.9)
    # differences 1 to 7 and one that is lost; of 8 coins at most 1 heads: 9 chances in 256, on each side
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((3.5, 1, 6), abs=1e-4)
    assert estimate.words == (
        "median 84.50 against 80.00 %; median difference +3.50 (+1.00 to +6.00), 8 seeds, on 1 of them a run is lost, "
        "which counts as the worst"
    )


def test_a_recipe_that_is_mostly_lost_is_behind_whatever_its_other_runs_do():
    histories = {"a": ending(*[np.nan] * 9, 99), "b": ending(*range(50, 60))}
    estimate = Difference("accuracy", "a", ("b",))(histories, 0.95, 0.95)
    assert estimate.high < 0
    assert "inf" not in estimate.words
    assert "nan" not in estimate.words
    assert "median difference lost (lost to lost), 10 seeds" in estimate.words


@pytest.mark.filterwarnings("error")
def test_two_lost_runs_are_equal():
    lost = {"a": ending(np.nan, np.nan), "b": ending(np.nan, np.nan)}
    estimate = Difference("accuracy", "a", ("b",))(lost, 0.95, 0.95)
    assert (estimate.value, estimate.low, estimate.high) == (0, 0, 0)
    assert estimate.words == "equal on all 2 seeds"


def test_runs_that_end_alike_are_equal():
    alike = {"a": ending(90, 91, 92), "b": ending(90, 91, 92)}
    assert Difference("accuracy", "a", ("b",))(alike, 0.95, 0.95).words == "equal on all 3 seeds"


def test_differences_without_a_spread_have_an_interval_only_if_there_are_enough():
    few, many = ({"a": ending(*[91] * n), "b": ending(*[90] * n)} for n in (5, 6))
    estimate = Difference("accuracy", "a", ("b",))(few, 0.95, 0.95)
    assert isnan(estimate.low)
    assert "too few seeds for an interval" in estimate.words
    estimate = Difference("accuracy", "a", ("b",))(many, 0.95, 0.95)  # 6 of 6 by chance: 2 / 2**6, under 5 %
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((1, 1, 1), abs=1e-4)


def test_a_single_pair_has_no_interval():
    estimate = Difference("accuracy", "a", ("b",))({"a": ending(91), "b": ending(90)}, 0.95, 0.95)
    assert isnan(estimate.low)
    assert isnan(estimate.high)


# Levels


def test_runs_that_all_answer_good_are_not_above_always_answering_good():
    share = DATA.baseline("tail")
    runs = history(val_accuracy=np.full((200, 2), share))
    estimate = Level("val_accuracy", "a", "baseline")({"a": runs}, 0.95, 0.95)
    assert (estimate.value, estimate.low, estimate.high) == (0, 0, 0)


@pytest.mark.parametrize(("level", "height"), [("zero", 0), ("target", 80), ("baseline", 100 * 107 / 116)])
def test_a_level_is_taken_off_the_mean(level, height):
    values = [93, 95, 97, 99]
    estimate = Level("accuracy", "a", level)({"a": ending(*values)}, 0.8, 0.9)
    expected = stats.ttest_1samp(values, height).confidence_interval(0.9)
    assert estimate.value == pytest.approx(96 - height, abs=1e-4)
    assert (estimate.low, estimate.high) == pytest.approx(
        (expected.low - height, expected.high - height), abs=1e-4
    )
    assert estimate.words.startswith("96.00 % on average")


def test_the_late_change_compares_the_last_ten_epochs_with_the_ten_before():
    loss = [[9.0] * 5 + [2.0] * 10 + [1.5] * 10, [9.0] * 5 + [4.0] * 10 + [4.0] * 10]
    assert evidence.QUANTITIES["late_change"].of(history(loss=loss)) == pytest.approx([-25, 0])


def test_the_early_gap_is_what_stopping_at_epoch_20_costs():
    accuracy = np.full((1, 50), 0.5)
    accuracy[0, 19], accuracy[0, -1] = 0.9, 0.92
    assert evidence.QUANTITIES["early_gap"].of(history(val_accuracy=accuracy)) == pytest.approx(
        [-2], abs=1e-4
    )


# Speed


def test_the_faster_share_counts_ties_as_not_faster_and_never_as_slowest():
    histories = {"a": arriving(2, 3, 4, 5, inf), "b": arriving(3, 3, inf, 4, 6)}
    estimate = FasterShare("a", "b")(histories, 0.95, 0.9)
    expected = stats.binomtest(2, 5).proportion_ci(0.9, method="exact")
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(
        (40, 100 * expected.low, 100 * expected.high)
    )
    assert estimate.words.startswith("faster on 2 of 5 seeds")
    assert "equal on 1, slower on 2; median epochs: 4 against 4" in estimate.words


def test_seeds_on_which_neither_arrives_say_nothing_of_speed():
    histories = {"a": arriving(2, inf, inf), "b": arriving(3, inf, 4)}
    estimate = FasterShare("a", "b")(histories, 0.95, 0.9)
    assert estimate.value == 50
    assert "slower on 1, left out 1 on which neither gets there; median epochs" in estimate.words
    nobody = FasterShare("a", "b")({"a": arriving(inf, inf), "b": arriving(inf, inf)}, 0.95, 0.9)
    assert isnan(nobody.low)
    assert nobody.words == "neither gets there on any of 2 seeds"


def test_one_seed_and_one_run_are_told_in_the_singular():
    one = {"a": arriving(2), "b": arriving(3)}
    assert FasterShare("a", "b")(one, 0.95, 0.9).words.startswith("faster on 1 of 1 seed (")
    nobody = {"a": arriving(inf), "b": arriving(inf)}
    assert FasterShare("a", "b")(nobody, 0.95, 0.9).words == "neither gets there on the one seed"
    late = {"a": arriving(2, inf)}
    assert MedianEpochs("a")(late, 0.95, 0.9).words.endswith("; 1 of 2 runs never gets there")
    pair = {"a": ending(91), "b": ending(90)}
    assert Difference("accuracy", "a", ("b",))(pair, 0.95, 0.9).words.endswith(", 1 seed")


def test_what_is_left_out_is_counted_once_for_words_and_for_readers():
    histories = {"a": arriving(2, inf, inf, inf), "b": arriving(3, inf, 4, inf)}
    assert FasterShare("a", "b").left_out(histories, 0.95) == 2
    assert MedianEpochs("a").left_out(histories, 0.95) == 0


def test_a_run_that_is_lost_after_it_was_there_never_gets_there():
    histories = {"a": arriving(1, 2, lost=[0, 1]), "b": arriving(3, 3)}
    estimate = FasterShare("a", "b")(histories, 0.95, 0.9)
    assert estimate.value == 0
    assert "median epochs: never against 3" in estimate.words


def test_runs_that_arrive_together_are_equal():
    estimate = FasterShare("a", "b")({"a": arriving(2, 3, inf), "b": arriving(2, 3, inf)}, 0.95, 0.9)
    assert estimate.words.startswith(
        "equal on all 2 seeds, left out 1 on which neither gets there; median epochs"
    )


def test_the_median_of_epochs_has_an_interval_of_order_statistics():
    epochs = [1, 2, 3, 4, 5, 6, 7, 8, inf, inf]
    estimate = MedianEpochs("a")({"a": arriving(*epochs, length=9)}, 0.95, 0.95)
    # of 10 runs, 1 or fewer below the median: 11 chances in 1024, on each side
    assert (estimate.value, estimate.low, estimate.high) == (5.5, 2, inf)
    assert estimate.words == "median epochs: 5.5 (2 to never); 2 of 10 runs never get there"


def test_a_median_run_that_never_arrives_is_infinite():
    assert MedianEpochs("a")({"a": arriving(*[inf] * 9, 1)}, 0.95, 0.9).value == inf


def test_a_higher_target_is_reached_later():
    rising = {"a": history(accuracy=[[0.6, 0.7, 0.8, 0.9]] * 8)}
    assert [MedianEpochs("a")(rising, target, 0.9).value for target in (0.65, 0.85)] == [2, 4]


# Rates


def test_the_first_rates_are_compared_with_what_is_stated():
    recipe = Recipe(ExponentialDecay(0.01, decay_rate=0.01))
    estimate = FirstRates(recipe, (0.01, 0.0099))({}, 0.95, 0.95)
    assert estimate.value == estimate.low == estimate.high == pytest.approx(0.01 * np.exp(-0.01) - 0.0099)
    assert estimate.words == "0.01 in epoch 1, 0.0099005 in epoch 2"


def test_rates_on_the_update_clock_are_taken_at_the_first_update_of_an_epoch():
    recipe = Recipe(TimeBasedDecay(0.1, decay_rate=1), clock="update")
    assert FirstRates(recipe, (0.1, 0.01))({}, 0.95, 0.95).value == pytest.approx(0)  # 9 updates an epoch


def test_only_what_is_trained_is_subject_to_chance():
    assert not FirstRates.random
    assert all(kind.random for kind in (Difference, Level, FasterShare, MedianEpochs))
