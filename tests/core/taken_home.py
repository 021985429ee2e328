"""Runs of exported code, and the app's own run to compare them with."""

import shutil
from functools import cache
from pathlib import Path

from lrcore import train_with_keras
from lrcore.data import DATASETS
from lrcore.optimizers import SGD
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant, CosineDecay, OneCycle, StepDecay, TimeBasedDecay

DATA = DATASETS["ionosphere"]

RECIPES = {
    "stratified, no momentum": Recipe(TimeBasedDecay(0.3, 0.1), epochs=5),
    "updates, warmup, nesterov, odd batches": Recipe(
        OneCycle(), "update", SGD(0.9, nesterov=True), batch_size=31, epochs=5, warmup=0.1
    ),
    "tail, epochs, warmup": Recipe(
        StepDecay(0.1, 0.5, 2), warmup=0.3, optimizer=SGD(0.9), epochs=6, split="tail"
    ),
    "tail, updates, one batch, small network": Recipe(
        CosineDecay(0.5), "update", optimizer=SGD(0.8), batch_size=235, epochs=5, hidden_units=3, split="tail"
    ),
    "nesterov without momentum": Recipe(
        Constant(0.2), optimizer=SGD(nesterov=True), batch_size=100, epochs=3
    ),
    "updates, warmup, extra drop": Recipe(
        StepDecay(0.5, 0.5, 3),
        "update",
        batch_size=117,
        epochs=5,
        warmup=0.1,
        drop_epoch=2,
        drop_factor=0.3333,
    ),
    "diverging": Recipe(Constant(300), optimizer=SGD(0.9), epochs=4),
}


def every_rate(recipe):
    """The app's rates on the recipe's own clock."""
    rates = recipe.learning_rates()
    return rates.ravel() if recipe.clock == "update" else rates[:, 0]


def run(source, **names):
    """The names that running `source` defines, and `names`."""
    exec(compile(source, "<taken home>", "exec"), names)
    return names


def with_data(folder: Path) -> Path:
    """Saves the data file in the folder, as a reader would, and returns the folder."""
    shutil.copy(DATA.path, folder)
    return folder


@cache
def app_run(recipe, seed):
    """The app's Keras run."""
    return train_with_keras(recipe, seed)
