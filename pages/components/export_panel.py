"""What is on the page as code and files to take home."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from lrcore.data import DATASETS
from lrcore.recipes.recipe import Recipe
from lrcore.takeaway import export
from lrcore.takeaway.program import DATA_FILE, function_name

Files = dict[str, tuple[str, Callable[[], str | bytes]]]
"""Files by their buttons' labels: each a name and what makes the content."""
KINDS = {
    "Keras script": "The run as a program of its own: the same learning rates, the same metrics.",
    "Notebook": "The same program in cells, for Jupyter or Colab.",
    "PyTorch": "The same learning rates as a PyTorch scheduler, for your own network and data.",
}


@st.fragment
def export_panel(
    recipe: Recipe,
    seed: int,
    *,
    key: str,
    history: Mapping[str, Sequence[float]] | None = None,
    figure: Callable[[], go.Figure] | None = None,
) -> None:
    """A panel, closed at first, with the code of one run and the files that belong to it.

    Code is made while the panel is open, a file when its button is pressed; neither reruns the page.

    Args:
        recipe, seed: the run.
        key: goes before the keys of the panel's widgets.
        history: the run that the page shows, as `export.history_csv` takes it.
        figure: makes the page's chart.
    """
    panel = st.expander("Code to take home", icon=":material/code:", key=f"{key}.panel", on_change="rerun")
    if not panel.open:
        return
    with panel:
        kind = st.segmented_control(
            "Form", list(KINDS), default="Keras script", required=True, key=f"{key}.kind"
        )
        st.caption(KINDS[kind])
        files = _files(kind, recipe, seed)
        if history is not None:
            files["Run (CSV)"] = ("history.csv", partial(export.history_csv, history))
        if figure is not None:
            files["Chart (HTML)"] = ("chart.html", lambda: export.figure_html(figure()))
        with st.container(horizontal=True):
            for label, (name, make) in files.items():
                st.download_button(
                    label, make, name, key=f"{key}.{label}", on_click="ignore", icon=":material/download:"
                )
        if kind != "Notebook":
            _, make_code = files[kind]
            st.code(make_code(), language="python", height=480)


def _files(kind: str, recipe: Recipe, seed: int) -> Files:
    """The files of that kind."""
    name = function_name(recipe.schedule)
    data: Files = {"Data (CSV)": (DATA_FILE, DATASETS[recipe.data].path.read_bytes)}
    files: dict[str, Files] = {
        "Keras script": {"Keras script": (f"{name}.py", partial(export.keras_script, recipe, seed)), **data},
        "Notebook": {"Notebook": (f"{name}.ipynb", partial(export.notebook, recipe, seed)), **data},
        "PyTorch": {
            "PyTorch": (
                f"{name}_pytorch.py",
                partial(export.pytorch_scheduler, recipe),
            )
        },
    }
    return files[kind]
