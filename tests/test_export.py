"""What is taken home: run against the app's own rates and its own Keras trainer."""

import contextlib
import io
import json
import math
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from lrcore import export, ionosphere, keras_run, program
from lrcore.declaration import declarations
from lrcore.recipes import ARTICLE, Recipe
from lrcore.schedules import SCHEDULES, Constant, CosineDecay, OneCycle, StepDecay, TimeBasedDecay
from tests.conftest import WAIT, start_server, stop_server

ROOT = Path(__file__).parent.parent
N_TRAIN = 235
METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")
EVERY_SCHEDULE = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
EVERY_CLOCK = pytest.mark.parametrize("clock", ["epoch", "update"])
RECIPES = {
    "stratified, no momentum": Recipe(TimeBasedDecay(0.3, 0.1), epochs=5),
    "updates, warmup, nesterov, odd batches": Recipe(
        OneCycle(), "update", 0.1, momentum=0.9, nesterov=True, batch_size=31, epochs=5
    ),
    "tail, epochs, warmup": Recipe(StepDecay(0.1, 0.5, 2), warmup=0.3, momentum=0.9, epochs=6, split="tail"),
    "tail, updates, one batch, small network": Recipe(
        CosineDecay(0.5), "update", momentum=0.8, batch_size=235, epochs=5, hidden_units=3, split="tail"
    ),
    "nesterov without momentum": Recipe(Constant(0.2), nesterov=True, batch_size=100, epochs=3),
    "diverging": Recipe(Constant(300), momentum=0.9, epochs=4),
}


def offered_values(schedule, position):
    """The schedule with its defaults, or with every hyperparameter at one end of its slider."""
    if position == "default":
        return schedule()
    index = {"first": 0, "last": -1}[position]
    return schedule(**{name: each.offered[index] for name, each in declarations(schedule).items()})


def every_rate(recipe):
    """The app's rates on the recipe's own clock."""
    rates = recipe.learning_rates(N_TRAIN)
    return rates.ravel() if recipe.clock == "update" else rates[:, 0]


def run(source, **names):
    """The names that running `source` defines; what it prints is under "printed"."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, "<taken home>", "exec"), names)
    return names | {"printed": printed.getvalue()}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory but for the data file."""
    shutil.copy(ionosphere.PATH, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def app_run(recipe, seed):
    """The epochs of the app's Keras run."""
    x, y = ionosphere.data()
    return list(
        keras_run.train(
            x,
            y,
            ionosphere.split_indices(y, recipe.split, seed),
            recipe.learning_rates(N_TRAIN),
            recipe.momentum,
            seed=seed,
            batch_size=recipe.batch_size,
            hidden_units=recipe.hidden_units,
            nesterov=recipe.nesterov,
        )
    )


# The learning rates


@EVERY_SCHEDULE
@EVERY_CLOCK
@pytest.mark.parametrize("warmup", [0.0, 0.07, 0.5])
@pytest.mark.parametrize("position", ["default", "first", "last"])
def test_the_generated_function_gives_exactly_the_rates_of_the_recipe(schedule, clock, warmup, position):
    recipe = Recipe(offered_values(schedule, position), clock, warmup, batch_size=31, epochs=53)
    code = program.schedule_code(recipe, str(recipe.run_length(N_TRAIN)))
    assert not re.search(r"\bself\b", code)
    np.testing.assert_array_equal(run(code, np=np)["rates"], every_rate(recipe))


@pytest.mark.parametrize(("name", "code_name"), [("StepDecay", "step_decay"), ("OneCycle", "one_cycle")])
def test_the_function_is_named_after_its_schedule(name, code_name):
    assert f"def {code_name}(t" in export.keras_script(Recipe(SCHEDULES[name]()), 0)


def test_the_function_shows_the_hyperparameters_and_the_formula():
    code = program.schedule_code(Recipe(StepDecay(0.05, 0.25, 7)), "50")
    for line in (
        "initial_learning_rate = 0.05",
        "drop = 0.25",
        "epochs_drop = 7",
        "return initial_learning_rate * drop ** np.floor(t / epochs_drop)",
    ):
        assert f"    {line}\n" in code


# The Keras script


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_the_script_makes_the_run_of_the_app(recipe, folder):
    ran = run(export.keras_script(recipe, seed=3))
    expected = app_run(recipe, seed=3)
    np.testing.assert_array_equal(ran["rates"], every_rate(recipe))
    assert len(ran["result"]) == recipe.epochs
    assert int(ran["optimizer"].iterations) == recipe.epochs * recipe.updates_per_epoch(N_TRAIN)
    for name in METRICS:
        np.testing.assert_allclose(
            ran["result"][name][: len(expected)],
            [epoch[name] for epoch in expected],
            rtol=1e-5,
            atol=1e-6,
            err_msg=name,
        )
    np.testing.assert_array_equal(ran["result"]["learning_rate"], recipe.learning_rates(N_TRAIN)[:, 0])


def test_a_diverging_script_goes_on_to_its_last_epoch(folder):
    result = run(export.keras_script(RECIPES["diverging"], seed=3))["result"]
    assert len(app_run(RECIPES["diverging"], seed=3)) < len(result) == 4
    assert math.isnan(result["val_loss"].iloc[-1])


def test_keras_reports_the_rate_of_every_epoch_as_float32(folder):
    recipe = RECIPES["tail, epochs, warmup"]
    used = run(export.keras_script(recipe, 0))["history"].history["learning_rate"]
    assert used == every_rate(recipe).astype(np.float32).tolist()


def test_the_schedule_object_holds_the_rate_of_every_update_as_float32_and_survives_saving(folder):
    recipe = RECIPES["updates, warmup, nesterov, odd batches"]
    ran = run(export.keras_script(recipe, 0))
    rates = every_rate(recipe).astype(np.float32)
    schedule = ran["RateOfUpdate"].from_config(ran["RateOfUpdate"](ran["rates"]).get_config())
    steps = [*range(len(rates)), len(rates), len(rates) + 99]
    assert [float(schedule(step)) for step in steps] == [*rates.tolist(), float(rates[-1]), float(rates[-1])]
    ran["model"].save("model.keras")
    assert (folder / "model.keras").stat().st_size > 0


def test_the_script_runs_by_itself(folder):
    recipe = Recipe(StepDecay(0.1, 0.5, 1), momentum=0.9, epochs=3, split="tail")
    (folder / "step_decay.py").write_text(export.keras_script(recipe, seed=7), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "step_decay.py"], capture_output=True, text=True, check=True, env=environment
    )
    last = app_run(recipe, seed=7)[-1]
    table = [line.split() for line in done.stdout.splitlines() if re.match(r"\s+\d+ ", line)]
    assert [float(row[1]) for row in table] == [0.1, 0.05, 0.025]
    np.testing.assert_allclose(
        [float(text) for text in table[-1][2:]], [last[name] for name in METRICS], atol=2e-6
    )
    assert 'Always "good": accuracy 0.5021, val_accuracy 0.9224' in done.stdout
    written = pd.read_csv("history.csv")
    assert list(written) == ["epoch", *export.HISTORY_COLUMNS]
    assert len(written) == 3
    assert "UserWarning" not in done.stderr
    assert "<html>" in (folder / "accuracy.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("how", ionosphere.SPLITS)
def test_the_script_reads_and_splits_as_the_app_does(how, folder):
    recipe = Recipe(split=how)
    first = [
        part.code for part in program.parts(recipe, seed=5) if part.heading in ("Settings", "Data", "Split")
    ]
    ran = run(program.imports(recipe).replace("import keras\n", "") + "\n".join(first))
    x, y = ionosphere.data()
    train, validation = ionosphere.split_indices(y, how, seed=5)
    for name, expected in {"x": x, "y": y, "train": train, "validation": validation}.items():
        np.testing.assert_array_equal(ran[name], expected)
    assert ran["x"].dtype == ran["y"].dtype == np.float32


def test_all_code_is_formatted_and_free_of_unused_names(tmp_path):
    for name, schedule in SCHEDULES.items():
        for index, recipe in enumerate((Recipe(schedule()), Recipe(schedule(), "update", 0.1, 0.9, True))):
            (tmp_path / f"{name}_{index}.py").write_text(export.keras_script(recipe, 0), encoding="utf-8")
            (tmp_path / f"{name}_{index}_torch.py").write_text(
                export.pytorch_scheduler(recipe, N_TRAIN), encoding="utf-8"
            )
    for check in (["format", "--check"], ["check", "--select", "E4,E7,E9,F,I,B"]):
        command = [sys.executable, "-m", "ruff", *check, "--isolated", "--line-length", "110", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


# The notebook


def cells(recipe, seed, kind):
    document = json.loads(export.notebook(recipe, seed))
    return ["".join(cell["source"]) for cell in document["cells"] if cell["cell_type"] == kind]


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
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


def test_nbformat_finds_no_fault_in_the_notebook():
    nbformat = pytest.importorskip("nbformat")
    for recipe in RECIPES.values():
        nbformat.validate(nbformat.reads(export.notebook(recipe, 0), as_version=4))


def test_the_notebook_holds_the_code_of_the_script_in_order():
    recipe = RECIPES["updates, warmup, nesterov, odd batches"]
    script = export.keras_script(recipe, 3)
    places = [script.find(code) for code in cells(recipe, 3, "code") if not code.startswith("px.")]
    assert min(places) > 0
    assert all(first < second for first, second in pairwise(places))


def test_the_cells_of_the_notebook_make_the_run_of_the_app(folder):
    recipe = RECIPES["stratified, no momentum"]
    *program_cells, rates, losses, accuracies = cells(recipe, 3, "code")
    ran = run("\n".join(program_cells))
    last = app_run(recipe, 3)[-1]
    np.testing.assert_allclose(
        ran["result"][list(METRICS)].iloc[-1], [last[name] for name in METRICS], rtol=1e-5
    )
    drawn = [eval(cell, ran) for cell in (rates, losses, accuracies)]
    assert [[trace.name or "" for trace in figure.data] for figure in drawn] == [
        [""],
        ["loss", "val_loss"],
        ["accuracy", "val_accuracy"],
    ]
    np.testing.assert_array_equal(drawn[0].data[0].y, every_rate(recipe))


def test_the_notebook_says_where_its_data_comes_from_and_shows_the_formula():
    text = "\n".join(cells(ARTICLE["step"], 0, "markdown"))
    assert "ionosphere.csv" in text
    assert "https://archive.ics.uci.edu/dataset/52/ionosphere" in text
    assert f"$${ARTICLE['step'].schedule.latex(numbers=True)}$$" in text


# The PyTorch scheduler


class RecordingSGD:
    """Stands in for torch.optim.SGD: keeps what it was made with and the rate of every step."""

    made: list

    def __init__(self, params, *, lr, momentum=0.0, nesterov=False):
        if nesterov and not momentum:
            raise ValueError("Nesterov momentum requires a momentum")
        self.settings, self.lr, self.used = (lr, momentum, nesterov), lr, []
        self.made.append(self)

    def zero_grad(self):
        """Nothing to clear."""

    def step(self):
        self.used.append(self.lr)


class LambdaLR:
    """Stands in for PyTorch's: the rate is the initial one times the function of the steps so far."""

    def __init__(self, optimizer, function):
        self.optimizer, self.function, self.initial, self.time = optimizer, function, optimizer.lr, -1
        self.step()

    def step(self):
        self.time += 1
        self.optimizer.lr = self.initial * self.function(self.time)


def stand_in():
    """A `torch` with just what the generated code calls, as PyTorch documents it."""
    sgd = type("SGD", (RecordingSGD,), {"made": []})
    return SimpleNamespace(optim=SimpleNamespace(SGD=sgd, lr_scheduler=SimpleNamespace(LambdaLR=LambdaLR)))


class Network:
    """Stands in for a network, a loss function and a loss."""

    def parameters(self):
        return []

    def __call__(self, *_):
        return self

    def backward(self):
        """No gradients."""


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_the_pytorch_code_steps_the_rates_of_the_recipe_by_its_clock(recipe):
    torch = stand_in()
    ran = run(export.pytorch_scheduler(recipe, N_TRAIN).replace("import torch\n", ""), torch=torch)
    ran["train"](Network(), Network(), [(None, None)] * recipe.updates_per_epoch(N_TRAIN))
    (optimizer,) = torch.optim.SGD.made
    assert optimizer.used == recipe.learning_rates(N_TRAIN).ravel().tolist()
    assert optimizer.settings == (1.0, recipe.momentum, recipe.nesterov and recipe.momentum > 0)
    assert optimizer.lr == every_rate(recipe)[-1]


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_pytorch_itself_uses_the_rates_of_the_recipe(recipe, monkeypatch):
    torch = pytest.importorskip("torch")
    used = []

    class SGD(torch.optim.SGD):
        def step(self, closure=None):
            used.append(self.param_groups[0]["lr"])
            return super().step(closure)

    monkeypatch.setattr(torch.optim, "SGD", SGD)
    batch = (torch.ones(2, 3), torch.ones(2, 1))
    ran = run(export.pytorch_scheduler(recipe, N_TRAIN))
    ran["train"](torch.nn.Linear(3, 1), torch.nn.MSELoss(), [batch] * recipe.updates_per_epoch(N_TRAIN))
    assert used == recipe.learning_rates(N_TRAIN).ravel().tolist()


@pytest.mark.parametrize(("momentum", "told"), [(0.0, False), (0.5, True)])
def test_the_pytorch_code_tells_of_the_other_momentum_where_there_is_one(momentum, told):
    assert ("Unlike Keras's" in export.pytorch_scheduler(Recipe(momentum=momentum), N_TRAIN)) == told


# Tables and charts

HISTORY = {
    "learning_rate": [0.1, 0.05],
    "loss": [0.1 + 0.2, math.nan],
    "accuracy": np.array([0.7, 0.1], np.float32),
    "val_loss": [1e-9, math.inf],
    "val_accuracy": [0.5, 0.25],
}


def test_the_history_is_a_line_an_epoch_and_reads_back_as_it_was():
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
    """Collects what a page would load."""

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
    assert "a curve of ours" in text
    assert '"format": "svg"' in text
    assert len(text) > 1_000_000


# The panel

PAGE = """
import plotly.graph_objects as go
import streamlit as st

from lrcore.recipes import Recipe
from lrcore.schedules import StepDecay
from pages.components.export_panel import export_panel

recipe = Recipe(StepDecay(0.2), epochs=st.slider("epochs", 1, 9, 5))
names = ("learning_rate", "loss", "accuracy", "val_loss", "val_accuracy")
history = {name: [0.5, 0.25] for name in names}
st.text(f"{st.session_state.setdefault('count', 0)} runs before")
st.session_state["count"] += 1
export_panel(recipe, 4, key="bare")
export_panel(recipe, 4, key="full", history=history, figure=go.Figure(go.Scatter(y=[1, 2])))
"""


def panel_app(kind=None, which="full"):
    at = AppTest.from_string(PAGE, default_timeout=30)
    at.session_state[f"{which}.panel"] = True
    if kind:
        at.session_state[f"{which}.kind"] = kind
    at.run()
    assert not at.exception
    return at


def buttons(at):
    return [element.proto.label for element in at.get("download_button")]


def test_a_closed_panel_makes_nothing():
    at = AppTest.from_string(PAGE, default_timeout=30).run()
    assert not at.exception
    assert not at.code
    assert not at.get("download_button")


def test_the_open_panel_shows_the_code_of_the_run_as_it_is_set():
    at = panel_app()
    assert at.code[0].value == export.keras_script(Recipe(StepDecay(0.2), epochs=5), 4).rstrip()
    at.slider[0].set_value(7).run()
    assert at.code[0].value == export.keras_script(Recipe(StepDecay(0.2), epochs=7), 4).rstrip()


def test_each_kind_has_its_files():
    rest = ["Run (CSV)", "Chart (HTML)"]
    assert buttons(panel_app()) == ["Keras script", "Data (CSV)", *rest]
    assert buttons(panel_app("Notebook")) == ["Notebook", "Data (CSV)", *rest]
    pytorch = panel_app("PyTorch")
    assert buttons(pytorch) == ["PyTorch", *rest]
    code = export.pytorch_scheduler(Recipe(StepDecay(0.2), epochs=5), N_TRAIN)
    assert pytorch.code[0].value == code.rstrip()
    assert buttons(panel_app(which="bare")) == ["Keras script", "Data (CSV)"]


def test_files_are_made_when_their_button_is_pressed():
    assert all(element.proto.deferred_file_id for element in panel_app().get("download_button"))


@pytest.fixture(scope="module")
def panel_server(tmp_path_factory):
    script = tmp_path_factory.mktemp("panel") / "app.py"
    script.write_text(f"import sys\n\nsys.path.insert(0, {str(ROOT)!r})\n{PAGE}", encoding="utf-8")
    process, url = start_server(script)
    yield url
    stop_server(process)


def test_every_button_delivers_its_file_without_running_the_page_again(browser, panel_server):
    recipe = Recipe(StepDecay(0.2), epochs=5)
    page = browser.new_page()
    page.set_default_timeout(WAIT)
    page.goto(panel_server)
    page.get_by_text("Code to take home").nth(1).click()
    delivered = {}
    for kind, labels in {
        "Keras script": ("Keras script", "Data (CSV)"),
        "Notebook": ("Notebook",),
        "PyTorch": ("PyTorch", "Run (CSV)", "Chart (HTML)"),
    }.items():
        page.get_by_test_id("stButtonGroup").get_by_text(kind, exact=True).click()
        for label in labels:
            button = page.get_by_test_id("stDownloadButton").filter(has_text=label)
            with page.expect_download() as download:
                button.get_by_role("button").click()
            delivered[download.value.suggested_filename] = download.value.path().read_text(encoding="utf-8")
    assert page.get_by_text("0 runs before").is_visible()
    page.close()
    assert delivered.pop("chart.html").startswith("<html>")
    assert delivered.pop("history.csv").startswith("epoch,")
    assert delivered == {
        "step_decay.py": export.keras_script(recipe, 4),
        "step_decay.ipynb": export.notebook(recipe, 4),
        "step_decay_pytorch.py": export.pytorch_scheduler(recipe, N_TRAIN),
        "ionosphere.csv": ionosphere.PATH.read_text(encoding="utf-8"),
    }
