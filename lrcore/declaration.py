"""How a schedule and its hyperparameters are declared.

A declaration carries everything that the rest of the project derives: the default, the symbol in the
formula, the values a slider offers, the rule a value must keep, and the help that a reader sees.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from numbers import Real
from typing import Any, ClassVar

import numpy as np


@dataclass(frozen=True)
class Declared:
    """What is known of one number before it has a value.

    `low` and `high` bound it (`low_open`: `low` itself is excluded, likewise `high_open`), `whole` asks
    for an integer, `offered` are the slider's stops, in the number's own unit.
    """

    label: str
    symbol: str
    offered: tuple[float, ...]
    help: str
    low: float
    high: float
    low_open: bool
    high_open: bool
    whole: bool

    @property
    def rule(self) -> str:
        """The rule in words, as it stands in an error message."""
        kind = "a whole number" if self.whole else "a finite number"
        bounds = []
        if math.isfinite(self.low):
            bounds.append(f"{'>' if self.low_open else '>='} {self.low:g}")
        if math.isfinite(self.high):
            bounds.append(f"{'<' if self.high_open else '<='} {self.high:g}")
        return " ".join([kind, " and ".join(bounds)]).strip()

    def accepts(self, value: object) -> bool:
        """Whether `value` is a number that keeps the rule; booleans are not numbers here."""
        if not _is_finite_number(value):
            return False
        if self.whole and value != int(value):
            return False
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        return bool(above and below)

    def checked(self, name: str, value: object) -> float | int:
        """`value` as a plain int or float. ValueError naming the argument, the rule and the value."""
        if not self.accepts(value):
            raise ValueError(f"`{name}` must be {self.rule}. Received: {name}={_shown(value)}")
        return int(value) if self.whole else float(value)

    def parsed(self, name: str, text: str) -> float | int:
        """The value that `text` spells. ValueError as `checked`."""
        try:
            number = float(text)
        except (TypeError, ValueError):
            number = text
        return self.checked(name, number)


def number_text(value: float | int) -> str:
    """The shortest text that reads back as exactly `value`: what links and sliders show."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def _is_finite_number(value: object) -> bool:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an int that no float can hold
        return False


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def hyperparameter(
    default: float,
    *,
    label: str,
    symbol: str,
    offered: Sequence[float],
    help: str,
    low: float = -math.inf,
    high: float = math.inf,
    low_open: bool = False,
    high_open: bool = False,
    whole: bool = False,
) -> Any:
    """A dataclass field that carries its declaration; see `Declared` for the arguments."""
    declared = Declared(label, symbol, tuple(offered), help, low, high, low_open, high_open, whole)
    return field(default=default, metadata={"declared": declared})


def declarations(owner: object) -> dict[str, Declared]:
    """The declared numbers of a dataclass (or of an instance), by name, in order."""
    return {f.name: f.metadata["declared"] for f in fields(owner) if "declared" in f.metadata}


def check_declared(instance: object) -> None:
    """Checks every declared number of a frozen dataclass and stores it as a plain int or float."""
    for name, declared in declarations(instance).items():
        object.__setattr__(instance, name, declared.checked(name, getattr(instance, name)))


@dataclass(frozen=True)
class Schedule:
    """A learning rate as a function of time: pure, vectorised and frozen.

    A subclass states `title`, `formula` (LaTeX, in which `<name>` stands for the hyperparameter of that
    name, `t` for the time and `N` for the length of the run), `reference` (author and year), `used_for`
    (one sentence on when practitioners use it), its hyperparameters, and `__call__`.

    The body of `__call__` uses only `np`, `t`, `total`, the hyperparameters as `self.<name>` and the functions
    of `schedules.HELPERS`: the code that a reader takes home is made from it.
    """

    title: ClassVar[str]
    formula: ClassVar[str]
    reference: ClassVar[str]
    used_for: ClassVar[str]

    def __post_init__(self) -> None:
        check_declared(self)

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        """Rates at the times `t`.

        Args:
            t: shape (n,), times from 0 on the recipe's clock (epochs or updates).
            total: length of the run on that clock, > 0.

        Returns:
            float64, shape (n,), each finite and >= 0.
        """
        raise NotImplementedError

    def cycles(self, total: float) -> tuple[float, float] | None:
        """The length of the first cycle and the growth of each next; None for a schedule without cycles."""
        return None

    def latex(self, *, numbers: bool) -> str:
        """The formula in LaTeX: with its symbols, or with this schedule's numbers put in."""
        text = self.formula
        for name, declared in declarations(self).items():
            shown = _latex_number(getattr(self, name)) if numbers else declared.symbol
            text = text.replace(f"<{name}>", shown)
        return text


def _latex_number(value: float) -> str:
    """`value` to six digits. A power of ten stands in parentheses, for it may be the base of a power."""
    mantissa, _, exponent = f"{value:g}".partition("e")
    return rf"({mantissa} \cdot 10^{{{int(exponent)}}})" if exponent else mantissa
