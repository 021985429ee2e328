"""The recipes of a comparison: their panels, how one is added or taken away, and how a link holds them all.

A recipe is known by its letter, which stands before its parameters in the link (`b.momentum=0.9`). What changes
several recipes at once makes the entries of the new comparison and lets the controls take them over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from lrcore.confounds import controlled
from lrcore.experiments import MAX_RECIPES, MAX_SEEDS
from lrcore.ionosphere import n_train
from lrcore.metrics import effective_step
from lrcore.presets import START, Preset
from lrcore.recipes import Recipe
from lrcore.schedules import SCHEDULES
from lrcore.settings import Declared
from pages.components.links import Parameter, flag, held, is_hidden, set_controls
from pages.components.recipe_panel import recipe_link, recipe_panel, recipe_parameters
from pages.components.results import SEEDS

LETTERS = tuple("ABCDEF")
FEWEST, MOST = 2, min(MAX_RECIPES, len(LETTERS))
LONGEST_NAME = 40
COUNT, BASELINE = "recipes", "baseline"
EDITING, HELD = "compare.editing", "compare.recipes"
_COUNT = Declared("Recipes", "n", (), "", FEWEST, MOST, low_open=False, high_open=False, whole=True)
_SEEDS = Declared("Seeds", "n", (), "", 1, MAX_SEEDS, low_open=False, high_open=False, whole=True)


@dataclass(frozen=True)
class Entry:
    """One recipe of the comparison. `name` is a reader's text: never to be read as markdown or HTML."""

    letter: str
    recipe: Recipe
    name: str = ""
    shown: bool = True

    @property
    def label(self) -> str:
        """What it is called in charts and tables, different for every recipe."""
        return f"{self.letter}: {self.name.strip() or self.recipe.schedule.title}"


def _prefix(letter: str) -> str:
    return f"{letter.lower()}."


def _parse_name(text: str) -> str:
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise ValueError(
            f"`name` must be printable, of at most {LONGEST_NAME} characters. Received: {text!r:.60}"
        )
    return text


def _parse_letter(text: str) -> str:
    if text not in LETTERS:
        raise ValueError(f"`{BASELINE}` must be one of {', '.join(LETTERS)}. Received: {text!r:.60}")
    return text


OWN = {
    COUNT: Parameter(partial(_COUNT.parsed, COUNT)),
    BASELINE: Parameter(_parse_letter),
    "seeds": Parameter(partial(_SEEDS.parsed, "seeds")),
}
OF_EACH = {"name": Parameter(_parse_name), "shown": flag}


def parameters() -> dict[str, Parameter]:
    """The parameters of the recipes, of their number, of the baseline and of the seeds."""
    result = dict(OWN)
    for letter in LETTERS:
        prefix = _prefix(letter)
        result |= recipe_parameters(prefix) | {prefix + name: each for name, each in OF_EACH.items()}
    return result


def link(entries: Sequence[Entry], baseline: str = LETTERS[0]) -> dict[str, str]:
    """What a link says that sets the comparison to `entries`, lettered anew in their order."""
    params = {COUNT: str(len(entries)), BASELINE: baseline}
    for letter, entry in zip(LETTERS, entries, strict=False):
        prefix = _prefix(letter)
        own = {f"{prefix}name": entry.name, f"{prefix}shown": flag.spell(entry.shown)}
        params |= recipe_link(entry.recipe, prefix) | own
    return params


def entries_of(preset: Preset) -> list[Entry]:
    """The recipes of a ready-made comparison."""
    return [
        Entry(letter, recipe, name)
        for letter, (name, recipe) in zip(LETTERS, preset.recipes.items(), strict=False)
    ]


def become(params: Mapping[str, str]) -> None:
    """Lets the controls take over what such a link says. In a callback, or before the controls are drawn."""
    known = parameters()
    set_controls({key: known[key].parse(text) for key, text in params.items()}, known)


def count() -> int:
    """How many recipes there are. Begins with `START` where no link has asked for anything else.

    The number has no control: the address holds it, and the session while the reader is on another page.
    """
    asked = {key.partition(".")[0] for key in st.query_params}
    if asked.isdisjoint({COUNT, *map(str.lower, LETTERS)}) and HELD not in st.session_state:
        become(link(entries_of(START)))
    st.session_state.pop(COUNT, None)  # a link within the page has left it there
    number = held(COUNT, OWN[COUNT], st.session_state.get(HELD, FEWEST))
    st.session_state[HELD] = number
    return number


def write_address(number: int, given: Mapping[str, str]) -> None:
    """Puts the number of recipes into the address; at the end of the page, which began with the parameters `given`.

    The binding has taken defaults out of the parameters meanwhile, without telling the browser: this does.
    """
    if st.query_params.to_dict() != {**given, COUNT: str(number)}:
        st.query_params[COUNT] = str(number)


def panels(number: int) -> list[Entry]:
    """Draws the controls of so many recipes, one tab each, and the buttons that change their number."""
    letters = LETTERS[:number]
    if st.session_state.get(EDITING) not in letters:
        st.session_state[EDITING] = letters[0]
    buttons = st.container(horizontal=True)
    tabs = st.tabs(letters, key=EDITING, on_change="rerun")
    entries = []
    for letter, tab in zip(letters, tabs, strict=True):
        with tab:
            entries.append(_panel(letter))
    if not is_hidden(COUNT, "Add, duplicate, remove"):
        with buttons:
            _buttons(entries, st.session_state[EDITING])
    return entries


def _panel(letter: str) -> Entry:
    prefix = _prefix(letter)
    name = _name(f"{prefix}name")
    recipe = recipe_panel(prefix)
    step = effective_step(recipe.learning_rates(n_train()), recipe.momentum)
    st.caption(
        f"Effective step, rate / (1 - momentum): at most {step.max():.3g}, at the end {step[-1, -1]:.3g}."
    )
    return Entry(letter, recipe, name, _shown(f"{prefix}shown"))


def _name(key: str) -> str:
    if is_hidden("name", "Name"):
        return held(key, OF_EACH["name"], "")
    return st.text_input(
        "Name",
        key=key,
        bind="query-params",
        max_chars=LONGEST_NAME,
        placeholder="the schedule's, if you give none",
    )


def _shown(key: str) -> bool:
    label = "Show in the charts"
    if is_hidden("shown", label):
        return held(key, flag, True)
    return st.toggle(label, value=True, key=key, bind="query-params")


def _buttons(entries: Sequence[Entry], editing: str) -> None:
    """Add, duplicate, remove; the two latter act on the recipe whose tab is open."""
    baseline = by_letter(entries, held(BASELINE, OWN[BASELINE], LETTERS[0])).letter
    position = LETTERS.index(editing)
    new, copy = another(entries, baseline), entries[position]
    copy = replace(copy, name=f"{copy.name} (copy)"[:LONGEST_NAME] if copy.name else "")
    rest = [*entries[:position], *entries[position + 1 :]]
    _button("Add", "add", [*entries, new], baseline, opens=len(entries))
    _button("Duplicate", "content_copy", [*entries, copy], baseline, opens=len(entries))
    _button("Remove", "delete", rest, _after(baseline, editing), opens=max(position - 1, 0))


def _button(label: str, icon: str, entries: Sequence[Entry], baseline: str, *, opens: int) -> None:
    st.button(
        label,
        key=f"compare.{label.lower()}",
        icon=f":material/{icon}:",
        disabled=not FEWEST <= len(entries) <= MOST,
        on_click=_change,
        args=(link(entries, baseline), LETTERS[min(opens, MOST - 1)]),
    )


def _change(params: Mapping[str, str], editing: str) -> None:
    become(params)
    st.session_state[EDITING] = editing


def another(entries: Sequence[Entry], baseline: str) -> Entry:
    """One more recipe: the first schedule that is not there yet, everything else as in the baseline."""
    there = {type(entry.recipe.schedule) for entry in entries}
    schedule = next(each for each in SCHEDULES.values() if each not in there)
    return Entry(LETTERS[-1], controlled(Recipe(schedule()), by_letter(entries, baseline).recipe))


def by_letter(entries: Sequence[Entry], letter: str) -> Entry:
    """The recipe of that letter; the first one if there is none."""
    return next((entry for entry in entries if entry.letter == letter), entries[0])


def _after(baseline: str, removed: str) -> str:
    """The baseline's letter when the recipe of that letter is gone; the first one's when it was the baseline."""
    if baseline == removed:
        return LETTERS[0]
    return LETTERS[LETTERS.index(baseline) - (baseline > removed)]


def seeds_control() -> int:
    """Draws the control of the number of seeds and returns it."""
    if is_hidden("seeds", _SEEDS.label):
        return held("seeds", OWN["seeds"], SEEDS)
    return st.slider(
        _SEEDS.label,
        int(_SEEDS.low),
        int(_SEEDS.high),
        SEEDS,
        key="seeds",
        bind="query-params",
        help="Every recipe is trained once per seed, all on the same seeds. More seeds tell finer differences.",
    )


def baseline_control(entries: Sequence[Entry]) -> Entry:
    """Draws the choice of the baseline and returns it."""
    if is_hidden(BASELINE, "Baseline"):
        return by_letter(entries, held(BASELINE, OWN[BASELINE], LETTERS[0]))
    letter = st.segmented_control(
        "Baseline",
        [entry.letter for entry in entries],
        default=entries[0].letter,
        required=True,
        key=BASELINE,
        bind="query-params",
        help="The recipe that the others are compared with.",
    )
    return by_letter(entries, letter)


def taken_home(entries: Sequence[Entry]) -> Entry:
    """The recipe whose code is offered, to be chosen by its letter."""
    letters = [entry.letter for entry in entries]
    letter = st.segmented_control(
        "Code of recipe", letters, default=letters[0], required=True, key="compare.code"
    )
    return entries[letters.index(letter)]
