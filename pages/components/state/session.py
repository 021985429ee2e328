"""The state of a visit: the session owns it, the address mirrors it, and an address from outside is followed.

A control's *key* is its parameter in the link (`b.momentum`); its *name* is the key's last part (`momentum`), by
which `hide=momentum,split` hides it on every page. How a run of the page begins decides over its values:

| a run of the page begins with | the session's values |
| --- | --- |
| a control or a button, whatever the address is | the reader's change counts |
| the menu, which has no parameters | they stay |
| a link from outside, Back or Forward | each control of the page has the address's value, or its default |
| a link of the app to another page, which says `kept` | each has the address's value; the others stay |

At the end of each run `mirror` writes the address: the values of the drawn controls that differ from their
defaults (at least one value, so that an address is never empty), and the parameters that no control knows. It adds an
entry to the browser's history after an `act` (a preset, a link to the same page) and none otherwise; the browser
adds those of the menu and of links to other pages. Back and Forward need no code: their address is followed.

Each message of a browser has the values of all widgets, and a reader may act again before the answer to the last act
has come. What that answer replaces is in the message then, and would undo it: `is_outdated` finds it out.

The texts of parameters stay in `unread` until their control is read for the first time. So a page need not list its
controls, and a parameter that belongs to another page is kept until the reader goes there.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, ParamSpec
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException, get_script_run_ctx

from lrcore.settings import Setting, Text, shown

Args = ParamSpec("Args")
STATE = "state"
BEGUN = "session.begun"
"""What the keys of hidden fields begin with, one for each part of a page, in which each run of it writes its number."""
HIDE, KEPT, PROJECTOR = "hide", "kept", "projector"
HIDDEN = Text(label="Hidden controls", longest=2000)
_MIRROR = st.components.v2.component(
    "address", js=(Path(__file__).parent / "mirror.js").read_text(encoding="utf-8")
)


def _held() -> dict[str, Any]:
    """The session's state, as plain data."""
    if STATE not in st.session_state:
        st.session_state[STATE] = {
            "visit": secrets.token_urlsafe(8),  # tells the browser that this is another session than before
            "values": {},  # by key, of every page
            "unread": {},  # texts by key, of parameters that no control has read yet
            "defaulting": False,  # an address is followed: what it does not mention has its default
            "read": set(),  # keys of the controls that have followed it so far
            "page": None,
            "acts": 0,
            "runs": 0,
            "scrolls": False,
            "faults": [],
            "under_way": False,  # a run of the whole page, before its mirror
            "mirrored": False,
            "part": "",
            "drawn": {},  # of each part of the page: what its controls say in the address, and whether by default
            "shown": set(),  # keys of the widgets that this page has drawn
            "begun": {},  # of each part of the page: how many runs of it have begun
            "replaced": {},  # by key of a widget: what it showed, and the part and run that replaced each value
            "arriving": False,  # since the change of page only the page itself has caused runs of it
            "again": False,  # the page itself causes its next run
            "asked": True,  # the browser has asked for this run, so the values of widgets are what it has
            "labels": {},  # by name, of the controls that can be hidden
        }
    return st.session_state[STATE]


def arrive(page: str) -> None:
    """Applies the address if a link, Back or Forward began this run. Called once at the top of each page.

    Args:
        page: the file name of the page.
    """
    held = _held()
    given = {key: st.query_params.get_all(key) for key in st.query_params}
    moved = page != held["page"]
    if moved:
        held.update(page=page, defaulting=False)
    held.update(arriving=moved or (held["arriving"] and held["again"]), asked=not held["again"], again=False)
    if held["arriving"]:
        held.update(shown=set(), replaced={})
    if given and (moved or _by_history()):
        held.update(unread=given, read=set(), defaulting=given.pop(KEPT, None) is None)
    held.update(under_way=True, mirrored=False, part="", drawn={"": {}}, labels={})
    _begin()
    write(HIDE, HIDDEN)


def _by_history() -> bool:
    """Whether Back or Forward caused this run of the page."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def read(key: str, setting: Setting, owner: str = "") -> Any:
    """The value of a control. An invalid text in the address is noted as a fault.

    `owner` precedes the label in the fault, for pages with several controls of one label.
    """
    held = _held()
    values, first = held["values"], key not in held["read"]
    if key in held["unread"] or (held["defaulting"] and first):
        values.pop(key, None)
        held["read"].add(key)
    texts = held["unread"].pop(key, [])
    if len(set(texts)) > 1:
        fault(f"{owner}{setting.label} is given more than once: {', '.join(f'{text:.60}' for text in texts)}")
    elif texts:
        try:
            values[key] = setting.parse(key, texts[0])
        except ValueError:
            text = shown(texts[0])
            fault(f"{owner}{setting.label} must be {setting.rule_on_screen}. The link says {text}")
    return values.get(key, setting.default)


def write(key: str, setting: Setting, owner: str = "") -> Any:
    """The value of a control of this page, which becomes part of the address."""
    held, value = _held(), read(key, setting, owner)
    held["drawn"][held["part"]][key] = setting.spell(value), value == setting.default
    return value


def follows() -> bool:
    """Whether this run of the page follows an address that says everything: what it leaves out has its default."""
    return _held()["defaulting"]


def show(key: str, value: Any) -> None:
    """Makes the widget of that key show the value; called right before it is drawn.

    Sets nothing if the widget shows the value already, so that it does not jump back while a reader moves it. After a
    change of page Streamlit may hold a value for a widget that it then draws without it.
    """
    held, before = _held(), st.session_state.get(key)
    if key not in held["shown"] or before != value:
        st.session_state[key] = value
    if before == value and held["asked"]:
        held["replaced"].pop(key, None)  # the browser has it
    elif key in held["shown"] and before not in (None, value):
        held["replaced"].setdefault(key, {})[before] = held["part"], held["begun"][held["part"]]
    held["shown"].add(key)


def _begin() -> None:
    """Writes into a hidden field that a run of this part of the page has begun: the browser returns what it has."""
    held = _held()
    part, field = held["part"], f"{BEGUN}.{held['part']}"
    held["begun"][part] = held["begun"].get(part, 0) + 1
    st.session_state[field] = held["begun"][part]
    st.number_input("Runs of this part", step=1, key=field, label_visibility="collapsed")


def replaced(key: str) -> list[Any]:
    """The values that the widget of that key may still have in a browser that has not seen the last runs."""
    return [*_held()["replaced"].get(key, {})]


def is_outdated(key: str) -> bool:
    """Whether a widget's value, told as a change, is one that it no longer shows; the browser did not know."""
    part, run = _held()["replaced"].get(key, {}).get(st.session_state[key], ("", 0))
    return st.session_state.get(f"{BEGUN}.{part}", 0) < run


def run_again() -> NoReturn:
    """Runs the page once more.

    If that is soon after a change of page, the browser may have drawn none of its widgets yet: it will do so by the
    second run alone, so that one has to say again what they show.
    """
    _held()["again"] = True
    st.rerun()


def whole(callback: Callable[Args, None]) -> Callable[Args, None]:
    """Makes a callback that is done as a whole, though a reader acts again meanwhile.

    Streamlit then ends whatever runs at its next use of the session, and never resumes it. What a callback does twice
    must be as if it were done once.
    """

    @wraps(callback)
    def done(*args: Args.args, **named: Args.kwargs) -> None:
        try:
            callback(*args, **named)
        except RerunException:
            done(*args, **named)
            raise

    return done


@whole
def put(values: Mapping[str, Any]) -> None:
    """Sets the controls of these keys."""
    held = _held()
    held["values"].update(values)
    held["read"].update(values)
    for key in values:
        held["unread"].pop(key, None)


@whole
def take(key: str) -> None:
    """The callback of a control's widget: stores its value."""
    if not is_outdated(key):
        put({key: st.session_state[key]})


@whole
def act(params: Mapping[str, str], *, scrolls: bool = False) -> None:
    """Applies parameters in a callback, as one entry of the browser's history; other values stay as they are.

    Args:
        params: texts by key, as in a link.
        scrolls: whether to scroll to the top of the page.
    """
    held = _held()
    held["unread"].update({key: [text] for key, text in params.items()})
    held.update(acts=held["acts"] + 1, scrolls=scrolls)


def suppose(params: Mapping[str, str]) -> None:
    """Applies parameters to the controls that neither a link nor the reader has set, before they are drawn."""
    held = _held()
    held["unread"] = {key: [text] for key, text in params.items()} | held["unread"]


def known() -> set[str]:
    """The keys that a link or the reader has set."""
    held = _held()
    return {*held["values"], *held["unread"]}


def fault(text: str) -> None:
    """Notes an invalid part of a link; the page shows it once."""
    _held()["faults"].append(text)


def take_faults() -> list[str]:
    """Returns the noted faults and forgets them."""
    held = _held()
    faults, held["faults"] = held["faults"], []
    return faults


def abbreviate(key: str, text: str) -> None:
    """Replaces the text of a value in the address."""
    held = _held()
    held["drawn"][held["part"]][key] = text, False


@contextmanager
def part(name: str) -> Iterator[None]:
    """Wraps the drawing of a fragment: when it runs alone, its controls and the address are written again."""
    held = _held()
    if not held["under_way"]:
        held.update(mirrored=False, asked=True)
    held["drawn"][name], held["part"] = {}, name
    _begin()
    try:
        yield
    finally:
        held["part"] = ""
    if not held["under_way"]:
        mirror(name)


def hides(name: str, label: str) -> bool:
    """Whether the link hides the controls of that name; `label` names them in the dialog that hides controls."""
    held = _held()
    held["labels"][name] = label
    return name in hidden()


def hidden() -> list[str]:
    """The names of the controls that the link hides."""
    return [name for name in _held()["values"].get(HIDE, "").split(",") if name]


def labels() -> dict[str, str]:
    """The controls of this page that can be hidden, by name."""
    return dict(_held()["labels"])


def address(hide: Collection[str] | None = None) -> str:
    """The query that opens the page as it is now; `hide` replaces the hidden controls."""
    params = _params()
    if hide is not None:
        params.pop(HIDE, None)
        params |= {HIDE: [",".join(hide)]} if hide else {}
    return urlencode(params, doseq=True)


def says(params: Mapping[str, str]) -> bool:
    """Whether the drawn controls have the values of these parameters; those of other pages do not count."""
    drawn = {key: text for part in _held()["drawn"].values() for key, (text, _) in part.items()}
    own = params.keys() & drawn.keys()
    return bool(own) and all(drawn[key] == params[key] for key in own)


def elsewhere(params: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a link to another page that sets `params` and keeps everything else."""
    held = _held()
    kept = {HIDE: held["values"][HIDE]} if hidden() else {}
    return held["unread"] | kept | dict(params) | {KEPT: "true"}


def mirror(name: str = "") -> None:
    """Sends the address to the browser, once all controls of the page or of the part of that name are drawn."""
    held = _held()
    if held["mirrored"]:
        return
    held.update(mirrored=True, under_way=False, defaulting=False)
    held["runs"] += 1  # so that the browser checks its address again, even with the same query
    data = {each: held[each] for each in ("visit", "runs", "acts", "scrolls")}
    _MIRROR(data={**data, "query": address()}, key=f"address.{name}")


def _params() -> dict[str, list[str]]:
    held = _held()
    drawn = {key: said for part in held["drawn"].values() for key, said in part.items()}
    params = {key: [text] for key, (text, by_default) in drawn.items() if not by_default} | held["unread"]
    of_the_page = [key for key in drawn if key not in (HIDE, PROJECTOR)]
    return params or {key: [drawn[key][0]] for key in of_the_page[:1]}
