"""The sentences on tuning: word for word where it counts, and true and readable for any losses."""

from __future__ import annotations

import re
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcore.findings import tuning_wording as wording
from lrcore.findings.range_test import Suggested, suggested
from lrcore.findings.tuning import (
    Fall,
    at_equal_rates,
    choose,
    falls,
    grid,
    heights,
    judge_tuned,
)
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, StepDecay
from lrcore.settings import number_text

NAMES = ("B", "A")
SETTING = "initial learning rate"
LOSSES = st.one_of(st.integers(0, 3).map(float), st.floats(0, 1e30), st.just(inf))
ONES = np.ones(20)
UNREADABLE = re.compile(
    r"\b(inf|nan|None|True|False|1 seeds|1 runs|1 other rates)\b|array|  |\.\.|\[\]|np\.|: \.|, \."
)


def arrays(*shape: int):
    """Losses of that shape, with ties and lost runs."""
    size = int(np.prod(shape))
    return st.lists(LOSSES, min_size=size, max_size=size).map(lambda values: np.reshape(values, shape))


GRIDS = st.tuples(st.integers(1, 6), st.integers(1, 12)).flatmap(lambda shape: arrays(*shape))
PAIRS = st.integers(1, 40).flatmap(lambda seeds: arrays(2, seeds))


def tuned_of(values: np.ndarray):
    """The choice from these losses, at the rates 0.1, 0.2, 0.30000000000000004 and so on."""
    return choose([0.1 * (i + 1) for i in range(len(values))], np.asarray(values, float))


def fair_of(own, baseline, comparisons=1, **settings):
    """The fair verdict of these losses, at 0.1 and 0.2."""
    tuned = (tuned_of(np.array([ONES, ONES + 1])), tuned_of(np.array([ONES + 1, ONES, ONES])))
    return judge_tuned(tuned, np.asarray(own, float), np.asarray(baseline, float), comparisons, **settings)


def readable(text: str) -> bool:
    """Whether a sentence is whole: paired emphasis, no value that is not for readers, an end."""
    return not UNREADABLE.search(text) and text.count("**") % 2 == 0 and (not text or text[-1] in ".?")


# The best rate


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([ONES + 1, ONES, ONES + 2],
         "The best initial learning rate of the grid is **0.2**, by its average place over 20 seeds, with a median of "
         "1.000."),
        ([ONES, ONES + 1, ONES],
         "The best initial learning rate of the grid is **0.1**, by its average place over 20 seeds, with a median of "
         "1.000. 1 other rate shares its place; the lowest is taken. It is the lowest rate of the grid: a lower one "
         "may be better."),
        ([[2.0], [1.0]],
         "The best initial learning rate of the grid is **0.2**, by its average place over 1 seed, with a median of "
         "1.000. It is the highest rate of the grid: a higher one may be better."),
        ([[1.0, inf, 3.0]],
         "The best initial learning rate of the grid is **0.1**, by its average place over 3 seeds, with a median of "
         "3.000; it is lost on 1 of 3 seeds. The grid has no other rate."),
        ([[inf, inf, inf], [inf, inf, 3.0], [inf, inf, inf]],
         "The best initial learning rate of the grid is **0.2**, by its average place over 3 seeds; it is lost on 2 of "
         "3 seeds."),
        ([ONES * inf, ONES * inf], "Every run is lost at every rate of the grid: none is the best."),
    ],
)  # fmt: skip
def test_the_best_rate_in_words(values, expected):
    assert wording.best_rate(tuned_of(values), SETTING) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([ONES, ONES + 1], "In 400 resamples of the 20 seeds, 0.1 wins 100 %."),
        ([ONES[:5], ONES[:5] + 1],
         "In 400 resamples of the 5 seeds, 0.1 wins 100 %. With 5 seeds this is a rough estimate."),
        ([[1.0], [2.0]], "A single seed cannot tell how sure that is."),
        ([[1.0, 2.0]], ""),
        ([ONES * inf, ONES * inf], ""),
        ([ONES, ONES], "In 400 resamples of the 20 seeds, 0.1 wins 50 % and 0.2 wins 50 %."),
    ],
)  # fmt: skip
def test_how_sure_the_best_rate_is_in_words(values, expected):
    assert wording.certainty(tuned_of(values)) == expected


@pytest.mark.parametrize(
    ("medians", "expected"),
    [
        ([2, 1, 1.1, 2], "The good range, with medians within 10 % of the best rate's or below it, is 0.2 to 0.3: 0.2 "
         "decades."),
        ([1.1, 1, 2], "The good range, with medians within 10 % of the best rate's or below it, is 0.1 to 0.2: 0.3 "
         "decades. It reaches the lowest rate of the grid, and may go on below it."),
        ([2, 1, 1.1], "The good range, with medians within 10 % of the best rate's or below it, is 0.2 to 0.3: 0.2 "
         "decades. It reaches the highest rate of the grid, and may go on above it."),
        ([1, 1], "The good range, with medians within 10 % of the best rate's or below it, is 0.1 to 0.2: 0.3 decades. "
         "That is the whole grid: the range may be wider."),
        ([2, 1, 2], "No neighbour on the grid has a median within 10 % of the best rate's."),
        ([1], ""),
        ([inf, inf], ""),
    ],
)  # fmt: skip
def test_the_good_range_in_words(medians, expected):
    tuned = choose(
        np.array([0.1, 0.2, 0.3, 0.4])[: len(medians)], np.array(medians, float)[:, None] * np.ones(3)
    )
    assert wording.good_range(tuned) == expected


def test_a_best_rate_that_is_mostly_lost_has_no_good_range():
    text = wording.good_range(tuned_of([[inf, inf, inf], [inf, inf, 3.0]]))
    assert text == "At the best rate half of the runs or more are lost: there is no good range."


@settings(max_examples=300, derandomize=True)
@given(GRIDS)
def test_what_is_said_of_a_grid_is_true(values):
    tuned = tuned_of(values)
    best, sure, good = (
        wording.best_rate(tuned, SETTING),
        wording.certainty(tuned),
        wording.good_range(tuned),
    )
    assert all(map(readable, (best, sure, good))), (best, sure, good)
    if np.isinf(values).all():
        assert best.startswith("Every run is lost")
        assert sure == good == ""
        return
    row = round(float(re.search(r"\*\*(.+?)\*\*", best)[1]) / 0.1) - 1
    lost = np.isinf(values[row]).sum()
    assert (f"it is lost on {lost} of" in best) == (lost > 0)
    assert ("with a median" in best) == (2 * lost < values.shape[1])
    assert ("It is the lowest" in best) == (row == 0 and len(values) > 1)
    assert ("It is the highest" in best) == (row == len(values) - 1 and len(values) > 1)
    shares = [int(share) for share in re.findall(r"wins (\d+) %", sure)]
    assert sum(shares) <= 100 + len(shares)
    assert ("A single seed" in sure) == (values.shape[1] == 1 and len(values) > 1)
    assert ("rough" in sure) == (2 <= values.shape[1] < 10 and len(values) > 1)
    stated = re.search(r"is ([\d.]+) to ([\d.]+):", good)
    if stated:
        first, last = (round(float(text.rstrip(".")) / 0.1) - 1 for text in stated.groups())
        assert first <= row <= last
        limit = 1.1 * np.median(values[row])
        assert (np.quantile(values[first : last + 1], 0.5, axis=1, method="lower") <= limit).all()


def test_of_many_likely_rates_the_first_are_listed():
    equal = np.ones((8, 20))
    assert wording.certainty(tuned_of(equal)).endswith("0.4 wins 12 % and other rates win the rest.")
    assert "rest" not in wording.certainty(tuned_of(equal[:5]))


@settings(max_examples=150, derandomize=True)
@given(GRIDS, st.sampled_from([0.1, 0.2, 0.77]))
def test_what_setting_a_recipe_to_its_best_rate_did_is_true(values, before):
    tuned = tuned_of(values)
    clause = wording.set_to_best("B: rate", before, tuned)
    text = wording.own_best([clause, "A: rate 0.1 to **0.2**"], 13, values.shape[1], refined=True)
    assert readable(text), text
    lost = int(np.isinf(values[tuned.best]).sum())
    if tuned.all_lost:
        assert clause == f"B: rate stays {before:g}, for every run is lost at every rate"
        return
    assert clause.startswith(
        f"B: rate stays {before:g}"
        if tuned.rate == before
        else f"B: rate {before:g} to **{number_text(tuned.rate)}**"
    )
    assert (f"lost on {lost} of" in clause) == (lost > 0)
    assert ("highest rate tried" in clause) == (tuned.best == len(values) - 1 and len(values) > 1)
    assert ("lowest rate tried" in clause) == (tuned.best == 0 and len(values) > 1)
    assert "within their bounds" in clause, "this grid is not the whole of the usual one"


# The verdicts


@pytest.mark.parametrize(
    ("own", "baseline", "expected"),
    [
        (ONES - 0.04, ONES, "**about equal**: the whole interval is within 5 % of A's median; lower on 20; median "
         "difference -0.040 [-0.040, -0.040]."),
        (ONES - 0.2, ONES, "**lower**: the whole interval is beyond 5 % of A's median; lower on 20; median difference "
         "-0.200 [-0.200, -0.200]."),
        (ONES + np.array([-0.2] * 9 + [0.2] * 10 + [0]), ONES, "**not settled with 20 seeds**: the interval is neither "
         "within 5 % of A's median nor beyond it; lower on 9, higher on 10 and equal on 1; median difference +0.100 "
         "[-0.200, +0.200]."),
        (ONES * inf, ONES, "**higher**: the whole interval is beyond 5 % of A's median; higher on 20; B's typical run "
         "is lost. B is lost on 20 of 20 seeds, which counts as worse."),
        (ONES, np.array([inf] * 15 + [2.0] * 5), "**lower**; lower on 20; A's typical run is lost. A is lost on 15 of "
         "20 seeds, which counts as worse."),
        (ONES, np.array([inf] * 10 + [2.0] * 10), "**not settled with 20 seeds**: half of A's runs or more are lost, "
         "so there is no margin to go by; lower on 20; half of A's runs are lost. A is lost on 10 of 20 seeds, which "
         "counts as worse."),
        (np.array([inf] * 19 + [1.0]), np.array([inf] * 19 + [2.0]), "**about equal**: the whole interval is 0; lower "
         "on 1 and equal on 19; median difference 0 [0, 0]. B is lost on 19 of 20 seeds and A is lost on 19 of 20 "
         "seeds, which counts as worse."),
        (ONES, ONES, "**equal on all 20 seeds**."),
    ],
)  # fmt: skip
def test_the_fair_verdict_in_words(own, baseline, expected):
    assert wording.fair(fair_of(own, baseline), NAMES) == (
        "**Each at its own best rate** (B 0.1, A 0.2), on 20 seeds that chose neither, B is, against A: "
        + expected
    )


def test_too_few_seeds_and_one_recipe_are_said_at_tuned_rates_too():
    assert wording.fair(fair_of([1.0], [2.0]), NAMES).endswith(
        "on 1 seed that chose neither, B is, against A: **too few seeds to say** (lower on 1 of 1): at least 6 are "
        "needed for 1 comparison."
    )
    assert wording.fair(fair_of(ONES, ONES, same=True), NAMES).endswith("**the same recipe**.")


def test_a_recipe_that_is_lost_at_every_rate_has_no_best_one():
    tuned = (tuned_of([ONES * inf, ONES * inf]), tuned_of([ONES]))
    text = wording.fair(judge_tuned(tuned, ONES * inf, ONES, 1), NAMES)
    assert text.endswith(
        " No rate is the best for B: every run of the grid is lost; the lowest rate stands in."
    )


def test_the_scores_of_both_kinds_of_seeds_stand_side_by_side():
    assert wording.scores(fair_of(ONES * 0.25, [*ONES[:9], *ONES[:11] * inf]), NAMES) == (
        "Medians on the seeds that chose the rate, and on those that judge it: B 1.000 and 0.250; A 1.000 and lost."
    )


@settings(max_examples=400, derandomize=True)
@given(PAIRS, st.sampled_from([1, 3, 5]))
def test_what_is_said_at_tuned_rates_is_true(pair, comparisons):
    own, baseline = pair
    verdict = fair_of(own, baseline, comparisons)
    text = wording.fair(verdict, NAMES)
    assert readable(text), text
    assert readable(wording.scores(verdict, NAMES))
    apart = [0 if a == b or abs(a - b) <= 1e-9 else a - b for a, b in pair.T]
    counts = {
        "lower": sum(each < 0 for each in apart),
        "higher": sum(each > 0 for each in apart),
        "equal": sum(each == 0 for each in apart),
    }
    for word, seeds in re.findall(r"(lower|higher|equal) on (\d+)", text.replace("**", "")):
        assert counts[word] == int(seeds), text
    for name, runs in zip(NAMES, pair, strict=True):
        lost = np.isinf(runs).sum()
        assert (f"{name} is lost on {lost} of" in text) == (lost > 0)
    said = re.findall(r"\*\*(lower|higher)\*\*", text)
    if said:
        least = 0.05 * np.median(baseline) if np.isfinite(baseline).all() else 0
        beyond = sum(each <= -least if said == ["lower"] else each >= least for each in apart)
        assert 2 * beyond > len(apart)
    assert ("within 5 %" in text or "beyond 5 %" in text) <= (2 * np.isinf(baseline).sum() < len(baseline))


def test_equal_rates_in_words():
    rates = (0.01, 0.03, 0.1, 0.3, 1.0)
    own = np.stack([ONES + 1, ONES + 0.5, ONES, ONES - 0.5, np.append(ONES[1:], inf)])
    baseline = np.stack([ONES, ONES, ONES, ONES, np.append(ONES[2:] * 2, [inf, inf])])
    assert wording.equal_rates(rates, at_equal_rates(own, baseline), NAMES) == (
        "**At equal rates**, on 20 seeds each, B is, against A: **higher** from 0.01 to 0.03, **equal** at 0.1 and "
        "**lower** from 0.3 to 1. So the rate decides which of the two is lower. B has lost runs at 1 and A has lost "
        "runs at 1; they count as worse."
    )
    assert wording.equal_rates([0.1], at_equal_rates(own[:1], baseline[:1]), NAMES) == (
        "**At equal rates**, on 20 seeds each, B is, against A: **higher** at 0.1."
    )
    assert "**lower by little** at 0.1." in wording.equal_rates(
        [0.1], at_equal_rates(own[2:3] - 0.01, baseline[2:3]), NAMES
    )


@settings(max_examples=200, derandomize=True)
@given(
    st.tuples(st.integers(1, 6), st.integers(1, 20)).flatmap(
        lambda shape: st.tuples(arrays(*shape), arrays(*shape))
    )
)
def test_what_is_said_at_equal_rates_is_true(pair):
    own, baseline = pair
    rates = np.array([0.1 * (i + 1) for i in range(len(own))])
    verdicts = at_equal_rates(own, baseline)
    text = wording.equal_rates(rates, verdicts, NAMES)
    assert readable(text), text
    outcomes = [verdict.outcome for verdict in verdicts]
    assert ("the rate decides" in text) == ({"lower", "higher"} <= set(outcomes))
    stretches = re.findall(
        r"\*\*([a-z ]+?)(?: by little)?\*\* (?:at|from) ([\d.]*\d)(?: to ([\d.]*\d))?", text
    )
    told = [
        word
        for word, low, high in stretches
        for _ in range(round(float(low) / 0.1), round(float(high or low) / 0.1) + 1)
    ]
    assert told == outcomes
    for name, values in zip(NAMES, pair, strict=True):
        assert (f"{name} has lost runs" in text) == np.isinf(values).any()


# The area


def test_one_curve_in_words():
    falls_of = {
        "peak": Fall(-0.976, 43, nan, False),
        "first": Fall(nan, 43, nan, False),
        "area": Fall(-0.9994, 43, 14.284, False),
    }
    assert wording.one_curve(falls_of, 4) == (
        "**Rank correlation** with the median loss on the falling sides, where -1 says that all lie on one curve: "
        "-0.976 for the highest rate and -0.999 for the area under the rate (43 points of 4 curves, each from its "
        "lowest rate to its best). Of every point from the lowest area under the rate on, beyond the best rates too, "
        "it is -0.99 or stronger up to 14.28, and weaker beyond."
    )
    assert wording.one_curve({"area": Fall(-1, 9, 5, True)}, 2).endswith(
        "Of every point from the lowest area under the rate on to the last, beyond the best rates too, it is -0.99 or "
        "stronger."
    )
    assert wording.one_curve({"area": Fall(-0.9, 9, nan, False)}, 2).endswith(
        "it is never -0.99 or stronger."
    )
    assert wording.one_curve(falls_of, 1) == "A single curve has none to fall onto."


POSITIONS = [heights([Recipe(schedule(rate)) for rate in grid()[:9:2]]) for schedule in (Constant, StepDecay)]


@settings(max_examples=150, derandomize=True)
@given(st.integers(1, 8).flatmap(lambda seeds: st.tuples(arrays(5, seeds), arrays(5, seeds))))
def test_of_any_curves_something_readable_is_said(pair):
    found = falls(POSITIONS, [choose(grid()[:9:2], values) for values in pair])
    text = wording.one_curve(found, 2)
    assert readable(text), text
    assert all(np.isnan(each.correlation) for each in found.values()) == ("too few points" in text)


# The range test


def test_a_reading_in_words():
    tuned = tuned_of([ONES + 1, ONES, ONES + 0.05])
    assert wording.reading("Steepest", Suggested(0.11, 0.28, 1.2, 20, 2, 5), tuned) == (
        "**Steepest**: 0.28, at least four in five from 0.11 to 1.2; 5 of 18 within the good range around the best "
        "rate, 0.2. On 2 of 20 runs there is nothing to read."
    )
    assert wording.reading("Last", Suggested(nan, nan, nan, 1, 1, 0), tuned) == (
        "**Last**: nothing to read on 1 run."
    )
    lost = tuned_of([ONES * inf])
    assert wording.reading("Last", Suggested(3, 3, 3, 1, 0, 0), lost) == "**Last**: 3."


@settings(max_examples=200, derandomize=True)
@given(st.lists(st.one_of(st.floats(1e-4, 30), st.just(nan)), min_size=1, max_size=20), GRIDS)
def test_any_suggestions_are_readable(rates, values):
    tuned = tuned_of(values)
    text = wording.reading("Steepest", suggested(np.array(rates), tuned), tuned)
    assert readable(text), text
    within = re.search(r"(\d+) of (\d+) within", text)
    if within:
        found = [rate for rate in rates if rate == rate]
        low, high = tuned.good
        assert within.groups() == (str(sum(low <= rate <= high for rate in found)), str(len(found)))
