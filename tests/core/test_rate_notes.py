"""Notes on a recipe's rates: typical cases, and every sentence is true for every recipe."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcore.recipes.article import ARTICLE
from lrcore.recipes.rate_notes import rate_notes
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import (
    SCHEDULES,
    CompoundingDecay,
    Constant,
    CosineDecay,
    CosineDecayRestarts,
    CyclicalLearningRate,
    ExponentialDecay,
    OneCycle,
    PolynomialDecay,
    StepDecay,
    WarmupStableDecay,
)
from tests.core.test_recipes import recipes


def told(recipe):
    return [(note.text, note.warning, note.switch) for note in rate_notes(recipe)]


@pytest.mark.parametrize(
    ("recipe", "text", "switch"),
    [
        pytest.param(
            Recipe(StepDecay(0.1, 0.5, 60)),
            "This schedule does not move within the run, on a clock that counts epochs: the first change would come "
            "at epoch 60; this run ends at 50. Counted in updates, it would move within the run.",
            "update",
            id="a-drop-that-never-comes",
        ),
        pytest.param(
            Recipe(StepDecay(0.1, 0.5, 500), "update"),
            "This schedule does not move within the run, on a clock that counts updates: the first change would come "
            "at update 500; this run ends at 450.",
            None,
            id="a-drop-that-comes-on-neither-clock",
        ),
        pytest.param(
            Recipe(StepDecay(0.1, 1.0, 10), epochs=1),
            "This schedule does not move within the run, on a clock that counts epochs: no change would come before "
            "epoch 20; this run ends at 1.",
            None,
            id="no-drop-at-all",
        ),
        pytest.param(
            Recipe(StepDecay(0.1, 0.5, 10), "update"),
            "The rate is gone long before the end: after 100 of 450 updates, in epoch 12 of 50, it stays below 1/1000 "
            "of its highest. The clock of this recipe counts updates. Counted in epochs, it would not be gone before "
            "the last third of the run.",
            "epoch",
            id="gone-by-the-clock",
        ),
        pytest.param(
            Recipe(StepDecay(0.1, 0.1, 1), epochs=10),
            "The rate is gone long before the end: after 4 of 10 epochs, it stays below 1/1000 of its highest. The "
            "clock of this recipe counts epochs.",
            None,
            id="gone-on-either-clock",
        ),
        pytest.param(
            Recipe(Constant(5e-324), epochs=10, warmup=0.4),
            "The rate is exactly 0 in epochs 1 to 2 of 10: no gradient counts there.",
            None,
            id="too-small-for-a-float",
        ),
        pytest.param(
            Recipe(Constant(5e-324), epochs=10, warmup=0.2),
            "The rate is exactly 0 in epoch 1 of 10: no gradient counts there.",
            None,
            id="one-epoch",
        ),
    ],
)
def test_a_likely_mistake_has_a_warning(recipe, text, switch):
    assert told(recipe)[0] == (text, True, switch)


def test_a_run_at_rate_0_has_a_note():
    recipe = Recipe(OneCycle(5e-324), epochs=1)
    assert told(recipe)[0] == (
        "The rate is exactly 0 in the whole run: no gradient changes anything.",
        True,
        None,
    )


@pytest.mark.parametrize(
    ("recipe", "text"),
    [
        (Recipe(CosineDecayRestarts(first_decay=0.2, t_mul=2.0)), "50 % through cycle 3"),
        (
            Recipe(CosineDecayRestarts(first_decay=0.3, t_mul=1.0), "update", epochs=30),
            "33 % through cycle 4",
        ),
        (Recipe(CosineDecayRestarts(first_decay=0.2, t_mul=1.0), epochs=17, warmup=0.28), None),
        (Recipe(CosineDecayRestarts(first_decay=0.28, t_mul=1.0), epochs=25), "57 % through cycle 4"),
        (Recipe(CosineDecayRestarts(first_decay=0.99, t_mul=4.0)), "less than 1 % through cycle 2"),
        (Recipe(CosineDecayRestarts(first_decay=0.2, t_mul=4.0)), None),
        (Recipe(CyclicalLearningRate(half_cycle=10)), "50 % through cycle 3"),
        (Recipe(CyclicalLearningRate(half_cycle=25)), None),
        (Recipe(CyclicalLearningRate(half_cycle=10), warmup=0.2), None),
        (Recipe(CyclicalLearningRate(0.1, 0.1)), None),
    ],
)
def test_a_run_that_ends_in_mid_cycle_has_a_note_but_no_warning(recipe, text):
    notes = [note for note in rate_notes(recipe) if not note.warning]
    assert len(notes) == (text is not None)
    if text:
        assert notes[0].text.startswith(f"The run ends in mid-cycle: {text}, at a rate of ")
        assert notes[0].switch is None


ORDINARY = [
    *ARTICLE.values(),
    *(Recipe(schedule()) for schedule in SCHEDULES.values() if schedule is not CompoundingDecay),
    Recipe(StepDecay(0.1, 0.1, 30), epochs=100),  # a thousandth for the last ten epochs, and not below it
    Recipe(StepDecay(0.3, 0.1, 10), epochs=40),
    Recipe(PolynomialDecay(0.1, 0.0, 5.0)),
    Recipe(CosineDecay(0.1), "update", warmup=0.1),
    Recipe(WarmupStableDecay(decay_fraction=0.9), warmup=0.5),
]


@pytest.mark.parametrize("recipe", ORDINARY, ids=lambda recipe: type(recipe.schedule).__name__)
def test_usual_recipes_have_no_warning(recipe):
    assert not [note for note in rate_notes(recipe) if note.warning]


# Every sentence is true for every recipe: its facts, computed here from the rates, one by one


def on_other_clock(recipe):
    return replace(recipe, clock={"epoch": "update", "update": "epoch"}[recipe.clock])


def moves(recipe):
    return len(set(recipe.learning_rates().ravel().tolist())) > 1


def gone_after(recipe):
    """Updates after which every rate is below a thousandth of the highest, by more than rounding."""
    rates = recipe.learning_rates().ravel().tolist()
    bound = Fraction(max(rates)) / 1000 * (1 - Fraction(1, 10**9))
    after = len(rates)
    while Fraction(rates[after - 1]) < bound:
        after -= 1
    return after


def is_gone(recipe):
    updates = recipe.epochs * recipe.updates_per_epoch()
    return gone_after(recipe) <= Fraction(2, 3) * updates


def zero_epochs(recipe):
    return [e for e, rates in enumerate(recipe.learning_rates().tolist(), start=1) if not any(rates)]


def named_epochs(text):
    """The epochs in "epochs 1, 4 to 9 and 12"."""
    found = []
    for first, last in re.findall(r"(\d+)(?: to (\d+))?", text):
        found += range(int(first), int(last or first) + 1)
    return found


def cycle_at_the_end(recipe):
    """The number of the last cycle and the share of it within the run, in rational numbers."""
    total = recipe.run_length()
    own = total - Fraction(str(recipe.warmup)) * total
    schedule = recipe.schedule
    if isinstance(schedule, CyclicalLearningRate):
        cycles, rest = divmod(own, 2 * schedule.half_cycle)
        return int(cycles) + 1, Fraction(rest, 2 * schedule.half_cycle)
    number, start, length = 1, Fraction(0), Fraction(str(schedule.first_decay)) * own
    while start + length <= own:
        number, start, length = number + 1, start + length, length * Fraction(str(schedule.t_mul))
    return number, (own - start) / length


def check_zero(recipe, text):
    zero = zero_epochs(recipe)
    if text.startswith("The rate is exactly 0 in the whole run:"):
        assert len(zero) == recipe.epochs
        return
    named, of = re.fullmatch(
        r"The rate is exactly 0 in (.*?),? of (\d+): no gradient counts there\.", text
    ).groups()
    assert int(of) == recipe.epochs
    if many := re.fullmatch(r"(\d+) epochs, first in epoch (\d+)", named):
        assert (int(many[1]), int(many[2])) == (len(zero), zero[0])
    else:
        assert named_epochs(named) == zero
        assert named.startswith("epoch " if len(zero) == 1 else "epochs ")


def check_gone(recipe, note):
    after, of, unit, in_epoch, epochs, clock, other = re.fullmatch(
        r"The rate is gone long before the end: after (\d+) of (\d+) (epochs|updates)"
        r"(?:, in epoch (\d+) of (\d+))?, it stays below 1/1000 of its highest\. The clock of this recipe counts "
        r"(epochs|updates)\.(?: Counted in (epochs|updates), it would not be gone before the last third of the run\.)?",
        note.text,
    ).groups()
    updates, per_epoch = gone_after(recipe), recipe.updates_per_epoch()
    assert unit == clock == f"{recipe.clock}s"
    assert int(of) == recipe.run_length()
    assert int(after) * (1 if unit == "updates" else per_epoch) == updates
    if unit == "updates":
        assert (int(in_epoch), int(epochs)) == (updates // per_epoch + 1, recipe.epochs)
    helps = moves(on_other_clock(recipe)) and not is_gone(on_other_clock(recipe))
    assert (other is not None) == (note.switch is not None) == helps
    assert not helps or (other, note.switch) == (
        f"{on_other_clock(recipe).clock}s",
        on_other_clock(recipe).clock,
    )


def check_still(recipe, note):
    clock, which, at, end, other = re.fullmatch(
        r"This schedule does not move within the run, on a clock that counts (epochs|updates): "
        r"(the first change would come at|no change would come before) (?:epoch|update) (\d+); this run ends at (\d+)\."
        r"(?: Counted in (epochs|updates), it would move within the run\.)?",
        note.text,
    ).groups()
    assert clock == f"{recipe.clock}s"
    assert int(end) == recipe.run_length()
    assert int(at) >= int(end)
    rates = recipe.rates_at(range(int(at) + 1)).tolist()
    assert len(set(rates[: int(at)])) == 1
    assert which.startswith("no ") or rates[int(at)] != rates[0]
    helps = moves(on_other_clock(recipe))
    assert (other is not None) == (note.switch is not None) == helps
    assert not helps or (other, note.switch) == (
        f"{on_other_clock(recipe).clock}s",
        on_other_clock(recipe).clock,
    )


def check_mid_cycle(recipe, text):
    share, number, rate = re.fullmatch(
        r"The run ends in mid-cycle: (less than 1|more than 99|\d+) % through cycle (\d+), at a rate of (\S+)\.",
        text,
    ).groups()
    exact_number, exact_share = cycle_at_the_end(recipe)
    assert int(number) == exact_number
    low, high = {"less than 1": (0, 1), "more than 99": (99, 100)}.get(share, (None, None))
    low, high = (int(share) - 0.501, int(share) + 0.501) if low is None else (low - 1e-6, high + 1e-6)
    assert low <= 100 * exact_share <= high
    assert float(rate) == pytest.approx(recipe.learning_rates()[-1, -1], rel=1e-3)


def check_all(recipe):
    """Checks that every note is true, and that no note is missing."""
    found = {}
    for note in rate_notes(recipe):
        kind = {
            "exactly": "zero",
            "gone": "gone",
            "does not move": "still",
            "mid-cycle": "mid-cycle",
            "multiplied": "drop",
        }
        (name,) = (name for words, name in kind.items() if words in note.text)
        found[name] = note
    assert ("zero" in found) == bool(zero_epochs(recipe))
    assert ("gone" in found) == (is_gone(recipe))
    meant_to_move = not isinstance(recipe.schedule, Constant) or recipe.drop_epoch > 0
    assert ("still" in found) == (not moves(recipe) and meant_to_move)
    assert ("drop" in found) == (0 < recipe.drop_epoch < recipe.epochs and recipe.drop_factor != 1)
    if "zero" in found:
        check_zero(recipe, found["zero"].text)
    if "gone" in found:
        check_gone(recipe, found["gone"])
    if "still" in found:
        check_still(recipe, found["still"])
    if "mid-cycle" in found:
        check_mid_cycle(recipe, found["mid-cycle"].text)
    elif isinstance(recipe.schedule, (CosineDecayRestarts, CyclicalLearningRate)) and moves(recipe):
        too_late = recipe.warmup * recipe.run_length() > recipe.run_length() - 1
        assert too_late or min(cycle_at_the_end(recipe)[1], 1 - cycle_at_the_end(recipe)[1]) < 1e-6


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
@settings(derandomize=True, max_examples=60)
@given(st.data())
def test_every_note_is_true_of_every_recipe(schedule, data):
    check_all(data.draw(recipes(schedule)))


@pytest.mark.parametrize("clock", ["epoch", "update"])
@pytest.mark.parametrize(
    "schedule",
    [
        *(schedule() for schedule in SCHEDULES.values()),
        ExponentialDecay(0.1, 1.0),
        StepDecay(0.1, 0.001, 1),
        StepDecay(1e-323, 0.5, 3),
        StepDecay(1000, 0.5, 195),
        CosineDecayRestarts(5e-324, 0.05, 1.0),
        CyclicalLearningRate(5e-324, 1e-323, 2),
    ],
    ids=repr,
)
def test_every_note_is_true_over_lengths_and_warmups(schedule, clock):
    for epochs, batch_size, warmup in [
        (1, 28, 0),
        (1, 351, 0.5),
        (2, 28, 0.3),
        (10, 235, 0.1),
        (25, 4, 0.28),
        (50, 28, 0.02),
        (200, 112, 0.5),
    ]:
        check_all(Recipe(schedule, clock, epochs=epochs, batch_size=batch_size, warmup=warmup))
