"""The panel that exports a run as code and files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from lrcore.data import DATASETS
from lrcore.recipes.recipe import Recipe
from lrcore.takeaway import export
from lrcore.takeaway.export import FORMS, Form
from lrcore.takeaway.program import data_file


@st.fragment
def export_panel(
    recipe: Recipe,
    seed: int,
    *,
    key: str,
    history: Mapping[str, Sequence[float]] | None = None,
    figure: Callable[[], go.Figure] | None = None,
) -> None:
    """Draws a panel, closed at first, with the code and the files of one run.

    The code is made while the panel is open, a file when its button is pressed; neither reruns the page.

    Args:
        recipe, seed: the run.
        key: the prefix of the keys of the panel's widgets.
        history: the run on the page, as in `export.history_csv`.
        figure: makes the chart on the page.
    """
    panel = st.expander("Code to take home", icon=":material/code:", key=f"{key}.panel", on_change="rerun")
    if not panel.open:
        return
    with panel:
        name = st.segmented_control(
            "Form",
            list(FORMS),
            default=next(iter(FORMS)),
            required=True,
            format_func=lambda name: FORMS[name].label,
            key=f"{key}.form",
        )
        form = FORMS[name]
        st.caption(form.about)
        make_code = partial(form.make, recipe, seed)
        with st.container(horizontal=True):
            for id, label, file, make in _files(form, recipe, make_code, history, figure):
                st.download_button(
                    label, make, file, key=f"{key}.{id}", on_click="ignore", icon=":material/download:"
                )
        if form.is_shown:
            st.code(make_code(), language="python", height=480)


def _files(
    form: Form,
    recipe: Recipe,
    make_code: Callable[[], str],
    history: Mapping[str, Sequence[float]] | None,
    figure: Callable[[], go.Figure] | None,
) -> Iterator[tuple[str, str, str, Callable[[], str | bytes]]]:
    """The id, the button's label, the name and the maker of the content of each file."""
    yield "code", form.label, form.file_name(recipe), make_code
    if form.reads_data:
        yield "data", "Data (CSV)", data_file(recipe), DATASETS[recipe.data].path.read_bytes
    if history is not None:
        yield "run", "Run (CSV)", "history.csv", partial(export.history_csv, history)
    if figure is not None:
        yield "chart", "Chart (HTML)", "chart.html", lambda: export.figure_html(figure())
