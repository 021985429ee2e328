"""Every schedule: its rules, and its rates against formulas written here anew.

What is parametrised over SCHEDULES holds for a schedule from the moment it is declared. A new schedule also
deserves its formula in EXPECTED, written in another way than in lrcore.
"""

import ast
import inspect
import itertools
import math
import re
import textwrap
from dataclasses import FrozenInstanceError, fields
from fractions import Fraction

import numpy as np
import pytest

from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import (
    HELPERS,
    SCHEDULES,
    CompoundingDecay,
    CosineDecay,
    CosineDecayRestarts,
    CyclicalLearningRate,
    ExponentialDecay,
    InverseSquareRoot,
    OneCycle,
    PiecewiseConstantDecay,
    PolynomialDecay,
    StepDecay,
    WarmupStableDecay,
)
from lrcore.settings import settings_of

EVERY_SCHEDULE = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
EVERY_HYPERPARAMETER = pytest.mark.parametrize(
    ("schedule", "name"),
    [
        pytest.param(schedule, name, id=f"{schedule.__name__}-{name}")
        for schedule in SCHEDULES.values()
        for name in settings_of(schedule)
    ],
)
LONGEST_RUN = 500 * 235  # updates: the longest run with the smallest batch


def exact(number):
    """The decimal number on screen, without binary rounding."""
    return Fraction(str(number))


# Formulas, one time at a time: (t, total, hyperparameters in their order) -> rate


def constant(t, total, rate):
    return rate


def time_based(t, total, rate, k):
    return rate / (1 + k * t)


def step(t, total, rate, drop, epochs_drop):
    for _ in range(t // epochs_drop):
        rate *= drop
    return rate


def exponential(t, total, rate, k):
    return rate * math.exp(-k) ** t


def piecewise(t, total, rate, drop, first, second):
    for milestone in sorted([first, second]):
        if t >= exact(milestone) * total:
            rate *= drop
    return rate


def polynomial(t, total, rate, end, power):
    return end if t >= total else end + (rate - end) * math.pow((total - t) / total, power)


def cosine(t, total, rate, alpha):
    end = alpha * rate
    # 1 + cos(x) = 2 cos^2(x / 2)
    return end + (rate - end) * math.cos(math.pi / 2 * min(t, total) / total) ** 2


def restarts(t, total, rate, first, growth, height, alpha):
    start, length = Fraction(0), exact(first) * total
    peak = 1.0
    while t - start >= length:
        start, length, peak = start + length, length * exact(growth), peak * height
    angle = math.pi * float((t - start) / length)
    return rate * (1 - alpha) * peak * (1 + math.cos(angle)) / 2 + rate * alpha


def one_cycle(t, total, maximum, rise, div_factor, final_div_factor):
    """PyTorch's OneCycleLR, which ends at the last of its steps and peaks one step before its share."""
    steps = total + 1
    pct_start = (rise * total + 1) / steps
    up = pct_start * steps - 1
    down = steps - 1 - up
    start = maximum / div_factor
    if t <= up:
        return maximum + (start - maximum) / 2 * (math.cos(math.pi * t / up) + 1)
    end = start / final_div_factor
    return end + (maximum - end) / 2 * (math.cos(math.pi * (min(t, total) - up) / down) + 1)


def cyclical(t, total, base, maximum, half_cycle):
    """PyTorch's CyclicLR in its triangular mode."""
    cycle = math.floor(1 + t / (2 * half_cycle))
    x = abs(t / half_cycle - 2 * cycle + 1)
    return base + (maximum - base) * max(0.0, 1 - x)


def warmup_stable_decay(t, total, maximum, warmup, decay):
    left = max(total - t, 0)
    climbed = maximum * (t + 1) / (warmup * total)
    remaining = maximum * left / (decay * total)
    return sorted([climbed, maximum, remaining])[0]


def inverse_square_root(t, total, maximum, warmup):
    """Before the end of the warmup a straight line; from there on the square root, `maximum` at first."""
    length = exact(warmup) * total
    return maximum * (min(1, float((t + 1) / length)) if t < length else math.sqrt(length / t))


def compounding(t, total, rate, k):
    """The rates of a function of the epoch and the current rate, called before each epoch."""
    for epoch in range(t + 1):
        rate = rate / (1 + k * epoch)
    return rate


EXPECTED = {
    "Constant": constant,
    "TimeBasedDecay": time_based,
    "StepDecay": step,
    "ExponentialDecay": exponential,
    "PiecewiseConstantDecay": piecewise,
    "PolynomialDecay": polynomial,
    "CosineDecay": cosine,
    "CosineDecayRestarts": restarts,
    "OneCycle": one_cycle,
    "CyclicalLearningRate": cyclical,
    "WarmupStableDecay": warmup_stable_decay,
    "InverseSquareRoot": inverse_square_root,
    "CompoundingDecay": compounding,
}


def drawn_settings(schedule, random):
    """A value for each hyperparameter: one of the slider's stops, or one between the first and the last."""
    settings = {}
    for name, declared in settings_of(schedule).items():
        between = random.uniform(declared.offered[0], declared.offered[-1])
        off_grid = round(between) if declared.whole else round(between, 3) or declared.offered[0]
        settings[name] = random.choice([float(off_grid), float(random.choice(declared.offered))])
    return settings


@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_follow_the_formula_over_the_run_and_beyond_its_end(name):
    random = np.random.default_rng(2024)
    for total in [1, 2, 7, 50, 200]:
        t = np.arange(total + 20)
        for settings in [{}, *(drawn_settings(SCHEDULES[name], random) for _ in range(15))]:
            schedule = SCHEDULES[name](**settings)
            values = [getattr(schedule, each) for each in settings_of(schedule)]
            expected = [EXPECTED[name](int(each), total, *values) for each in t]
            np.testing.assert_allclose(
                schedule(t, total), expected, rtol=1e-9, atol=1e-14 * max(expected), err_msg=repr(schedule)
            )


@pytest.mark.parametrize(
    ("schedule", "t", "rate"),
    [
        pytest.param(StepDecay(0.1, 0.5, 10), 9, 0.1, id="step-before-the-drop"),
        pytest.param(StepDecay(0.1, 0.5, 10), 10, 0.05, id="step-at-the-drop"),
        pytest.param(PiecewiseConstantDecay(1.0, 0.1, 0.5, 0.75), 49, 1.0, id="milestone-before"),
        pytest.param(PiecewiseConstantDecay(1.0, 0.1, 0.5, 0.75), 50, 0.1, id="milestone-at"),
        pytest.param(PiecewiseConstantDecay(1.0, 0.1, 0.75, 0.5), 75, 0.01, id="milestones-in-either-order"),
        pytest.param(PiecewiseConstantDecay(1.0, 0.1, 0.29, 0.55), 55, 0.01, id="milestone-that-rounds"),
        pytest.param(PolynomialDecay(1.0, 0.2, 2.0), 50, 0.4, id="polynomial-halfway"),
        pytest.param(PolynomialDecay(1.0, 0.2, 2.0), 130, 0.2, id="polynomial-beyond-the-end"),
        pytest.param(PolynomialDecay(0.1, 0.3, 1.0), 50, 0.2, id="polynomial-may-rise"),
        pytest.param(CosineDecay(0.2, 0.0), 50, 0.1, id="cosine-halfway"),
        pytest.param(CosineDecay(0.2, 0.25), 130, 0.05, id="cosine-beyond-the-end"),
        pytest.param(CosineDecayRestarts(0.2, 0.2, 2.0, 0.5, 0.0), 10, 0.1, id="first-cycle-halfway"),
        pytest.param(CosineDecayRestarts(0.2, 0.2, 2.0, 0.5, 0.0), 20, 0.1, id="restart-at-half-height"),
        pytest.param(CosineDecayRestarts(0.2, 0.2, 2.0, 0.5, 0.0), 40, 0.05, id="second-cycle-halfway"),
        pytest.param(CosineDecayRestarts(0.2, 0.55, 1.0, 1.0, 0.0), 55, 0.2, id="restart-that-rounds"),
        pytest.param(OneCycle(1.0, 0.4, 10.0, 5.0), 0, 0.1, id="one-cycle-start"),
        pytest.param(OneCycle(1.0, 0.4, 10.0, 5.0), 20, 0.55, id="one-cycle-half-way-up"),
        pytest.param(OneCycle(1.0, 0.4, 10.0, 5.0), 40, 1.0, id="one-cycle-peak"),
        pytest.param(OneCycle(1.0, 0.4, 10.0, 5.0), 70, 0.51, id="one-cycle-half-way-down"),
        pytest.param(OneCycle(1.0, 0.4, 10.0, 5.0), 130, 0.02, id="one-cycle-beyond-the-end"),
        pytest.param(CyclicalLearningRate(0.1, 0.5, 10), 10, 0.5, id="cyclical-peak"),
        pytest.param(CyclicalLearningRate(0.1, 0.5, 10), 25, 0.3, id="cyclical-second-rise"),
        pytest.param(CyclicalLearningRate(0.5, 0.1, 10), 10, 0.1, id="cyclical-maximum-below-the-base"),
        pytest.param(WarmupStableDecay(0.4, 0.1, 0.2), 0, 0.04, id="warmup-start"),
        pytest.param(WarmupStableDecay(0.4, 0.1, 0.2), 4, 0.2, id="warmup-halfway"),
        pytest.param(WarmupStableDecay(0.4, 0.1, 0.2), 9, 0.4, id="warmup-last"),
        pytest.param(WarmupStableDecay(0.4, 0.1, 0.2), 60, 0.4, id="stable"),
        pytest.param(WarmupStableDecay(0.4, 0.1, 0.2), 90, 0.2, id="decay-halfway"),
        pytest.param(WarmupStableDecay(0.4, 1.0, 1.0), 50, 0.2, id="warmup-and-decay-that-overlap"),
        pytest.param(WarmupStableDecay(0.4, 0.1, 0.2), 130, 0.0, id="decayed-beyond-the-end"),
        pytest.param(InverseSquareRoot(0.4, 0.1), 0, 0.04, id="inverse-square-root-start"),
        pytest.param(InverseSquareRoot(0.4, 0.1), 9, 0.4, id="inverse-square-root-warmed-up"),
        pytest.param(InverseSquareRoot(0.4, 0.1), 10, 0.4, id="inverse-square-root-peak"),
        pytest.param(InverseSquareRoot(0.4, 0.1), 40, 0.2, id="inverse-square-root-at-four-warmups"),
        pytest.param(InverseSquareRoot(0.4, 0.1), 160, 0.1, id="inverse-square-root-beyond-the-end"),
        pytest.param(CompoundingDecay(0.6, 1.0), 0, 0.6, id="compounding-at-the-start"),
        pytest.param(CompoundingDecay(0.6, 1.0), 2, 0.1, id="compounding-after-two"),
        pytest.param(CompoundingDecay(0.6, 1.0), 2.9, 0.1, id="compounding-holds-between"),
    ],
)
def test_rate_at_a_telling_time_of_a_run_of_100(schedule, t, rate):
    np.testing.assert_allclose(schedule(np.array([t]), 100), [rate], rtol=1e-12)


def extreme_settings(schedule):
    """Every combination of the lowest and the highest values that the rules allow."""
    edges = []
    for declared in settings_of(schedule).values():
        low, high = declared.low, declared.high
        low = np.nextafter(low, high) if declared.low_open else low
        high = np.nextafter(high, low) if declared.high_open else high
        edges.append([low, high])
    return itertools.product(*edges)


@EVERY_SCHEDULE
@pytest.mark.parametrize("total", [0.02, 1, 2, 500, LONGEST_RUN])
def test_rates_are_finite_and_never_negative_at_the_edges_of_the_rules(schedule, total):
    t = np.unique(np.linspace(0, 20 * total, 50_001).round())
    for settings in extreme_settings(schedule):
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            rates = schedule(*settings)(t, total).astype(np.float32)
        assert np.isfinite(rates).all(), settings
        assert (rates >= 0).all(), settings


@EVERY_SCHEDULE
def test_rates_are_one_float64_for_each_time(schedule):
    rates = schedule()(np.arange(50), 50)
    assert rates.dtype == np.float64
    assert rates.shape == (50,)


@EVERY_SCHEDULE
def test_rates_at_many_times_equal_those_at_single_times(schedule):
    t = np.random.default_rng(3).uniform(0, 90, 40)
    together = schedule()(t, 60)
    np.testing.assert_allclose(together, [schedule()(each[None], 60)[0] for each in t], rtol=1e-13)
    np.testing.assert_allclose(together, [float(schedule()(float(each), 60)) for each in t], rtol=1e-13)


@EVERY_SCHEDULE
def test_a_call_changes_neither_the_times_nor_the_next_call(schedule):
    one, t = schedule(), np.arange(50.0)
    first = one(t, 50)
    first[:] = -1
    np.testing.assert_array_equal(t, np.arange(50))
    np.testing.assert_array_equal(one(t, 50), schedule()(np.arange(50), 50))
    assert one == schedule()


@EVERY_SCHEDULE
def test_a_schedule_is_frozen_and_equal_by_value(schedule):
    name, declared = next(iter(settings_of(schedule).items()))
    with pytest.raises(FrozenInstanceError):
        setattr(schedule(), name, declared.offered[0])
    assert hash(schedule()) == hash(schedule())
    assert schedule(**{name: declared.offered[0]}) != schedule(**{name: declared.offered[-1]})


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "Constant"])
def test_with_its_defaults_a_schedule_visibly_moves_within_50_epochs(name):
    rates = SCHEDULES[name]()(np.arange(50), 50)
    assert rates.max() - rates.min() > 0.5 * rates.max()


BAD = [math.nan, math.inf, -math.inf, -1, "x", "", None, True, np.True_, [0.1], 1j, 10**400]


@EVERY_HYPERPARAMETER
def test_a_value_outside_the_rule_is_refused_by_name_rule_and_value(schedule, name):
    declared = settings_of(schedule)[name]
    outside = [
        declared.low if declared.low_open else np.nextafter(declared.low, -math.inf),
        declared.high if declared.high_open else np.nextafter(declared.high, math.inf),
        *([2.5] if declared.whole else []),
    ]
    for value in [*BAD, *outside]:
        with pytest.raises(ValueError, match=re.escape(f"`{name}` must be {declared.rule}.")) as error:
            schedule(**{name: value})
        assert f"Received: {name}={repr(value)[:50]}" in str(error.value)


@EVERY_HYPERPARAMETER
def test_every_stop_meets_the_rule_and_the_default_is_one_of_them(schedule, name):
    declared = settings_of(schedule)[name]
    assert getattr(schedule(), name) in declared.offered
    assert list(declared.offered) == sorted(set(declared.offered))
    assert [getattr(schedule(**{name: value}), name) for value in declared.offered] == list(declared.offered)


@EVERY_HYPERPARAMETER
def test_a_hyperparameter_is_explained(schedule, name):
    declared = settings_of(schedule)[name]
    assert declared.label
    assert declared.symbol
    assert declared.help.endswith(".")


def test_hyperparameters_of_one_name_have_one_declaration_and_default():
    seen = {}
    for schedule in SCHEDULES.values():
        for name, declared in settings_of(schedule).items():
            default = getattr(schedule(), name)
            assert seen.setdefault(name, (declared, default)) == (declared, default), (schedule, name)


def test_no_hyperparameter_has_the_name_of_a_field_of_the_recipe():
    own = {field.name for field in fields(Recipe)}
    assert not own & {name for schedule in SCHEDULES.values() for name in settings_of(schedule)}


@EVERY_SCHEDULE
def test_the_formula_holds_every_hyperparameter_and_no_placeholder_is_left(schedule):
    names = set(re.findall(r"<(\w+)>", schedule.formula))
    assert names == set(settings_of(schedule))
    for numbers in [False, True]:
        text = schedule().latex(numbers=numbers)
        assert not re.search(r"<\w+>", text)
        assert text.count("{") == text.count("}")
        assert text.count(r"\left") == text.count(r"\right")


@EVERY_HYPERPARAMETER
def test_the_formula_shows_each_symbol_and_each_number(schedule, name):
    value = settings_of(schedule)[name].offered[-2]
    assert settings_of(schedule)[name].symbol in schedule().latex(numbers=False)
    assert f"{value:g}" in schedule(**{name: value}).latex(numbers=True)


@EVERY_SCHEDULE
def test_symbols_within_a_formula_differ(schedule):
    symbols = [declared.symbol for declared in settings_of(schedule).values()]
    assert len(symbols) == len(set(symbols))
    assert not {"t", "N"} & set(symbols)


def test_the_formula_writes_very_small_numbers_as_powers_of_ten():
    assert ExponentialDecay(3e-6, 1e-5).latex(numbers=True) == (
        r"\eta(t) = (3 \cdot 10^{-6}) \cdot e^{-(1 \cdot 10^{-5})\, t}"
    )


@EVERY_SCHEDULE
def test_a_schedule_has_a_title_a_reference_and_a_use(schedule):
    assert 0 < len(schedule.title) <= 32
    assert re.search(r"\b(19|20)\d\d\b", schedule.reference)
    assert re.fullmatch(r"[A-Z][^.]*(\d\.\d[^.]*)*\.", schedule.used_for), "one sentence"
    assert schedule.__doc__.strip()


def test_titles_differ():
    titles = [schedule.title for schedule in SCHEDULES.values()]
    assert len(titles) == len(set(titles))


@EVERY_SCHEDULE
def test_the_body_uses_only_numpy_the_time_the_total_its_hyperparameters_and_the_helpers(schedule):
    body = ast.parse(textwrap.dedent(inspect.getsource(schedule.__call__))).body[0].body
    nodes = [node for statement in body for node in ast.walk(statement)]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    assigned = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    of_self = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    }
    assert names - assigned <= {"np", "t", "total", "self", *(helper.__name__ for helper in HELPERS)}
    assert not assigned & {"np", "t", "total", "self"}
    assert of_self == set(settings_of(schedule))
