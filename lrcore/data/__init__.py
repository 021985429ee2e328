"""What is learnt from. To add a data set, declare a `Dataset` in a module beside its file, and name it here."""

from lrcore.data.dataset import SPLITS, Dataset
from lrcore.data.ionosphere import IONOSPHERE

__all__ = ["DATASETS", "SPLITS", "Dataset"]

DATASETS = {"ionosphere": IONOSPHERE}
