"""The learning rate laboratory without its pages: a notebook needs only this module and `lrcore.takeaway`.

Nothing in this package imports Streamlit; only `training.keras_network` imports TensorFlow, at the first run by Keras.
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
