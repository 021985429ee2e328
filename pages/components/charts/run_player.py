"""A player for training runs: draws what has arrived in the browser, at the reader's pace.

Playing, pausing, scrubbing and the speed need no rerun of the page; nothing is sent back. Scales, ticks and
the numbers as text are computed here; `run_player/player.js` only draws. A new chart is one entry in `_CHARTS`
and in `_axis`, and one heading with its `<svg>` in `player.html`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

_FILES = Path(__file__).parent / "run_player"
_PLAYER = st.components.v2.component(
    "run_player",
    html=(_FILES / "player.html").read_text(encoding="utf-8"),
    css=(_FILES / "player.css").read_text(encoding="utf-8"),
    js=(_FILES / "player.js").read_text(encoding="utf-8"),
)
_CHARTS = {
    "loss": {"loss": "training", "val_loss": "validation"},
    "accuracy": {"accuracy": "training", "val_accuracy": "validation"},
    "learning rate": {"learning_rate": "rate"},
}
_METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")
_MARGIN = 0.04
"""The share of an axis's range that a chart shows beyond each of its ends."""

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
        **{name: run[name] for name in ("run_id", "epochs", "finished")},
        "arrived": max(lengths),
        "label": label,
        "colours": dict(colours),
        "notes": {"band": band_label if band else None, "overlay": overlay_label if overlay else None},
        **drawing(run, band or {}, overlay or {}),
    }
    _PLAYER(data=data, key=key)


def drawing(
    run: Mapping[str, Any],
    band: Mapping[str, Mapping[str, Values]],
    overlay: Mapping[str, Values],
) -> dict[str, Any]:
    """What the browser draws of a run, and says of it; the arguments are those of `run_player`.

    Returns:
        `diverged`, the first epoch (from 1) without a finite loss, or None; `columns`, the ticks of the shared
        axis of epochs, from 0 to `epochs`, as (share of the width, text); and `charts`. Heights in there are
        shares of a chart's height from its top (negative: above the chart), with None for a gap; the paths
        `behind` the run and its `lines` are (CSS classes, SVG path), one unit wide for each epoch and 1 high.
    """
    epochs, history = run["epochs"], run["history"]
    finite = np.isfinite(_numbers(history["loss"]) + _numbers(history["val_loss"]))
    diverged = None if finite.all() else 1 + int(finite.argmin())
    columns = [(tick / epochs, f"{tick:g}") for tick in _ticks(0, epochs, 7) if tick.is_integer()]
    columns[0] = (0, "epoch 0")
    charts = [_chart(name, run, band, overlay) for name in _CHARTS]
    if diverged:  # marked at the last point that can be drawn
        last = max(1, diverged - 1)
        height = charts[0]["series"][0]["heights"][last - 1] or 0
        charts[0]["mark"] = (last / epochs, min(0.9, max(0.1, height)))
    return {"diverged": diverged, "columns": columns, "charts": charts}


def _chart(name: str, run: Mapping, band: Mapping, overlay: Mapping) -> dict[str, Any]:
    kinds = _CHARTS[name]
    history, band, overlay = (
        {metric: lists[metric] for metric in kinds if metric in lists}
        for lists in (run["history"], band, overlay)
    )
    baseline = run["baseline"] if name == "accuracy" else None
    edges = [edge[side] for edge in band.values() for side in ("low", "high")]
    axis = _axis(name, [*history.values(), *overlay.values(), *edges], baseline)
    return {
        "name": name,
        "rows": list(zip(axis.heights(axis.ticks), [f"{tick:g}" for tick in axis.ticks], strict=True)),
        "baseline": baseline and (axis.heights([baseline])[0], f"majority baseline {baseline:.3f}"),
        "mark": None,
        "steps": axis.steps,
        "behind": [path for metric, edge in band.items() for path in axis.band(kinds[metric], edge)],
        "lines": [(kinds[metric], axis.path(values)) for metric, values in history.items()]
        + [("overlay", axis.path(values)) for values in overlay.values()],
        "series": [
            {
                "kind": kinds[metric],
                "heights": axis.heights(values),
                "texts": [_text(metric, value) for value in _numbers(values)],
            }
            for metric, values in history.items()
        ],
    }


@dataclass(frozen=True)
class _Axis:
    """The upright axis of a chart."""

    low: float
    high: float
    ticks: Values
    steps: bool = False  # a value holds for all of its epoch

    def heights(self, values: Values) -> list[float | None]:
        """Shares of the chart's height from its top, at least -1; None for what has no place on the axis."""
        shares = _MARGIN + (1 - 2 * _MARGIN) * (self.high - _numbers(values)) / (self.high - self.low)
        shares = np.where(np.isfinite(shares), np.maximum(shares, -1), np.nan)
        return [None if math.isnan(share) else share for share in shares.round(4).tolist()]

    def path(self, values: Values) -> str:
        """The SVG path of a curve, which begins anew after a gap."""
        parts, pen = [], "M"
        for epoch, height in enumerate(self.heights(values), start=1):
            point = f"{epoch - 1} {height}H{epoch}" if self.steps else f"{epoch} {height}"
            parts.append("" if height is None else pen + point)
            pen = "M" if height is None else "L"
        return "".join(parts)

    def band(self, kind: str, edge: Mapping[str, Values]) -> list[tuple[str, str]]:
        """The paths of an area, which is in one piece and so without its gaps, and of the median in it."""
        area = "L".join([*self._corners(edge["low"]), *reversed(self._corners(edge["high"]))])
        return [(f"{kind} area", f"M{area}Z" if area else ""), (f"{kind} median", self.path(edge["median"]))]

    def _corners(self, values: Values) -> list[str]:
        heights = enumerate(self.heights(values), start=1)
        return [f"{epoch} {height}" for epoch, height in heights if height is not None]


def _axis(name: str, lists: Sequence[Values], baseline: float | None) -> _Axis:
    """The axis of that chart for all of these values."""
    values = np.concatenate([_numbers(each) for each in lists])
    values = values[np.isfinite(values)]
    low, high = 0.0, 1.05 * float(values.max(initial=0)) or 1.0
    if name == "learning rate":
        return _Axis(low, high, _ticks(low, high, 3), steps=True)
    if name == "accuracy":
        lowest = values.min(initial=min(0.9, baseline or 1))
        low, high = max(0, math.floor(10 * lowest - 0.2)) / 10, 1.0  # with room for the baseline's label
    elif len(values):  # a few huge losses, often the first, may leave the chart for the rest to be read
        high = min(high, max(1.0, 2 * float(np.quantile(values, 0.9))))
    return _Axis(low, high, _ticks(low, high))


def _ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers from `low` to `high`, at most `count` steps of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10((high - low) / count))
    step = next(step * power for step in (1, 2, 5, 10) if step * power * count >= (high - low) * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


def _text(metric: str, value: float) -> str:
    if not math.isfinite(value):
        return "–"
    if metric == "learning_rate":
        return f"{value:.4g}"
    if metric.endswith("accuracy"):
        return f"{value:.3f}"
    return f"{value:.4f}" if value < 1000 else f"{value:.2e}"


def _numbers(values: Values) -> np.ndarray:
    """Float64, with NaN where there is None."""
    return np.asarray(values, dtype=float)
