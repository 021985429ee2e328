"""The weights of every update of a window of epochs."""

import contextlib

import numpy as np
import pytest

from lrcore import train
from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, TimeBasedDecay
from lrcore.server import fast
from lrcore.takeaway import program
from lrcore.training.run import LONGEST_WINDOW, METRICS
from tests.core.taken_home import run, with_data

FAST, SLOW = (Recipe(TimeBasedDecay(rate, 0.1), "update", SGD(0.5), epochs=5) for rate in (0.5, 0.05))


def test_a_window_holds_every_update_from_the_weights_it_begins_with():
    seeds = range(130)  # enough to be trained in chunks
    for history in train([FAST, SLOW], seeds, weights=True, window=range(2, 4)):
        assert (history.window_weights.shape, history.window_weights.dtype) == (
            (130, 2 * 9 + 1, 1225),
            np.float32,
        )
        np.testing.assert_array_equal(history.window_weights[:, ::9], history.weights[:, 2:5])
        assert (np.abs(np.diff(history.window_weights, axis=1)).max(axis=-1) > 0).all()


def test_single_updates_are_those_of_batches_that_are_epochs():
    by_batch = Recipe(Constant(0.5), batch_size=235, epochs=6)
    (history,) = train([by_batch], [3], weights=True, window=range(0, 6))
    np.testing.assert_array_equal(history.window_weights, history.weights)


def test_watching_changes_nothing_and_nothing_is_kept_unless_it_is_requested():
    (plain,), (watched,) = train([FAST], [0, 4]), train([FAST], [0, 4], window=range(1, 2))
    assert plain.window_weights is None
    assert watched.weights is None
    for name in METRICS:
        np.testing.assert_array_equal(getattr(watched, name), getattr(plain, name))
    parts = [watched[0:1], watched[1:2]]
    np.testing.assert_array_equal(type(watched).joined(parts).window_weights, watched.window_weights)


def test_the_weights_are_those_that_keras_comes_to_in_its_order(tmp_path):
    pytest.importorskip("keras")
    recipe = Recipe(TimeBasedDecay(0.3, 0.1), "update", SGD(0.5), epochs=3)
    code = [program.imports(recipe), *(part.code for part in program.parts(recipe, seed=3))]
    with contextlib.chdir(with_data(tmp_path)):
        model = run("\n".join(code))["model"]
    (history,) = train([recipe], [3], weights=True)
    by_keras = np.concatenate([each.ravel() for each in model.get_weights()])
    np.testing.assert_allclose(history.weights[0, -1], by_keras, rtol=1e-3, atol=2e-6)


@pytest.mark.parametrize("window", [range(0, LONGEST_WINDOW + 1), range(4, 6), range(-1, 2), range(0, 4, 2)])
def test_a_window_that_breaks_its_rule_is_refused(window):
    for call in (train, fast.request):
        with pytest.raises(ValueError, match="`window` must be at most 6 successive epochs of the 5"):
            call([FAST], [0], window=window)


def test_requests_for_weights_go_together_only_with_their_like():
    plain, weights, window = (
        fast.request([FAST], [0], **wanted)
        for wanted in ({}, {"weights": True}, {"weights": True, "window": range(2)})
    )
    assert fast.go_together([weights, fast.request([SLOW], [0], weights=True)])
    assert not fast.go_together([plain, weights])
    assert not fast.go_together([weights, window])


def test_the_process_gives_what_training_here_gives():
    found = fast.run([FAST, SLOW], [3], lambda: None, weights=True, window=range(1, 3))
    for history, expected in zip(
        found, train([FAST, SLOW], [3], weights=True, window=range(1, 3)), strict=True
    ):
        np.testing.assert_array_equal(history.weights, expected.weights)
        np.testing.assert_array_equal(history.window_weights, expected.window_weights)
