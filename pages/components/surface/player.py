"""A player for paths over the loss surface: a map and, in step with it, charts of the loss and the curvature.

Playing, pausing, stepping and scrubbing need no rerun. Only *Drop* sends something to Python: the epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.charts.plot import component, joined
from pages.components.charts.run_player import CONTROLS
from pages.components.state import session

_FILES = Path(__file__).parent / "player"
_PLAYER = component(
    "surface_player",
    _FILES / "player.js",
    CONTROLS,
    _FILES / "player.css",
    html=joined(_FILES / "player.html"),
)
_KEY = "surface.player"


def surface_player(
    drawn: Mapping[str, Any],
    *,
    view: str,
    label: str,
    aspect: float,
    droppable: Mapping[str, Any],
    on_drop: Callable[[int], None],
) -> None:
    """Draws the paths and charts of `scene.scene`.

    Args:
        drawn: the result of `scene.scene`.
        view: identifies the window that is shown; the position lasts until it changes.
        label: the picture in words, for those who cannot see it.
        aspect: width of the map over its height.
        droppable: the run that *Drop* branches: its `letter`, the new rate in `words`, and its number of `epochs`.
        on_drop: called with the epoch, before the rerun.
    """
    data = {key: drawn[key] for key in ("moments", "texts", "map", "runs")}
    charts = drawn["charts"] | {"names": drawn["texts"], "key": _KEY, "group": _KEY}
    _PLAYER(
        data=data | {"charts": charts, "view": view, "label": label, "aspect": aspect, "drop": droppable},
        key=_KEY,
        on_drop_change=session.whole(lambda: on_drop(int(st.session_state[_KEY]["drop"]))),
    )
