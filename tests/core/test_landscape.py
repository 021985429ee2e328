"""Loss, plane, path and curvature against the trainer's network, scikit-learn, TensorFlow and brute force."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from itertools import product
from math import inf, nan
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from lrcore.data import DATASETS, SPLITS
from lrcore.descent.quadratic import stability_limit
from lrcore.landscape import curvature, wording
from lrcore.landscape.curvature import Edge, curvatures, edge, expand, largest_eigenvalue
from lrcore.landscape.loss import loss, loss_of_combinations
from lrcore.landscape.path import (
    AFTER,
    INNER,
    LOWER,
    Drop,
    cosines,
    drop,
    jumped,
    movement,
    share_gone,
)
from lrcore.landscape.plane import Misfit, misfit, principal_plane, surface
from lrcore.training import network
from lrcore.training.ensemble import one_thread
from lrcore.training.run import batch_order, initial_weights

DATA = DATASETS["ionosphere"]
FEATURES, UNITS, SEEDS = 34, 34, range(20)
PARAMETERS = (FEATURES + 2) * UNITS + 1


@pytest.fixture(autouse=True, scope="module")
def small_products_in_one_thread():
    """On a busy machine, several threads make small products many times slower."""
    with one_thread():
        yield


# Runs, by an independent trainer in float64


@cache
def rows(how: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The training rows of a split, in float64."""
    train = DATA.split(how, seed)[0]
    return DATA.x[train].astype(float), DATA.y[train].astype(float)


def untrained(seed: int, hidden_units: int = UNITS) -> np.ndarray:
    """The initial weights, flat."""
    return np.concatenate(
        [each.ravel() for each in initial_weights(seed, FEATURES, hidden_units)], dtype=float
    )


def slope_at(weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The gradient by the chain rule, layer by layer."""
    units = (len(weights) - 1) // (x.shape[1] + 2)
    kernel, bias, output_kernel, output_bias = np.split(
        weights, np.cumsum([x.shape[1] * units, units, units])
    )
    sums = x @ kernel.reshape(-1, units) + bias
    hidden = np.maximum(sums, 0)
    error = (1 / (1 + np.exp(-hidden @ output_kernel - output_bias)) - y) / len(y)
    back = np.outer(error, output_kernel) * (sums > 0)
    return np.concatenate([(x.T @ back).ravel(), back.sum(axis=0), hidden.T @ error, [error.sum()]])


def descent(
    how: str, seed: int, rates: list[float], start: np.ndarray | None = None, batch_size: int = 235
) -> np.ndarray:
    """The weights of every update of plain SGD; (updates + 1, parameters)."""
    x, y = rows(how, seed)
    path = [untrained(seed) if start is None else start]
    order = batch_order(seed, len(rates), len(x))
    for epoch, rate in enumerate(rates):
        for first in range(0, len(x), batch_size):
            batch = order[epoch, first : first + batch_size]
            path.append(path[-1] - rate * slope_at(path[-1], x[batch], y[batch]))
    return np.stack(path)


@cache
def across_the_valley(how: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Full batches at a rate of 1.5, and the same with a drop to 0.5 before update 30."""
    kept = descent(how, seed, [1.5] * 50)
    return kept, np.concatenate([kept[:30], descent(how, seed, [0.5] * 20, start=kept[30])])


@cache
def bends() -> np.ndarray:
    """Some updates on batches of 28: a path with noise, in float32 as from a trainer."""
    return descent("stratified", 3, [0.5] * 3, batch_size=28).astype(np.float32)


def trainers_loss(weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
    """The loss by the trainer's own network, in float64."""
    units = (len(weights) - 1) // (x.shape[1] + 2)
    inputs = network.with_bias_input(np.asarray(x, float))
    parameters = network.Parameters((1, 1), inputs.shape[1], units, np.float64)
    size = (x.shape[1] + 1) * units
    parameters.kernel[0, 0, : x.shape[1] + 1] = weights[:size].reshape(-1, units)
    parameters.output_kernel[0, 0], parameters.output_bias[0, 0] = weights[size:-1], weights[-1]
    logits = np.empty((1, 1, len(x)))
    network.forward(parameters, inputs[None], network.Batch((1, 1), len(x), units, np.float64), logits)
    return float(network.loss_and_accuracy(logits, np.asarray(y, float)[None, None])[0][0, 0])


# The loss


@pytest.mark.parametrize("how", SPLITS)
def test_the_loss_is_that_of_the_trainers_network(how):
    x, y = rows(how, 5)
    path = descent(how, 5, [1.0] * 20)
    expected = [trainers_loss(weights, x, y) for weights in path]
    np.testing.assert_allclose(loss(path, x, y), expected, rtol=1e-12)


def test_weights_in_float32_are_computed_with_in_float64():
    x, y = rows("stratified", 3)
    losses = loss(bends(), DATA.x[DATA.split("stratified", 3)[0]], y)
    assert losses.dtype == np.float64
    np.testing.assert_array_equal(losses, loss(bends().astype(float), x, y))


@pytest.mark.parametrize("hidden_units", [1, 2, 128])
def test_the_number_of_units_follows_from_the_number_of_parameters(hidden_units):
    x, y = rows("tail", 0)
    weights = untrained(2, hidden_units)
    np.testing.assert_allclose(loss(weights, x, y), trainers_loss(weights, x, y), rtol=1e-12)


def test_losses_have_the_shape_of_the_paths():
    x, y = rows("stratified", 3)
    paths = np.stack([bends(), bends()[::-1]])
    losses = loss(paths, x, y)
    assert losses.shape == paths.shape[:-1]
    np.testing.assert_allclose(losses[1], losses[0, ::-1], rtol=1e-12)
    assert loss(np.empty((0, PARAMETERS)), x, y).shape == (0,)


@pytest.mark.parametrize("value", [nan, inf, 1e200])
def test_weights_that_are_not_finite_do_not_affect_other_losses(value):
    x, y = rows("stratified", 0)
    weights = np.stack([untrained(0), np.full(PARAMETERS, value)])
    losses = loss(weights, x, y)
    assert np.isfinite(losses[0])
    assert not np.isfinite(losses[1])


def test_a_combination_of_weights_has_its_own_loss():
    x, y = rows("tail", 1)
    vectors = np.stack([untrained(seed) for seed in range(3)])
    shares = np.random.default_rng(0).normal(size=(5, 7, 3))
    found = loss_of_combinations(vectors, shares, x, y)
    np.testing.assert_allclose(found, loss(shares @ vectors, x, y), rtol=1e-12)


def test_mismatched_shapes_are_refused():
    x, y = rows("tail", 1)
    with pytest.raises(ValueError, match="`weights` must have units x 36 . 1 parameters for 34 features"):
        loss(np.zeros(1226), x, y)
    with pytest.raises(ValueError, match="`weights` must"):
        loss(np.zeros(1), x, y)
    for features, labels in [(x, y[1:]), (x[0], y), (x[:0], y[:0])]:
        with pytest.raises(ValueError, match="`x` and `y` must"):
            loss(untrained(0), features, labels)


# The plane and the surface


def random_points(n: int, parameters: int, seed: int) -> np.ndarray:
    """Points far from 0 whose spread differs in all directions."""
    random = np.random.default_rng(seed)
    turn = np.linalg.qr(random.normal(size=(parameters, parameters)))[0]
    spread = 0.8 ** np.arange(parameters)
    return 10 + (random.normal(size=(n, parameters)) * spread) @ turn


@pytest.mark.parametrize(
    "points",
    [
        random_points(30, 50, 0),
        random_points(80, 20, 1),
        random_points(12, 12, 2),
        bends(),
        np.concatenate(across_the_valley("tail", 0)),
    ],
    ids=["few", "many", "as many as parameters", "batches", "full batches"],
)
def test_the_plane_is_that_of_scikit_learns_principal_components(points):
    plane, pca = principal_plane(points), PCA(2, svd_solver="full").fit(np.asarray(points, float))
    np.testing.assert_allclose(plane.origin, pca.mean_, atol=1e-12)
    assert plane.held == pytest.approx(pca.explained_variance_ratio_.sum(), abs=1e-12)
    signs = np.sign(np.vecdot(plane.axes, pca.components_))
    np.testing.assert_allclose(plane.axes, signs[:, None] * pca.components_, atol=1e-8)
    expected = signs * pca.transform(np.asarray(points, float))
    np.testing.assert_allclose(plane.coordinates, expected, atol=1e-8)


@settings(max_examples=60)
@given(st.integers(1, 12), st.integers(2, 9), st.integers(0, 9), st.integers(0, 1000))
def test_a_plane_is_orthonormal_for_any_points_and_holds_all_of_flat_ones(n, parameters, rank, seed):
    random = np.random.default_rng(seed)
    points = random.normal(size=(n, rank)) @ random.normal(size=(rank, parameters)) + 3
    plane = principal_plane(points)
    np.testing.assert_allclose(plane.axes @ plane.axes.T, np.eye(2), atol=1e-12)
    assert 0 <= plane.held <= 1
    assert (plane.coordinates[0] <= 1e-12).all()
    np.testing.assert_allclose(plane.project(points), plane.coordinates, atol=1e-12)
    if min(rank, n - 1, parameters) <= 2:
        assert plane.held == pytest.approx(1, abs=1e-12)
        np.testing.assert_allclose(plane.origin + plane.coordinates @ plane.axes, points, atol=1e-9)


@pytest.mark.parametrize("points", [np.zeros(5), np.zeros((0, 5)), np.full((2, 5), nan), np.zeros((3, 1))])
def test_invalid_points_are_refused(points):
    with pytest.raises(ValueError, match="`points` must be finite"):
        principal_plane(points)


def test_the_losses_of_a_surface_are_those_of_the_trainers_network_at_its_nodes():
    x, y = rows("stratified", 3)
    plane = principal_plane(bends())
    found = surface(plane, x, y, nodes=(7, 5), aspect=1.0)
    assert found.loss.shape == (5, 7)
    for (row, b), (column, a) in product(enumerate(found.vertical), enumerate(found.horizontal)):
        weights = plane.origin + a * plane.axes[0] + b * plane.axes[1]
        assert found.loss[row, column] == pytest.approx(trainers_loss(weights, x, y), rel=1e-12)


@pytest.mark.parametrize("aspect", [0.5, 1.0, 1.6])
def test_the_window_has_one_scale_and_leaves_a_margin_around_the_points(aspect):
    x, y = rows("stratified", 3)
    plane = principal_plane(bends())
    found = surface(plane, x, y, nodes=(4, 3), aspect=aspect)
    assert (found.horizontal.shape, found.vertical.shape) == ((4,), (3,))
    assert np.ptp(found.horizontal) == pytest.approx(aspect * np.ptp(found.vertical))
    low, high = plane.coordinates.min(axis=0), plane.coordinates.max(axis=0)
    sizes = np.array([np.ptp(found.horizontal), np.ptp(found.vertical)]) / (high - low)
    assert sizes.min() == pytest.approx(1.2)
    middles = [(axis[0] + axis[-1]) / 2 for axis in (found.horizontal, found.vertical)]
    np.testing.assert_allclose(middles, (low + high) / 2, atol=1e-12)


def test_equal_points_have_a_surface():
    x, y = rows("tail", 0)
    points = np.stack([untrained(0)] * 3)
    found = surface(principal_plane(points), x, y, nodes=(3, 3), aspect=1.0)
    assert found.loss[1, 1] == pytest.approx(loss(untrained(0), x, y))
    assert np.ptp(found.horizontal) == np.ptp(found.vertical) == 2


def test_points_in_the_plane_have_their_true_losses():
    x, y = rows("stratified", 1)
    ends = np.stack([untrained(seed) for seed in range(3)])
    points = np.random.default_rng(0).dirichlet(np.ones(3), 20) @ ends
    plane = principal_plane(points)
    np.testing.assert_allclose(plane.loss(plane.coordinates, x, y), loss(points, x, y), rtol=1e-10)
    assert misfit(plane, points, x, y).worst < 1e-10


def test_the_misfit_is_the_relative_error_of_the_projections_losses():
    x, y = rows("stratified", 3)
    plane = principal_plane(bends())
    errors = [
        abs(trainers_loss(plane.origin + place @ plane.axes, x, y) / trainers_loss(point, x, y) - 1)
        for point, place in zip(bends(), plane.coordinates, strict=True)
    ]
    found = misfit(plane, bends(), x, y)
    assert found.median == pytest.approx(np.median(errors), rel=1e-8)
    assert found.worst == pytest.approx(max(errors), rel=1e-8)


# How a path moves


def test_the_cosine_is_that_of_the_angle_between_steps():
    path = np.array([[0, 0], [1, 0], [2, 0], [1, 0], [1, 3], [2, 4], [2, 4], [3, 4]], float)
    np.testing.assert_allclose(cosines(path), [1, -1, 0, np.sqrt(0.5), nan, nan], atol=1e-12)
    np.testing.assert_allclose(cosines(np.stack([path, path]))[1], cosines(path))


def test_a_step_jumps_if_a_point_on_its_line_is_lower_than_both_ends():
    x, y = rows("stratified", 3)
    path, found = bends().astype(float), jumped(bends(), loss(bends(), x, y), x, y)
    shares = np.arange(1, INNER + 1) / (INNER + 1)
    for first, second, jumps in zip(path, path[1:], found, strict=False):
        inner = min(trainers_loss(first + share * (second - first), x, y) for share in shares)
        assert jumps == (inner < min(trainers_loss(end, x, y) for end in (first, second)) - LOWER)
    assert 0 < found.mean() < 1


def test_many_paths_are_measured_as_single_ones():
    x, y = rows("stratified", 3)
    paths = np.stack([bends(), bends()[::-1]])
    together = movement(paths, x, y)
    for i, path in enumerate(paths):
        alone = movement(path, x, y)
        for name, values in vars(together).items():
            np.testing.assert_allclose(values[i], getattr(alone, name), rtol=1e-9, err_msg=name)
    assert together.cosine[0] == pytest.approx(np.mean(cosines(bends())))
    assert together.jumped[0] == jumped(bends(), loss(bends(), x, y), x, y).mean()


def test_a_path_that_goes_to_and_fro_makes_no_progress_and_one_that_goes_down_does():
    x, y = rows("stratified", 0)
    down = descent("stratified", 0, [0.3] * 19)
    to_and_fro = down[[0, 9] * 10]
    there = movement(to_and_fro, x, y)
    assert there.cosine == pytest.approx(-1)
    assert there.progress == pytest.approx(0, abs=1e-12)
    first, second = (float(loss(half.mean(axis=0), x, y)) for half in (down[:10], down[10:]))
    expected = (first - second) / loss(down[:10], x, y).mean()
    assert movement(down, x, y).progress == pytest.approx(expected)
    assert expected > 0


def test_a_path_that_stands_still_has_no_direction_and_jumps_over_nothing():
    x, y = rows("tail", 0)
    still = movement(np.stack([untrained(0)] * 4), x, y)
    assert np.isnan(still.cosine)
    assert still.jumped == still.progress == 0


def test_a_diverging_path_is_measured_without_an_error():
    x, y = rows("tail", 0)
    path = untrained(0) + np.array([0, 1e100, 1e300, inf, nan])[:, None]
    gone = movement(path, x, y)
    assert not np.isfinite(gone.progress)
    assert 0 <= gone.jumped <= 1
    with pytest.raises(ValueError, match="`path` must have at least 3 points"):
        movement(path[:2], x, y)


def test_the_share_gone_is_of_the_mean_before_the_drop():
    losses = np.array([9.0, 4, 2, 3, 3, 8, 1, 5])
    assert share_gone(losses, 5) == pytest.approx(1 - 1 / 4)
    assert share_gone(losses, 5, after=2, before=1) == pytest.approx(1 - 5 / 8)
    np.testing.assert_allclose(share_gone(np.stack([losses, 2 * losses]), 5), 0.75)
    for at in (3, 7):
        with pytest.raises(ValueError, match=f"`at` must be 4 to 6 in this run. Received: at={at}"):
            share_gone(losses, at)


def test_a_drop_is_judged_by_its_fall_and_by_when_it_is_overtaken():
    before = [9.0, 4, 2, 3, 3, 4, 2]
    kept, dropped = np.array([*before, 4, 2, 3, 0.8, 0.7]), np.array([*before, 1, 1, 1, 1, 0.9])
    assert drop(kept, dropped, 6) == Drop(
        fall=pytest.approx(1 - 1 / 3), below_all=True, overtaken=4, updates=5
    )
    assert drop(kept[:-2], dropped[:-2], 6).overtaken is None
    assert not drop(kept, np.array([*before, 1, 1, 2, 1, 1]), 6).below_all
    with pytest.raises(ValueError, match="`at` must be 5 to 8"):
        drop(kept, dropped, 4)
    with pytest.raises(ValueError, match="`dropped` must have the shape of `kept`"):
        drop(kept, dropped[1:], 6)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("how", SPLITS)
def test_the_run_bounces_across_the_valley_and_a_drop_ends_that_on_every_seed(how, seed):
    x, y = rows(how, seed)
    kept, dropped = across_the_valley(how, seed)
    found = drop(loss(kept, x, y), loss(dropped, x, y), 30)
    assert found.fall > 0.15
    assert found.below_all
    assert found.overtaken is not None
    assert found.overtaken > AFTER
    bouncing = movement(kept[10:], x, y)
    assert bouncing.cosine < -0.5
    assert bouncing.jumped > 0.8
    assert bouncing.progress > 0.3
    assert movement(dropped[30:], x, y).jumped == 0
    assert (np.diff(loss(dropped[30:], x, y)) < 0).all()
    assert principal_plane(np.concatenate([kept[10:], dropped[31:]])).held > 0.85


# Curvature


def dense_by_differences(weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The Hessian, column by column, as central differences of the gradient."""
    step, n = 1e-6, len(weights)
    columns = [
        (slope_at(weights + shift, x, y) - slope_at(weights - shift, x, y)) / (2 * step)
        for shift in step * np.eye(n)
    ]
    return np.stack(columns, axis=1)


@pytest.mark.parametrize("how", SPLITS)
def test_the_expansion_has_the_loss_and_the_gradient(how):
    x, y = rows(how, 2)
    for weights in descent(how, 2, [1.0] * 5):
        found = expand(weights, x, y)
        assert found.loss == pytest.approx(trainers_loss(weights, x, y), rel=1e-12)
        np.testing.assert_allclose(found.gradient, slope_at(weights, x, y), atol=1e-15)


def test_products_are_those_with_the_dense_hessian_and_its_largest_eigenvalue_is_found():
    x, y = rows("stratified", 2)
    path = descent("stratified", 2, [1.0] * 8)
    hessian = dense_by_differences(path[-1], x, y)
    found = expand(path[-1], x, y).product(np.eye(PARAMETERS))
    np.testing.assert_allclose(found, hessian, atol=2e-9)
    np.testing.assert_allclose(found, found.T, atol=1e-15)
    largest = np.linalg.eigvalsh(found)[-1]
    np.testing.assert_allclose(curvatures(path, x, y)[-1], largest, rtol=1e-8)


@pytest.mark.parametrize("rates", [[0.0], [1.5] * 12], ids=["untrained", "trained"])
def test_gradient_and_products_are_those_of_automatic_differentiation(rates):
    tf = pytest.importorskip("tensorflow")
    x, y = rows("stratified", 4)
    weights = descent("stratified", 4, rates)[-1]
    weights[:-1].reshape(-1, UNITS)[: FEATURES + 1, 0] = 0  # the sums of a unit are exactly 0
    directions = np.random.default_rng(0).normal(size=(4, PARAMETERS))

    def loss_at(flat):
        kernel, bias, output_kernel, output_bias = tf.split(flat, [FEATURES * UNITS, UNITS, UNITS, 1])
        hidden = tf.nn.relu(x @ tf.reshape(kernel, (FEATURES, UNITS)) + bias)
        logits = tf.linalg.matvec(hidden, output_kernel) + output_bias
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, logits))

    found = expand(weights, x, y)
    for direction, image in zip(directions, found.product(directions), strict=True):
        flat = tf.Variable(weights)
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                value = loss_at(flat)
            gradient = inner.gradient(value, flat)
            along = tf.reduce_sum(gradient * direction)
        np.testing.assert_allclose(found.loss, value, rtol=1e-13)
        np.testing.assert_allclose(found.gradient, gradient, atol=1e-15)
        np.testing.assert_allclose(image, outer.gradient(along, flat), atol=1e-13)


@settings(max_examples=50)
@given(st.integers(1, 40), st.integers(0, 1000))
def test_the_largest_eigenvalue_is_found_whatever_the_matrix(n, seed):
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(n, n))
    matrix = matrix + matrix.T
    value, vector = largest_eigenvalue(matrix.__matmul__, random.normal(size=n))
    assert value == pytest.approx(np.linalg.eigvalsh(matrix)[-1], rel=1e-7)
    assert np.linalg.norm(vector) == pytest.approx(1)
    np.testing.assert_allclose(matrix @ vector, value * vector, atol=1e-3 * np.abs(matrix).max())


@pytest.mark.parametrize("values", [[0.0] * 5, [2.0] * 5, [-3.0, -2.0, -1.0], [5.0, 5.0, 1.0, 0.0]])
def test_equal_zero_or_negative_eigenvalues_are_found(values):
    value, _ = largest_eigenvalue(np.diag(values).__matmul__, np.ones(len(values)))
    assert value == pytest.approx(max(values), abs=1e-12)


@pytest.mark.parametrize("how", SPLITS)
def test_the_curvatures_of_a_path_equal_those_of_its_single_points(how):
    x, y = rows(how, 6)
    path = descent(how, 6, [1.5] * 30)
    alone = np.concatenate([curvatures(point[None], x, y) for point in path])
    np.testing.assert_allclose(curvatures(path, x, y), alone, rtol=1e-7)


def test_a_warm_start_finds_a_new_largest_eigenvalue(monkeypatch):
    def diagonal(weights, x, y):
        return SimpleNamespace(product=np.diag(weights).__matmul__)

    monkeypatch.setattr(curvature, "expand", diagonal)
    path = np.array([[2.0, 1, 0, 0, 0], [1, 2, 0, 0, 0], [0, 0, 0, 0, 3], [1, 1, 1, 1, 1], [0, 0, 4, 0, 0]])
    np.testing.assert_allclose(curvatures(path, np.ones((1, 1)), np.ones(1)), [2, 2, 3, 1, 4], rtol=1e-8)


def test_weights_that_are_not_finite_have_no_curvature():
    x, y = rows("tail", 0)
    path = np.stack([untrained(0), np.full(PARAMETERS, inf), untrained(0)])
    found = curvatures(path, x, y)
    assert np.isnan(found[1])
    assert found[0] == pytest.approx(found[2], rel=1e-7)


def test_the_gauge_is_the_rate_over_the_bowls_limit_as_a_mean_of_two_updates():
    x, y = rows("tail", 1)
    path, rates = descent("tail", 1, [2.0, 2.0, 1.0, 1.0]), np.array([2.0, 2.0, 1.0, 1.0])
    found, losses = edge(path, rates, x, y), loss(path, x, y)
    each = rates / [stability_limit([curvature]) for curvature in curvatures(path[:-1], x, y)]
    np.testing.assert_allclose(found.gauge, [each[i : i + 2].mean() for i in range(3)])
    np.testing.assert_array_equal(found.rises, [losses[i + 1] > losses[i] for i in range(4)])
    with pytest.raises(ValueError, match="`rates` must be"):
        edge(path, rates[1:], x, y)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("how", SPLITS)
def test_a_run_that_bounces_is_at_the_limit_and_one_at_a_low_rate_never_rises(how, seed):
    x, y = rows(how, seed)
    kept = across_the_valley(how, seed)[0][20:]
    found = edge(kept, np.full(30, 1.5), x, y)
    assert 0.9 < found.gauge.mean() < 1.2
    assert found.rises.any()
    assert (np.diff(loss(descent(how, seed, [0.3] * 50), x, y)) < 0).all()


# Sentences

NUMBERS = st.floats(-1e9, 1) | st.sampled_from([nan, inf, -inf])
SHARES = st.floats(0, 1)


def is_readable(text: str) -> bool:
    """Whether the text has whole sentences and no number that is not finite."""
    begins = text[0].isupper() or text[0].isdigit()
    return begins and text.endswith(".") and " nan" not in text and " inf" not in text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0 %"), (1.0, "100 %"), (0.9591, "96 %"), (0.9999, "99.9 %"), (0.996, "99.6 %"), (1 - 1e-9, "100 %"),
        (0.0042, "0.42 %"), (0.00001, "0.001 %"), (-0.2, "-20 %"), (2.3, "230 %"), (nan, "-"), (inf, "-"),
    ],
)  # fmt: skip
def test_a_share_is_never_rounded_to_all_or_nothing(value, expected):
    assert wording.share(value) == expected


def test_the_accuracy_of_a_plane_in_words():
    good, wrong, lost = Misfit(0.014, 0.11), Misfit(0.36, 2.3), Misfit(nan, nan)
    assert wording.accuracy_of(0.962, good) == (
        "These two directions hold 96 % of the movement; at the points the colours are off by 1 % (median) and by "
        "11 % at worst."
    )
    assert wording.warning(0.962, good) == ""
    assert wording.warning(0.962, wrong) == (
        "Do not trust this picture: the colours are off by 36 % at a typical point."
    )
    assert "40 % of the movement" in wording.warning(0.6, good)
    assert " and " in wording.warning(0.6, wrong)
    assert "not finite" in wording.warning(0.962, lost)
    assert "not finite" in wording.accuracy_of(0.962, lost)


def test_each_kind_of_path_has_its_sentence():
    assert wording.toggling(-0.885, 1.0, 0.35) == (
        "On average a step turns back against the one before (cosine -0.89), and 100 % of the steps jump over a lower "
        "point. The middle of its points moves to lower ground meanwhile, by 35 % of the loss. So it does not toggle "
        "around a minimum: it bounces across a valley and walks along it."
    )
    assert wording.toggling(0.43, 0.3, 0.2).endswith("it mostly walks.")
    assert wording.toggling(0.96, 0.0, 0.2).endswith("it walks.")
    assert wording.toggling(0.6, 0.05, 0.01).endswith("it goes on in one direction.")
    assert wording.toggling(-0.2, 0.6, 0.01).endswith(
        "do not tell a minimum from the floor of a valley or a plateau."
    )
    assert wording.toggling(-0.2, 0.6, -0.3).endswith("it leaves the place where it was.")
    assert "lost" in wording.toggling(0.5, 0.0, nan)
    assert "no two steps" in wording.toggling(nan, 0.0, 0.0)


@given(st.floats(-1, 1), SHARES, NUMBERS)
def test_a_path_does_not_toggle_only_if_it_goes_on_or_its_middle_moves(cosine, jumps, progress):
    said = wording.toggling(cosine, jumps, progress)
    assert is_readable(said)
    cleared = "does not toggle" in said
    assert cleared == (
        np.isfinite(progress)
        and (abs(progress) >= wording.STEADY or (cosine > wording.STRAIGHT and jumps < wording.OFTEN))
    )
    assert ("bounces across" in said) <= (jumps >= wording.OFTEN)
    assert ("no step jumps" in said) == (jumps == 0 and np.isfinite(progress))


@given(NUMBERS, NUMBERS, st.floats(0.01, 1))
def test_the_loss_after_a_drop_is_compared_with_that_without_it(with_drop, without, factor):
    said = wording.gone(with_drop, without, factor)
    assert is_readable(said)
    if np.isfinite([with_drop, without]).all():
        directions = ["lower" if each >= 0 else "higher" for each in (with_drop, without)]
        assert [
            word.strip(".;") for word in said.split() if word.strip(".;") in ("lower", "higher")
        ] == directions


def test_the_effect_of_a_drop_in_words():
    assert wording.dropped(Drop(0.28, True, 11, 20)) == (
        "3 updates after the drop the loss is 28 % lower than the mean of the last 6 before it, below the lowest of "
        "them. From update 11 after the drop on, the loss at the rate kept is lower. The drop shows progress that was "
        "hidden, and then slows it."
    )
    assert wording.dropped(Drop(0.28, False, None, 20)).endswith(
        "At the end, 20 updates after the drop, it is not above the loss at the rate kept."
    )


@given(NUMBERS, st.booleans(), st.none() | st.integers(1, 50), st.integers(50, 90))
def test_a_drop_shows_progress_only_if_the_loss_falls_before_it_is_overtaken(
    fall, below_all, overtaken, updates
):
    said = wording.dropped(Drop(fall, below_all, overtaken, updates))
    assert is_readable(said)
    praised = "shows progress" in said
    assert praised == bool(np.isfinite(fall) and fall > 0 and overtaken is not None and overtaken > AFTER)


@given(st.lists(st.floats(-0.1, 6) | st.just(nan), min_size=1, max_size=20), st.integers(0, 3))
@example([1.05, 0.5, 0.95], 1)
def test_the_edge_in_words_is_true(gauges, rises):
    values = np.array(gauges)
    said = wording.edge(Edge(values, np.arange(len(values) + 1) < rises))
    assert is_readable(said)
    if np.isfinite(values).all():
        above = (values > 1).sum()
        assert ("never exceeds the limit" in said) == (not above)
        assert (f"above the limit in {above} of {len(values)} means" in said) == (above > 0)
        assert ("rises at no update" in said) == (rises == 0)
        late = values[len(values) // 2 :].mean()
        low, high = wording.AT_THE_LIMIT
        assert ("stays near the limit" in said) == (low <= late <= high and above > 0)
    else:
        assert "flies out" in said


def test_the_sentences_on_real_runs():
    x, y = rows("stratified", 0)
    kept, dropped = across_the_valley("stratified", 0)
    found = movement(kept[10:], x, y)
    said = wording.toggling(float(found.cosine), float(found.jumped), float(found.progress))
    assert said.endswith("it bounces across a valley and walks along it.")
    assert "shows progress" in wording.dropped(drop(loss(kept, x, y), loss(dropped, x, y), 30))
    assert "stays near the limit" in wording.edge(edge(kept, np.full(50, 1.5), x, y))
    calm = descent("stratified", 0, [0.3] * 50)
    assert wording.edge(edge(calm, np.full(50, 0.3), x, y)).endswith("Here the loss rises at no update.")


def test_the_module_needs_neither_tensorflow_nor_scikit_learn_nor_streamlit():
    modules = [f"lrcore.landscape.{name}" for name in ("loss", "plane", "path", "curvature", "wording")]
    heavy = ("tensorflow", "keras", "sklearn", "streamlit")
    code = f"import sys, {', '.join(modules)}\nprint(*[name for name in {heavy} if name in sys.modules])"
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == ""
