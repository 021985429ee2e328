"""Measures compared with values computed by hand."""

import warnings

import numpy as np
import pytest

from lrcore.data import DATASETS
from lrcore.findings import metrics
from lrcore.findings.verdicts import compare
from tests.datasets import small_dataset
from tests.histories import made

NAN, INF = float("nan"), float("inf")


def history(val_loss, val_accuracy, loss=None, accuracy=None, lost=None):
    """A History of float32 arrays (seeds, epochs); by default training equals validation and no run is lost."""
    arrays = [loss or val_loss, accuracy or val_accuracy, val_loss, val_accuracy]
    lost = np.zeros(len(val_loss), bool) if lost is None else np.array(lost)
    return made(*(np.array(each, np.float32) for each in arrays), lost)


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
def test_a_lost_run_is_the_worst_in_every_measure_whether_it_is_a_number_or_not(name):
    measure = metrics.MEASURES[name]
    runs = [[0.5, 0.4, NAN], [0.5, 0.4, 0.3], [0.5, 0.4, 0.3]]
    values = measure.values(history(runs, runs, lost=[True, True, False]))
    assert values[:2].tolist() == [measure.scale.worst] * 2
    assert values[2] == pytest.approx(measure.of(history(runs[2:], runs[2:]))[0])
    higher_is_better = "accuracy" in measure.label and "Roughness" not in measure.label
    assert measure.scale.worst == (-INF if higher_is_better else INF)


def test_the_roughness_of_one_epoch_has_no_value_and_is_not_lost():
    one = history([[0.5], [0.6]], [[0.5], [0.6]], lost=[False, True])
    values = metrics.MEASURES["roughness"].values(one)
    assert np.isnan(values[0])
    assert values[1] == INF


def test_the_margins_are_one_row_one_epoch_a_tenth_of_a_point_and_a_twentieth_of_the_loss():
    margins = {name: (each.scale.margin, each.scale.relative) for name, each in metrics.MEASURES.items()}
    assert margins == {
        "val_loss": (0.05, True),
        "best_val_loss": (0.05, True),
        "val_accuracy": (1 / 116, False),
        "best_val_accuracy": (1 / 116, False),
        "accuracy": (1 / 235, False),
        "roughness": (0.1, False),
        "training_roughness": (0.1, False),
    }
    assert metrics.epochs_to("accuracy", 0.95).scale.margin == 1


def test_the_margin_of_an_accuracy_is_one_row_of_the_runs_own_data_set(tmp_path, monkeypatch):
    there = history([[0.5, 0.5]], [[0.5, 0.5]])
    here = {name: each.scale_for(there) for name, each in metrics.MEASURES.items()}
    assert here == {name: each.scale for name, each in metrics.MEASURES.items()}
    monkeypatch.setitem(DATASETS, there.recipe.data, small_dataset(tmp_path))
    scales = {name: each.scale_for(there) for name, each in metrics.MEASURES.items()}
    rows = {"val_accuracy": 4, "best_val_accuracy": 4, "accuracy": 6}
    for name, scale in scales.items():
        margins = (1 / rows[name], 0.5 / rows[name]) if name in rows else (here[name].margin, here[name].tie)
        assert (scale.margin, scale.tie) == margins
    (verdict,) = compare(there, there, [metrics.MEASURES["val_accuracy"]], 1)
    assert verdict.margin == 1.5 / 4


def test_a_lost_run_never_reaches_the_target_even_if_it_was_there():
    accuracy = [[0.5, 0.96, 0.5], [0.5, 0.96, 0.5], [0.5, 0.5, 0.5]]
    runs = history(accuracy, [[1.0] * 3] * 3, accuracy=accuracy, lost=[False, True, False])
    assert metrics.epochs_to("accuracy", 0.95).values(runs).tolist() == [2, INF, INF]
    assert metrics.epochs_to("val_accuracy", 0.95).values(runs).tolist() == [1, INF, 1]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3, 1, 2], 2),
        ([4, 1, 2, 3], 2.5),
        ([1, INF], INF),
        ([-INF, 1], -INF),
        ([INF, INF, 1], INF),
        ([INF, INF], INF),
        ([1e308, 1.5e308], 1.25e308),
    ],
)
@pytest.mark.filterwarnings("error")
def test_the_middle_of_values_may_be_infinite(values, expected):
    assert metrics.middle(np.array(values, float)) == expected


@pytest.mark.filterwarnings("error")
def test_there_is_no_middle_between_the_two_infinities():
    assert np.isnan(metrics.middle(np.array([-INF, INF])))


@pytest.mark.parametrize("name", metrics.MEASURES)
def test_a_measure_has_a_help_text(name):
    measure = metrics.MEASURES[name]
    assert measure.label[0].isupper()
    assert measure.help.endswith(".")


# Summaries


def test_reach_gives_the_median_the_band_and_how_many_never_do():
    reach = metrics.reach(np.array([30, 1, 2, 3, 4, 5, 6, 7, 8, 40.0]))
    assert (reach.low, reach.median, reach.high, reach.never) == (1, 5.5, 30, 0)


@pytest.mark.parametrize(
    ("epochs", "median", "never"),
    [([5, 7, INF], 7, 1), ([5, INF], INF, 1), ([5, INF, INF], INF, 2), ([INF, INF], INF, 2), ([4], 4, 0)],
)
def test_runs_that_never_reach_the_target_rank_last(epochs, median, never):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reach = metrics.reach(np.array(epochs, float))
    assert (reach.median, reach.never) == (median, never)
