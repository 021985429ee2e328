"""The article's answer in two sentences, compared with an independent count on real and made-up runs."""

import re
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lrcore.findings.answer import answer, in_short
from lrcore.findings.claims import CONFIDENCE, CONTROL_OF, CONTROLS, FAILS, HOLDS, OPEN, RECIPES
from lrcore.recipes.article import ARTICLE
from lrcore.training import experiments
from tests.histories import made

DECAYS = ("time-based", "step", "exponential")
NEVER = "never"


@pytest.fixture(scope="module")
def histories():
    """The runs of every recipe: 60 of the article's and 12 of the others, so that the two numbers differ."""
    found = {}
    for recipes, seeds in ((ARTICLE, 60), (CONTROLS, 12)):
        found |= zip(recipes, experiments.train(list(recipes.values()), range(seeds)), strict=True)
    return found


def first_epoch(history, target):
    """The epoch in which each run reaches the target, by a loop; 99 for never."""
    return np.array(
        [
            next((e for e, value in enumerate(run, 1) if value >= target), 99) if not lost else 99
            for run, lost in zip(history.accuracy, history.lost, strict=True)
        ]
    )


def expected(own, other, target, confidence=CONFIDENCE):
    """The outcome of one decay, and whether a seed is left out."""
    number = min(len(own.loss), len(other.loss))
    mine, rival = (first_epoch(each[:number], target) for each in (own, other))
    alive = np.minimum(mine, rival) < 99
    if not alive.any():
        return NEVER, False
    interval = stats.binomtest(int((mine < rival).sum()), int(alive.sum())).proportion_ci(confidence)
    outcome = HOLDS if interval.low > 0.5 else FAILS if interval.high <= 0.5 else OPEN
    return outcome, not alive.all()


def said(sentence):
    """The outcome of each decay in a sentence."""
    found = {}
    for clause in sentence.removesuffix(".").split("; "):
        if "no run" in clause:
            outcome = NEVER
        elif "not decided" in clause:
            outcome = OPEN
        else:
            outcome = FAILS if re.search(r"\b(does|do) not\b|none of", clause) else HOLDS
        every = re.search(r"\b(any|none|all)\b.*\bdecays\b", clause)
        named = DECAYS if every else [name for name in DECAYS if re.search(rf"\b{name}\b", clause)]
        assert named, clause
        for name in named:
            assert name not in found, sentence
            found[name] = outcome
    return found


def check(histories, target, confidence=CONFIDENCE):
    """Compares both sentences with the count."""
    pairs = dict.fromkeys(DECAYS, "constant"), CONTROL_OF
    for sentence, rivals in zip(answer(histories, target, confidence), pairs, strict=True):
        outcomes = {
            name: expected(histories[name], histories[rivals[name]], target, confidence) for name in DECAYS
        }
        assert said(sentence) == {name: outcome for name, (outcome, _) in outcomes.items()}, sentence
        if any(partly for _, partly in outcomes.values()):
            assert "most of the seeds on which either gets there" in sentence
        else:
            assert "either" not in sentence
        well_formed(sentence)


def well_formed(sentence):
    """Checks that the text is one sentence whose verbs agree with their subjects."""
    assert re.fullmatch(r"[A-Z][^.]*(\.\d+[^.]*)?\.", sentence), sentence
    assert "  " not in sentence
    assert "nan" not in sentence
    for subject, verb in re.findall(
        r"([\w-]+(?:, [\w-]+)*(?: and [\w-]+)? decay) (does|do|reaches|reach|gets|get)\b", sentence
    ):
        several = " and " in subject.removeprefix("As written, ").removeprefix("equal, ")
        assert (verb in ("do", "reach", "get")) == several, sentence


@pytest.mark.parametrize("controls", [1, 12])
def test_the_sentences_match_a_count_at_every_target(histories, controls, subtests):
    chosen = {name: each if name in ARTICLE else each[:controls] for name, each in histories.items()}
    for target in [*np.round(np.arange(0.5, 1.001, 0.01), 2), 0.985, 0.9876]:
        with subtests.test(target=target):
            check(chosen, target)


@pytest.mark.parametrize("seeds", [1, 2, 5, 20])
@pytest.mark.parametrize("target", [0.5, 0.9, 0.95, 0.97, 0.98, 0.99, 1.0])
def test_the_sentences_are_true_of_few_runs(histories, seeds, target):
    check({name: each[:seeds] for name, each in histories.items()}, target)


epochs = st.sampled_from([1, 2, 3, inf])


@settings(deadline=None)
@given(st.lists(st.tuples(*[epochs] * len(RECIPES)), min_size=1, max_size=12), st.sampled_from([0.3, 0.9]))
def test_the_sentences_are_true_of_runs_that_no_recipe_makes(rows, confidence):
    made = {name: arriving(column) for name, column in zip(RECIPES, zip(*rows, strict=True), strict=True)}
    check(made, 0.95, confidence)


def arriving(epochs):
    """Runs that reach the target in these epochs; of those that never do, every second one is lost."""
    accuracy = np.array([[1.0 if e >= each else 0.5 for e in range(1, 5)] for each in epochs], np.float32)
    lost = np.isinf(np.array(epochs)) & (np.arange(len(epochs)) % 2 == 1)
    return made(accuracy, accuracy, accuracy, accuracy, lost)


def test_the_answer_as_written_and_at_equal_momentum(histories):
    assert answer(histories, 0.95, 0.9) == (
        "As written, time-based and step decay reach a training accuracy of 95 % in fewer epochs than the constant "
        "rate on most seeds; exponential decay does not.",
        "With momentum and initial rate equal, none of the decays gets there in fewer epochs than a constant rate on "
        "most seeds.",
    )


def test_the_answer_if_no_run_reaches_the_target():
    made = {name: arriving([inf, inf]) for name in RECIPES}
    assert answer(made, 0.95)[0] == (
        "As written, no run reaches a training accuracy of 95 %, be it with the constant rate or with any of the "
        "decays."
    )


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ([HOLDS], "Holds"),
        ([FAILS], "Does not hold"),
        ([OPEN], "Not decided"),
        ([HOLDS, HOLDS], "Holds in both parts"),
        ([HOLDS] * 5, "Holds in all 5 parts"),
        ([HOLDS, FAILS, HOLDS], "Holds in 2 of 3 parts"),
        ([FAILS] * 4, "Holds in none of 4 parts"),
        ([OPEN] * 6, "Not decided in any part"),
        ([HOLDS, OPEN, FAILS], "Holds in 1 of 3 parts, 1 not decided"),
        ([OPEN, OPEN, FAILS], "Holds in none of 3 parts, 2 not decided"),
    ],
)
def test_a_claim_in_short(outcomes, words):
    assert in_short(outcomes) == words
