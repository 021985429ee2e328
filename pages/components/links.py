"""Links: what they set, what they hide, and what is wrong with them.

A link from outside names the controls' keys, and Streamlit's binding reads it. `follow_link` first writes it
as the binding would: it drops what cannot be meant and respells what can (1e-1 as 0.1). A link within the
app has `to.` before its parameters, and `follow_link` takes it off: Streamlit drops a parameter that is bound
on the page being left even when it was meant for the page being opened, and takes one that holds
a default for one that says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

ARRIVING = "to."
FAULTS, HIDDEN, PAGE, CONTROLS = "links.faults", "links.hide", "links.page", "links.controls"


@dataclass(frozen=True)
class Parameter:
    """How a control's value stands in a link: `parse` raises ValueError for what cannot be meant."""

    parse: Callable[[str], Any]
    spell: Callable[[Any], str] = str


def _parse_flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"A switch must be true or false. Received: {text!r:.60}")
    return text == "true"


flag = Parameter(_parse_flag, lambda value: str(value).lower())
"""The parameter of a toggle."""


def arriving(params: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a link within the app that sets the controls of these keys."""
    return {ARRIVING + key: text for key, text in params.items()}


def is_hidden(name: str, label: str | None = None) -> bool:
    """Whether the link hides the control of that name (`hide=momentum,split`); asked before it is drawn.

    `label` is the control's, for the dialog in which a teacher chooses what to hide.
    """
    st.session_state.setdefault(CONTROLS, {})[name] = label or name
    return _hides(name)


def _hides(name: str) -> bool:
    return name in st.session_state.get(HIDDEN, "").split(",")


def held(key: str, parameter: Parameter, default: Any) -> Any:
    """The value of a control that is not drawn, or not yet: the session's, else the link's, else the default."""
    if key in st.session_state:
        return st.session_state[key]
    return linked(key, parameter.parse, default)


def linked(key: str, parse: Callable[[str], Any], default: Any) -> Any:
    """What the address says of a control; the default where it says nothing, or what cannot be meant.

    The latter is left in it by a reader who goes back to a bad address on the same page.
    """
    try:
        return parse(st.query_params[key]) if key in st.query_params else default
    except ValueError:
        return default


def remember_hidden(parameters: Mapping[str, Parameter]) -> None:
    """Keeps what the link hides, and what it says of it, over changes of page; once at the top of each page.

    Args:
        parameters: of the page's controls, by key.
    """
    st.session_state[CONTROLS] = {}
    before = st.session_state.get(HIDDEN, "").split(",")
    if "hide" in st.query_params:
        st.session_state[HIDDEN] = st.query_params["hide"]
    elif HIDDEN in st.session_state:
        st.query_params["hide"] = st.session_state[HIDDEN]
    for key, parameter in parameters.items():
        name = key.rpartition(".")[2]
        if not _hides(name):
            continue
        if key in st.query_params:
            value = linked(key, parameter.parse, None)
            if value is not None:
                st.session_state[key] = value
        elif key in st.session_state and name in before:  # a control that was drawn until now is still bound
            st.query_params[key] = parameter.spell(st.session_state[key])


def controls_of_page() -> dict[str, str]:
    """The controls that this page has asked for, hidden or not: name -> label."""
    return dict(st.session_state.get(CONTROLS, {}))


def link_hiding(names: Collection[str]) -> str:
    """The address of this page as it is set now, with the controls of those names hidden."""
    params = {key: text for key, text in st.query_params.to_dict().items() if key != "hide"}
    if names:
        params["hide"] = ",".join(names)
    return (st.context.url or "").split("?")[0] + ("?" + urlencode(params) if params else "")


def follow_link(page: str, parameters: Mapping[str, Parameter]) -> None:
    """Makes what the link says the state of the page, before its controls are drawn.

    Args:
        page: the page's own file, as `st.switch_page` wants it.
        parameters: of the page's controls, by key.
    """
    stays = st.session_state.get(PAGE) == page
    st.session_state[PAGE] = page
    given = st.query_params.to_dict()
    arrived = [key for key in given if key.startswith(ARRIVING)]
    if stays and not arrived:
        return
    values = _values({key.removeprefix(ARRIVING): given[key] for key in (arrived or given)}, parameters)
    if stays:  # the address now holds the link's parameters alone: the other controls write theirs again
        others = {key: st.session_state[key] for key in parameters if key in st.session_state}
        set_controls(others | values, parameters)
        for key in arrived:
            del st.query_params[key]
        return
    tidy = {key: parameters[key].spell(value) for key, value in values.items()}
    rest = {key: text for key, text in given.items() if key not in parameters and key not in arrived}
    if tidy | rest != given:
        for key in tidy:
            st.session_state.pop(key, None)
        try:
            st.switch_page(page, query_params=tidy | rest)
        except StreamlitPageNotFoundError:  # the page was started alone, without the rest of the app
            set_controls(values, parameters)


def set_controls(values: Mapping[str, Any], parameters: Mapping[str, Parameter]) -> None:
    """Gives the controls of these keys their values: in a callback, or before they are drawn.

    The binding writes to the URL what the session is given for a control that it knows. The first value of one
    that has never been drawn, or is hidden, is written here.
    """
    unknown = [key for key in values if key not in st.session_state or _hides(key.rpartition(".")[2])]
    st.session_state.update(values)
    st.query_params.update({key: parameters[key].spell(values[key]) for key in unknown})


def _values(texts: Mapping[str, str], parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """What the known parameters mean; what cannot be meant becomes a fault."""
    values = {}
    faults = st.session_state.setdefault(FAULTS, [])
    for key, text in texts.items():
        if key in parameters:
            try:
                values[key] = parameters[key].parse(text)
            except ValueError as error:
                faults.append(str(error))
    return values


def report_faults() -> None:
    """Tells once what in the link was ignored, as plain text: a link's author is not to be trusted."""
    faults = st.session_state.pop(FAULTS, [])
    if faults:
        st.warning("This link asks for something that cannot be; the default stands in for it:")
        st.code("\n".join(faults), language=None, wrap_lines=True)
