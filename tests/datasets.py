"""A small data set that is not in the registry."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lrcore.data import Dataset


def small_dataset(folder: Path) -> Dataset:
    """Ten rows of two features; the larger class has the label 0."""
    rows = ["p,q,class", *(f"{number / 10},{number % 3},no" for number in range(8)), "0.5,1,yes", "0.6,0,yes"]
    path = folder / "other.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return Dataset(
        title="Other",
        path=path,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        features=("p", "q"),
        low=0,
        high=2,
        classes={"no": "absent", "yes": "present"},
        counts=(8, 2),
        source="made here",
        licence="none",
    )
