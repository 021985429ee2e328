"""A recipe: everything that determines a training run except its seed, to and from the parameters of a link."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from lrcore import source
from lrcore.data import DATASETS, SPLITS
from lrcore.optimizers import OPTIMIZERS, SGD, Optimizer
from lrcore.schedules.catalogue import SCHEDULES, Constant, snapped, with_drop, with_warmup
from lrcore.schedules.schedule import Schedule
from lrcore.settings import Choice, Setting, check_settings, hyperparameter, setting, settings_of

CLOCKS = {
    "epoch": "Epochs: the rate changes between epochs",
    "update": "Updates: the rate changes at every update",
}
HORIZON = 20
RATES, RUN = "rates", "run"
"""The two groups of a recipe's settings: those that determine its learning rates, and the others."""
LATER = ("data", "drop_epoch", "drop_factor")
"""The settings that older links do not have: they are left out of a link at their defaults."""
PARTS: dict[str, Mapping[str, type[Any]]] = {"schedule": SCHEDULES, "optimizer": OPTIMIZERS}
"""The registry of each part of a recipe that has settings of its own, by the name of its field."""
CHOICES = {
    name: Choice(
        label=name.capitalize(),
        default=next(iter(registry)),
        options={key: each.title for key, each in registry.items()},
        about={key: each.used_for for key, each in registry.items()},
        group=RATES if name == "schedule" else RUN,
    )
    for name, registry in PARTS.items()
}
"""The choice of each part, by the name of its field; the values are the names in its registry."""


@dataclass(frozen=True)
class Recipe:
    """Everything that determines a training run except the seed.

    Raises:
        ValueError: a value breaks its rule; the message names the argument, the rule and the value.
    """

    schedule: Schedule = field(default=Constant())
    clock: str = setting(
        Choice(
            label="Clock",
            default="epoch",
            options={name: name for name in CLOCKS},
            about=CLOCKS,
            help="What the schedule counts. An update is one optimizer step, on one batch; an epoch is one pass "
            "over the training rows.",
            group=RATES,
        )
    )
    optimizer: Optimizer = field(default=SGD())
    batch_size: int = hyperparameter(
        28,
        label="Batch size",
        group=RUN,
        symbol="B",
        offered=(4, 8, 14, 28, 56, 112, 235),
        low=1,
        high=max(each.n_rows for each in DATASETS.values()),
        whole=True,
        help="Training rows per update. Small batches make more updates in an epoch, and noisier ones.",
    )
    epochs: int = hyperparameter(
        50,
        label="Epochs",
        group=RATES,
        symbol="E",
        offered=(10, 20, 30, 50, 60, 80, 100, 150, 200, 300, 500),
        low=1,
        high=500,
        whole=True,
        help="Length of the run: how many times the training rows are gone through.",
    )
    hidden_units: int = hyperparameter(
        34,
        label="Hidden units",
        group=RUN,
        symbol="H",
        offered=(2, 4, 8, 16, 34, 64, 128),
        low=1,
        high=128,
        whole=True,
        help=f"Width of the hidden layer; it has 34 in {source.NAMED}.",
    )
    split: str = setting(
        Choice(
            label="Split",
            default="stratified",
            options={name: name for name in SPLITS},
            about=SPLITS,
            help=f"Which rows are kept for validation. The tail split, that of {source.NAMED}, validates on rows that "
            "are almost all of one class.",
            group=RUN,
        )
    )
    warmup: float = hyperparameter(
        0.0,
        label="Warmup",
        group=RATES,
        symbol="w",
        offered=(0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5),
        low=0,
        high=1,
        high_open=True,
        help="Share of the run in which the rate climbs in a straight line to the schedule's first rate: at time t it "
        "is (t + 1) / (its length) of that; the schedule follows. Keras's `warmup_target` starts one unit of the clock "
        "behind, at its `initial_learning_rate`, usually 0; PyTorch's `LinearLR` at its `start_factor`, usually 1/3.",
    )
    data: str = setting(
        Choice(
            label="Data",
            default="ionosphere",
            options={name: each.title for name, each in DATASETS.items()},
            help="What the network learns from.",
            group=RUN,
        )
    )
    drop_epoch: int = hyperparameter(
        0,
        label="Extra drop after epoch",
        group=RATES,
        symbol="e",
        offered=(0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 80, 100, 150, 200, 300, 400),
        low=0,
        high=500,
        whole=True,
        help="After this many epochs every rate of the schedule is multiplied by a factor. 0: never.",
    )
    drop_factor: float = hyperparameter(
        0.1,
        label="Factor of the extra drop",
        group=RATES,
        symbol="f",
        offered=(0.01, 0.03, 0.1, 0.2, 0.3333, 0.5, 0.7, 1.0),
        low=0.001,
        high=1,
        help="What the rates are multiplied by from the extra drop on: 0.1 leaves a tenth.",
    )

    def __post_init__(self) -> None:
        for name, registry in PARTS.items():
            part = getattr(self, name)
            if type(part) not in registry.values():
                rule = f"one of {name.upper()}S, called with its settings"
                raise ValueError(f"`{name}` must be {rule}. Received: {name}={part!r:.60}")
        check_settings(self)

    def updates_per_epoch(self) -> int:
        """Optimizer steps in an epoch over the training rows; the last batch may be short."""
        return -(-DATASETS[self.data].n_train // self.batch_size)

    def run_length(self) -> int:
        """Length of the run in units of this recipe's clock."""
        return self.epochs * (self.updates_per_epoch() if self.clock == "update" else 1)

    def rates_at(self, t: np.ndarray) -> np.ndarray:
        """The rates, float64 (n,), at the times `t` (n,) on this recipe's clock, with warmup and extra drop.

        The warmup is linear: the rate at time t is (t + 1) / (its length) of the schedule's first rate, and at
        most that rate; the schedule then starts at its own time 0 and has the rest of the run.
        """
        t = np.asarray(t, dtype=float)
        rates = with_warmup(self.schedule, t, self.run_length(), self.warmup)
        return with_drop(rates, t, self.drop_time(), self.drop_factor) if self.drop_epoch else rates

    def drop_time(self) -> int:
        """The time of the extra drop on this recipe's clock; 0 without one."""
        return self.drop_epoch * (self.updates_per_epoch() if self.clock == "update" else 1)

    def learning_rates(self) -> np.ndarray:
        """The rate of every update: float64 (epochs, updates per epoch).

        Raises:
            ValueError: the schedule is not `planned`: its rates depend on how the run goes.
        """
        if not self.schedule.planned:
            raise ValueError(f"`schedule` must be planned. Received: schedule={self.schedule!r:.60}")
        shape = (self.epochs, self.updates_per_epoch())
        rates = self.rates_at(np.arange(self.run_length()))
        if self.clock == "update":
            return rates.reshape(shape)
        return np.broadcast_to(rates[:, None], shape).copy()

    def area(self) -> float:
        """The area under the learning rate curve, in units of rate x epochs."""
        return float(self.learning_rates().mean(axis=-1).sum())

    def effective_rates(self) -> np.ndarray:
        """The optimizer's `effective` rates, in the shape of `learning_rates`: with momentum they are higher."""
        return self.optimizer.effective(self.learning_rates())

    def horizon(self) -> int:
        """The time on this recipe's clock by which the schedule would be `HORIZON` times as far as at the run's end."""
        total = self.run_length()
        warmup = self.warmup * total
        return math.ceil(snapped(warmup + HORIZON * (total - warmup)))

    def first_change(self) -> int | None:
        """The first time, on this recipe's clock, at which the rate differs from the first one; None if it never does.

        Times after the end of the run count too, up to `horizon`.
        """
        rates = self.rates_at(np.arange(self.horizon()))
        changed = np.flatnonzero(rates != rates[0])
        return int(changed[0]) if changed.size else None

    def settings(self) -> dict[str, tuple[Setting, Any]]:
        """The declaration and the value of every setting, including those of the parts, in the order of a link."""
        found: dict[str, tuple[Setting, Any]] = {}
        for each in fields(self):
            owner = getattr(self, each.name) if each.name in PARTS else self
            names = settings_of(owner) if each.name in PARTS else {each.name: each.metadata["setting"]}
            found |= {name: (declared, getattr(owner, name)) for name, declared in names.items()}
        return found

    def without_drop(self) -> Recipe:
        """This recipe without its extra drop."""
        return replace(self, drop_epoch=0, drop_factor=Recipe.drop_factor)

    def with_setting(self, name: str, value: Any) -> Recipe:
        """This recipe with one of its settings, or those of its parts, changed.

        Raises:
            ValueError: the value breaks its rule.
            TypeError: the recipe has no such setting.
        """
        for part in PARTS:
            if name in settings_of(getattr(self, part)):
                return replace(self, **{part: replace(getattr(self, part), **{name: value})})
        return replace(self, **{name: value})

    def to_params(self) -> dict[str, str]:
        """The parameters of a link, flat texts; `from_params` turns them back into an equal recipe.

        The optimizer and the settings in `LATER` are left out at their defaults, so that old links stay canonical.
        """
        chosen = {name: type(getattr(self, name)).__name__ for name in PARTS}
        spelled = {name: each.spell(value) for name, (each, value) in self.settings().items()}
        later = {name: SETTINGS[name].spell(SETTINGS[name].default) for name in LATER}
        usual = {"optimizer": CHOICES["optimizer"].default} | later
        return {name: text for name, text in (chosen | spelled).items() if usual.get(name) != text}

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> Recipe:
        """The recipe of a link's parameters; a missing one has its default.

        Raises:
            ValueError: a parameter is unknown, or its value breaks its rule; the message names it.
        """
        values = {name: parse_param(name, text) for name, text in params.items()}
        kinds = {name: registry[values.pop(name, CHOICES[name].default)] for name, registry in PARTS.items()}
        parts = {
            part: kind(**{name: values.pop(name) for name in settings_of(kind) if name in values})
            for part, kind in kinds.items()
        }
        for name in [name for name in values if name not in settings_of(cls)]:
            others = " and ".join(kind.__name__ for kind in kinds.values())
            raise ValueError(
                f"`{name}` must be left out: {others} have no such setting. Received: {name}={params[name]!r:.60}"
            )
        return cls(**parts, **values)


def _settings_of_parts(name: str) -> dict[str, Setting]:
    """The settings of all classes in that part's registry; a name has the same declaration in each of them."""
    return {key: each for kind in PARTS[name].values() for key, each in settings_of(kind).items()}


SETTINGS: dict[str, Setting] = {
    key: each for name in PARTS for key, each in ({name: CHOICES[name]} | _settings_of_parts(name)).items()
} | settings_of(Recipe)
"""Every setting of a recipe by its parameter's name: the choice and the settings of each part, and the recipe's own."""


def parse_param(name: str, text: str) -> Any:
    """The value of a parameter of a link: a setting of the recipe, of any schedule or of any optimizer.

    Raises:
        ValueError: there is no such parameter, or its value breaks its rule; the message names it.
    """
    if name not in SETTINGS:
        raise ValueError(f"`{name:.60}` must be a parameter of the recipe. Received: {name:.60}={text!r:.60}")
    return SETTINGS[name].parse(name, text)
