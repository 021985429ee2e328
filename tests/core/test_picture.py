"""Pictures of paths: contours, heights, and the findings of the three views on 20 seeds."""

from functools import cache

import numpy as np
import pytest

from lrcore import DATASETS, train
from lrcore.landscape import seeds
from lrcore.landscape.curvature import edge
from lrcore.landscape.loss import loss
from lrcore.landscape.path import drop, movement
from lrcore.landscape.picture import contour_levels, finite_part, heights, picture
from lrcore.landscape.views import TOGGLING, VIEWS
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant

SEEDS = range(20)
NODES, ASPECT = (33, 15), 2.2


def rows(recipe: Recipe, seed: int, part: int = 0):
    data = DATASETS[recipe.data]
    chosen = data.split(recipe.split, seed)[part]
    return data.x[chosen], data.y[chosen]


@cache
def paths_of(name: str) -> list[np.ndarray]:
    """The paths of each run of a view, (seeds, points, parameters)."""
    view = VIEWS[name]
    window = range(view.first, view.last) if view.by_update else range(0)
    histories = train([*view.preset.recipes.values()], SEEDS, weights=True, window=window)
    if view.by_update:
        return [history.of_updates() for history in histories]
    return [history.of_epochs()[:, view.first : view.last + 1] for history in histories]


def pictures(name: str):
    recipe = next(iter(VIEWS[name].preset.recipes.values()))
    for seed in SEEDS:
        paths = [path[seed] for path in paths_of(name)]
        yield picture(paths, *rows(recipe, seed), nodes=NODES, aspect=ASPECT)


@pytest.mark.parametrize("low", [1e-6, 0.0312, 0.5, 7.0])
@pytest.mark.parametrize("ratio", [1.01, 1.3, 2.0, 5.0, 30.0, 1e4])
def test_contours_are_round_losses_within_the_range_and_neither_few_nor_many(low, ratio):
    levels = contour_levels([low, low * ratio])
    assert (levels >= low).all()
    assert (levels <= low * ratio).all()
    assert (np.diff(levels) > 0).all()
    assert len(levels) <= 26
    assert len(levels) >= (5 if ratio >= 1.3 else 0)
    assert all(len(f"{level:.3g}") <= 8 for level in levels)


def test_equal_or_infinite_losses_have_levels_too():
    assert contour_levels([0.3, 0.3]).size
    assert contour_levels([np.inf, np.nan]).size
    assert np.isfinite(heights([[np.inf, 0.3], [0.0, 1e300]], contour_levels([0.3, 0.3]))).all()


def test_heights_count_levels_on_a_logarithmic_scale():
    levels = np.array([0.1, 1.0, 10.0])
    np.testing.assert_allclose(
        heights([0.1, 1, 10, np.sqrt(0.1), 0.01, 1e-9, 1e9], levels)[:5], [0, 1, 2, 0.5, -1]
    )
    assert heights([1e-9, np.inf], levels).tolist() == [-1, 3]


def test_a_path_is_cut_where_it_stops_being_finite():
    (history,) = train([Recipe(Constant(1000.0), epochs=30)], [0], weights=True)
    path = finite_part(history.of_epochs()[0])
    assert 0 < len(path) <= 31
    assert np.isfinite(path).all()
    broken = np.ones((5, 3))
    broken[2, 1] = np.nan
    assert len(finite_part(broken)) == 2
    assert finite_part(np.ones((4, 2))).shape == (4, 2)


def test_a_picture_holds_the_true_losses_path_by_path():
    recipe = Recipe(Constant(0.5), epochs=6)
    (history,) = train([recipe], [1], weights=True)
    whole, (x, y) = history.of_epochs()[0], rows(recipe, 1)
    found = picture([whole, whole[2:4]], x, y, nodes=NODES, aspect=ASPECT)
    np.testing.assert_array_equal(found.losses[0], loss(whole, x, y))
    np.testing.assert_array_equal(found.losses[1], found.losses[0][2:4])
    assert found.steps.shape == NODES[::-1]
    assert found.plane.coordinates.shape == (9, 2)


def middle(values) -> float:
    return float(np.median(list(values)))


@pytest.mark.parametrize(
    ("name", "held", "off"), [("valley", 0.95, 0.05), ("across", 0.94, 0.03), ("closer", 0.72, 0.03)]
)
def test_the_plane_of_a_view_holds_its_paths_on_20_seeds(name, held, off):
    shown = list(pictures(name))
    assert middle(each.plane.held for each in shown) > held
    assert middle(each.misfit.median for each in shown) < off
    assert min(each.plane.held for each in shown) > 0.65


def test_in_one_valley_a_low_rate_ends_higher():
    for shown in pictures("valley"):
        high, halved, low = (losses[-1] for losses in shown.losses)
        assert high < low
        assert halved < low
    ends = np.array([[losses[-1] for losses in shown.losses] for shown in pictures("valley")])
    assert np.median(ends, axis=0) == pytest.approx([0.030, 0.062, 0.105], rel=0.15)


def test_across_the_valley_every_step_jumps_until_the_rate_drops():
    view = VIEWS["across"]
    kept, dropped = view.preset.recipes.values()
    found, shares = [], []
    for seed in SEEDS:
        x, y = rows(kept, seed)
        first, second = (path[seed] for path in paths_of("across"))
        shares.append(movement(first, x, y).jumped)
        after = second[dropped.drop_epoch - view.first :]
        assert movement(after, x, y).jumped == 0
        losses = [np.concatenate([np.ones(view.first), loss(path, x, y)]) for path in (first, second)]
        found.append((movement(first, x, y).cosine, drop(*losses, dropped.drop_epoch)))
    assert np.quantile(shares, 0.1) == 1
    assert middle(cosine for cosine, _ in found) == pytest.approx(-0.885, abs=0.03)
    falls = [each.fall for _, each in found]
    assert min(falls) > 0.15
    assert np.median(falls) == pytest.approx(0.28, abs=0.03)
    assert all(each.below_all and each.overtaken is not None for _, each in found)


def test_across_the_valley_the_curvature_stays_at_the_bowls_limit_and_halves_with_the_rate():
    kept, dropped = VIEWS["across"].preset.recipes.values()
    for seed in SEEDS[:6]:
        x, y = rows(kept, seed)
        high, low = (
            edge(path[seed], recipe.learning_rates()[10:50, 0], x, y).gauge
            for path, recipe in zip(paths_of("across"), (kept, dropped), strict=True)
        )
        assert 0.9 < high[10:].mean() < 1.2
        assert low[25:].max() < 0.7


def test_on_small_batches_the_path_bounces_until_the_rate_drops():
    view = VIEWS["closer"]
    kept, dropped = view.preset.recipes.values()
    at = (dropped.drop_epoch - view.first) * 9
    shares = []
    for seed in SEEDS:
        x, y = rows(kept, seed)
        path = paths_of("closer")[1][seed]
        shares.append([movement(part, x, y).jumped for part in (path[: at + 1], path[at:])])
    before, after = np.median(shares, axis=0)
    assert before == pytest.approx(0.47, abs=0.06)
    assert after < 0.06


def test_the_articles_run_does_not_toggle_on_20_seeds():
    recipe, higher = TOGGLING.preset.recipes.values()
    assert (recipe.split, recipe.schedule) == ("tail", Constant(0.1))
    moved = []
    for history in train([recipe, higher], SEEDS, weights=True):
        window = history.of_epochs()[:, TOGGLING.first :]
        moved.append(seeds.movements(window, [rows(recipe, seed) for seed in SEEDS]))
    assert np.median(moved[0].cosine) == pytest.approx(0.38, abs=0.06)
    assert all(np.median(each.progress) > 0.1 for each in moved), "it goes on downhill"


def test_the_movement_of_many_seeds_is_that_of_each_on_its_own_rows():
    recipe = Recipe(Constant(0.5), epochs=9)
    (history,) = train([recipe], [0, 1, 2], weights=True)
    paths, every = history.of_epochs().copy(), [rows(recipe, seed) for seed in range(3)]
    paths[1, 4] = np.inf
    found = seeds.movements(paths, every)
    for seed in (0, 2):
        alone = movement(paths[seed], *every[seed])
        assert (found.cosine[seed], found.jumped[seed], found.progress[seed]) == (
            alone.cosine,
            alone.jumped,
            alone.progress,
        )
    assert np.isnan([found.cosine[1], found.jumped[1], found.progress[1]]).all()
    losses = loss(history.of_epochs()[2], *every[2])
    gone = seeds.gone_within_one_epoch(history.of_epochs(), 6, every)
    assert gone[2] == pytest.approx(1 - losses[7] / losses[2:7].mean(), rel=1e-12)
    assert seeds.leaves_room(4, 9)
    assert seeds.leaves_room(8, 9)
    assert not seeds.leaves_room(3, 9)
    assert not seeds.leaves_room(9, 9)
