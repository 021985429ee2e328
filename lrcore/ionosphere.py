"""The Ionosphere data: loading with an integrity check, label encoding, and the two splits.

Sigillito, Wing, Hutton and Baker (1989), Johns Hopkins APL Technical Digest 10, 262-266; UCI Machine
Learning Repository, https://doi.org/10.24432/C5W01B, CC BY 4.0.
"""

from __future__ import annotations

import functools
import hashlib
import io
import math
from numbers import Integral, Real
from pathlib import Path

import numpy as np
import pandas as pd

from lrcore import source

PATH = Path(__file__).parent / "data" / "ionosphere.csv"
SHA256 = "9ca46748234d9aa11a6dd72db4ba6cf74f68271c54835e7686ff3647be0101c4"
FEATURES = [f"a{number:02d}" for number in range(1, 35)]
CLASSES = {"b": 126, "g": 225}
SPLITS = {
    "stratified": "Stratified: both parts have the same share of good and bad rows",
    "tail": f"Tail, as in {source.NAMED}: the last rows, unshuffled",
}


def load(path: str | Path = PATH) -> pd.DataFrame:
    """The table: 351 rows; columns a01..a34 (float, in [-1, 1]) and class ("g" or "b").

    Raises:
        ValueError: the file is missing or is not the data set, saying in what it differs.
    """
    try:
        content = Path(path).read_bytes().replace(b"\r\n", b"\n")  # git may have converted the line ends
        frame = pd.read_csv(io.BytesIO(content))
    except (OSError, ValueError) as error:
        raise ValueError(
            f"`path` must be the Ionosphere CSV file. Received: path={path} ({error})"
        ) from error
    fault = _fault(frame)
    if not fault and hashlib.sha256(content).hexdigest() != SHA256:
        fault = "a value or its spelling was changed"
    if fault:
        raise ValueError(f"`path` must be the unchanged Ionosphere CSV file: {fault}. Received: path={path}")
    return frame.astype(dict.fromkeys(FEATURES, float))


def _fault(frame: pd.DataFrame) -> str | None:
    """In what `frame` differs from the data set, or None."""
    if list(frame.columns) != [*FEATURES, "class"]:
        return "its columns are not a01..a34 and class"
    if len(frame) != sum(CLASSES.values()):
        return f"it has {len(frame)} rows instead of {sum(CLASSES.values())}"
    if frame["class"].value_counts().to_dict() != CLASSES:
        return f"its classes are not {CLASSES['g']} g and {CLASSES['b']} b"
    values = frame[FEATURES].apply(pd.to_numeric, errors="coerce").to_numpy()
    if not (np.abs(values) <= 1).all():
        return "a feature is missing, not a number, or outside [-1, 1]"
    return None


def features_and_labels(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """x, float32 (351, 34), and y, float32 (351,): 0 for "b", 1 for "g", by scikit-learn's LabelEncoder."""
    from sklearn.preprocessing import LabelEncoder  # here: a first page need not wait for this import

    y = LabelEncoder().fit_transform(frame["class"])
    return frame[FEATURES].to_numpy(np.float32), y.astype(np.float32)


@functools.cache
def data() -> tuple[np.ndarray, np.ndarray]:
    """x and y of the data set, read once; not to be written to."""
    x, y = features_and_labels(load())
    x.setflags(write=False)
    y.setflags(write=False)
    return x, y


def n_train(n_rows: int = sum(CLASSES.values()), validation_fraction: float = 0.33) -> int:
    """How many rows either split trains on: Keras's rounding, the whole part of the share that is left."""
    return math.floor(n_rows * (1 - validation_fraction))


def good_share(how: str) -> float:
    """Validation accuracy of answering "good" every time; both splits give every seed the same.

    Raises:
        ValueError: there is no such split.
    """
    _check_split(how)
    return _good_share(how)


@functools.cache
def _good_share(how: str) -> float:
    _, y = data()
    return float(y[split_indices(y, how, seed=0)[1]].mean())


def _check_split(how: object) -> None:
    if not isinstance(how, str) or how not in SPLITS:
        raise ValueError(f"`how` must be one of {', '.join(SPLITS)}. Received: how={how!r:.60}")


def check_seed(seed: object) -> None:
    """Raises ValueError unless `seed` is one that scikit-learn's splits take: a whole number >= 0 and < 2**32."""
    if not isinstance(seed, Integral) or isinstance(seed, bool) or not 0 <= int(seed) < 2**32:
        raise ValueError(f"`seed` must be a whole number >= 0 and < 2**32. Received: seed={seed!r:.60}")


def split_indices(
    y: np.ndarray, how: str, seed: int, validation_fraction: float = 0.33
) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers to train on and to validate on, each (rows,) int.

    Args:
        y: labels, shape (n,).
        how: "stratified" (drawn by `seed`, equal class shares) or "tail" (Keras's `validation_split`: the
            last rows, unshuffled; ignores `seed`).
        seed: >= 0 and < 2**32, as scikit-learn wants it.
        validation_fraction: share of the rows to validate on, in (0, 1).

    Raises:
        ValueError: an argument breaks its rule.
    """
    _check_split(how)
    check_seed(seed)
    share = isinstance(validation_fraction, Real) and 0 < validation_fraction < 1
    kept = n_train(len(y), validation_fraction) if share else 0
    if not 0 < kept < len(y):
        raise ValueError(
            "`validation_fraction` must be > 0 and < 1 and leave rows for both parts. "
            f"Received: validation_fraction={validation_fraction!r:.60}"
        )
    rows = np.arange(len(y))
    if how == "tail":
        return rows[:kept], rows[kept:]
    from sklearn.model_selection import train_test_split

    train, validation = train_test_split(rows, train_size=kept, stratify=y, random_state=seed)
    return train, validation
