"""Data sets. To add one, declare a `Dataset` in a module beside its CSV file, and add it to `DATASETS`."""

from lrcore.data.dataset import SPLITS, Dataset
from lrcore.data.ionosphere import IONOSPHERE

__all__ = ["DATASETS", "SPLITS", "Dataset"]

DATASETS = {"ionosphere": IONOSPHERE}
