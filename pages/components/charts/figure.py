"""The charts that are plotly's: none of them moves while a slider is held."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from lrcore import figures
from pages.components.state.controls import PROJECTOR

LARGER = 1.35
"""How much larger type and lines are for a projector."""
SIZES = {"size": ("font", "marker"), "width": ("line", "error_x", "error_y"), "height": ("layout",)}
"""The keys of the sizes that are enlarged, each with the parts of a figure that have it; a margin is enlarged whole."""


def figure_chart(place: Any, figure: go.Figure, *, key: str, alt: str, **more: Any) -> None:
    """Draws the figure, enlarged for a projector.

    Args:
        place: a container, or `st`.
        key, alt, more: arguments of `plotly_chart`.
    """
    shown = enlarged(figure) if PROJECTOR.read() else figure
    place.plotly_chart(shown, key=key, config=figures.TOOLBAR, alt=alt, **more)


def enlarged(figure: go.Figure) -> go.Figure:
    """A copy that is higher, with larger type, lines, markers and margins."""
    data = [_larger(trace.to_plotly_json(), "") for trace in figure.data]
    return go.Figure(data, _larger(figure.layout.to_plotly_json(), "layout"), _validate=False)


def _larger(part: Any, name: str) -> Any:
    """A part of a figure, whose `name` is its key."""
    if isinstance(part, dict):
        return {key: _scaled(value, key, name) for key, value in part.items()}
    if isinstance(part, (list, tuple)):
        return [_larger(each, name) for each in part]
    return part


def _scaled(value: Any, key: str, parent: str) -> Any:
    grows = parent == "margin" or any(parent.endswith(part) for part in SIZES.get(key, ()))
    if not grows or value is None or isinstance(value, (str, bool)):
        return _larger(value, key)
    return (LARGER * np.asarray(value, dtype=float)).tolist()
