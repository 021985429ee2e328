"""A player for training runs: draws what has arrived in the browser, at the reader's pace.

Playing, pausing, scrubbing and the speed need no rerun of the page; nothing is sent back. The drawing is in
`run_player/player.js`; a new chart there is one entry in `CHARTS` and one heading in `player.html`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import streamlit as st

_FILES = Path(__file__).parent / "run_player"
_PLAYER = st.components.v2.component(
    "run_player",
    html=(_FILES / "player.html").read_text(encoding="utf-8"),
    css=(_FILES / "player.css").read_text(encoding="utf-8"),
    js=(_FILES / "player.js").read_text(encoding="utf-8"),
)
_METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")


def run_player(
    run: Mapping,
    *,
    colours: Mapping[str, str],
    key: str,
    band: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
    band_label: str = "the ensemble: range and median",
    overlay: Mapping[str, Sequence[float]] | None = None,
    overlay_label: str = "the ensemble's run of this seed",
    log_rate: bool = False,
    label: str = "Training run",
) -> None:
    """Plays a run: loss, accuracy and learning rate against the epoch.

    Call it again with more of the same run, while it grows: the player goes on where it is. A new `run_id`
    starts at epoch 0. The position in each run outlives reruns and page switches, not a reload.

    Args:
        run: `run_id` (str); `epochs`, planned (int, at least 1); `finished`, whether no more will come; `history`,
            what has arrived: "loss", "accuracy", "val_loss", "val_accuracy", each (arrived,), and
            "learning_rate", (arrived,) or longer where rates to come are known, which holds the axis still;
            `baseline`, the majority class's share of the validation rows, or None. A value that is not
            finite is drawn as a gap; the first such loss is where the run diverged.
        colours: CSS colours of "training", "validation", "learning_rate" and "baseline".
        key: the widget key.
        band: per metric "low", "median" and "high", each (epochs,), drawn behind the run; or None.
        band_label, overlay_label: their names in the legend.
        overlay: per metric another run, (epochs,), dotted over this one as it is played; or None.
        log_rate: whether the learning rate's axis is logarithmic.
        label: the run's name for those who cannot see the charts.

    Raises:
        ValueError: the metrics in `history` differ in length or are longer than `epochs`.
    """
    lengths = {len(run["history"][metric]) for metric in _METRICS}
    if len(lengths) > 1 or max(lengths) > run["epochs"]:
        raise ValueError(
            "`run` must hold metrics of one length, at most `epochs`. "
            f"Received: lengths {sorted(lengths)}, epochs={run['epochs']}"
        )
    data = {
        **run,
        "colours": colours,
        "band": band,
        "band_label": band_label,
        "overlay": overlay,
        "overlay_label": overlay_label,
        "log_rate": log_rate,
        "label": label,
    }
    _PLAYER(data=_plain(data), key=key)


def _plain(value):
    """The same in what JSON has, which knows no NaN; 7 digits are all that float32 holds."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.7g}") if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
