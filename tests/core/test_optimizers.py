"""The optimizer's settings and its steps. `test_keras_optimizers.py` has every optimizer's form for Keras."""

import numpy as np
import pytest

from lrcore.optimizers import SGD
from lrcore.settings import numbers_of


@pytest.mark.parametrize(
    ("name", "value"),
    [("momentum", 1), ("momentum", -0.1), ("momentum", "0.9"), ("nesterov", 1), ("nesterov", "true")],
)
def test_a_setting_that_breaks_its_rule_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be .* Received: {name}="):
        SGD(**{name: value})


@pytest.mark.parametrize("name", numbers_of(SGD))
def test_every_stop_is_accepted_and_the_default_is_one_of_them(name):
    declared = numbers_of(SGD)[name]
    assert declared.default in declared.offered
    for value in declared.offered:
        assert getattr(SGD(**{name: value}), name) == value


def test_each_recipe_steps_with_its_own_rate_and_momentum():
    weights = np.zeros((2, 3, 4), np.float32)
    step = SGD.step([SGD(), SGD(0.5), SGD(0.9)], weights)
    rates = np.array([[0.1], [0.2], [0.3]], np.float32)
    for _ in range(2):
        step(np.ones((2, 3, 4), np.float32), rates)
    expected = [-0.2, -0.2 - 0.2 * 1.5, -0.3 - 0.3 * 1.9]
    np.testing.assert_allclose(weights, np.broadcast_to(np.array(expected)[:, None], (2, 3, 4)), rtol=1e-6)


def test_nesterov_without_momentum_steps_as_without_both():
    assert SGD(0.0, nesterov=True).simplest() == SGD()
    assert SGD(0.5, nesterov=True).simplest() == SGD(0.5, nesterov=True)
