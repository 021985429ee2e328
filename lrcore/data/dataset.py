"""A data set: a table of numbers with two classes, checked when it is read, and the ways to split its rows."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lrcore import source

if TYPE_CHECKING:
    import pandas as pd

VALIDATION_FRACTION = 0.33
"""The share of the rows used for validation."""
SPLITS = {
    "stratified": "Stratified: both parts have the same share of each class",
    "tail": f"Tail, as in {source.NAMED}: the last rows, unshuffled",
}
Rows = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Dataset:
    """A table of numbers whose last column, `class`, has two values.

    Args:
        title: the name on screen.
        path: the CSV file.
        sha256: the hash of the file with Unix line ends.
        features: the names of the other columns, in order.
        low, high: the range of the features.
        classes: the word for each class by its spelling in the file, in alphabetical order: labels 0 and 1.
        counts: the number of rows of each class, in the same order.
        source: the publication, in Markdown.
        licence: in Markdown.
        about: makes the paragraph on the table, in Markdown, from the `frame`.
        original: a sentence, with its address, on a file of the publisher's that will do in place of this one.
    """

    title: str
    path: Path
    sha256: str
    features: Sequence[str]
    low: float
    high: float
    classes: Mapping[str, str]
    counts: tuple[int, int]
    source: str
    licence: str
    about: Callable[[pd.DataFrame], str] = lambda frame: ""
    original: str = ""

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return sum(self.counts)

    @property
    def n_train(self) -> int:
        """The number of training rows in any split, rounded down as in Keras."""
        return math.floor(self.n_rows * (1 - VALIDATION_FRACTION))

    @property
    def n_validation(self) -> int:
        """The number of validation rows in any split."""
        return self.n_rows - self.n_train

    @property
    def larger_class(self) -> str:
        """The word for the class with more rows."""
        return max(zip(self.counts, self.classes.values(), strict=True))[1]

    @property
    def x(self) -> np.ndarray:
        """The features, float32 (rows, features), read-only."""
        return self._arrays[0]

    @property
    def y(self) -> np.ndarray:
        """The labels 0 and 1, float32 (rows,), read-only."""
        return self._arrays[1]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The table, with the features as float and the column `class`."""
        return self.load(self.path)

    def load(self, path: str | Path) -> pd.DataFrame:
        """The table in the file.

        Raises:
            ValueError: the file is missing or differs from the data set; the message says how.
        """
        import pandas as pd

        try:
            content = Path(path).read_bytes().replace(b"\r\n", b"\n")  # git may have converted the line ends
            frame = pd.read_csv(io.BytesIO(content))
        except (OSError, ValueError) as error:
            raise ValueError(
                f"`path` must be the {self.title} CSV file. Received: path={path} ({error})"
            ) from error
        fault = self._fault(frame)
        if not fault and hashlib.sha256(content).hexdigest() != self.sha256:
            fault = "a value or its spelling was changed"
        if fault:
            raise ValueError(
                f"`path` must be the unchanged {self.title} CSV file: {fault}. Received: path={path}"
            )
        return frame.astype(dict.fromkeys(self.features, float))

    def split(self, how: str, seed: int) -> Rows:
        """The row numbers for training and for validation, each int (rows,), read-only.

        Args:
            how: "stratified" (drawn at random, with equal shares of each class) or "tail" (the last rows validate,
                as with Keras's `validation_split`; `seed` has no effect).
            seed: >= 0 and < 2**32, the range of scikit-learn.

        Raises:
            ValueError: an argument breaks its rule.
        """
        _check_split(how)
        check_seed(seed)
        return _split(self, how, int(seed))

    def baseline(self, how: str, seed: int = 0) -> float:
        """The validation accuracy of always answering the larger class; the same for every seed.

        Raises:
            ValueError: as in `split`.
        """
        return self.share_of_larger(self.split(how, seed)[1])

    def share_of_larger(self, rows: np.ndarray) -> float:
        """The share of the `rows` (n,) that are of the `larger_class`: the accuracy of always answering it."""
        share = float(self.y[rows].mean())
        return share if self.larger_class == list(self.classes.values())[1] else 1 - share

    def reference(self, how: str) -> tuple[float, str]:
        """The `baseline` and its name, for the horizontal line in charts of validation accuracy."""
        share = self.baseline(how)
        return share, self.baseline_in_words(share)

    def baseline_in_words(self, share: float) -> str:
        """The name in charts of the `share` that always answering the larger class gets right."""
        return f'always "{self.larger_class}": {share:.1%}'

    @cached_property
    def _arrays(self) -> tuple[np.ndarray, np.ndarray]:
        from sklearn.preprocessing import LabelEncoder  # here: a first page need not wait for this import

        x = self.frame[[*self.features]].to_numpy(np.float32)
        y = LabelEncoder().fit_transform(self.frame["class"]).astype(np.float32)
        for array in (x, y):
            array.setflags(write=False)
        return x, y

    def _fault(self, frame: pd.DataFrame) -> str | None:
        """How `frame` differs from the data set, or None."""
        import pandas as pd

        if list(frame.columns) != [*self.features, "class"]:
            return f"its columns are not {self.features[0]}..{self.features[-1]} and class"
        if len(frame) != self.n_rows:
            return f"it has {len(frame)} rows instead of {self.n_rows}"
        counts = dict(zip(self.classes, self.counts, strict=True))
        if frame["class"].value_counts().to_dict() != counts:
            return "its classes are not " + " and ".join(f"{count} {name}" for name, count in counts.items())
        values = frame[[*self.features]].apply(pd.to_numeric, errors="coerce").to_numpy()
        if not ((self.low <= values) & (values <= self.high)).all():
            return f"a feature is missing, not a number, or outside [{self.low:g}, {self.high:g}]"
        return None


@lru_cache(maxsize=1024)
def _split(data: Dataset, how: str, seed: int) -> Rows:
    parts = split_rows(data.y, how, seed)
    for rows in parts:
        rows.setflags(write=False)
    return parts


def split_rows(y: np.ndarray, how: str, seed: int, validation_fraction: float = VALIDATION_FRACTION) -> Rows:
    """`Dataset.split` for rows with the labels `y` (n,), without its checks."""
    rows, kept = np.arange(len(y)), math.floor(len(y) * (1 - validation_fraction))
    if how == "tail":
        return rows[:kept].copy(), rows[kept:].copy()
    from sklearn.model_selection import train_test_split

    train, validation = train_test_split(rows, train_size=kept, stratify=y, random_state=seed)
    return train, validation


def _check_split(how: object) -> None:
    if not isinstance(how, str) or how not in SPLITS:
        raise ValueError(f"`how` must be one of {', '.join(SPLITS)}. Received: how={how!r:.60}")


def check_seed(seed: object) -> None:
    """Raises ValueError unless `seed` is a whole number >= 0 and < 2**32, the range of scikit-learn's splits."""
    if not isinstance(seed, Integral) or isinstance(seed, bool) or not 0 <= int(seed) < 2**32:
        raise ValueError(f"`seed` must be a whole number >= 0 and < 2**32. Received: seed={seed!r:.60}")
