"""The Ionosphere data: radar returns, good or bad."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lrcore import source
from lrcore.data.dataset import Dataset

if TYPE_CHECKING:
    import pandas as pd


def _about(frame: pd.DataFrame) -> str:
    features = len(frame.columns) - 1
    return (
        f"{len(frame)} radar returns, {features} features, one class. Antennas at Goose Bay, Labrador, "
        "sent pulses towards the ionosphere. A *good* return shows structure there; a *bad* one passed through. "
        "Each pair of columns (`a01` and `a02`, `a03` and `a04`, ...) is the real and the imaginary part of "
        f"one of {features // 2} values of the signal's autocorrelation, one per pulse number, "
        f"all between -1 and 1. `a01` is {' or '.join(f'{v:g}' for v in sorted(frame.a01.unique()))}, and `a02` is "
        f"always {frame.a02.unique().item():g}: it can teach a network nothing. {int(frame.duplicated().sum())} row "
        f"stands twice. The network gets the values as they are, unscaled, as in {source.LINKED}."
    )


IONOSPHERE = Dataset(
    title="Ionosphere",
    path=Path(__file__).parent / "ionosphere.csv",
    sha256="9ca46748234d9aa11a6dd72db4ba6cf74f68271c54835e7686ff3647be0101c4",
    features=tuple(f"a{number:02d}" for number in range(1, 35)),
    low=-1,
    high=1,
    classes={"b": "bad", "g": "good"},
    counts=(126, 225),
    source=(
        "Sigillito, V., Wing, S., Hutton, L. and Baker, K. (1989). *Classification of radar returns from the "
        "ionosphere using neural networks.* Johns Hopkins APL Technical Digest 10, 262-266. UCI Machine Learning "
        "Repository, data set 52, [doi.org/10.24432/C5W01B](https://doi.org/10.24432/C5W01B)."
    ),
    licence="[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/). Only a header row was added.",
    about=_about,
    original=(
        "UCI's own, `ionosphere.data`, will do under that name:\n"
        "https://archive.ics.uci.edu/dataset/52/ionosphere (CC BY 4.0)."
    ),
)
