"""Noise in the slope compared with closed forms, and the facts on which the first page relies."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcore.descent import DECAYS, Bowl, Ravine
from lrcore.descent.noise import draws, expected_loss, floor, lower_bound
from lrcore.descent.quadratic import descend, loss
from lrcore.settings import numbers_of

RATES = st.lists(st.floats(0, 1.2), min_size=1, max_size=60)
CURVATURE, SIGMA, START = st.floats(0.2, 5), st.floats(0.1, 5), st.floats(0.5, 5)


def number(name):
    """Values of a number of the bowl: any that a link allows, often a stop of the slider."""
    declared = numbers_of(Bowl)[name]
    values = st.integers if declared.whole else st.floats
    return st.sampled_from(declared.offered) | values(declared.low, declared.high)


BOWLS = st.builds(
    Bowl,
    rate=number("rate"),
    noise=st.just(True),
    decay=st.sampled_from([*DECAYS]),
    curvature=number("curvature"),
    sigma=number("sigma"),
    decay_rate=number("decay_rate"),
    epochs_drop=number("epochs_drop"),
)


@settings(max_examples=100)
@given(RATES, CURVATURE, SIGMA, START, st.integers(0, 99))
def test_a_path_is_linear_in_its_noise(rates, curvature, sigma, start, seed):
    xi = draws(seed, 1, len(rates), 1)
    end = descend([start], [curvature], rates, noise=sigma * xi)[0, -1, 0]
    after = np.append(np.cumprod((1 - np.array(rates) * curvature)[::-1])[::-1], 1)  # the factors from t on
    parts = -sigma * np.array(rates) * after[1:] * xi[0, :, 0]
    size = abs(start * after[0]) + np.abs(parts).sum()
    assert end == pytest.approx(start * after[0] + parts.sum(), abs=1e-12 * max(1, size))


def test_a_path_with_noise_equals_one_computed_by_hand():
    # v = -0.5 * (2 * 1 + 1) = -1.5, w = -0.5; v = 0.5 * -1.5 - 0.1 * (2 * -0.5 - 1) = -0.55, w = -1.05.
    path = descend([1.0], [2.0], [0.5, 0.1], 0.5, [[1.0], [-1.0]])
    np.testing.assert_allclose(path[:, 0], [1, -0.5, -1.05], atol=1e-15)


@settings(max_examples=100)
@given(RATES, CURVATURE, SIGMA, START)
def test_the_moments_follow_the_recursion_of_mean_and_variance(rates, curvature, sigma, start):
    mean, variance, expected = start, 0.0, [curvature * start**2 / 2]
    for rate in rates:
        mean, variance = (
            (1 - rate * curvature) * mean,
            (1 - rate * curvature) ** 2 * variance + (rate * sigma) ** 2,
        )
        expected.append(curvature * (mean**2 + variance) / 2)
    found = expected_loss([start], [curvature], rates, [sigma])
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12 * expected[0])


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_the_moments_are_those_of_many_balls(momentum):
    rates, sigma = Ravine().learning_rates([0.05])[0], np.array(Ravine.sigmas)
    noise = draws(3, 20_000, len(rates), 2) * sigma
    seen = loss(descend(Ravine.start, Ravine.curvatures, rates, momentum, noise), Ravine.curvatures).mean(
        axis=0
    )
    exact = expected_loss(Ravine.start, Ravine.curvatures, rates, sigma, momentum)
    np.testing.assert_allclose(seen, exact, rtol=0.05)


@settings(max_examples=60)
@given(st.floats(0.05, 0.9), CURVATURE, SIGMA, st.floats(0, 0.9))
def test_the_floor_is_the_limit_of_the_moments(share, curvature, sigma, momentum):
    rate = share * 2 * (1 + momentum) / curvature
    long = expected_loss([1.0], [curvature], np.full(4000, rate), [sigma], momentum)
    assert floor([curvature], rate, [sigma], momentum) == pytest.approx(long[-1], rel=1e-9)


def test_the_floor_of_the_bowl_is_the_short_formula_and_there_is_none_from_the_limit_on():
    assert floor([2.0], 0.4, [2.0]) == pytest.approx(0.4 * 4 / (2 * (2 - 0.8)))
    assert np.isinf(floor([2.0], [1.0, 1.5], [2.0])).all()


@settings(max_examples=100)
@given(st.floats(0.01, 0.999), CURVATURE, SIGMA)
def test_half_the_rate_hovers_less_than_half_as_high(share, curvature, sigma):
    rate = share * 2 / curvature
    assert 0 < floor([curvature], rate / 2, [sigma]) < floor([curvature], rate, [sigma]) / 2


@settings(max_examples=100)
@given(st.floats(0.01, 0.999), CURVATURE, SIGMA)
def test_at_the_floor_the_best_next_rate_is_half_the_rate(share, curvature, sigma):
    rate = share * 2 / curvature
    start = np.sqrt(2 * floor([curvature], rate, [sigma]) / curvature)
    others = rate * np.linspace(0.02, 2, 100)[:, None]
    ends = expected_loss([start], [curvature], others, [sigma])[:, -1]
    assert others[ends.argmin(), 0] == pytest.approx(rate / 2)


@settings(max_examples=200)
@given(RATES, CURVATURE, SIGMA, START)
def test_no_sequence_of_rates_ends_below_the_bound(rates, curvature, sigma, start):
    ends = expected_loss([start], [curvature], rates, [sigma])
    bound = lower_bound(start, curvature, sigma, np.arange(len(rates) + 1))
    assert (ends >= bound * (1 - 1e-9)).all()


@settings(max_examples=150)
@given(BOWLS)
def test_the_rates_have_to_add_up_to_enough_to_bring_the_ball_down(scene):
    share = scene.rate * scene.curvature
    if share < 1:
        total = scene.learning_rates([scene.rate]).sum() / scene.rate
        on_the_slope = scene.curvature / 2 * (scene.start[0] * (1 - share) ** total) ** 2
        assert scene.expected_loss([scene.rate])[0, -1] >= on_the_slope * (1 - 1e-9)


@settings(max_examples=100)
@given(BOWLS)
def test_once_the_ball_is_down_any_lower_rate_lowers_the_loss(scene):
    if scene.rate < scene.limit * 0.999:
        floor_there = scene.floors([scene.rate])[0]
        start = np.sqrt(2 * floor_there / scene.curvature)
        lower = scene.rate * np.array([[0.01], [0.5], [0.99]])
        ends = expected_loss([start], scene.curvatures, lower, scene.sigmas)[:, -1]
        assert (ends < floor_there).all()


@pytest.mark.parametrize(("curvature", "sigma", "start"), [(2.0, 2.0, 3.0), (0.5, 4.0, 1.0)])
def test_time_based_decay_from_the_right_rate_reaches_the_bound_at_every_update(curvature, sigma, start):
    rate = curvature * start**2 / (curvature**2 * start**2 + sigma**2)
    rates = rate / (1 + curvature * rate * np.arange(200))
    bound = lower_bound(start, curvature, sigma, np.arange(201))
    np.testing.assert_allclose(expected_loss([start], [curvature], rates, [sigma]), bound, rtol=1e-10)


def test_time_based_decay_weighs_the_noise_of_all_updates_alike():
    rate, curvature, sigma, updates = 0.4, 2.0, 2.0, 60
    divisor = 1 + rate * curvature * (updates - 1)
    mean, variance = 3 * (1 - rate * curvature) / divisor, updates * (rate * sigma / divisor) ** 2
    scene = Bowl(rate=rate, noise=True, decay="TimeBasedDecay", decay_rate=rate * curvature)
    assert scene.expected_loss([rate])[0, -1] == pytest.approx(
        curvature * (mean**2 + variance) / 2, rel=1e-10
    )


@settings(max_examples=150)
@given(BOWLS)
def test_every_bowl_ends_above_the_bound_and_its_swarm_has_the_rates_of_the_schedule(scene):
    expected, bound = scene.expected_loss([scene.rate])[0], scene.lower_bound()
    assert (expected >= bound * (1 - 1e-9)).all()
    xi = draws(scene.draw, scene.balls, scene.updates, 1) * scene.sigma
    alone = descend(scene.start, scene.curvatures, scene.learning_rates([scene.rate])[0], noise=xi[7])
    np.testing.assert_allclose(scene.swarms([scene.rate])[0, 7], alone, rtol=1e-9)


@pytest.mark.parametrize(
    ("values", "end"),
    [
        ({"rate": 0.8}, 4.0),
        ({"rate": 0.4}, 0.667),
        ({"rate": 0.1}, 0.111),
        ({"rate": 0.02}, 0.0874),
        ({"rate": 0.8, "decay": "TimeBasedDecay", "decay_rate": 0.8}, 0.0223),
        ({"rate": 0.4, "decay": "TimeBasedDecay", "decay_rate": 0.8}, 0.0167),
        ({"rate": 0.4, "decay": "ExponentialDecay", "decay_rate": 0.1}, 0.0267),
        ({"rate": 0.4, "decay": "StepDecay", "epochs_drop": 10}, 0.0279),
        ({"rate": 0.1, "decay": "ExponentialDecay", "decay_rate": 0.2}, 0.901),
    ],
)
def test_known_expected_losses_of_the_bowl(values, end):
    scene = Bowl(noise=True, **values)
    assert scene.expected_loss([scene.rate])[0, -1] == pytest.approx(end, rel=0.005)


def test_decay_is_lower_than_any_constant_rate_and_does_harm_when_it_comes_too_early():
    kept = Bowl(rate=0.4, noise=True)
    rate, best = kept.lowest()
    decayed = replace(kept, decay="TimeBasedDecay").expected_loss([0.4])[0, -1]
    assert kept.expected_loss([0.4])[0, -1] / decayed == pytest.approx(40, abs=0.5)
    assert best > 2 * decayed
    assert kept.expected_loss([rate])[0, -1] == best
    early = Bowl(rate=0.1, noise=True, decay="ExponentialDecay", decay_rate=0.2)
    assert early.expected_loss([0.1])[0, -1] / early.constant().expected_loss([0.1])[0, -1] > 8


@pytest.mark.parametrize(
    ("values", "end"),
    [
        ({}, 2.65),
        ({"decay": "ExponentialDecay", "decay_rate": 0.03}, 0.152),
        ({"decay": "StepDecay", "epochs_drop": 20}, 0.140),
        ({"decay": "TimeBasedDecay", "decay_rate": 0.1}, 0.269),
        ({"decay": "ExponentialDecay", "decay_rate": 0.1}, 0.684),
        ({"decay": "ExponentialDecay", "decay_rate": 0.2}, 112.8),
    ],
)
def test_known_expected_losses_of_the_ravine(values, end):
    scene = Ravine(momentum=0.9, noise=True, **values)
    assert scene.expected_loss([0.1])[0, -1] == pytest.approx(end, rel=0.005)
    assert Ravine(momentum=0.9, noise=True).lowest() == (0.025, pytest.approx(0.517, abs=5e-4))


def test_momentum_raises_the_floor_of_the_ravine():
    heavy, plain = (Ravine(momentum=momentum, noise=True).floors([0.01])[0] for momentum in (0.9, 0.0))
    assert 9 < heavy / plain < 11


def test_a_draw_is_the_same_for_all_rates_and_schedules():
    scene = Bowl(noise=True)
    assert scene.swarms([0.1, 0.2]).shape == (2, 30, 61, 1)
    np.testing.assert_array_equal(scene.swarms([0.1, 0.2])[1], scene.swarms([0.2])[0])
    first = [replace(scene, draw=draw).swarms([0.1])[0, :, 1] for draw in (0, 1)]
    assert not np.allclose(*first)
    decayed = replace(scene, decay="ExponentialDecay").swarms([0.1])[0, :, 1]
    np.testing.assert_array_equal(decayed, first[0])  # the first update has the rate of all schedules


def test_the_balls_together_show_that_decay_lowers_the_loss_for_every_draw():
    kept = Bowl(rate=0.4, noise=True)
    decayed = replace(kept, decay="TimeBasedDecay")
    for draw in range(30):
        swarms = [replace(scene, draw=draw).swarms([0.4])[0, :, -1] for scene in (kept, decayed)]
        assert np.square(swarms[0]).mean() > np.square(swarms[1]).mean()


def test_a_bowl_without_noise_keeps_its_rate_and_makes_30_updates():
    scene = Bowl(rate=0.3, decay="StepDecay")
    assert scene.learning_rates([0.3]).tolist() == [[0.3] * 30]
    assert replace(scene, noise=True).updates == 60


@pytest.mark.parametrize("sigma", [[-1.0], [np.nan], [np.inf]])
def test_an_invalid_sigma_is_refused(sigma):
    with pytest.raises(ValueError, match="`sigma` must be finite numbers >= 0. Received: sigma="):
        expected_loss([1.0], [1.0], [0.1], sigma)


@pytest.mark.filterwarnings("error")
def test_an_overflow_is_infinite_without_a_warning():
    scene = Ravine(noise=True)
    assert not np.isfinite(expected_loss([3.0], [2.0], np.full(700, 5.0), [1.0])[-1])
    assert np.isinf(scene.floors([0.2])).all()
