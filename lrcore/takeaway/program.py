"""The Keras program that trains a recipe with a seed, in parts.

The exported code is the code that runs here: a schedule's function is made from the source of its `__call__`, and the
random choices are the functions of `lrcore.training` themselves. `export` joins the parts into a script or a
notebook; `tests/core/test_program_run.py` runs them against the app's own trainer.
"""

from __future__ import annotations

import hashlib
import inspect
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lrcore.data import DATASETS
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import HELPERS, with_drop, with_warmup
from lrcore.schedules.schedule import Schedule
from lrcore.settings import settings_of
from lrcore.training.run import batch_order, initial_weights

PACKAGES = "tensorflow pandas scikit-learn plotly"


def data_file(recipe: Recipe) -> str:
    """The name of the file that the program reads."""
    return DATASETS[recipe.data].path.name


@dataclass(frozen=True)
class Part:
    """A step of the program: its code, a heading, an explanation, and a formula for forms that can show it."""

    heading: str
    text: str
    code: str
    latex: str = ""


@cache
def template(name: str) -> str:
    """The text of a file in `templates`: code that is the same for all recipes."""
    return (Path(__file__).parent / "templates" / f"{name}.py").read_text(encoding="utf-8")


def function_name(schedule: Schedule) -> str:
    """The schedule's name in the code, `step_decay` for StepDecay."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(schedule).__name__).lower()


def imports(recipe: Recipe) -> str:
    """The import statements of the parts."""
    split = "from sklearn.model_selection import train_test_split\n" * (recipe.split == "stratified")
    return (
        "import hashlib\nimport math\n\nimport keras\nimport numpy as np\nimport pandas as pd\n"
        f"{split}from sklearn.preprocessing import LabelEncoder\n"
    )


def parts(recipe: Recipe, seed: int) -> list[Part]:
    """The program from the settings to `result`, a table with the metrics of every epoch."""
    return [
        Part(
            "Settings",
            "An update is one optimizer step; an epoch is one pass over the training rows.",
            f"SEED = {seed}\nEPOCHS = {recipe.epochs}\nBATCH_SIZE = {recipe.batch_size}\n"
            f"HIDDEN_UNITS = {recipe.hidden_units}\n",
        ),
        _data(recipe),
        _split(recipe),
        _schedule(recipe),
        Part(
            "Random choices",
            "Keras would draw the initial weights and the order of the rows itself. Drawn from the seed, they are "
            "the same for every schedule, so a difference between two runs is the schedule's alone.",
            _random_choices(),
        ),
        Part("Network", "One hidden layer.", template("network")),
        _training(recipe),
        _result(recipe.clock),
    ]


def _data(recipe: Recipe) -> Part:
    data = DATASETS[recipe.data]
    labels = ", ".join(f"{name} ({word}) becomes {n}" for n, (name, word) in enumerate(data.classes.items()))
    rows = ", ".join(f'"{name}": {n}' for name, n in zip(data.classes, data.counts, strict=True))
    digest = hashlib.sha256(data.x.tobytes() + data.y.tobytes()).hexdigest()
    constants = (
        f'DATA_FILE = "{data_file(recipe)}"\nCOLUMNS = {len(data.features) + 1}\nROWS = {{{rows}}}\n'
        f'LOW, HIGH = {data.low}, {data.high}\nDIGEST = "{digest}"  # of all numbers and labels\n\n\n'
    )
    return Part(
        "Data",
        f"{len(data.features)} features of {data.n_rows} rows, and their class: {labels}. A file that is not the "
        "data set, or whose rows stand in another order, ends the program with a sentence.",
        constants + template("data"),
    )


def _split(recipe: Recipe) -> Part:
    data = DATASETS[recipe.data]
    larger = f"{data.baseline('tail'):.0%} of them are {data.larger_class}."
    text = {
        "stratified": "A third of the rows is kept for validation; both parts have the same share of each class.",
        "tail": "The last third of the rows is kept for validation, unshuffled, as `validation_split=0.33` does in "
        f"`model.fit`. {larger}",
    }[recipe.split]
    return Part("Split", text, template(f"split_{recipe.split}"))


def _schedule(recipe: Recipe) -> Part:
    length = "EPOCHS * updates_per_epoch" if recipe.clock == "update" else "EPOCHS"
    return Part(
        "Learning rates",
        f"The schedule is a function of the time t, which counts {recipe.clock}s from 0; `rates` holds the "
        f"learning rate of every {recipe.clock}.{drop_in_words(recipe)}",
        schedule_code(recipe, length),
        recipe.schedule.latex(numbers=True),
    )


def schedule_code(recipe: Recipe, length: str) -> str:
    """The schedule as a function, then `rates`, float64 (run_length,), made with it.

    Args:
        length: a Python expression for the length of the run on the recipe's clock.
    """
    return f"{schedule_functions(recipe)}\n\nrun_length = {length}\n{rates_code(recipe)}\n"


def drop_in_words(recipe: Recipe) -> str:
    """A space and a sentence on the extra drop; "" without one."""
    if not recipe.drop_epoch:
        return ""
    return f" After epoch {recipe.drop_epoch} every rate is multiplied by {recipe.drop_factor:g}."


def rates_code(recipe: Recipe) -> str:
    """The lines that make `rates` from `run_length` and, on a clock of updates, `updates_per_epoch`."""
    name = function_name(recipe.schedule)
    code = f"{name}(np.arange(run_length), run_length)"
    if recipe.warmup:
        code = f"{with_warmup.__name__}({name}, np.arange(run_length), run_length, {recipe.warmup!r})"
    if recipe.drop_epoch:
        start = f"{recipe.drop_epoch}{' * updates_per_epoch' * (recipe.clock == 'update')}"
        drop = f"{with_drop.__name__}(rates, np.arange(run_length), {start}, {recipe.drop_factor!r})"
        return f"rates = {code}\nrates = {drop}"
    return f"rates = {code}"


def schedule_functions(recipe: Recipe) -> str:
    """The helper functions that the schedule needs, and the schedule as a function."""
    called = [rates_code(recipe)]
    code = [_function_source(recipe.schedule)]
    for helper in reversed(HELPERS):  # each calls only those before it
        if any(f"{helper.__name__}(" in part for part in (*code, *called)):
            code = [inspect.getsource(helper), *code]
    return "\n\n".join(code)


def _function_source(schedule: Schedule) -> str:
    """The source of the schedule's `__call__`, as a function with the hyperparameters as local variables."""
    signature, body = _source(type(schedule).__call__).split("\n", 1)
    signature = signature.replace("__call__(self, ", f"{function_name(schedule)}(")
    summary = (inspect.getdoc(type(schedule)) or "").partition("\n")[0]
    values = [f"    {name} = {getattr(schedule, name)!r}" for name in settings_of(schedule)]
    return "\n".join([signature, f'    """{summary}"""', *values, re.sub(r"\bself\.", "", body)])


@cache
def _source(function: Callable) -> str:
    return textwrap.dedent(inspect.getsource(function))


@cache
def _random_choices() -> str:
    return "\n\n".join(map(inspect.getsource, (initial_weights, batch_order)))


def _training(recipe: Recipe) -> Part:
    text = f"A callback sets the learning rate before every {recipe.clock}; Keras stores it as float32."
    functions = "\n\n".join(map(template, ("batches", f"rate_of_{recipe.clock}")))
    optimizer = f"optimizer = {recipe.optimizer.keras_code()}  # the callback sets its rate\n"
    return Part("Training", text, functions + optimizer + template("fit"))


def _result(clock: str) -> Part:
    of_epoch = "; `learning_rate` is that of an epoch's first update" if clock == "update" else ""
    return Part(
        "Result",
        f"One row an epoch{of_epoch}. Keras goes on to the last epoch even where the loss has stopped being a number. "
        "An accuracy means something by how far it is above that of always answering the same.",
        template("result"),
    )
