"""The sentences on real runs, and no sentence is false or unreadable, whatever is compared."""

from __future__ import annotations

import re
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcore.findings import wording
from lrcore.findings.metrics import MEASURES, epochs_to
from lrcore.findings.verdicts import ABOUT_EQUAL, NO_VALUE, TOO_FEW, UNDECIDED, compare, judge, least_seeds
from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, StepDecay
from lrcore.training import experiments

EPOCHS = epochs_to("accuracy", 0.95)
SCALES = [MEASURES[name].scale for name in ("val_loss", "val_accuracy", "accuracy", "roughness")] + [
    EPOCHS.scale
]
NAMES = ("B", "A")


def said(values, baseline, scale=MEASURES["val_loss"].scale, comparisons=4):
    """The sentence for these values."""
    verdict = judge(np.array(values, float), np.array(baseline, float), scale, comparisons)
    return wording.sentence(verdict, scale, NAMES)


# Numbers


@pytest.mark.parametrize(
    ("value", "digits", "sign", "expected"),
    [
        (0.25, 3, False, "0.250"),
        (0.0, 3, False, "0.000"),
        (2e25, 3, False, "2.0e+25"),
        (-2e25, 3, True, "-2.0e+25"),
        (9999, 1, False, "9999.0"),
        (12345, 1, False, "1.2e+04"),
        (0.00012, 3, False, "0.00012"),
        (-0.0004321, 3, True, "-0.00043"),
        (0.089, 3, True, "+0.089"),
        (0.0, 3, True, "0"),
    ],
)
def test_a_number_is_short_and_never_rounded_to_nothing(value, digits, sign, expected):
    assert wording.number(value, digits, sign=sign) == expected


def test_a_value_may_be_lost_or_missing():
    assert [wording.value(each, 3) for each in (0.5, inf, -inf, nan)] == ["0.500", "lost", "lost", "-"]
    assert wording.value(inf, 1, "never") == "never"


def test_things_are_counted_in_the_right_number():
    assert [wording.counted(number, "seed") for number in (0, 1, 2)] == ["0 seeds", "1 seed", "2 seeds"]
    assert wording.listed(["a", "b", "c"]) == "a, b and c"


def test_a_recipe_in_one_line_always_says_its_momentum():
    assert wording.recipe(Recipe()) == "Constant: initial learning rate 0.1; momentum 0."
    odd = Recipe(StepDecay(0.03), optimizer=SGD(0.9, nesterov=True), epochs=60, split="tail")
    assert wording.recipe(odd) == (
        "Step decay: initial learning rate 0.03, drop factor 0.5, time between drops 10; momentum 0.9, Nesterov "
        "momentum, epochs 60, split tail."
    )


# Lost runs


def test_lost_runs_are_named_with_their_number():
    runs = {"A": np.zeros(20, bool), "B": np.arange(20) < 6, "C": np.arange(20) < 1}
    assert wording.lost_runs(runs) == "B is lost on 6 of 20 seeds and C is lost on 1 of 20 seeds"
    assert wording.lost_runs({"A": runs["A"]}) == ""
    assert [wording.lost_of(each) for each in runs.values()] == [
        "0 of 20 runs are lost",
        "6 of 20 runs are lost",
        "1 of 20 runs is lost",
    ]
    assert wording.lost_of(np.ones(1, bool)) == "1 of 1 run is lost"


# Sentences of real runs


def test_a_constant_rate_and_a_halved_one_in_words():
    recipes = [Recipe(schedule(0.1), optimizer=SGD(0.9)) for schedule in (Constant, StepDecay)]
    constant, halved = experiments.train(recipes, range(20))
    measures = [MEASURES[name] for name in ("val_loss", "val_accuracy", "roughness")] + [EPOCHS]
    sentences = [
        wording.sentence(verdict, measure.scale, NAMES)
        for measure, verdict in zip(measures, compare(halved, constant, measures, 4), strict=True)
    ]
    assert sentences == [
        "**lower on 19 of 20 seeds**; median difference -0.089 [-0.133, -0.033]",
        "**about equal**: within one validation row; higher on 9, lower on 3, equal on 8; median difference 0 "
        "[0, +0.0086]",
        "**lower on 16 of 20 seeds** (higher on 1, equal on 3); median difference -0.43 [-0.66, -0.06]",
        "**equal on all 20 seeds**",
    ]


def test_a_recipe_that_is_mostly_lost_has_no_number():
    right, wild = experiments.train([Recipe(), Recipe(Constant(30.0))], range(20))
    for measure, verdict in zip(
        [MEASURES["val_loss"], EPOCHS], compare(wild, right, [MEASURES["val_loss"], EPOCHS], 4), strict=True
    ):
        assert wording.sentence(verdict, measure.scale, NAMES) == (
            f"**{measure.scale.words[1]} on 20 of 20 seeds**; B's typical run {measure.scale.absent[1]}"
        )


# Sentences of made-up runs

ONES = np.ones(20)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (ONES + 0.01, "**higher on 20 of 20 seeds**; median difference +0.010 [+0.010, +0.010]; **small**: within 5 % "
         "of A's median"),
        (ONES + np.array([0.2] * 15 + [-0.2] * 5),
         "**not decided by 20 seeds**: higher on 15, lower on 5 (16 of 20 would have to agree); median difference "
         "+0.200 [-0.200, +0.200]"),
        (ONES + np.array([0.2] * 10 + [-0.2] * 4 + [0.0] * 6),
         "**not decided by 20 seeds**: higher on 10, lower on 4, equal on 6 (13 of the 14 that differ would have to "
         "agree); median difference +0.100 [0, +0.200]"),
        (ONES + np.array([0.2] * 4 + [0.0] * 16), "**about equal**: within 5 % of A's median; higher on 4, equal on "
         "16; median difference 0 [0, 0]"),
        (ONES + np.array([inf] * 4 + [0.2] * 16), "**higher on 20 of 20 seeds**; median difference +0.200 [+0.200, "
         "+0.200]"),
        (ONES + np.array([inf] * 6 + [0.2] * 14), "**higher on 20 of 20 seeds**; median difference +0.200 [+0.200, "
         "lost]"),
        (ONES + np.array([inf] * 10 + [0.2] * 10), "**higher on 20 of 20 seeds**; half of B's runs are lost"),
        (ONES * inf, "**higher on 20 of 20 seeds**; B's typical run is lost"),
    ],
)  # fmt: skip
def test_sentences_on_20_seeds(values, expected):
    assert said(values, ONES) == expected


def test_too_few_seeds_are_said_in_the_singular_too():
    assert said([2.0], [1.0], comparisons=1) == (
        "**too few seeds to say** (higher on 1 of 1): at least 6 are needed for 1 comparison"
    )
    assert said([1.0], [1.0]) == "**equal on the one seed**"
    assert said([inf], [inf]) == "**both are lost** on the one seed"
    assert said([inf], [inf], EPOCHS.scale) == "**neither gets there** on the one seed"


def test_too_few_differing_seeds_are_mentioned():
    own, baseline = np.array([2.0] * 3 + [0.0] * 2 + [inf] * 15), np.array([1.0] * 5 + [inf] * 15)
    assert "(only 5 differ; at least 8 would have to)" in said(own, baseline)
    assert "(only 1 differs; at least 8 would have to)" in said([2.0] + [inf] * 19, [1.0] + [inf] * 19)


def test_two_recipes_that_typically_never_reach_the_target_are_about_equal():
    own, baseline = [9.0, inf] + [inf] * 18, [inf, 8.0] + [inf] * 18
    assert said(own, baseline, EPOCHS.scale).startswith(
        "**about equal**: the typical run of either never gets there; "
    )


def test_there_is_no_median_if_on_every_seed_one_of_two_is_lost():
    own, baseline = [inf, 1] * 4, [1, inf] * 4
    assert "on every seed just one of the two is lost, half of the time B" in said(own, baseline)


def test_one_epoch_has_no_roughness():
    first, second = experiments.train([Recipe(epochs=1), Recipe(Constant(0.2), epochs=1)], range(3))
    (verdict,) = compare(second, first, [MEASURES["roughness"]], 4)
    sentence = wording.sentence(verdict, MEASURES["roughness"].scale, NAMES)
    assert sentence == "**no value**: it takes more than one epoch"


def test_equal_seeds_and_the_level_are_explained():
    verdict = judge(ONES, ONES, SCALES[0], 4)
    assert wording.all_equal_explained(verdict) == (
        "If more than 20 % of all seeds differed, 20 equal ones in a row would be rarer than 1 in 80."
    )
    assert wording.level_explained(12).startswith(
        "12 comparisons are made on this page. Each is judged at 5 % / 12 = 0.42 %, so that on at most 1 page in 20 "
    )
    assert wording.level_explained(1).startswith(
        "1 comparison is made on this page. Each is judged at 5 % / 1 = 5 %"
    )


# No sentence is false

VALUES = st.one_of(st.integers(-2, 2).map(float), st.floats(-1e30, 1e30), st.just(inf), st.just(-inf))
PAIRS = st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=40).map(lambda pairs: np.array(pairs).T)


@settings(max_examples=600, derandomize=True)
@given(PAIRS, st.sampled_from(SCALES), st.sampled_from([1, 4, 20]))
def test_a_sentence_has_its_counts_and_no_infinity(pair, scale, comparisons):
    pair = np.where(np.isinf(pair), scale.worst, pair)
    verdict = judge(*pair, scale, comparisons)
    text = wording.sentence(verdict, scale, NAMES)
    assert not re.search(r"\b(inf|nan|None|1 seeds|1 comparisons|1 differ)\b", text), text
    assert text.count("**") % 2 == 0
    assert len(text) < 300
    apart = [0.0 if a == b or abs(a - b) <= scale.tie else a - b for a, b in pair.T]
    counts = {
        scale.words[0]: sum(each < 0 for each in apart),
        scale.words[1]: sum(each > 0 for each in apart),
        "equal": sum(each == 0 for each in apart),
    }
    for word, number in re.findall(r"(\w+) on (\d+)", text):
        assert counts[word] == int(number), text
    if verdict.outcome in (ABOUT_EQUAL, UNDECIDED, TOO_FEW):
        told = {word for word, _ in re.findall(r"(\w+) on (\d+)", text)}
        assert told == {word for word, number in counts.items() if number}
    if "typical run is lost" in text:
        of = pair[0] if "B's typical" in text else pair[1]
        assert np.isinf(of).sum() > len(of) / 2
    if verdict.outcome == TOO_FEW:
        assert len(apart) < least_seeds(comparisons)
    assert verdict.outcome != NO_VALUE
    mirrored = wording.sentence(verdict.reversed(), scale, NAMES[::-1], margin_of=NAMES[1])
    assert mirrored.count(";") == text.count(";")
