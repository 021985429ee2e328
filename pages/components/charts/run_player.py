"""A player for training runs: draws what has arrived in the browser, at the reader's pace, on the plot of `plot.py`.

Playing, pausing, scrubbing and the speed need no rerun of the page; nothing is sent back. `drawing.py` computes all
that is drawn; `run_player/player.js` only moves along it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lrcore import figures
from lrcore.figures import Curve, Panel
from lrcore.training.run import METRICS
from pages.components.charts import drawing as charts
from pages.components.charts.plot import component, joined

_FILES = Path(__file__).parent / "run_player"
CONTROLS = Path(__file__).parent / "player.css"
"""The look of a player's buttons, for the players of other pages, too."""
_PLAYER = component(
    "run_player", _FILES / "player.js", CONTROLS, _FILES / "player.css", html=joined(_FILES / "player.html")
)

LEAST = 0.05
"""The least share of an axis that a run fills where the axis also fits the run before."""

Values = Sequence[float] | np.ndarray
Band = tuple[str, Mapping[str, Mapping[str, Values]]]
"""A label, and by metric "low", "median" and "high", each (epochs,)."""
Overlay = tuple[str, Mapping[str, Values]]
"""A label, and by metric the values of another run, each (epochs,)."""


def run_player(
    run: Mapping[str, Any],
    *,
    key: str,
    band: Band | None = None,
    overlay: Overlay | None = None,
    before: tuple[str, Mapping[str, Any]] | None = None,
    label: str = "Training run",
    log: bool = False,
) -> None:
    """Plays a run: the learning rate, and loss and accuracy under it, against the epoch.

    Call it again with more of the same run, while it grows: the player goes on where it is. A new `run_id`
    starts at epoch 0. The position in each run outlives reruns and page switches, not a reload.

    Args:
        run: `run_id` (str); `epochs`, planned (int, at least 1); `finished`, whether no more will come; `lost`, whether
            it is lost; `history`, what has arrived: "loss", "accuracy", "val_loss", "val_accuracy", each (arrived,),
            and "learning_rate", (arrived,) or longer where rates to come are known, which holds the axis still;
            `baseline`, the accuracy of always answering the larger class and its name, or None. A value that is not
            finite is drawn as a gap.
        key: the widget key.
        band: drawn behind the run, whole from the start.
        overlay: another run, dotted over this one as it is played.
        before: the label of another run, and that run as `run`: drawn in grey, whole from the start. The axes then fit
            both runs and do not shrink, unless this run would fill less than `LEAST` of one; beside the losses of a
            lost run, less than a quarter.
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
    data = {
        **drawing(run, band, overlay, before, log=log),
        "run_id": run["run_id"],
        "finished": run["finished"],
        "arrived": max(lengths),
        "label": label,
        "key": key,
        "group": key,
    }
    _PLAYER(data=data, key=key)


def drawing(
    run: Mapping[str, Any],
    band: Band | None = None,
    overlay: Overlay | None = None,
    before: tuple[str, Mapping[str, Any]] | None = None,
    *,
    log: bool = False,
) -> dict[str, Any]:
    """What the browser draws of a run: `drawing.chart`, and how it is played; the arguments are those of `run_player`.

    Returns:
        As `drawing.chart`, and `lost`: the epoch (from 1) from which on the run is said to be lost and the words for
        it, or None. Curves that are `played` have their `heights`, epoch by epoch, None for a gap; the `mark` of the
        panel of losses is where the chart says so: epoch, height, and the epoch from which on. `behind` is the run
        before, as `drawing.chart`, with its `name` and in `words` what each panel shows of it; or None.
    """
    panels = run_panels(run, band, overlay, log=log)
    drawn = charts.chart(panels, run["epochs"])
    for panel, sent in zip(panels, drawn["panels"], strict=True):
        axis = charts.axis_of(panel)
        for curve, part in zip(panel.curves, sent["curves"], strict=True):
            part |= _played(curve, axis, band, overlay)
    rate, loss, _ = drawn["panels"]
    rate["flat"], drawn["lost"] = True, _lost(run)
    if drawn["lost"]:
        loss |= _mark(loss, *drawn["lost"])
    return drawn | ({"behind": None} if before is None else _with_before(drawn["panels"], *before, log=log))


def _mark(loss: Mapping[str, Any], epoch: int, words: str) -> dict[str, Any]:
    """Where the panel of losses says that the run is lost: at the last point that can be drawn."""
    (line,) = (curve for curve in loss["curves"] if curve["label"] == figures.BOTH[0][0])
    last = epoch if line["heights"][epoch - 1] is not None else max(1, epoch - 1)
    return {"mark": (last, line["heights"][last - 1] or 0, epoch), "words": words}


def _with_before(
    panels: list[dict[str, Any]], label: str, run: Mapping[str, Any], *, log: bool
) -> dict[str, Any]:
    """The run before as the browser draws it; says in `panels` how far their axes hold for it."""
    kept = run_panels(run, log=log)
    behind = charts.chart(kept, run["epochs"])
    rate, loss, accuracy = panels
    for own, other in ((rate, behind["panels"][0]), (loss, behind["panels"][1])):
        if not any(curve["line"] or curve["dots"] for curve in own["curves"]):  # its axis says nothing yet
            own |= {"axis": other["axis"], "rows": other["rows"]}
    for panel in (rate, accuracy) if run["lost"] else panels:
        panel["least"] = LEAST
    words = [f"in grey, {label}: {_ends(panel)} in the end" for panel in kept]
    return {"behind": behind | {"name": label, "words": words}, "least": LEAST}


def _ends(panel: Panel) -> str:
    """The last values of a panel's curves in words."""
    return ", ".join(
        f"{curve.label} {charts.texts_of(curve.y[-1:], panel.share)[0]}" for curve in panel.curves
    )


def _lost(run: Mapping[str, Any]) -> tuple[int, str] | None:
    history = run["history"]
    finite = np.isfinite(_numbers(history["loss"]) + _numbers(history["val_loss"]))
    if not finite.all():
        epoch = 1 + int(finite.argmin())
        return epoch, f"lost in epoch {epoch}"
    return (len(finite), "lost: above the untrained network") if run["lost"] else None


def _played(curve: Curve, axis: charts.Axis, band: Band | None, overlay: Overlay | None) -> dict[str, Any]:
    """How a curve is played; a band is not, it is drawn whole from the start."""
    if band and curve.label == band[0]:
        return {"kind": "behind", "texts": None}
    # A rate's last value is there twice, for both ends of its epoch.
    values = curve.y[: len(curve.y) - curve.steps]
    heights = [None if math.isnan(height) else height for height in axis.heights(values).tolist()]
    special = {"kind": "overlay", "texts": None} if overlay and curve.label == overlay[0] else {}
    return {"played": True, "steps": curve.steps, "heights": heights} | special


def run_panels(
    run: Mapping[str, Any], band: Band | None = None, overlay: Overlay | None = None, *, log: bool = False
) -> list[Panel]:
    """The charts of a run: its rates, losses and accuracies; the arguments are those of `run_player`."""
    return [
        Panel("learning rate", [_rates(_numbers(run["history"]["learning_rate"]))]),
        Panel("loss (binary cross-entropy)", _curves("loss", run, band, overlay), log=log),
        Panel("accuracy", _curves("accuracy", run, band, overlay), run["baseline"], share=True),
    ]


def _curves(name: str, run: Mapping[str, Any], band: Band | None, overlay: Overlay | None) -> list[Curve]:
    """Training and validation in "loss" or "accuracy", between the band and the other run."""
    behind, own, over = [], [], []
    for label, prefix, colour, dash in figures.BOTH:
        metric = prefix + name
        own.append(Curve(label, _numbers(run["history"][metric]), colour, dash))
        if band and metric in band[1]:
            low, median, high = (_numbers(band[1][metric][edge]) for edge in ("low", "median", "high"))
            behind.append(Curve(band[0], median, colour, low=low, high=high))
        if overlay and metric in overlay[1]:
            over.append(Curve(overlay[0], _numbers(overlay[1][metric]), "currentColor"))
    return [*behind, *own, *over]


def _rates(rates: np.ndarray) -> Curve:
    """The rates (arrived,) that the epochs began with; each is drawn over all of its epoch."""
    x, y = np.arange(len(rates) + 1.0), np.append(rates, rates[-1:])
    return Curve("rate", y, figures.RATE, x=x[: len(y)], steps=True, texts=charts.texts_of(rates))


def _numbers(values: Values) -> np.ndarray:
    """Float64, with NaN where there is None."""
    return np.asarray(values, dtype=float)
