"""Controls: a setting on a page. One `Control` draws its setting, hides it, gives its value, puts it into the link.

To add a control to a page, draw one: `Control("log", Flag(label="Logarithmic axis")).draw()`. Pages that use the
same key share the value. Those that several modules use are here.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import streamlit as st

from lrcore.settings import Choice, Flag, Number, Setting, Text, number_text
from pages.components.state import session

MOST_SEGMENTS = 7
"""The most options of a choice that is drawn as a row of buttons; a longer one is a list to open."""
DIGITS, FIELD_WIDTH = 12, 104
"""Of a number that is typed: its significant digits, and the pixels of its field."""


@dataclass(frozen=True)
class Control:
    """A setting with its key, the parameter in the link; `owner` tells apart those of one label."""

    key: str
    setting: Setting
    owner: str = ""

    @property
    def name(self) -> str:
        """The key's last part, by which a link hides it."""
        return self.key.rpartition(".")[2]

    def read(self) -> Any:
        """The value of a control that is neither drawn nor in the page's link."""
        return session.read(self.key, self.setting, self.owner)

    def value(self) -> Any:
        """The value of a control that is in the page's link but has no widget."""
        return session.write(self.key, self.setting, self.owner)

    def draw(
        self,
        kind: str | None = None,
        *,
        label: str | None = None,
        among: Collection[Any] | None = None,
        **look: Any,
    ) -> Any:
        """Draws the widget, unless there is no choice or the link hides it; returns the value.

        Args:
            kind: "radio" for a choice, "field" or "segments" for a number, in place of the usual widget.
            label: in place of the setting's.
            among: the values of a choice that are available now; any other is replaced by the first of them.
            look: more arguments of the widget.
        """
        setting, value, label = self.setting, self.value(), label or self.setting.label
        if among is not None and value not in among:
            value = next(iter(among))
        if not setting.has_alternatives or session.hides(self.name, label):
            return value
        session.show(self.key, value)
        common = {
            "label": label,
            "key": self.key,
            "help": setting.help or (_explained(setting) if isinstance(setting, Choice) else None),
            "on_change": session.take,
            "args": (self.key,),
            **look,
        }
        if isinstance(setting, Number) and setting.exact and kind is None:
            with st.container(horizontal=True, vertical_alignment="bottom"):
                _number(setting, value, kind, common)
                _exact(self.key, setting, value, label)
        elif isinstance(setting, Number):
            _number(setting, value, kind, common)
        elif isinstance(setting, Choice):
            _choice(setting, list(setting.options if among is None else among), kind, common)
        elif isinstance(setting, Text):
            st.text_input(max_chars=setting.longest, **common)
        else:
            st.toggle(**common)
        return value


def _number(setting: Number, value: float, kind: str | None, common: dict[str, Any]) -> None:
    """A slider over the offered values and those that a link has added, or over a whole range."""
    low, high = (int(end) if setting.whole else float(end) for end in (setting.low, setting.high))
    if kind == "field":
        st.number_input(min_value=low, max_value=high, step=setting.offered[0], format="%.4g", **common)
    elif setting.offered:
        options = {*setting.offered, setting.default, value, *session.replaced(common["key"])}
        common |= {"options": sorted(options), "format_func": number_text}
        st.segmented_control(required=True, **common) if kind == "segments" else st.select_slider(**common)
    else:
        st.slider(min_value=low, max_value=high, step=setting.step, **common)


def _exact(key: str, setting: Number, value: float, label: str) -> None:
    """The same value in a field, for numbers between the stops; its step is a tenth of its power of ten."""
    field = f"{key}.exact"
    session.show(field, value)
    st.number_input(
        f"{label}, as a number",
        min_value=float(setting.low),
        max_value=float(setting.high),
        step=10.0 ** (math.floor(math.log10(value or min(filter(None, setting.offered)))) - 1),
        format=f"%.{DIGITS}g",
        key=field,
        label_visibility="collapsed",
        width=FIELD_WIDTH,
        on_change=_take_exact,
        args=(key, field, setting),
    )


@session.whole
def _take_exact(key: str, field: str, setting: Number) -> None:
    """Stores the typed number without rounding errors of its steps. An invalid one is not stored, and disappears."""
    value = float(f"{st.session_state[field]:.{DIGITS}g}")
    if setting.accepts(value) and not session.is_outdated(field):
        session.put({key: value})


def _choice(setting: Choice, options: list[Any], kind: str | None, common: dict[str, Any]) -> None:
    common |= {"options": options, "format_func": setting.word}
    if kind == "radio":
        st.radio(**common)
    elif len(setting.options) > MOST_SEGMENTS:
        st.selectbox(**common)
    else:
        st.segmented_control(required=True, **common)


def _explained(setting: Choice) -> str | None:
    about = setting.about or {}
    return "\n\n".join(f"**{setting.word(value)}**: {text}" for value, text in about.items()) or None


SEED = Control(
    "seed",
    Number(
        label="Seed",
        default=0,
        low=0,
        high=199,
        whole=True,
        help="Draws the initial weights, the batch order and, for a stratified split, the rows. The same seed gives "
        "the same run.",
    ),
)
"""The seed of a single run, the same on every page."""
LOG_LOSS = Control("log_loss", Flag(label="Logarithmic loss axis"))
"""How losses are drawn, the same on every page that offers it."""
PROJECTOR = Control(session.PROJECTOR, Flag(label="Projector"))
"""Whether type and lines are larger, for the last row of a room: on every page."""
