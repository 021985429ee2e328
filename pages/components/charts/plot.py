"""The part that draws curves on the pages: changes them in place, in the browser, without a library.

`drawing.py` computes all that is drawn; `plot/plot.js` stretches it to the size that there is, and adds what needs no
number: the line under the pointer, the legend that hides curves, the files. The run player draws with it, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).parent / "plot"
_PLOT = st.components.v2.component(
    "plot",
    html='<section class="plot" role="group"></section>',
    css=(FOLDER / "plot.css").read_text(encoding="utf-8"),
    js="\n".join((FOLDER / name).read_text(encoding="utf-8") for name in ("plot.js", "alone.js")),
)


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


def in_sight() -> AbstractContextManager:
    """A place for charts, the only one of a column, that stays in sight while a longer column beside it is scrolled."""
    st.html(f"<style>{(FOLDER / 'in_sight.css').read_text(encoding='utf-8')}</style>")
    return st.container(key="charts.in_sight")


def pinned() -> AbstractContextManager:
    """A place around `in_sight` for what stays in sight with the charts, in a column that goes on below them."""
    light, dark = (st.get_option(f"theme.{name}.backgroundColor") for name in ("light", "dark"))
    st.html(f"<style>.st-key-charts-pinned {{ background: light-dark({light}, {dark}); }}</style>")
    return st.container(key="charts.pinned")
