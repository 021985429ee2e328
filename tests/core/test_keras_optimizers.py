"""Every optimizer's form for Keras, and a new one, which takes one class, with both trainers."""

from dataclasses import dataclass

import keras
import numpy as np
import pytest

from lrcore import train, train_with_keras
from lrcore.optimizers import OPTIMIZERS, SGD, Optimizer
from lrcore.recipes.recipe import PARTS, Recipe
from lrcore.schedules.catalogue import Constant, CosineDecay, StepDecay
from lrcore.settings import hyperparameter, settings_of


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
