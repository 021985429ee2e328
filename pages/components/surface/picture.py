"""The player of the paths, and the sentences below it: on the plane, the drops and the curvature."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from lrcore.findings import wording
from lrcore.landscape.curvature import has_limit
from lrcore.recipes.confounds import INITIAL
from lrcore.settings import number_text
from pages.components.compare.comparison import Entry, by_letter
from pages.components.compare.panels import EDITING
from pages.components.state import session
from pages.components.surface import runs
from pages.components.surface.controls import TENTH, Window
from pages.components.surface.player import surface_player
from pages.components.surface.runs import Path
from pages.components.surface.scene import ASPECT, scene

RATES_TO_TRY = (0.5, 0.7, 1.0, 1.5)
"""Rates below, near and above the bowl's limit, on full batches."""


def looked_at(entries: Sequence[Entry]) -> Entry:
    """The run whose tab is open: the one that *Drop* branches."""
    return by_letter(entries, st.session_state[EDITING])


def show(
    entries: Sequence[Entry],
    seed: int,
    window: Window,
    *,
    validation: bool,
    of: Entry,
    factor: float,
    on_drop: Callable[[int], None],
) -> list[Path]:
    """Draws the runs and returns their paths.

    Args:
        entries: at most four.
        seed: of all runs.
        window: the part of the runs to draw.
        validation: whether the loss is that of the validation rows.
        of: the run that *Drop* branches.
        factor: what *Drop* multiplies its rate by.
        on_drop: called with the epoch.
    """
    paths = runs.paths(runs.comparable(entries), seed, window)
    if not paths:
        st.info("There is nothing to draw: switch on *Show in the charts* for a run, or choose other epochs.")
        return []
    drawn = scene(paths, seed, validation=validation)
    where = f"epochs {window.first} to {window.last}"
    surface_player(
        drawn,
        view=f"{where}, {window.by_update}",
        label=f"The paths of {', '.join(path.entry.label for path in paths)} over the loss surface, {where}.",
        aspect=ASPECT,
        droppable={
            "letter": of.letter,
            "words": f"to {'a tenth' if factor == TENTH else number_text(factor)}",
            "epochs": of.recipe.epochs,
        },
        on_drop=on_drop,
    )
    _rates_to_try(paths)
    _say(drawn, seed, validation)
    return paths


def _rates_to_try(paths: Sequence[Path]) -> None:
    """Draws buttons for rates on both sides of the bowl's limit, for the runs to which it applies."""
    entries = [path.entry for path in paths]
    letters = [
        each.letter for each in entries if has_limit(each.recipe) and hasattr(each.recipe.schedule, INITIAL)
    ]
    if not letters:
        return
    keys = [f"{letter.lower()}.{INITIAL}" for letter in letters]
    named = "all runs" if len(letters) == len(entries) else wording.listed(letters)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Start {named} at the rate", width="content")
        for rate in RATES_TO_TRY:
            text = number_text(rate)
            st.button(
                text, key=f"surface.rate.{text}", on_click=session.act, args=(dict.fromkeys(keys, text),)
            )


def _say(drawn: dict, seed: int, validation: bool) -> None:
    if drawn["warning"]:
        st.warning(drawn["warning"], icon=":material/warning:")
    rows = "validation" if validation else "training"
    st.caption(
        f"{drawn['accuracy']} The map is the plane that holds most of the points shown, and on it the loss of seed "
        f"{seed}'s {rows} rows, on a logarithmic scale: the greyer, the lower. Both directions have the same scale, in "
        "units of the weights. A circle is where a path begins, a diamond where its rate drops."
    )
    if sentences := drawn["drops"] + drawn["curvature"]:
        st.markdown("\n".join(f"- {sentence}" for sentence in sentences))
