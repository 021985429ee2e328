"""Settings: the values that a reader can set, each declared once.

A `Number`, `Choice`, `Flag` or `Text` has a label, a default and a help text, checks a value, and converts it to and
from the text in a link. A dataclass declares its settings with `setting` (or `hyperparameter`) and calls
`check_settings` in its `__post_init__`; `settings_of` lists them. To add a setting to a recipe, add a field.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FLAGS = {"false": False, "true": True}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """The base class of the four kinds of settings. A page shows those of one `group` together."""

    label: str
    default: Any
    help: str | None = None
    group: str = ""

    @property
    def has_alternatives(self) -> bool:
        """Whether there is more than one value to choose from."""
        return True

    @property
    def name_in_a_sentence(self) -> str:
        """The label as written in the middle of a sentence."""
        return self.label if self.label.startswith("Nesterov") else self.label[0].lower() + self.label[1:]

    @property
    def rule(self) -> str:
        """The rule in words, as an error message gives it after "must be"."""
        raise NotImplementedError

    @property
    def rule_on_screen(self) -> str:
        """The rule in words, with the values as their control shows them."""
        return self.rule

    def accepts(self, value: object) -> bool:
        """Whether `value` meets the rule."""
        raise NotImplementedError

    def check(self, name: str, value: object) -> Any:
        """`value` as its plain type; ValueError, with the name, the rule and the value, if it breaks the rule."""
        if not self.accepts(value):
            raise ValueError(f"`{name:.60}` must be {self.rule}. Received: {name:.60}={shown(value)}")
        return self._plain(value)

    def parse(self, name: str, text: str) -> Any:
        """The value of the text in a link; ValueError as in `check`."""
        return self.check(name, self._read(text))

    def spell(self, value: Any) -> str:
        """`value` as the text in a link, which `parse` turns back into exactly that value."""
        return str(value)

    def word(self, value: Any) -> str:
        """`value` as its control shows it."""
        return self.spell(value)

    def _read(self, text: str) -> object:
        return text

    def _plain(self, value: Any) -> Any:
        return value


@dataclass(frozen=True, kw_only=True)
class Number(Setting):
    """A number between bounds.

    Attributes:
        symbol: its LaTeX symbol in a formula.
        offered: the stops of its slider; without any, they are `step` apart.
        low, high: its bounds; excluded themselves if `low_open` or `high_open`.
        whole: whether it must be an integer.
        exact: whether a field beside the slider takes the numbers between the stops.
    """

    symbol: str = ""
    offered: tuple[float, ...] = ()
    step: float | None = None
    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    whole: bool = False
    exact: bool = False

    @property
    def rule(self) -> str:
        kind = "a whole number" if self.whole else "a finite number"
        bounds = []
        if math.isfinite(self.low):
            bounds.append(f"{'>' if self.low_open else '>='} {self.low:g}")
        if math.isfinite(self.high):
            bounds.append(f"{'<' if self.high_open else '<='} {self.high:g}")
        return " ".join([kind, " and ".join(bounds)]).strip()

    def accepts(self, value: object) -> bool:
        """Whether `value` is a number that meets the rule; a boolean is not a number."""
        if not _is_finite_number(value):
            return False
        if self.whole and value != int(value):
            return False
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        return bool(above and below)

    def spell(self, value: float | int) -> str:
        return number_text(value)

    def _read(self, text: str) -> object:
        try:
            return float(text)
        except (TypeError, ValueError):
            return text

    def _plain(self, value: Any) -> float | int:
        return int(value) if self.whole else float(value)


@dataclass(frozen=True, kw_only=True)
class Choice(Setting):
    """One of a few values.

    Attributes:
        options: the word on screen for each value. A link has the value itself; older links have the word.
        about: an explanation of each value, for the help text.
    """

    options: Mapping[Any, str]
    about: Mapping[Any, str] | None = None

    @property
    def has_alternatives(self) -> bool:
        return len(self.options) > 1

    @property
    def rule(self) -> str:
        return f"one of {', '.join(map(str, self.options))}"

    @property
    def rule_on_screen(self) -> str:
        return f"one of {', '.join(self.options.values())}"

    def accepts(self, value: object) -> bool:
        return any(type(value) is type(option) and value == option for option in self.options)

    def word(self, value: Any) -> str:
        return self.options[value]

    def _read(self, text: str) -> object:
        return next((value for value, word in self.options.items() if text in (str(value), word)), text)


@dataclass(frozen=True, kw_only=True)
class Flag(Setting):
    """A value that is true or false."""

    default: bool = False

    @property
    def rule(self) -> str:
        return f"one of {', '.join(FLAGS)}"

    def accepts(self, value: object) -> bool:
        return isinstance(value, (bool, np.bool_))

    def spell(self, value: bool) -> str:
        return str(bool(value)).lower()

    def _read(self, text: str) -> object:
        return FLAGS.get(text, text)

    def _plain(self, value: Any) -> bool:
        return bool(value)


@dataclass(frozen=True, kw_only=True)
class Text(Setting):
    """A line of printable text that a reader writes; never to be rendered as markdown or HTML."""

    default: str = ""
    longest: int = 40

    @property
    def rule(self) -> str:
        return f"printable text of at most {self.longest} characters"

    def accepts(self, value: object) -> bool:
        return isinstance(value, str) and len(value) <= self.longest and value.isprintable()


def number_text(value: float | int) -> str:
    """The shortest text that parses back to exactly `value`, for links and sliders."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def shown(value: object) -> str:
    """The repr of `value`, cut to 60 characters for an error message."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _is_finite_number(value: object) -> TypeGuard[float]:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an int that no float can hold
        return False


def setting(declared: Setting) -> Any:
    """A dataclass field with the declaration of its setting."""
    return field(default=declared.default, metadata={"setting": declared})


def hyperparameter(default: float, *, offered: Sequence[float], **declaration: Any) -> Any:
    """A dataclass field that is a `Number`; the arguments are those of `Number`."""
    return setting(Number(default=default, offered=tuple(offered), **declaration))


def settings_of(owner: DataclassInstance | type[DataclassInstance]) -> dict[str, Setting]:
    """The declared settings of a dataclass or an instance of one, by field name, in order."""
    return {f.name: f.metadata["setting"] for f in fields(owner) if "setting" in f.metadata}


def numbers_of(owner: DataclassInstance | type[DataclassInstance]) -> dict[str, Number]:
    """As `settings_of`, the numbers only."""
    return {name: each for name, each in settings_of(owner).items() if isinstance(each, Number)}


def check_settings(instance: DataclassInstance) -> None:
    """Checks every setting of a frozen dataclass instance and stores it as its plain type; ValueError as in `check`."""
    for name, declared in settings_of(instance).items():
        object.__setattr__(instance, name, declared.check(name, getattr(instance, name)))
