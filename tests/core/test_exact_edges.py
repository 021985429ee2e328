"""Schedules at their edges, compared with rational arithmetic: every two-digit share, every length of a run to 500.

The rates expected here are made from whole numbers alone (a share is the decimal number that it spells), with one
correctly rounded division at the end, so that no float decides on which side of an edge a time lies.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import (
    SCHEDULES,
    CosineDecayRestarts,
    PiecewiseConstantDecay,
    StepDecay,
    with_warmup,
)

LENGTHS = np.arange(1, 501)[:, None]
LONG = np.array([9 * 500, 59 * 500, 117_499, 117_500, 351 * 499, 351 * 500])[:, None]
"""Runs counted in updates, up to 500 epochs of 351."""


# Rates at the time a / 100 of a run of b / 100, for whole numbers a and b; their settings are in hundredths, too.


def constant(a, b):
    return np.ones(a.shape)


def time_based(a, b):
    return 100 / (100 + 3 * a / 100)


def step(a, b):
    return 0.5 ** (a // 300)


def exponential(a, b):
    return np.exp(-3 * a / 10_000)


def piecewise(a, b, first, second):
    return 0.5 ** ((100 * a >= first * b).astype(int) + (100 * a >= second * b))


def polynomial(a, b):
    return ((b - a) / b) ** 2


def cosine(a, b):
    return np.cos(np.pi / 2 * (a / b)) ** 2


def restarts(a, b, first):
    """Cycles of `first`, then 1.5 times as long each; the peaks 0.5 times as high each."""
    n, start, length = 0, Fraction(0), Fraction(first, 100)
    rates = np.full(a.shape, np.nan)
    while start < 1:
        p, q = int(start * 100 * 2**n), 100 * 2**n  # start = p / q, and length = p2 / q
        assert Fraction(p, q) == start
        p2 = int(length * q)
        here = (q * a >= p * b) & (q * a < (p + p2) * b)
        x = (q * a - p * b) / (p2 * b)
        rates = np.where(here, 0.5**n * np.cos(np.pi / 2 * x) ** 2, rates)
        n, start, length = n + 1, start + length, length * 3 / 2
    return rates


def one_cycle(a, b, rise):
    up = 0.04 + 0.96 * (1 - np.cos(np.pi * (100 * a / (rise * b)))) / 2
    end = 0.04 / 10_000
    down = end + (1 - end) * np.cos(np.pi / 2 * ((100 * a - rise * b) / ((100 - rise) * b))) ** 2
    return np.where(100 * a < rise * b, up, down)


def cyclical(a, b):
    time = a % 1400
    return 0.1 + 0.9 * (np.minimum(time, 1400 - time) / 700)


def climbed(a, b, warmup):
    return np.minimum(100 * (a + 100) / (warmup * b), 1)


def warmup_stable_decay(a, b, warmup, decay):
    return np.minimum(climbed(a, b, warmup), 100 * (b - a) / (decay * b))


def inverse_square_root(a, b, warmup):
    root = np.sqrt(np.where(100 * a > warmup * b, warmup * b / np.maximum(100 * a, 1), 1))
    return np.where(100 * a < warmup * b, climbed(a, b, warmup), root)


def compounding(a, b):
    return np.cumprod(1 / (1 + 0.03 * np.arange(1 + a.max() // 100)))[a // 100]


EXPECTED = {
    "Constant": (constant, [1.0], 0),
    "TimeBasedDecay": (time_based, [1.0, 0.03], 0),
    "StepDecay": (step, [1.0, 0.5, 3], 0),
    "ExponentialDecay": (exponential, [1.0, 0.03], 0),
    "PiecewiseConstantDecay": (piecewise, [1.0, 0.5], 2),
    "PolynomialDecay": (polynomial, [1.0, 0.0, 2.0], 0),
    "CosineDecay": (cosine, [1.0], 0),
    "CosineDecayRestarts": (restarts, [1.0], 1),
    "OneCycle": (one_cycle, [1.0], 1),
    "CyclicalLearningRate": (cyclical, [0.1, 1.0, 7], 0),
    "WarmupStableDecay": (warmup_stable_decay, [1.0], 2),
    "InverseSquareRoot": (inverse_square_root, [1.0], 1),
    "CompoundingDecay": (compounding, [1.0, 0.03], 0),
}
"""For each schedule: its rates, its first settings, and how many shares of the run follow them."""
AFTER_SHARES = {"CosineDecayRestarts": [1.5, 0.5]}


def times(lengths, warmup, shares):
    """Times (lengths, n) on both sides of every edge, at the beginning, in the middle and at the end."""
    ends = [100 * (100 - share) for share in shares]
    edges = [warmup * lengths // 100]
    edges += [(100 * warmup + share * (100 - warmup)) * lengths // 10_000 for share in shares]
    edges += [(100 * warmup + end // 100 * (100 - warmup)) * lengths // 10_000 for end in ends]
    around = [edge + step for edge in edges for step in (-2, -1, 0, 1, 2)]
    inside = [lengths * 0, lengths * 0 + 1, lengths // 2, lengths - 2, lengths - 1]
    return np.clip(np.concatenate([*around, *inside], axis=1), 0, lengths - 1)


def assert_exact(name, lengths, warmup, shares):
    """Compares the schedule with these shares, after this warmup, with rates from whole numbers; all in hundredths."""
    rates_at, settings, _ = EXPECTED[name]
    schedule = SCHEDULES[name](*settings, *(share / 100 for share in shares), *AFTER_SHARES.get(name, []))
    t = times(lengths, warmup, shares)
    if name == "CosineDecayRestarts":  # takes one length at a time
        rates = np.stack(
            [
                with_warmup(schedule, row, int(total), warmup / 100)
                for row, total in zip(t, lengths[:, 0], strict=True)
            ]
        )
    else:
        rates = with_warmup(schedule, t, lengths, warmup / 100)
    after = 100 * t - warmup * lengths
    expected = rates_at(np.maximum(after, 0), (100 - warmup) * lengths + 0 * t, *shares)
    if warmup:
        expected = expected * np.minimum(100 * (t + 1) / (warmup * lengths), 1)
    np.testing.assert_allclose(rates, expected, rtol=1e-12, atol=1e-15, err_msg=f"{name} {warmup} {shares}")


def shares_to_try(name):
    """(warmup, shares): every share without a warmup, every warmup with a few, and every hundredth as either."""
    count = EXPECTED[name][2]
    low = 5 if name == "CosineDecayRestarts" else 1
    every = [(0, [q, (q * 37 + 11) % 99 + 1][:count]) for q in range(low, 100 if count else low + 1)]
    some = [
        (p, [low + (p * 37 + 17 * i) % (100 - low), 1 + (p * 53 + 29 * i) % 99][:count])
        for p in range(1, 100)
        for i in range(max(count, 1))
    ]
    return every + some


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_edge_is_where_rational_arithmetic_has_it(name):
    for warmup, shares in shares_to_try(name):
        assert_exact(name, LENGTHS, warmup, shares)


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_same_holds_for_long_runs_counted_in_updates(name):
    for warmup, shares in shares_to_try(name):
        assert_exact(name, LONG, warmup, shares)


def test_a_milestone_is_met_at_the_first_time_that_is_not_before_it():
    for share in range(101):
        schedule = PiecewiseConstantDecay(1.0, 0.5, share / 100, 1.0)
        for total in range(1, 501, 3):
            drop = math.ceil(Fraction(str(share / 100)) * total)
            assert np.sum(schedule(np.arange(total), total) == 1) == drop


@pytest.mark.parametrize("clock", ["epoch", "update"])
def test_a_recipe_drops_in_time_after_every_two_digit_warmup(clock):
    for share in range(1, 100):
        for epochs in range(1, 501, 7):
            recipe = Recipe(StepDecay(1.0, 0.5, 1), clock, epochs=epochs, batch_size=79, warmup=share / 100)
            rates = recipe.learning_rates()[:, 0] if clock == "epoch" else recipe.learning_rates().ravel()
            length = share * len(rates)
            drops = (100 * np.arange(len(rates)) - length) // 100
            climbed = np.minimum(100 * (np.arange(len(rates)) + 1) / length, 1)
            np.testing.assert_allclose(
                rates, np.where(drops < 0, climbed, 0.5 ** np.maximum(drops, 0)), 1e-12
            )


def test_the_drop_that_once_came_an_epoch_late():
    rates = Recipe(StepDecay(1.0, 0.5, 1), epochs=25, warmup=0.28).learning_rates()[:, 0]
    assert rates[6:10].tolist() == [1.0, 1.0, 0.5, 0.25]


@pytest.mark.parametrize("growth", [1.0, 1.5, 2.0, 3.0])
def test_every_restart_is_in_time_whatever_the_growth(growth):
    for share in range(5, 101):
        schedule = CosineDecayRestarts(1.0, share / 100, growth, 1.0, 0.0)
        ends = [Fraction(share, 100)]
        while ends[-1] < 1:
            ends.append(ends[-1] + Fraction(share, 100) * Fraction(growth) ** len(ends))
        for total in range(1, 501, 7):
            starts = {int(end * total) for end in ends if (end * total).denominator == 1 and end < 1}
            rates = schedule(np.arange(total), total)
            assert set(np.flatnonzero(rates == 1)) == {0} | starts
