"""Exports: a Keras script, the same as a notebook, a PyTorch scheduler, tables and charts."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from lrcore.data import DATASETS
from lrcore.figures import TOOLBAR
from lrcore.recipes.recipe import Recipe
from lrcore.takeaway import program
from lrcore.takeaway.program import PACKAGES, Part, data_file, function_name
from lrcore.training.run import METRICS

HISTORY_COLUMNS = ("learning_rate", *METRICS)


def keras_script(recipe: Recipe, seed: int = 0) -> str:
    """A Keras program that trains `recipe` with `seed` on its data set's CSV file in the current folder.

    Its `rates` are exactly those of `Recipe.learning_rates`; Keras stores each as float32. Its metrics are those of
    `train_with_keras`, to the accuracy of float32.
    """
    data = DATASETS[recipe.data]
    opening = (
        f'"""{recipe.schedule.title} on the {data.title} data: the run of seed {seed}.\n\n'
        f"In a folder that holds {data_file(recipe)}:\n\n"
        f"    pip install {PACKAGES}\n    python {function_name(recipe.schedule)}.py\n\n"
        + f"The page that gave you this program has the file. {data.original}".strip()
        + '\n"""\n'
    )
    chart = Part(
        "Chart", "Open accuracy.html in a browser. Only this needs plotly.", program.template("chart")
    )
    parts = [*program.parts(recipe, seed), chart]
    return "\n".join([opening, program.imports(recipe), "\n\n".join(map(_commented, parts))])


def notebook(recipe: Recipe, seed: int = 0) -> str:
    """The program of `keras_script` as a Jupyter notebook, JSON in nbformat 4.5."""
    data = DATASETS[recipe.data]
    opening = (
        f"# {recipe.schedule.title} on the {data.title} data\n\n"
        f"One training run, of seed {seed}. It reads `{data_file(recipe)}` from the folder of this notebook. In Colab, "
        "upload the file in the Files panel; elsewhere, install the packages first: "
        f"`pip install {PACKAGES} nbformat`.\n\n"
        + f"The page that gave you this notebook has the file. {data.original}".strip()
    )
    cells = [("markdown", opening), ("code", program.imports(recipe))]
    for part in program.parts(recipe, seed):
        formula = f"\n\n$${part.latex}$$" if part.latex else ""
        cells += [("markdown", f"## {part.heading}\n\n{part.text}{formula}"), ("code", part.code)]
    cells.append(("code", "import plotly.express as px"))
    cells += [("code", f'px.line(result, x="epoch", y={columns})') for columns in _CHARTS]
    document = {
        "cells": [_cell(number, kind, source) for number, (kind, source) in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


_CHARTS = ('"learning_rate"', '["loss", "val_loss"]', '["accuracy", "val_accuracy"]')


def _cell(number: int, kind: str, source: str) -> dict:
    cell: dict = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell | {"source": source.rstrip("\n").splitlines(keepends=True)}


def _commented(part: Part) -> str:
    return textwrap.indent(textwrap.fill(f"{part.heading}. {part.text}", 98), "# ") + "\n" + part.code


def pytorch_scheduler(recipe: Recipe) -> str:
    """The same learning rates for PyTorch, as a LambdaLR that steps on the recipe's clock."""
    text = (
        f"A function of the time t, which counts {recipe.clock}s from 0, and the rate of every {recipe.clock}."
        f"{program.drop_in_words(recipe)} {recipe.schedule.pytorch}"
    )
    schedule = Part("Learning rates", text.strip(), program.schedule_functions(recipe))
    own = textwrap.indent(f"{program.rates_code(recipe)}\n{recipe.optimizer.pytorch_code()}", "    ")
    training = program.template(f"pytorch_{recipe.clock}").replace("    # here: rates, optimizer", own)
    return (
        f'"""{recipe.schedule.title} for PyTorch: the learning rates of the Keras script."""\n\n'
        f"import numpy as np\nimport torch\n\nEPOCHS = {recipe.epochs}\n\n\n{_commented(schedule)}\n\n{training}"
    )


@dataclass(frozen=True)
class Form:
    """A format in which a run is exported as code.

    Attributes:
        label, about: its name on screen, and one sentence on it.
        suffix: the end of its file's name, after the schedule's.
        make: makes its text from a recipe and a seed.
        is_shown: whether the page shows the text as code.
        reads_data: whether it needs the data file beside it.
    """

    label: str
    about: str
    suffix: str
    make: Callable[[Recipe, int], str]
    is_shown: bool = True
    reads_data: bool = True

    def file_name(self, recipe: Recipe) -> str:
        """The name of the file for a recipe."""
        return function_name(recipe.schedule) + self.suffix


FORMS = {
    "keras": Form(
        "Keras script",
        "The run as a program of its own: the same learning rates, the same metrics.",
        ".py",
        keras_script,
    ),
    "notebook": Form(
        "Notebook", "The same program in cells, for Jupyter or Colab.", ".ipynb", notebook, is_shown=False
    ),
    "pytorch": Form(
        "PyTorch",
        "The same learning rates as a PyTorch scheduler, for your own network and data.",
        "_pytorch.py",
        lambda recipe, seed: pytorch_scheduler(recipe),
        reads_data=False,
    ),
}
"""The forms by id. To add one, add an entry."""


def history_csv(history: Mapping[str, Sequence[float]]) -> str:
    """A line for each epoch, counted from 1, under Keras's names; values that are not finite are written as NaN or inf.

    Args:
        history: "learning_rate" and the metrics that `model.fit` reports, each (epochs,).

    Raises:
        ValueError: a column is missing, or their lengths differ.
    """
    lengths = {name: len(history[name]) for name in HISTORY_COLUMNS if name in history}
    if list(lengths) != list(HISTORY_COLUMNS) or len(set(lengths.values())) > 1:
        raise ValueError(
            f"`history` must hold {', '.join(HISTORY_COLUMNS)}, all of one length. "
            f"Received: history of lengths {lengths}"
        )
    columns = {"epoch": range(1, lengths["loss"] + 1)} | {name: history[name] for name in HISTORY_COLUMNS}
    return pd.DataFrame(columns).to_csv(index=False, na_rep="NaN", lineterminator="\n")


def figure_html(figure: go.Figure) -> str:
    """The chart as an HTML file that works offline: it includes plotly.js, some 5 MB."""
    alone = go.Figure(figure)
    alone.update_layout(template="plotly_white")  # on the page, Streamlit's theme fills in the colours,
    alone.update_xaxes(automargin=True)  # and leaves room for the axis titles
    return alone.to_html(include_plotlyjs=True, full_html=True, config=TOOLBAR)
