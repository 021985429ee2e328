"""Every optimizer, each declared once: how a gradient and a learning rate become an update of the weights.

To add an optimizer, add a class to this file and to `OPTIMIZERS`: the picker, its sliders, both trainers, the link,
the exported code and the registry-wide tests all derive from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrcore.settings import Flag, check_settings, hyperparameter, numbers_of, setting, settings_of

Step = Callable[[np.ndarray, np.ndarray], None]
"""Makes one update, from the gradient, which it overwrites, and the learning rate, which broadcasts against it."""


@dataclass(frozen=True)
class Optimizer:
    """An optimizer with the updates of Keras's optimizer of the same name.

    A subclass declares `title`, `used_for` (one sentence on when practitioners use it), `effective_formula` (that of
    `effective`, in words), its settings, named as Keras's arguments, and the methods.
    """

    title: ClassVar[str]
    used_for: ClassVar[str]
    effective_formula: ClassVar[str]

    def __post_init__(self) -> None:
        check_settings(self)

    @property
    def kind(self) -> tuple:
        """Its class and the values of its settings that are not numbers: optimizers of one kind can be batched."""
        rest = (getattr(self, name) for name in settings_of(self) if name not in numbers_of(self))
        return type(self), *rest

    @classmethod
    def step(cls, optimizers: Sequence[Optimizer], weights: np.ndarray) -> Step:
        """The function that updates stacked networks.

        Args:
            optimizers: one per recipe, all of one `kind`.
            weights: (seeds, recipes, parameters), changed in place by each update.
        """
        raise NotImplementedError

    def effective(self, learning_rates: np.ndarray) -> np.ndarray:
        """The long-run step length at a gradient of 1, for each of the `learning_rates`, if that rate is kept."""
        raise NotImplementedError

    def simplest(self) -> Optimizer:
        """An equivalent optimizer in which settings without an effect have their defaults."""
        return self

    def keras_code(self) -> str:
        """A Python expression for Keras's optimizer, without its learning rate."""
        settings = ", ".join(f"{name}={getattr(self, name)!r}" for name in settings_of(self))
        return f"keras.optimizers.{type(self).__name__}({settings})"

    def pytorch_code(self) -> str:
        """Python code that assigns to `optimizer` PyTorch's optimizer for `model`, with `lr=1.0`."""
        raise NotImplementedError


def _numbers(name: str, optimizers: Sequence[Optimizer], weights: np.ndarray) -> np.ndarray:
    """The named number of each optimizer, repeated for every parameter: (recipes, parameters).

    Multiplying by an array of full shape is faster in NumPy than broadcasting one number per recipe.
    """
    values = np.array([[getattr(each, name)] for each in optimizers], weights.dtype)
    return np.repeat(values, weights.shape[-1], axis=1)


@dataclass(frozen=True)
class SGD(Optimizer):
    """Stochastic gradient descent: a step against the gradient, to which momentum adds a part of the last step."""

    title = "SGD"
    used_for = "The baseline, and the usual choice for image classifiers, most often with momentum 0.9."
    effective_formula = "rate / (1 - momentum)"

    momentum: float = hyperparameter(
        0.0,
        label="Momentum",
        symbol=r"\mu",
        offered=(0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99),
        low=0,
        high=1,
        high_open=True,
        help="How much of the last step is added to the next one. The effective step is about "
        "rate / (1 - momentum): 0.9 makes it ten times as long.",
    )
    nesterov: bool = setting(
        Flag(
            label="Nesterov momentum",
            help="Looks ahead along the momentum before it corrects. Without momentum it changes nothing.",
        )
    )

    @classmethod
    def step(cls, optimizers: Sequence[Optimizer], weights: np.ndarray) -> Step:
        """`weights -= rate * gradient` if no recipe has momentum; else Keras's update with or without Nesterov."""
        momentum = _numbers("momentum", optimizers, weights)
        velocity = np.zeros_like(weights)

        def plain(gradient: np.ndarray, rate: np.ndarray) -> None:
            np.multiply(gradient, rate, out=gradient)
            np.subtract(weights, gradient, out=weights)

        def with_momentum(gradient: np.ndarray, rate: np.ndarray) -> None:
            np.multiply(gradient, rate, out=gradient)
            np.multiply(velocity, momentum, out=velocity)
            np.subtract(velocity, gradient, out=velocity)
            np.add(weights, velocity, out=weights)

        def with_nesterov_momentum(gradient: np.ndarray, rate: np.ndarray) -> None:
            np.multiply(gradient, rate, out=gradient)
            np.multiply(velocity, momentum, out=velocity)
            np.subtract(velocity, gradient, out=velocity)
            np.subtract(weights, gradient, out=weights)
            np.multiply(velocity, momentum, out=gradient)
            np.add(weights, gradient, out=weights)

        if not momentum.any():
            return plain
        return with_nesterov_momentum if optimizers[0].kind == SGD(nesterov=True).kind else with_momentum

    def simplest(self) -> SGD:
        """Without momentum, `nesterov` has no effect."""
        return self if self.momentum else SGD()

    def effective(self, learning_rates: np.ndarray) -> np.ndarray:
        """rate / (1 - momentum)."""
        return learning_rates / (1 - self.momentum)

    def pytorch_code(self) -> str:
        """As in `Optimizer`; PyTorch refuses `nesterov` without momentum, and its momentum differs from Keras's."""
        if not self.momentum:
            return "optimizer = torch.optim.SGD(model.parameters(), lr=1.0)"
        nesterov = ", nesterov=True" if self.nesterov else ""
        return (
            "# Unlike Keras's, PyTorch's momentum takes every past gradient at the current rate, not at the rate\n"
            "# of its own time, so with the same rates the two train differently while the rate changes.\n"
            f"optimizer = torch.optim.SGD(model.parameters(), lr=1.0, momentum={self.momentum!r}{nesterov})"
        )


OPTIMIZERS: dict[str, type[Optimizer]] = {each.__name__: each for each in (SGD,)}
"""Every optimizer by its class name, in the order in which the picker lists them."""
