"""The learning rate laboratory without its pages: all that a notebook needs is here and in `lrcore.takeaway`.

Nothing below this package imports Streamlit, and only `training.keras_network` imports TensorFlow, with the first run.
"""

from lrcore.data import DATASETS
from lrcore.optimizers import OPTIMIZERS
from lrcore.recipes.article import ARTICLE
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import SCHEDULES
from lrcore.training.experiments import train
from lrcore.training.keras_run import train_with_keras
from lrcore.training.run import History

__all__ = [
    "ARTICLE",
    "DATASETS",
    "OPTIMIZERS",
    "SCHEDULES",
    "History",
    "Recipe",
    "train",
    "train_with_keras",
]
