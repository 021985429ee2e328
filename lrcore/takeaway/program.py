"""The Keras program that makes the run of a recipe and a seed, in parts.

The code shown is the code that runs here: a schedule's function is made from the source of its `__call__`, and
the random choices are the very functions of `lrcore.training`. `export` writes the parts down as a script
or a notebook; `tests/core/test_program.py` runs them against the app's own trainer.
"""

from __future__ import annotations

import hashlib
import inspect
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from lrcore.data import DATASETS, Dataset
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import HELPERS, with_drop, with_warmup
from lrcore.schedules.schedule import Schedule
from lrcore.settings import settings_of
from lrcore.training.run import batch_order, initial_weights

PACKAGES = "tensorflow pandas scikit-learn plotly"
DATA_FILE = "ionosphere.csv"


@dataclass(frozen=True)
class Part:
    """A step of the program: its code, under a heading and a plain word on it; `latex` goes where it can."""

    heading: str
    text: str
    code: str
    latex: str = ""


def function_name(schedule: Schedule) -> str:
    """The schedule's name in the code: `step_decay` for StepDecay."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(schedule).__name__).lower()


def imports(recipe: Recipe) -> str:
    """The lines that the parts need above them."""
    split = "from sklearn.model_selection import train_test_split\n" * (recipe.split == "stratified")
    return (
        "import hashlib\nimport math\n\nimport keras\nimport numpy as np\nimport pandas as pd\n"
        f"{split}from sklearn.preprocessing import LabelEncoder\n"
    )


def parts(recipe: Recipe, seed: int) -> list[Part]:
    """Everything from the settings to `result`, a table with the metrics of every epoch."""
    return [
        Part(
            "Settings",
            "An update is one optimizer step; an epoch is one pass over the training rows.",
            f"SEED = {seed}\nEPOCHS = {recipe.epochs}\nBATCH_SIZE = {recipe.batch_size}\n"
            f"HIDDEN_UNITS = {recipe.hidden_units}\n",
        ),
        _data(DATASETS[recipe.data]),
        _split(recipe.split),
        _schedule(recipe),
        Part(
            "Random choices",
            "Keras would draw the initial weights and the order of the rows itself. Drawn from the seed, they are "
            "the same for every schedule, so a difference between two runs is the schedule's alone.",
            _random_choices(),
        ),
        Part("Network", "One hidden layer.", _NETWORK),
        _training(recipe),
        _result(recipe.clock),
    ]


def _data(data: Dataset) -> Part:
    labels = ", ".join(f"{name} ({word}) becomes {n}" for n, (name, word) in enumerate(data.classes.items()))
    first, second = data.classes
    return Part(
        "Data",
        f"{len(data.features)} features of {data.n_rows} rows, and their class: {labels}. A file that is not the "
        "data set, or whose rows stand in another order, ends the program with a sentence.",
        _DATA.format(
            file=DATA_FILE,
            columns=len(data.features) + 1,
            names=f'["{first}", "{second}"]',
            names_in_words=f"{first} and {second}",
            first=first,
            second=second,
            rows=[*data.counts],
            low=data.low,
            high=data.high,
            digest=hashlib.sha256(data.x.tobytes() + data.y.tobytes()).hexdigest(),
        ),
    )


_DATA = '''\
DIGEST = "{digest}"  # of all numbers and labels


def load_data(path):
    """The features, the labels 0 and 1, and the names of the two classes; with or without a header row."""
    try:
        table = pd.read_csv(path, header=None, dtype=str, skipinitialspace=True)
    except (OSError, ValueError) as error:
        raise SystemExit(f"{{path}} cannot be read: {{str(error).strip()}}") from None
    classes = table.iloc[:, -1].fillna("(empty)").str.strip()
    if classes[0] not in set(classes[1:]):  # the first row is a header
        table, classes = table[1:], classes[1:]
    numbers = table.iloc[:, :-1].apply(pd.to_numeric, errors="coerce").to_numpy("float32")
    encoder = LabelEncoder()
    labels = encoder.fit_transform(classes).astype("float32")
    found = ", ".join(encoder.classes_[:4]) or "nothing"
    rows = [int((classes == name).sum()) for name in {names}]
    if table.shape[1] != {columns}:
        fault = f"it does not have {columns} columns between commas, but {{table.shape[1]}}"
    elif encoder.classes_.tolist() != {names}:
        fault = f"its last column says {{found:.60}}, not {names_in_words}"
    elif rows != {rows}:
        fault = f"it has {{rows[0]}} rows of {first} and {{rows[1]}} of {second}, not {rows[0]} and {rows[1]}"
    elif not ((numbers >= {low}) & (numbers <= {high})).all():
        fault = "a feature is missing, not a number, or outside [{low}, {high}]"
    elif hashlib.sha256(numbers.tobytes() + labels.tobytes()).hexdigest() != DIGEST:
        fault = "a value was changed, or the rows stand in another order"
    else:
        return numbers, labels, encoder.classes_
    raise SystemExit(f"{{path}} is not the data set: {{fault}}.")


x, y, class_names = load_data("{file}")
'''

_NETWORK = """\
model = keras.Sequential(
    [
        keras.Input((x.shape[1],)),
        keras.layers.Dense(HIDDEN_UNITS, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.set_weights(initial_weights(SEED, x.shape[1], HIDDEN_UNITS))
"""


def _split(how: str) -> Part:
    text, code = {
        "stratified": (
            "A third of the rows is kept for validation; both parts have the same share of good and bad rows.",
            "train, validation = train_test_split(rows, train_size=n_train, stratify=y, random_state=SEED)",
        ),
        "tail": (
            "The last third of the rows is kept for validation, unshuffled, as `validation_split=0.33` does in "
            "`model.fit`. Almost all of them are good.",
            "train, validation = rows[:n_train], rows[n_train:]",
        ),
    }[how]
    before = "rows = np.arange(len(x))\nn_train = int(len(x) * (1 - 0.33))\n"
    after = "\nupdates_per_epoch = math.ceil(n_train / BATCH_SIZE)  # the last batch may be short\n"
    return Part("Split", text, before + code + after)


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
    """The schedule as a function, then `rates`, float64 (run_length,), by it.

    Args:
        length: Python expression for the length of the run on the recipe's clock.
    """
    return f"{schedule_functions(recipe)}\n\nrun_length = {length}\n{rates_code(recipe)}\n"


def drop_in_words(recipe: Recipe) -> str:
    """A sentence on the extra drop, after a space; "" without one."""
    if not recipe.drop_epoch:
        return ""
    return f" After epoch {recipe.drop_epoch} every rate is multiplied by {recipe.drop_factor:g}."


def rates_code(recipe: Recipe) -> str:
    """The lines that make `rates` from `run_length`, by `schedule_functions`; on updates, `updates_per_epoch`, too."""
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
    """The schedule as a function, after the helpers that it needs."""
    called = [rates_code(recipe)]
    code = [_function_source(recipe.schedule)]
    for helper in reversed(HELPERS):  # each calls only those before it
        if any(f"{helper.__name__}(" in part for part in (*code, *called)):
            code = [inspect.getsource(helper), *code]
    return "\n\n".join(code)


def _function_source(schedule: Schedule) -> str:
    """The source of the schedule's `__call__` as a function that holds the hyperparameters itself."""
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
    code, callback = {
        "epoch": (_RATE_OF_EPOCH, "keras.callbacks.LearningRateScheduler(rate_of_epoch)"),
        "update": (_RATE_OF_UPDATE, "RateOfUpdate()"),
    }[recipe.clock]
    optimizer = f"optimizer = {recipe.optimizer.keras_code()}  # the callback sets its rate\n"
    return Part("Training", text, _BATCHES + code + optimizer + _FIT.format(callback=callback))


_BATCHES = '''\
def batches():
    """Yields the training rows in batches, epoch after epoch."""
    for order in batch_order(SEED, EPOCHS, n_train):
        for start in range(0, n_train, BATCH_SIZE):
            batch = train[order[start : start + BATCH_SIZE]]
            yield x[batch], y[batch]


'''

_RATE_OF_EPOCH = '''\
def rate_of_epoch(epoch):
    """The learning rate of an epoch, counted from 0."""
    return float(rates[epoch])


'''

_RATE_OF_UPDATE = '''\
class RateOfUpdate(keras.callbacks.Callback):
    """Sets the learning rate of every update before it is made."""

    def on_train_begin(self, logs=None):
        self.rates = iter(rates)

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = next(self.rates)


'''

_FIT = """\
model.compile(optimizer=optimizer, loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(
    batches(),
    steps_per_epoch=updates_per_epoch,
    epochs=EPOCHS,
    validation_data=(x[validation], y[validation]),
    callbacks=[{callback}],
    shuffle=False,  # batches() has done it
    verbose=2,
)
"""


def _result(clock: str) -> Part:
    rates = "rates[::updates_per_epoch]" if clock == "update" else "rates"
    of_epoch = "; `learning_rate` is that of an epoch's first update" if clock == "update" else ""
    return Part(
        "Result",
        f"One row an epoch{of_epoch}. Keras goes on to the last epoch even where the loss has stopped being a number. "
        "An accuracy means something by how far it is above that of always answering the same.",
        _RESULT.format(rates=rates),
    )


_RESULT = """\
result = pd.DataFrame(history.history, columns=["loss", "accuracy", "val_loss", "val_accuracy"])
result.insert(0, "learning_rate", {rates})
result.insert(0, "epoch", range(1, EPOCHS + 1))
result.to_csv("history.csv", index=False)
print(result.to_string(index=False))
shares = y[train].mean(), y[validation].mean()
print(f'Always "{{class_names[1]}}": accuracy {{shares[0]:.4f}}, val_accuracy {{shares[1]:.4f}}')
"""
