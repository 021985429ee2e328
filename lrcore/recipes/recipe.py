"""A recipe: everything that determines a training run but its seed. To and from the parameters of a link."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrcore import source
from lrcore.data import DATASETS, SPLITS
from lrcore.schedules.catalogue import SCHEDULES, Constant, snapped, with_warmup
from lrcore.schedules.schedule import Schedule
from lrcore.settings import Choice, Flag, Setting, check_settings, hyperparameter, setting, settings_of

CLOCKS = {
    "epoch": "Epochs: the rate changes between epochs",
    "update": "Updates: the rate changes at every update",
}
HORIZON = 20
RATES, RUN = "rates", "run"
"""The two groups of a recipe's settings: what makes its learning rates, and what else makes the run."""
HYPERPARAMETERS = {
    name: declared for each in SCHEDULES.values() for name, declared in settings_of(each).items()
}
"""Every hyperparameter of any schedule; one name has one declaration throughout."""
SCHEDULE = Choice(
    label="Schedule",
    default=Constant.__name__,
    options={name: schedule.title for name, schedule in SCHEDULES.items()},
    about={name: schedule.used_for for name, schedule in SCHEDULES.items()},
)
"""The choice of a schedule by its name in `SCHEDULES`; a link says its title."""


@dataclass(frozen=True)
class Recipe:
    """Everything that determines a run but the seed.

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
    momentum: float = hyperparameter(
        0.0,
        label="Momentum",
        group=RUN,
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
            group=RUN,
        )
    )
    batch_size: int = hyperparameter(
        28,
        label="Batch size",
        group=RUN,
        symbol="B",
        offered=(4, 8, 14, 28, 56, 112, 235),
        low=1,
        high=351,
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

    def __post_init__(self) -> None:
        if type(self.schedule) not in SCHEDULES.values():
            raise ValueError(
                f"`schedule` must be a schedule of SCHEDULES. Received: schedule={self.schedule!r:.60}"
            )
        check_settings(self)

    def updates_per_epoch(self) -> int:
        """Optimizer steps in an epoch over the training rows; the last batch may be short."""
        return -(-DATASETS[self.data].n_train // self.batch_size)

    def run_length(self) -> int:
        """Length of the run in units of this recipe's clock."""
        return self.epochs * (self.updates_per_epoch() if self.clock == "update" else 1)

    def rates_at(self, t: np.ndarray) -> np.ndarray:
        """Rates at the times `t` (n,) of this recipe's clock, float64 (n,), warmup included.

        The warmup is linear: the rate at time t is (t + 1) / (its length) of the schedule's first rate, and at
        most that rate; the schedule then starts at its own time 0 and has the rest of the run.
        """
        return with_warmup(self.schedule, np.asarray(t, dtype=float), self.run_length(), self.warmup)

    def learning_rates(self) -> np.ndarray:
        """The rate of every update: float64 (epochs, updates per epoch)."""
        shape = (self.epochs, self.updates_per_epoch())
        rates = self.rates_at(np.arange(self.run_length()))
        if self.clock == "update":
            return rates.reshape(shape)
        return np.broadcast_to(rates[:, None], shape).copy()

    def area(self) -> float:
        """The area under the learning rate curve, in rate x epochs."""
        return float(self.learning_rates().mean(axis=-1).sum())

    def effective_rates(self) -> np.ndarray:
        """What the rates amount to with momentum, in the long run: rate / (1 - momentum); as `learning_rates`."""
        return self.learning_rates() / (1 - self.momentum)

    def horizon(self) -> int:
        """The time on this recipe's clock at which the schedule has had `HORIZON` times as long as in the run."""
        total = self.run_length()
        warmup = self.warmup * total
        return math.ceil(snapped(warmup + HORIZON * (total - warmup)))

    def first_change(self) -> int | None:
        """When the rate first differs from its start, on this recipe's clock; None for never.

        Looks past the end of the run, up to `horizon`, for the drop that would have come.
        """
        rates = self.rates_at(np.arange(self.horizon()))
        changed = np.flatnonzero(rates != rates[0])
        return int(changed[0]) if changed.size else None

    def to_params(self) -> dict[str, str]:
        """Flat text parameters, as a link holds them; `from_params` gives back an equal recipe."""
        params = {"schedule": type(self.schedule).__name__}
        for owner in (self.schedule, self):
            params |= {
                name: each.spell(getattr(owner, name))
                for name, each in settings_of(owner).items()
                if name != "data"
                or self.data != each.default  # older links, which know of one only, stay as they are
            }
        return params

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> Recipe:
        """The recipe that `params` spells; what is missing has its default.

        Raises:
            ValueError: a parameter is unknown, or its value breaks its rule; the message names it.
        """
        values = {name: parse_param(name, text) for name, text in params.items()}
        schedule = SCHEDULES[values.pop("schedule", Constant.__name__)]
        own = {name: values.pop(name) for name in settings_of(schedule) if name in values}
        foreign = [name for name in values if name in HYPERPARAMETERS]
        if foreign:
            raise ValueError(
                f"`{foreign[0]}` must be left out: {schedule.__name__} has no such hyperparameter. "
                f"Received: {foreign[0]}={params[foreign[0]]!r:.60}"
            )
        return cls(schedule(**own), **values)


SETTINGS: dict[str, Setting] = {"schedule": SCHEDULE} | HYPERPARAMETERS | settings_of(Recipe)
"""Every setting of a recipe as a link names it: the schedule, the hyperparameters of each, the recipe's own."""


def parse_param(name: str, text: str) -> Any:
    """The value that a link's parameter spells: a setting of the recipe or of any schedule.

    Raises:
        ValueError: there is no such parameter, or its value breaks its rule; the message names it.
    """
    if name not in SETTINGS:
        raise ValueError(f"`{name:.60}` must be a parameter of the recipe. Received: {name:.60}={text!r:.60}")
    return SETTINGS[name].parse(name, text)
