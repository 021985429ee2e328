"""The part that draws curves on the pages: changes them in place, in the browser, without a library.

`drawing.py` computes all that is drawn; `plot/plot.js` stretches it to the size that there is, and adds what needs no
number: the line under the pointer, the legend that hides curves, the files. The run player and the chart of whole runs
against their rate (`rate_plot.py`) draw with it, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lrcore import figures

FOLDER = Path(__file__).parent / "plot"
HTML = '<section class="plot" role="group"></section>'
_NUMBERS = count()


def joined(*paths: Path) -> str:
    """The contents of files, one after the other."""
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def style_sheet(*styles: Path) -> str:
    """The plot's look, in the colours of `figures`, and after it further style sheets."""
    colours = f".plot {{ --before: {figures.REFERENCE}; --baseline: {figures.BASELINE}; }}"
    return f"{colours}\n{joined(FOLDER / 'plot.css', *styles)}"


def component(name: str, script: Path, *styles: Path, html: str = HTML) -> Any:
    """A component that draws on plots: its script comes after theirs, its style sheets after their look."""
    return st.components.v2.component(
        name, html=html, css=style_sheet(*styles), js=joined(FOLDER / "plot.js", script)
    )


_PLOT = component("plot", FOLDER / "alone.js")
_MORE = st.components.v2.component("more", js=joined(FOLDER / "more.js"))


def plot(
    drawn: Mapping[str, Any],
    *,
    key: str,
    group: str,
    alt: Sequence[str],
    behind: Mapping[str, Any] | None = None,
) -> None:
    """Draws panels, side by side where there is room, on a shared axis of epochs.

    Args:
        drawn: what `drawing.chart` makes of the panels.
        key: the widget key, by which the files are named, too.
        group: plots of one group share the line under the pointer, what is hidden by the legend, and drags.
        alt: of each panel, what it shows, in words.
        behind: another chart as `drawn`, with its `name` in the legend, to draw in thin grey lines; they replace those
            of the state before a drag.
    """
    _PLOT(data={**drawn, "behind": behind, "key": key, "group": group, "alt": list(alt)}, key=key)


def more(place: DeltaGenerator, drawn: Mapping[str, Any], *, key: str) -> None:
    """Draws a plot anew, in place, in the run of the page that has drawn it: Streamlit draws a component once in a run.

    Args:
        place: an empty place.
        drawn: what has changed of the plot's data.
        key: the plot's widget key; its group is the same.
    """
    with place:
        _MORE(data={"group": key, "key": key, "drawn": dict(drawn)}, key=f"{key}.{next(_NUMBERS)}")


def in_sight() -> AbstractContextManager:
    """A place for charts, the only one of a column, that stays in sight while a longer column beside it is scrolled."""
    st.html(f"<style>{(FOLDER / 'in_sight.css').read_text(encoding='utf-8')}</style>")
    return st.container(key="charts.in_sight")


def pinned() -> AbstractContextManager:
    """A place around `in_sight` for what stays in sight with the charts, in a column that goes on below them."""
    light, dark = (st.get_option(f"theme.{name}.backgroundColor") for name in ("light", "dark"))
    st.html(f"<style>.st-key-charts-pinned {{ background: light-dark({light}, {dark}); }}</style>")
    return st.container(key="charts.pinned")
