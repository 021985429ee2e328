"""Gradient descent on a quadratic, compared with closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcore.descent import DECAYS, Bowl, Outcome, Ravine
from lrcore.descent.outcome import outcomes
from lrcore.descent.quadratic import contour, descend, gradient, loss, stability_limit, theory
from lrcore.settings import numbers_of, settings_of

CURVATURES = (1.0, 20.0)
START = (-9.0, 3.0)


def constant(rate, updates):
    return np.full(updates, rate)


def outcome(path):
    return outcomes(path[None])[0]


def closed_form_with_momentum(start, curvature, rate, momentum, updates):
    """The heavy ball's second-order recurrence, solved by its characteristic roots (all distinct here).

    w[t+1] = (1 + momentum - rate * curvature) w[t] - momentum w[t-1], w[1] = (1 - rate * curvature) w[0].
    """
    roots = np.roots([1, -(1 + momentum - rate * curvature), momentum]).astype(complex)
    assert abs(roots[0] - roots[1]) > 1e-6
    ends = [start, (1 - rate * curvature) * start]
    weights = np.linalg.solve(np.vander(roots, 2, increasing=True).T, ends)
    return (weights * roots ** np.arange(updates + 1)[:, None]).sum(axis=1).real


@pytest.mark.parametrize("rate", [0.025, 0.4, 0.5, 0.95, 1.0, 1.05, 2.2])
def test_without_momentum_each_update_multiplies_by_one_minus_rate_times_curvature(rate):
    path = descend([3.0], [2.0], constant(rate, 30))
    assert path.shape == (31, 1)
    np.testing.assert_allclose(path[:, 0], 3 * (1 - 2 * rate) ** np.arange(31), rtol=1e-12, atol=1e-15)


def test_every_weight_descends_by_its_own_curvature():
    path = descend(START, CURVATURES, constant(0.08, 60))
    factors = 1 - 0.08 * np.array(CURVATURES)
    np.testing.assert_allclose(path, START * factors ** np.arange(61)[:, None], rtol=1e-11)


@pytest.mark.parametrize("rate", [0.005, 0.05, 0.12, 0.2])
@pytest.mark.parametrize("momentum", [0.3, 0.5, 0.9])
def test_momentum_follows_the_characteristic_roots(rate, momentum):
    path = descend(START, CURVATURES, constant(rate, 60), momentum)
    for i, curvature in enumerate(CURVATURES):
        expected = closed_form_with_momentum(START[i], curvature, rate, momentum, 60)
        np.testing.assert_allclose(path[:, i], expected, rtol=1e-8, atol=1e-10 * np.abs(expected).max())


def test_the_first_step_with_momentum_is_the_plain_one():
    np.testing.assert_array_equal(descend([3.0], [2.0], [0.1], momentum=0.9), descend([3.0], [2.0], [0.1]))


def test_a_rate_that_changes_multiplies_by_its_own_factor_at_each_update():
    rates = np.array([0.9, 0.1, 0.5, 1.2])
    factors = np.concatenate([[1], np.cumprod(1 - 2 * rates)])
    np.testing.assert_allclose(descend([3.0], [2.0], rates)[:, 0], 3 * factors, atol=1e-15)


def test_the_rate_of_an_update_scales_its_gradient_and_not_the_velocity():
    # By hand: v = -0.5 * 2 * 1 = -1, w = 0; v = 0.5 * -1 - 0.1 * 2 * 0 = -0.5, w = -0.5;
    # v = 0.5 * -0.5 - 0.1 * 2 * -0.5 = -0.15, w = -0.65.
    path = descend([1.0], [2.0], [0.5, 0.1, 0.1], momentum=0.5)
    np.testing.assert_allclose(path[:, 0], [1, 0, -0.5, -0.65], atol=1e-15)


def test_many_descents_at_once_are_the_same_as_one_by_one():
    rates = np.random.default_rng(0).uniform(0, 0.2, (3, 4, 10))
    together = descend(START, CURVATURES, rates, 0.7)
    assert together.shape == (3, 4, 11, 2)
    for index in np.ndindex(3, 4):
        np.testing.assert_array_equal(together[index], descend(START, CURVATURES, rates[index], 0.7))


def test_the_gradient_is_the_slope_of_the_loss():
    w, step = np.array([[1.5, -2.0], [0.3, 0.7]]), 1e-6
    for i in range(2):
        shift = step * np.eye(2)[i]
        slope = (loss(w + shift, CURVATURES) - loss(w - shift, CURVATURES)) / (2 * step)
        np.testing.assert_allclose(gradient(w, CURVATURES)[:, i], slope, rtol=1e-6)


def test_the_loss_is_half_the_curvature_times_the_square():
    assert loss([3.0], [2.0]) == 9
    assert loss([-9.0, 3.0], CURVATURES) == (81 + 180) / 2


def test_a_contour_is_closed_and_lies_at_its_level():
    line = contour(CURVATURES, 7.5)
    np.testing.assert_allclose(loss(line, CURVATURES), 7.5)
    np.testing.assert_allclose(line[0], line[-1], atol=1e-12)


@settings(max_examples=40)
@given(
    curvature=st.floats(0.1, 50), momentum=st.floats(0, 0.9), share=st.sampled_from([0.5, 0.99, 1.01, 1.3])
)
def test_descent_converges_below_the_limit_and_diverges_above(curvature, momentum, share):
    rate = share * stability_limit([curvature], momentum)
    matrix = np.array([[1 + momentum - rate * curvature, -momentum], [1, 0]])
    assert (np.abs(np.linalg.eigvals(matrix)).max() < 1) == (share < 1)
    path = np.abs(descend([1.0], [curvature], constant(rate, 2000), momentum)[:, 0])
    assert not path[-1] >= 1e-3 if share < 1 else not path[-1] <= 1e3


def test_the_limit_is_two_over_the_largest_curvature_and_grows_with_momentum():
    assert stability_limit([2.0]) == 1
    assert stability_limit(CURVATURES) == 0.1
    assert stability_limit(CURVATURES, 0.5) == pytest.approx(0.15)


def test_at_the_limit_the_path_toggles_for_ever():
    path = descend([3.0], [2.0], constant(stability_limit([2.0]), 30))[:, 0]
    np.testing.assert_array_equal(path, 3 * (-1.0) ** np.arange(31))


@pytest.mark.filterwarnings("error")
def test_an_overflow_is_infinite_then_nan_without_a_warning():
    path = descend([3.0], [2.0], constant(1000.0, 200))
    assert np.isinf(path).any()
    assert np.isnan(path[-1, 0])
    assert outcome(path).kind == "diverges"


@pytest.mark.parametrize("curvature", [[0.0], [-1.0, 2.0], [np.nan], [np.inf], 2.0])
def test_an_invalid_curvature_is_refused(curvature):
    with pytest.raises(ValueError, match="`curvature` must be finite numbers > 0. Received: curvature="):
        descend([1.0], curvature, [0.1])


@pytest.mark.parametrize("momentum", [-0.1, 1.0, np.nan])
def test_a_momentum_out_of_range_is_refused(momentum):
    for call in (lambda: descend([1.0], [1.0], [0.1], momentum), lambda: stability_limit([1.0], momentum)):
        with pytest.raises(ValueError, match="`momentum` must be >= 0 and < 1. Received: momentum="):
            call()


def path_of(*positions):
    return np.array(positions, dtype=float)[:, None]


@pytest.mark.parametrize(
    ("path", "expected", "kind"),
    [
        (path_of(4, 3, 2, 1), Outcome(3, 0.25, 1, None, 0, 0), "creeps"),
        (path_of(4, 2, 0.1, 0.01), Outcome(3, 0.0025, 1, 2, 0, 0), "settles"),
        (path_of(4, 0, 0, 0), Outcome(3, 0, 1, 1, 0, 0), "settles"),
        (path_of(4, -3, 2, -1), Outcome(3, 0.25, 1, None, 3, 3), "bounces"),
        (path_of(4, -4, 4, -4), Outcome(3, 1, 1, None, 3, 3), "bounces"),
        (path_of(4, -8, 2, -0.1), Outcome(3, 0.025, 2, 3, 3, 3), "bounces"),
        (path_of(4, -5, 6, -7), Outcome(3, 1.75, 1.75, None, 3, 3), "diverges"),
        (path_of(4, 0.1, 1, 0.1), Outcome(3, 0.025, 1, 3, 0, 0), "settles"),
        (path_of(4, -0.1, 0.05, -0.05), Outcome(3, 0.0125, 1, 1, 1, 3), "settles"),
        (path_of(4, -0.01, 0.01, -0.02), Outcome(3, 0.005, 1, 1, 1, 1), "settles"),
    ],
)
def test_an_outcome_measures_the_path(path, expected, kind):
    assert outcome(path) == expected
    assert outcome(path).kind == kind


def test_an_outcome_measures_distance_over_all_weights():
    measured = outcome(np.array([[3.0, 4.0], [-3.0, 4.0], [0.0, 1.0]]))
    assert (measured.left, measured.farthest, measured.crossings) == (0.2, 1, 1)


@pytest.mark.parametrize("curvature", settings_of(Bowl)["curvature"].offered)
def test_the_landmarks_of_the_bowl_match_their_names(curvature):
    bowl = Bowl(curvature=curvature)
    found = {name: outcome(bowl.paths([rate])[0]) for name, rate in bowl.landmarks.items()}
    assert {name: each.kind for name, each in found.items()} == {
        "too small": "creeps",
        "good": "settles",
        "optimum": "settles",
        "bouncing": "bounces",
        "diverging": "diverges",
    }
    assert found["optimum"].left == 0


@pytest.mark.parametrize("momentum", settings_of(Ravine)["momentum"].offered)
def test_every_landmark_has_a_place_on_the_slider(momentum):
    scene = Ravine(momentum=momentum)
    assert set(scene.landmarks.values()) <= set(scene.stops)
    assert scene.limit - 1e-9 <= scene.landmarks["diverging"] <= scene.limit + 0.005 + 1e-9


def between(name):
    """Values of a number of the ravine: any that a link allows, often a stop of the slider."""
    number = numbers_of(Ravine)[name]
    values = st.integers if number.whole else st.floats
    return st.sampled_from(number.offered) | values(int(number.low), number.high)


@settings(max_examples=150)
@given(st.sampled_from([*DECAYS]), between("momentum"), between("decay_rate"), between("epochs_drop"))
def test_the_landmarks_of_the_ravine_match_their_names(decay, momentum, decay_rate, epochs_drop):
    scene = Ravine(momentum=momentum, decay=decay, decay_rate=decay_rate, epochs_drop=epochs_drop)
    found = dict(zip(scene.stops, scene.outcomes(scene.stops), strict=True))
    marks = scene.landmarks
    assert list(marks.values()) == sorted(set(marks.values())), "strictly in this order"
    rate = marks.get("fastest", marks.get("gets nearest"))
    best = found[rate]
    assert ("fastest" in marks) == (best.arrival is not None)
    assert all(best.rank <= each.rank for each in found.values())
    slow = [stop for stop, each in found.items() if each.arrival is None and each.left > best.left]
    small = [stop for stop in slow if stop <= rate / 5]
    assert marks.get("too small") == min(small, key=lambda stop: abs(np.log(10 * stop / rate)), default=None)
    last_near = max(stop for stop, each in found.items() if stop == rate or each.left <= 1)
    assert marks.get("diverging") == min((stop for stop in found if stop > last_near), default=None)
    most = scene.updates / 2
    bouncing = {stop for stop in found if rate < stop <= last_near and found[stop].sides > most}
    worse = {stop for stop in bouncing if found[stop].rank > best.rank}
    later = {stop for stop in worse if (found[stop].arrival or np.inf) > (best.arrival or np.inf)}
    assert marks.get("bouncing") == max(later or worse, default=None)
    if decay == "Constant":
        assert scene.limit - 0.001 < marks["diverging"] <= scene.limit + 0.005 + 1e-9


@pytest.mark.parametrize(
    ("momentum", "arrival", "left"),
    [
        (0.0, None, 0.582),
        (0.5, None, 0.213),
        (0.7, 100, None),
        (0.8, 56, None),
        (0.85, 38, None),
        (0.9, 42, None),
    ],
)
def test_the_ravine_needs_momentum_to_arrive(momentum, arrival, left):
    scene = Ravine(momentum=momentum)
    best = min(scene.outcomes(scene.stops), key=lambda each: each.rank)
    assert best.arrival == arrival
    assert left is None or best.left == pytest.approx(left, abs=5e-4)


def test_without_momentum_the_ravine_takes_603_updates():
    rate = Ravine().landmarks["gets nearest"]
    assert outcome(descend(Ravine.start, Ravine.curvatures, constant(rate, 1000))).arrival == 603


def test_the_best_momentum_of_the_ravine_is_near_the_one_of_theory():
    momentum, best = Ravine.best_momentum()
    assert (momentum, best.arrival) == (0.85, 38)
    in_theory, rate, factor = theory(Ravine.curvatures)
    assert (round(in_theory, 3), round(rate, 3), round(factor, 3)) == (0.819, 0.181, 0.905)


@pytest.mark.parametrize("curvatures", [(0.05, 20.0), (0.2, 20.0), (1.0, 3.0)])
def test_theory_has_the_least_factor_of_all_momenta_and_rates(curvatures):
    def factor(momentum, rate):
        matrices = [[[1 + momentum - rate * c, -momentum], [1, 0]] for c in curvatures]
        return np.abs(np.linalg.eigvals(matrices)).max()

    momentum, rate, least = theory(curvatures)
    assert factor(momentum, rate) == pytest.approx(least, abs=1e-6)
    for other in np.random.default_rng(0).uniform([0, 0], [0.99, 1.5 * rate], (300, 2)):
        assert factor(*other) >= least - 1e-6


@pytest.mark.parametrize("decay", [name for name in DECAYS if name != "Constant"])
def test_without_noise_decay_hardly_helps_in_the_ravine(decay):
    for momentum, gain in ((0.0, 0.1), (0.5, 0.1), (0.85, 0.1), (0.9, 0.1)):
        kept = Ravine(momentum=momentum)
        best = min(kept.outcomes(kept.stops), key=lambda each: each.rank)
        for decay_rate in (0.0, 0.005, 0.01, 0.03, 0.1):
            scene = Ravine(momentum=momentum, decay=decay, decay_rate=decay_rate)
            decayed = min(scene.outcomes(scene.stops), key=lambda each: each.rank)
            assert decayed.rank[0] >= best.rank[0] - 1
            assert decayed.left >= best.left - gain


def test_momentum_raises_the_limit():
    assert Ravine().limit == pytest.approx(0.1)
    assert Ravine(momentum=0.9).limit == pytest.approx(0.19)


def test_the_rates_of_a_ravine_are_those_of_its_schedule():
    t = np.arange(100)
    rates = Ravine(decay="TimeBasedDecay", decay_rate=0.05).learning_rates([0.1, 0.2])
    np.testing.assert_allclose(rates, np.array([[0.1], [0.2]]) / (1 + 0.05 * t), rtol=1e-12)
    rates = Ravine(decay="ExponentialDecay", decay_rate=0.05).learning_rates([0.2])
    np.testing.assert_allclose(rates, 0.2 * np.exp(-0.05 * t)[None], rtol=1e-12)
    rates = Ravine(decay="StepDecay", epochs_drop=30).learning_rates([0.2])
    np.testing.assert_allclose(rates, 0.2 * 0.5 ** (t // 30)[None], rtol=1e-12)


def test_the_schedule_of_a_scene_starts_from_its_rate():
    assert Bowl(rate=0.3).schedule(np.array([0, 9]), 10).tolist() == [0.3, 0.3]
    assert Ravine(rate=0.15, decay="ExponentialDecay").schedule(np.array([0]), 10).tolist() == [0.15]


@pytest.mark.parametrize(
    ("scene", "values", "rule"),
    [
        (Bowl, {"rate": 0}, "`rate` must be a finite number >= 0.001 and <= 2.2"),
        (Bowl, {"curvature": 9}, "`curvature` must be a finite number >= 1 and <= 4"),
        (Ravine, {"momentum": 1}, "`momentum` must be a finite number >= 0 and <= 0.95"),
        (Bowl, {"sigma": 0}, "`sigma` must be a finite number >= 0.1 and <= 4"),
        (Bowl, {"draw": 0.5}, "`draw` must be a whole number >= 0 and <= 999"),
        (Ravine, {"rate": 0.3}, "`rate` must be a finite number >= 0.001 and <= 0.22"),
        (
            Ravine,
            {"decay": "CosineDecay"},
            "`decay` must be one of Constant, TimeBasedDecay, StepDecay, ExponentialDecay",
        ),
    ],
)
def test_a_scene_refuses_what_breaks_a_rule(scene, values, rule):
    with pytest.raises(ValueError, match=rule):
        scene(**values)
