"""Settings: the values that a reader can set, each declared once.

A `Number`, `Choice`, `Flag` or `Text` knows its label, default and help, checks a value, and reads and writes it
as the text of a link. A dataclass declares its settings with `setting` (or `hyperparameter`), calls
`check_settings` in its `__post_init__`, and `settings_of` lists them. To add a setting to a recipe, add a field.
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
    """The base of the four kinds. Settings of one `group` are shown together."""

    label: str
    default: Any
    help: str | None = None
    group: str = ""

    @property
    def has_alternatives(self) -> bool:
        """Whether there is anything to choose."""
        return True

    @property
    def name_in_a_sentence(self) -> str:
        """The label as it stands in the middle of a sentence."""
        return self.label if self.label.startswith("Nesterov") else self.label[0].lower() + self.label[1:]

    @property
    def rule(self) -> str:
        """The rule in words, as it stands in an error message after "must be"."""
        raise NotImplementedError

    @property
    def rule_on_screen(self) -> str:
        """The rule in the words that a control shows."""
        return self.rule

    def accepts(self, value: object) -> bool:
        """Whether `value` keeps the rule."""
        raise NotImplementedError

    def check(self, name: str, value: object) -> Any:
        """`value` as its plain type. ValueError naming the argument, the rule and the value."""
        if not self.accepts(value):
            raise ValueError(f"`{name:.60}` must be {self.rule}. Received: {name:.60}={shown(value)}")
        return self._plain(value)

    def parse(self, name: str, text: str) -> Any:
        """The value of a text in a link; raises the ValueErrors of `check`."""
        return self.check(name, self._read(text))

    def spell(self, value: Any) -> str:
        """The text of `value` in a link, which `parse` reads back as exactly that value."""
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
    """A number with its bounds.

    `low` and `high` bound it (`low_open`: `low` itself is excluded, likewise `high_open`), `whole` asks
    for an integer. `offered` are a slider's stops, in the number's own unit, or `step` their distance; `exact`: a
    field beside the slider takes the numbers between them.
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
        """Whether `value` is a number that keeps the rule; booleans are not numbers here."""
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
    """One of a few values. A link spells the value; `options` has the word for each that a reader sees.

    A link may also hold that word, as older ones do. `about` explains the values, for the help.
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
    """A switch."""

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
    """A line of printable text: a reader's own words, never to be read as markdown or HTML."""

    default: str = ""
    longest: int = 40

    @property
    def rule(self) -> str:
        return f"printable text of at most {self.longest} characters"

    def accepts(self, value: object) -> bool:
        return isinstance(value, str) and len(value) <= self.longest and value.isprintable()


def number_text(value: float | int) -> str:
    """The shortest text that reads back as exactly `value`: what links and sliders show."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def shown(value: object) -> str:
    """`value` as an error message shows it: short, whatever it is."""
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
    """A dataclass field that carries its declaration."""
    return field(default=declared.default, metadata={"setting": declared})


def hyperparameter(default: float, *, offered: Sequence[float], **declaration: Any) -> Any:
    """A dataclass field that is a `Number` with these slider stops; see there for the arguments."""
    return setting(Number(default=default, offered=tuple(offered), **declaration))


def settings_of(owner: DataclassInstance | type[DataclassInstance]) -> dict[str, Setting]:
    """The declared settings of a dataclass (or of an instance), by name, in order."""
    return {f.name: f.metadata["setting"] for f in fields(owner) if "setting" in f.metadata}


def numbers_of(owner: DataclassInstance | type[DataclassInstance]) -> dict[str, Number]:
    """Those of `settings_of` that are numbers."""
    return {name: each for name, each in settings_of(owner).items() if isinstance(each, Number)}


def check_settings(instance: DataclassInstance) -> None:
    """Checks every setting of a frozen dataclass and stores it as its plain type."""
    for name, declared in settings_of(instance).items():
        object.__setattr__(instance, name, declared.check(name, getattr(instance, name)))
