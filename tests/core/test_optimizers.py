"""Every optimizer: its settings and its forms; a new one takes one class."""

from dataclasses import dataclass

import keras
import numpy as np
import pytest

from lrcore import train, train_with_keras
from lrcore.optimizers import OPTIMIZERS, SGD, Optimizer
from lrcore.recipes.recipe import PARTS, Recipe
from lrcore.schedules.catalogue import Constant, CosineDecay, StepDecay
from lrcore.settings import hyperparameter, numbers_of, settings_of


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_everything_derived_from_an_optimizer_is_there(optimizer):
    own = optimizer()
    assert own.title
    assert own.used_for
    assert own.effective_formula
    made = eval(own.keras_code(), {"keras": keras})
    assert type(made).__name__ == optimizer.__name__
    for name in settings_of(optimizer):
        assert getattr(made, name) == getattr(own, name)
    assert "optimizer = torch.optim." in own.pytorch_code()


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


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """A second optimizer, as a contributor would add it."""

    title = "RMSprop"
    used_for = "Recurrent networks."
    effective_formula = "rate"

    rho: float = hyperparameter(
        0.9, label="Discount", offered=(0.5, 0.9, 0.99), low=0, high=1, high_open=True
    )

    @classmethod
    def step(cls, optimizers, weights):
        rho = np.array([[each.rho] for each in optimizers], weights.dtype)
        mean = np.zeros_like(weights)

        def step(gradient, rate):
            mean[...] = rho * mean + (1 - rho) * gradient**2
            weights[...] -= rate * gradient / np.sqrt(mean + 1e-7)

        return step

    def effective(self, learning_rates):
        return learning_rates

    def pytorch_code(self):
        return "optimizer = torch.optim.RMSprop(model.parameters(), lr=1.0)"


def test_another_optimizer_is_one_class(monkeypatch):
    monkeypatch.setitem(PARTS, "optimizer", {**OPTIMIZERS, "RMSprop": RMSprop})
    recipes = [
        Recipe(Constant(0.01), optimizer=RMSprop(0.9), epochs=10),
        Recipe(StepDecay(0.003, epochs_drop=3), optimizer=RMSprop(0.5), epochs=10),
        Recipe(CosineDecay(0.1), optimizer=SGD(0.9), epochs=10),
    ]
    differences = []
    for recipe, history in zip(recipes, train(recipes, range(5)), strict=True):
        assert not history.lost.any()
        for seed in range(5):
            theirs = train_with_keras(recipe, seed).val_loss[0]
            differences.append(np.abs(history.val_loss[seed] - theirs).max())
    assert np.median(differences) < 1e-5
    assert np.max(differences) < 1e-3
