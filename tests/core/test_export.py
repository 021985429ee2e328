"""Exports: scripts, notebooks, tables and charts that work without the app."""

import io
import json
import math
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from lrcore.data import DATASETS
from lrcore.optimizers import SGD
from lrcore.recipes.article import ARTICLE
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import SCHEDULES, CosineDecay, OneCycle, StepDecay
from lrcore.takeaway import export, keras_script, notebook
from lrcore.training.run import METRICS
from tests.core.taken_home import RECIPES, app_run, every_rate, run, with_data
from tests.datasets import small_dataset

EVERY_RECIPE = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with a name that is not ASCII and nothing but the data file."""
    folder = tmp_path / "Übung 1"
    folder.mkdir()
    monkeypatch.chdir(with_data(folder))
    return folder


# The Keras script


def test_the_script_runs_by_itself_whatever_the_folder_and_the_locale(folder):
    pytest.importorskip("keras")
    recipe = Recipe(StepDecay(0.1, 0.5, 1), optimizer=SGD(0.9), epochs=3, split="tail")
    (folder / "step_decay.py").write_text(export.keras_script(recipe, seed=7), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "step_decay.py"], capture_output=True, text=True, check=True, env=environment
    )
    last = app_run(recipe, seed=7).curves()
    table = [line.split() for line in done.stdout.splitlines() if re.match(r"\s+\d+ ", line)]
    assert [float(row[1]) for row in table] == [0.1, 0.05, 0.025]
    np.testing.assert_allclose(
        [float(text) for text in table[-1][2:]], [values[0, -1] for values in last.values()], atol=2e-6
    )
    assert 'Always "g": accuracy 0.5021, val_accuracy 0.9224' in done.stdout
    written = pd.read_csv("history.csv")
    assert list(written) == ["epoch", *export.HISTORY_COLUMNS]
    assert len(written) == 3
    assert "UserWarning" not in done.stderr
    assert "<html>" in (folder / "accuracy.html").read_text(encoding="utf-8")


def test_all_code_is_formatted_and_free_of_unused_names(tmp_path):
    for name, schedule in SCHEDULES.items():
        for index, recipe in enumerate(
            (
                Recipe(schedule()),
                Recipe(schedule(), "update", optimizer=SGD(0.9, nesterov=True), warmup=0.1, drop_epoch=30),
            )
        ):
            (tmp_path / f"{name}_{index}.py").write_text(export.keras_script(recipe, 0), encoding="utf-8")
            (tmp_path / f"{name}_{index}_torch.py").write_text(
                export.pytorch_scheduler(recipe), encoding="utf-8"
            )
    for check in (["format", "--check"], ["check", "--select", "E4,E7,E9,F,I,B"]):
        command = [sys.executable, "-m", "ruff", *check, "--isolated", "--line-length", "110", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


# The notebook


def cells(recipe, seed, kind):
    document = json.loads(export.notebook(recipe, seed))
    return ["".join(cell["source"]) for cell in document["cells"] if cell["cell_type"] == kind]


@EVERY_RECIPE
def test_the_notebook_is_of_the_format_that_it_names(recipe):
    document = json.loads(export.notebook(recipe, 0))
    assert set(document) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    assert document["metadata"]["kernelspec"]["name"] == "python3"
    for cell in document["cells"]:
        code = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert set(cell) == {"cell_type", "id", "metadata", "source"} | code
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", cell["id"])
        assert all(line.endswith("\n") for line in cell["source"][:-1])
        assert not cell["source"][-1].endswith("\n")
    identifiers = [cell["id"] for cell in document["cells"]]
    assert len(set(identifiers)) == len(identifiers)


def test_the_notebook_is_valid_by_nbformat():
    nbformat = pytest.importorskip("nbformat")
    for recipe in RECIPES.values():
        nbformat.validate(nbformat.reads(export.notebook(recipe, 0), as_version=4))


def test_the_notebook_holds_the_code_of_the_script_in_order():
    recipe = RECIPES["updates, warmup, nesterov, odd batches"]
    script = export.keras_script(recipe, 3)
    places = [script.find(code) for code in cells(recipe, 3, "code") if "px" not in code]
    assert min(places) > 0
    assert all(first < second for first, second in pairwise(places))


def test_the_cells_of_the_notebook_make_the_run_of_the_app(folder):
    pytest.importorskip("keras")
    recipe = RECIPES["stratified, no momentum"]
    *program_cells, plotly, rates, losses, accuracies = cells(recipe, 3, "code")
    assert not any("plotly" in cell for cell in program_cells)
    program_cells.append(plotly)
    ran = run("\n".join(program_cells))
    last = app_run(recipe, 3).curves()
    np.testing.assert_allclose(
        ran["result"][list(METRICS)].iloc[-1], [values[0, -1] for values in last.values()], rtol=1e-5
    )
    drawn = [eval(cell, ran) for cell in (rates, losses, accuracies)]
    assert [[trace.name or "" for trace in figure.data] for figure in drawn] == [
        [""],
        ["loss", "val_loss"],
        ["accuracy", "val_accuracy"],
    ]
    np.testing.assert_array_equal(drawn[0].data[0].y, every_rate(recipe))


def test_the_programs_name_the_data_set_of_their_recipe(tmp_path, monkeypatch):
    monkeypatch.setitem(DATASETS, "ionosphere", small_dataset(tmp_path))
    for how in ("stratified", "tail"):
        for make in (keras_script, notebook):
            text = make(Recipe(split=how))
            assert "on the Other data" in text
            assert "other.csv" in text
            assert not re.search("ionosphere|UCI|good|bad", text, re.I)
    assert "50% of them are absent." in keras_script(Recipe(split="tail")).replace("\n# ", " ")


def test_the_notebook_names_the_source_of_its_data_and_shows_the_formula():
    text = "\n".join(cells(ARTICLE["step"], 0, "markdown"))
    assert "ionosphere.csv" in text
    assert "https://archive.ics.uci.edu/dataset/52/ionosphere" in text
    assert (
        "pip install tensorflow pandas scikit-learn plotly nbformat" in text
    )  # plotly draws by the last one
    assert f"$${ARTICLE['step'].schedule.latex(numbers=True)}$$" in text


# The PyTorch scheduler


class RecordingSGD:
    """Replaces torch.optim.SGD: records its arguments and the rate of every step."""

    made: list

    def __init__(self, params, *, lr, momentum=0.0, nesterov=False):
        if nesterov and not momentum:
            raise ValueError("Nesterov momentum requires a momentum")
        self.settings, self.lr, self.used = (lr, momentum, nesterov), lr, []
        self.made.append(self)

    def zero_grad(self):
        """Does nothing."""

    def step(self):
        self.used.append(self.lr)


class LambdaLR:
    """Replaces PyTorch's LambdaLR: the rate is the initial one times the function of the number of steps."""

    def __init__(self, optimizer, function):
        self.optimizer, self.function, self.initial, self.time = optimizer, function, optimizer.lr, -1
        self.step()

    def step(self):
        self.time += 1
        self.optimizer.lr = self.initial * self.function(self.time)


def stand_in():
    """A `torch` with the parts that the exported code calls, as PyTorch documents them."""
    sgd = type("SGD", (RecordingSGD,), {"made": []})
    return SimpleNamespace(optim=SimpleNamespace(SGD=sgd, lr_scheduler=SimpleNamespace(LambdaLR=LambdaLR)))


class Network:
    """Replaces a network, a loss function and a loss."""

    def parameters(self):
        return []

    def __call__(self, *_):
        return self

    def backward(self):
        """Does nothing."""


@EVERY_RECIPE
def test_the_pytorch_code_steps_the_rates_of_the_recipe_by_its_clock(recipe):
    torch = stand_in()
    ran = run(export.pytorch_scheduler(recipe).replace("import torch\n", ""), torch=torch)
    ran["train"](Network(), Network(), [(None, None)] * recipe.updates_per_epoch())
    (optimizer,) = torch.optim.SGD.made
    assert optimizer.used == recipe.learning_rates().ravel().tolist()
    sgd = recipe.optimizer
    assert optimizer.settings == (1.0, sgd.momentum, sgd.nesterov and sgd.momentum > 0)
    assert optimizer.lr == every_rate(recipe)[-1]


@pytest.mark.parametrize("clock", ["epoch", "update"])
def test_the_pytorch_code_takes_the_length_of_the_run_from_the_readers_own_batches(clock):
    recipe, torch = Recipe(CosineDecay(0.3), clock, epochs=5), stand_in()
    ran = run(export.pytorch_scheduler(recipe).replace("import torch\n", ""), torch=torch)
    ran["train"](Network(), Network(), [(None, None)] * 40)
    (optimizer,) = torch.optim.SGD.made
    total = 5 * 40 if clock == "update" else 5
    expected = recipe.schedule(np.arange(total), total)
    assert optimizer.used == np.repeat(expected, 5 * 40 // total).tolist()


def test_the_pytorch_code_refuses_batches_without_a_length_on_the_update_clock_alone():
    torch = stand_in()
    refused, taken = (
        run(
            export.pytorch_scheduler(Recipe(clock=clock, epochs=1)).replace("import torch\n", ""), torch=torch
        )
        for clock in ("update", "epoch")
    )
    with pytest.raises(TypeError, match="`batches` must have a length"):
        refused["train"](Network(), Network(), iter([(None, None)] * 40))
    taken["train"](Network(), Network(), iter([(None, None)] * 40))
    assert len(torch.optim.SGD.made[-1].used) == 40


def test_the_pytorch_code_says_how_pytorchs_own_scheduler_differs():
    texts = {
        name: " ".join(export.pytorch_scheduler(Recipe(each())).replace("#", "").split())
        for name, each in SCHEDULES.items()
    }
    assert [name for name, text in texts.items() if "another curve" in text] == [
        "PolynomialDecay",
        "CosineDecayRestarts",
        "OneCycle",
    ]


def test_pytorchs_own_one_cycle_differs_as_the_code_says():
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.3, total_steps=50)
    theirs, momentum = [], []
    for _ in range(50):
        theirs.append(optimizer.param_groups[0]["lr"])
        momentum.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        scheduler.step()
    ours = OneCycle(0.3)(np.arange(51), 50)
    assert int(np.argmax(theirs)) == int(np.argmax(ours)) - 1
    assert theirs[-1] == pytest.approx(ours[50])
    assert min(momentum) < max(momentum)


@EVERY_RECIPE
def test_pytorch_itself_uses_the_rates_of_the_recipe(recipe, monkeypatch):
    torch = pytest.importorskip("torch")
    used = []

    class SGD(torch.optim.SGD):
        def step(self, closure=None):
            used.append(self.param_groups[0]["lr"])
            return super().step(closure)

    monkeypatch.setattr(torch.optim, "SGD", SGD)
    batch = (torch.ones(2, 3), torch.ones(2, 1))
    ran = run(export.pytorch_scheduler(recipe))
    ran["train"](torch.nn.Linear(3, 1), torch.nn.MSELoss(), [batch] * recipe.updates_per_epoch())
    assert used == recipe.learning_rates().ravel().tolist()


@pytest.mark.parametrize(("momentum", "told"), [(0.0, False), (0.5, True)])
def test_the_pytorch_code_mentions_pytorchs_momentum_if_there_is_any(momentum, told):
    assert ("Unlike Keras's" in export.pytorch_scheduler(Recipe(optimizer=SGD(momentum)))) == told


# Tables and charts

HISTORY = {
    "learning_rate": [0.1, 0.05],
    "loss": [0.1 + 0.2, math.nan],
    "accuracy": np.array([0.7, 0.1], np.float32),
    "val_loss": [1e-9, math.inf],
    "val_accuracy": [0.5, 0.25],
}


def test_the_history_has_a_line_per_epoch_and_reads_back_exactly():
    text = export.history_csv(HISTORY)
    assert text.startswith("epoch,learning_rate,loss,accuracy,val_loss,val_accuracy\n1,0.1,")
    assert text.splitlines()[2] == "2,0.05,NaN,0.1,inf,0.25"
    read = pd.read_csv(io.StringIO(text))
    assert read["epoch"].tolist() == [1, 2]
    for name, values in HISTORY.items():
        np.testing.assert_array_equal(read[name].astype(np.asarray(values).dtype), values)


@pytest.mark.parametrize(
    "history",
    [{}, {"loss": [1.0]}, HISTORY | {"val_loss": [0.5]}],
    ids=["empty", "one column", "short column"],
)
def test_an_incomplete_history_is_refused(history):
    with pytest.raises(
        ValueError, match="`history` must hold learning_rate, loss, .* Received: history of len"
    ):
        export.history_csv(history)


class References(HTMLParser):
    """Collects the addresses that a page would load."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("src", "href")]


def test_the_chart_is_a_page_that_loads_nothing():
    text = export.figure_html(go.Figure(go.Scatter(y=[1.0, 2.0], name="a curve of ours")))
    references = References()
    references.feed(text)
    assert references.found == []
    assert text.startswith("<!doctype html>")
    assert '<meta charset="utf-8"' in text
    assert "a curve of ours" in text
    assert '"format": "svg"' in text
    assert len(text) > 1_000_000


def test_exporting_a_chart_does_not_change_the_one_on_the_page():
    figure = go.Figure(go.Scatter(y=[1.0, 2.0]))
    before = figure.to_json()
    export.figure_html(figure)
    assert figure.to_json() == before
