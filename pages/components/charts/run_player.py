"""A player for training runs: draws what has arrived in the browser, at the reader's pace, on the part that draws.

Playing, pausing, scrubbing and the speed need no rerun of the page; nothing is sent back. `drawing.py` computes all
that is drawn; `run_player/player.js` only moves along it. A new chart is one entry in `_CHARTS`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from lrcore.figures import Curve, Panel
from lrcore.training.run import METRICS
from pages.components.charts import drawing as charts
from pages.components.charts.plot import FOLDER as PLOT

_FILES = Path(__file__).parent / "run_player"
CONTROLS = Path(__file__).parent / "player.css"
"""The look of a player's buttons, for the players of other pages, too."""
_PLAYER = st.components.v2.component(
    "run_player",
    html=(_FILES / "player.html").read_text(encoding="utf-8"),
    css="\n".join(
        path.read_text(encoding="utf-8") for path in (PLOT / "plot.css", CONTROLS, _FILES / "player.css")
    ),
    js="\n".join(path.read_text(encoding="utf-8") for path in (PLOT / "plot.js", _FILES / "player.js")),
)
_CHARTS = {
    "learning rate": {"learning_rate": "rate"},
    "loss": {"loss": "training", "val_loss": "validation"},
    "accuracy": {"accuracy": "training", "val_accuracy": "validation"},
}

Values = Sequence[float]


def run_player(
    run: Mapping[str, Any],
    *,
    colours: Mapping[str, str],
    key: str,
    band: Mapping[str, Mapping[str, Values]] | None = None,
    band_label: str = "the ensemble: range and median",
    overlay: Mapping[str, Values] | None = None,
    overlay_label: str = "the ensemble's run of this seed",
    label: str = "Training run",
    log: bool = False,
) -> None:
    """Plays a run: the learning rate, and loss and accuracy under it, against the epoch.

    Call it again with more of the same run, while it grows: the player goes on where it is. A new `run_id`
    starts at epoch 0. The position in each run outlives reruns and page switches, not a reload.

    Args:
        run: `run_id` (str); `epochs`, planned (int, at least 1); `finished`, whether no more will come; `history`,
            what has arrived: "loss", "accuracy", "val_loss", "val_accuracy", each (arrived,), and
            "learning_rate", (arrived,) or longer where rates to come are known, which holds the axis still;
            `baseline`, the accuracy of always answering the larger class and its name, or None. A value that is not
            finite is drawn as a gap; the first such loss marks the end of the run.
        colours: CSS colours of "training", "validation", "learning_rate" and "baseline".
        key: the widget key.
        band: per metric "low", "median" and "high", each (epochs,), drawn behind the run; or None.
        band_label, overlay_label: their names in the legend.
        overlay: per metric another run, (epochs,), dotted over this one as it is played; or None.
        label: the run's name for those who cannot see the charts.
        log: whether the axis of the losses is logarithmic.

    Raises:
        ValueError: the metrics in `history` differ in length or are longer than `epochs`.
    """
    lengths = {len(run["history"][metric]) for metric in METRICS}
    if len(lengths) > 1 or max(lengths) > run["epochs"]:
        raise ValueError(
            "`run` must hold metrics of one length, at most `epochs`. "
            f"Received: lengths {sorted(lengths)}, epochs={run['epochs']}"
        )
    behind = [(band_label, band)] if band else []
    data = {
        **drawing(run, colours, behind, (overlay_label, overlay) if overlay else None, log=log),
        **{name: run[name] for name in ("run_id", "finished")},
        "arrived": max(lengths),
        "label": label,
        "key": key,
        "group": key,
    }
    _PLAYER(data=data, key=key)


def drawing(
    run: Mapping[str, Any],
    colours: Mapping[str, str],
    behind: Sequence[tuple[str, Mapping[str, Mapping[str, Values]]]] = (),
    overlay: tuple[str, Mapping[str, Values]] | None = None,
    *,
    log: bool = False,
) -> dict[str, Any]:
    """What the browser draws of a run: `drawing.chart`, and how it is played.

    Args:
        run, colours, log: those of `run_player`.
        behind, overlay: the bands, and the run over this one, each with its label.

    Returns:
        As `drawing.chart`, and `diverged`, the first epoch (from 1) without a finite loss, or None. Curves that are
        `played` have their `heights`, epoch by epoch, None for a gap; `mark` is where a panel says that the run
        diverged: epoch, height, and the epoch from which on.
    """
    panels = [_panel(name, run, colours, behind, overlay, log) for name in _CHARTS]
    drawn = charts.chart(panels, run["epochs"])
    parts = dict(zip(_CHARTS, drawn["panels"], strict=True))
    for panel, made in zip(panels, parts.values(), strict=True):
        axis = charts.axis_of(panel)
        for curve, sent in zip(panel.curves, made["curves"], strict=True):
            sent |= _played(curve, axis, {label for label, _ in behind}, overlay and overlay[0])
    diverged = _first_not_finite(run["history"])
    if diverged:  # marked at the last point that can be drawn
        last = max(1, diverged - 1)
        (line,) = (each for each in parts["loss"]["curves"] if each["label"] == "training")
        mark = (last, line["heights"][last - 1] or 0, diverged)
        parts["loss"] |= {"mark": mark, "words": f"diverged at epoch {diverged}"}
    parts["learning rate"]["flat"] = True
    return drawn | {"diverged": diverged}


def _first_not_finite(history: Mapping[str, Values]) -> int | None:
    finite = np.isfinite(_numbers(history["loss"]) + _numbers(history["val_loss"]))
    return None if finite.all() else 1 + int(finite.argmin())


def _played(curve: Curve, axis: charts.Axis, bands: Collection[str], overlay: str | None) -> dict[str, Any]:
    """How a curve is played; a band is not, it is drawn whole from the start."""
    if curve.label in bands:
        return {"kind": "behind", "texts": None}
    # A rate's last value stands there twice, for both ends of its epoch.
    values = curve.y[: len(curve.y) - curve.steps]
    heights = [None if math.isnan(height) else height for height in axis.heights(values).tolist()]
    special = {"kind": "overlay", "texts": None} if curve.label == overlay else {}
    return {"played": True, "steps": curve.steps, "heights": heights} | special


def _panel(
    name: str,
    run: Mapping[str, Any],
    colours: Mapping[str, str],
    behind: Sequence[tuple[str, Mapping[str, Mapping[str, Values]]]],
    overlay: tuple[str, Mapping[str, Values]] | None,
    log: bool,
) -> Panel:
    metrics = _CHARTS[name]
    if name == "learning rate":
        return Panel(name, [_rates(_numbers(run["history"]["learning_rate"]), colours["learning_rate"])])
    curves = [
        _band(label, band[metric], colours[kind])
        for label, band in behind
        for metric, kind in metrics.items()
        if metric in band
    ]
    for metric, kind in metrics.items():
        dash = "dash" if kind == "validation" else "solid"
        curves.append(Curve(kind, _numbers(run["history"][metric]), colours[kind], dash))
    if overlay:
        label, values = overlay
        curves += [
            Curve(label, _numbers(values[metric]), "currentColor") for metric in metrics if metric in values
        ]
    baseline = run["baseline"] if name == "accuracy" else None
    return Panel(
        "loss (binary cross-entropy)" if name == "loss" else name,
        curves,
        baseline,
        log=log and name == "loss",
        share=name == "accuracy",
    )


def _band(label: str, edges: Mapping[str, Values], colour: str) -> Curve:
    low, median, high = (_numbers(edges[name]) for name in ("low", "median", "high"))
    return Curve(label, median, colour, low=low, high=high)


def _rates(rates: np.ndarray, colour: str) -> Curve:
    """The rates (arrived,) that the epochs began with; each is drawn over all of its epoch."""
    x, y = np.arange(len(rates) + 1.0), np.append(rates, rates[-1:])
    return Curve("rate", y, colour, x=x[: len(y)], steps=True, texts=charts.texts_of(rates))


def _numbers(values: Values) -> np.ndarray:
    """Float64, with NaN where there is None."""
    return np.asarray(values, dtype=float)
