"""The Ionosphere data: radar returns, good or bad."""

from pathlib import Path

from lrcore.data.dataset import Dataset

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
)
