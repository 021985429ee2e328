"""A player for paths over the loss surface: map, loss and, where it means something, the curvature, in step.

Playing, pausing, stepping and scrubbing need no rerun. One press tells Python something: *Drop*, with the epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.charts.run_player import CONTROLS

_FILES = Path(__file__).parent / "player"
_PLAYER = st.components.v2.component(
    "surface_player",
    html=(_FILES / "player.html").read_text(encoding="utf-8"),
    css="\n".join(path.read_text(encoding="utf-8") for path in (CONTROLS, _FILES / "player.css")),
    js=(_FILES / "player.js").read_text(encoding="utf-8"),
)
_KEY = "surface.player"


def surface_player(
    drawn: Mapping[str, Any],
    *,
    view: str,
    label: str,
    aspect: float,
    droppable: Mapping[str, Any] | None,
    on_drop: Callable[[int], None],
) -> None:
    """Draws the paths and charts of `scene.scene`.

    Args:
        drawn: what `scene.scene` gives.
        view: a text for the window that is shown: while it stays, so does the position.
        label: what is shown, for those who cannot see it.
        aspect: width of the map over its height.
        droppable: of the run that *Drop* branches, its `letter`, in `words` what it drops to, and its number of
            `epochs`; None for no such button.
        on_drop: called with the epoch, before the rerun.
    """
    data = {key: drawn[key] for key in ("moments", "texts", "map", "runs", "columns")}
    charts = [{key: value for key, value in chart.items() if key != "words"} for chart in drawn["charts"]]
    _PLAYER(
        data=data | {"charts": charts, "view": view, "label": label, "aspect": aspect, "drop": droppable},
        key=_KEY,
        on_drop_change=lambda: on_drop(int(st.session_state[_KEY]["drop"])),
    )
