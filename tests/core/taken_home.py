"""Running what is taken home, and the app's own run to hold it against."""

import shutil
from functools import cache
from pathlib import Path

from lrcore.data import DATASETS
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, CosineDecay, OneCycle, StepDecay, TimeBasedDecay
from lrcore.training import keras_run

DATA = DATASETS["ionosphere"]

METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")
RECIPES = {
    "stratified, no momentum": Recipe(TimeBasedDecay(0.3, 0.1), epochs=5),
    "updates, warmup, nesterov, odd batches": Recipe(
        OneCycle(), "update", 0.9, nesterov=True, batch_size=31, epochs=5, warmup=0.1
    ),
    "tail, epochs, warmup": Recipe(StepDecay(0.1, 0.5, 2), warmup=0.3, momentum=0.9, epochs=6, split="tail"),
    "tail, updates, one batch, small network": Recipe(
        CosineDecay(0.5), "update", momentum=0.8, batch_size=235, epochs=5, hidden_units=3, split="tail"
    ),
    "nesterov without momentum": Recipe(Constant(0.2), nesterov=True, batch_size=100, epochs=3),
    "diverging": Recipe(Constant(300), momentum=0.9, epochs=4),
}


def every_rate(recipe):
    """The app's rates on the recipe's own clock."""
    rates = recipe.learning_rates()
    return rates.ravel() if recipe.clock == "update" else rates[:, 0]


def run(source, **names):
    """The names that running `source` defines, and those given to it."""
    exec(compile(source, "<taken home>", "exec"), names)
    return names


def with_data(folder: Path) -> Path:
    """The folder, which now holds the data file as a reader saves it."""
    shutil.copy(DATA.path, folder)
    return folder


@cache
def app_run(recipe, seed):
    """The epochs of the app's Keras run."""
    x, y = DATA.x, DATA.y
    return list(
        keras_run.train(
            x,
            y,
            DATA.split(recipe.split, seed),
            recipe.learning_rates(),
            recipe.momentum,
            seed=seed,
            batch_size=recipe.batch_size,
            hidden_units=recipe.hidden_units,
            nesterov=recipe.nesterov,
        )
    )
