"""The base class of every schedule in `catalogue.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lrcore.settings import check_settings, numbers_of


@dataclass(frozen=True)
class Schedule:
    """A learning rate as a function of time: pure, vectorised and frozen.

    A subclass declares its hyperparameters as settings, defines `__call__`, and sets the attributes below. The body of
    `__call__` uses only `np`, `t`, `total`, the hyperparameters as `self.<name>` and the functions in
    `catalogue.HELPERS`: the exported code is made from its source.

    Attributes:
        title: the name on screen.
        formula: LaTeX, with `<name>` for the hyperparameter of that name, `t` for the time and `N` for the length of
            the run.
        reference: author and year.
        used_for: one sentence on when practitioners use it.
        pytorch: how PyTorch's own scheduler of that kind differs, if it does.
        planned: False if its rates depend on how the run goes.
    """

    title: ClassVar[str]
    formula: ClassVar[str]
    reference: ClassVar[str]
    used_for: ClassVar[str]
    pytorch: ClassVar[str] = ""
    planned: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_settings(self)

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
        """The length of the first cycle, and how many times as long each next one is; None without cycles."""
        return None

    def latex(self, *, numbers: bool) -> str:
        """The formula in LaTeX, with the hyperparameters' symbols or with their `numbers`."""
        text = self.formula
        for name, declared in numbers_of(self).items():
            shown = _latex_number(getattr(self, name)) if numbers else declared.symbol
            text = text.replace(f"<{name}>", shown)
        return text


def _latex_number(value: float) -> str:
    """`value` to six digits; a power of ten in parentheses, as the formula may raise it to a power."""
    mantissa, _, exponent = f"{value:g}".partition("e")
    return rf"({mantissa} \cdot 10^{{{int(exponent)}}})" if exponent else mantissa
