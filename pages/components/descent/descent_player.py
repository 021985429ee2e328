"""A player for gradient descent: drag the learning rate, see the path; step, play and scrub its updates.

The paths at all rates of the slider are computed here and sent at once, so that dragging is instant and the scripts
in `descent_player/` need no formula. With noise a swarm of balls is sent, packed as whole numbers, and their expected
loss. The paths are in an element of their own, apart from the rate: a new rate does not send them again.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from lrcore import descent, figures
from lrcore.settings import number_text
from pages.components.charts.drawing import DASHES, chart
from pages.components.charts.plot import FOLDER as PLOT
from pages.components.charts.plot import joined, style_sheet
from pages.components.charts.run_player import CONTROLS
from pages.components.descent.descent_words import in_words
from pages.components.state import session

_FILES = Path(__file__).parent / "descent_player"


_PLAYER = st.components.v2.component(
    "descent_player",
    html=joined(_FILES / "player.html"),
    css=joined(CONTROLS, _FILES / "player.css"),
    js=f"const PLOT_CSS = {json.dumps(style_sheet(_FILES / 'losses.css'))};\n"
    + joined(PLOT / "plot.js", _FILES / "picture.js", _FILES / "player.js"),
)
_PATHS = st.components.v2.component("descent_paths", js=joined(_FILES / "paths.js"))
FINEST = 32767
"""A ball's place is sent as a whole number: this at the edge of what the axes then show."""
HIGHEST_LOSS = 100.0
"""Where the loss axis ends, with noise."""


@dataclass(frozen=True)
class _View:
    """The chart of a scene: the axes' names and half-widths before they grow, and the landscape."""

    names: tuple[str, str]
    width: tuple[float, float]
    growth: tuple[int, int]  # the power of the zoom by which each axis grows
    bottom: float  # where the upright axis begins, in units of its half-width
    ends: tuple[float, float] | None  # where the axes end, in units of the half-widths; None: at the edge
    square: bool  # whether both axes have the same scale
    landscape: list[list]  # lines of points, in units of the half-widths


def descent_player(scene: descent.Scene, *, key: str, label: str) -> None:
    """Draws the player of `scene` at its rate; a rate that a reader chooses becomes the control's value.

    Args:
        scene: what to descend.
        key: the key of the control of the rate.
        label: the scene's name, for screen readers.
    """
    landmarks = scene.landmarks
    rates = tuple(sorted({*scene.stops, *landmarks.values(), scene.rate}))
    number, stops = _paths(replace(scene, rate=rates[0]), rates)
    data = {"label": label, "player": key, "paths": number} | _data(scene, rates, landmarks)
    data["losses"] = _losses(scene, key) if scene.noise else None
    _PLAYER(data=data, key=f"{key}.player", on_chosen_change=lambda: _take(key))
    _PATHS(data={"player": key, "paths": number, "stops": stops}, key=f"{key}.paths")


@session.whole
def _take(key: str) -> None:
    """Stores the rate that was chosen in the player; the callback of that choice."""
    rate = float(st.session_state[f"{key}.player"]["chosen"])
    session.put({key: rate})


def _data(scene: descent.Scene, rates: tuple[float, ...], landmarks: dict[str, float]) -> dict[str, Any]:
    """What the player needs besides the paths."""
    return {
        "rate": scene.rate,
        "updates": scene.updates,
        "landmarks": [[name, rate, number_text(rate)] for name, rate in landmarks.items()],
        "limit": [float(np.interp(scene.limit, rates, np.arange(len(rates)))), f"limit {scene.limit:.4g}"],
        "colour": figures.TRAINING,
        "readouts": _readouts(scene),
        **vars(_view(scene.curvatures)),
    }


def _readouts(scene: descent.Scene) -> list[tuple[str, str]]:
    """The values that are written of an update: each its name, and its key in a stop."""
    bowl = len(scene.start) == 1
    places = [("w", "x")] if bowl else [("w₁", "x"), ("w₂", "y")]
    noisy = [("expected loss", "expected")] if scene.noise else []
    return [*noisy, *places, ("loss", "y" if bowl else "loss"), ("rate of this update", "rates")]


def _losses(scene: descent.Scene, key: str) -> dict[str, Any]:
    """The chart of losses as `drawing.chart` makes it, whose curves have no lines yet.

    Each has the key of its values in a stop as `field`, or the `values` where all stops share them; one that is
    `played` grows with the updates.
    """
    curves: list[dict[str, Any]] = [
        {"label": "expected loss", "field": "expected", "colour": figures.TRAINING, "played": True},
        {"label": "strong ball", "field": "own", "colour": figures.TRAINING, "played": True, "kind": "thin"},
        {"label": "rate kept", "field": "kept", "colour": "currentColor", "dash": DASHES["dash"]},
        {"label": "its floor", "field": "floor", "colour": "currentColor", "dash": DASHES["dot"]},
    ]
    lowest = 0.01
    if isinstance(scene, descent.Bowl):
        bound = scene.lower_bound()
        look = {"colour": figures.HUES[2], "dash": DASHES["longdash"]}
        curves.append({"label": "no rates do better", "values": _rounded(bound), **look})
        lowest = 10.0 ** np.floor(np.log10(bound[-1]))
    panel = figures.Panel("loss", [], log=True, span=(float(lowest), HIGHEST_LOSS))
    drawn = chart([panel], scene.updates, unit="update")
    drawn["panels"][0]["curves"] = curves
    return drawn | {"key": f"{key}.losses", "group": f"{key}.losses", "label": "Losses"}


@lru_cache(maxsize=32)
def _paths(scene: descent.Scene, rates: tuple[float, ...]) -> tuple[str, str]:
    """The hash of the `_stops` and the `_stops` as JSON, computed once for all sessions."""
    text = json.dumps(_stops(scene, rates), separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:16], text


def _stops(scene: descent.Scene, rates: tuple[float, ...]) -> list[dict[str, Any]]:
    """The descent at each of the rates, in place of the scene's own."""
    paths = scene.swarms(rates) if scene.noise else scene.paths(rates)[:, None]
    losses = descent.loss(paths, scene.curvatures)
    points = np.stack([paths[..., 0], losses if len(scene.start) == 1 else paths[..., 1]], axis=-1)
    zooms = _zoom(points, _view(scene.curvatures))
    learning_rates = scene.learning_rates(rates)
    more = _noisy_stops(scene, rates, paths, zooms) if scene.noise else [{}] * len(rates)
    return [
        {
            "rate": rate,
            "text": number_text(rate),
            **dict(zip(("verdict", "words"), words, strict=True)),
            "x": _rounded(points[i, 0, :, 0]),
            "y": _rounded(points[i, 0, :, 1]),
            "loss": _rounded(losses[i, 0]) if len(scene.start) > 1 else None,
            "rates": [None, *_rounded(learning_rates[i])] if np.ptp(learning_rates[i]) else None,
            "zoom": _rounded(zooms[i]) if zooms[i, -1] > 1 else None,
            **more[i],
        }
        for i, (rate, words) in enumerate(zip(rates, in_words(scene, rates), strict=True))
    ]


def _noisy_stops(
    scene: descent.Scene, rates: tuple[float, ...], swarms: np.ndarray, zooms: np.ndarray
) -> list[dict[str, Any]]:
    """The swarm and the expected losses of each stop; `swarms` (n, balls, updates + 1, d)."""
    decays = scene != scene.constant()
    expected, kept, floors = (
        scene.expected_loss(rates),
        scene.constant().expected_loss(rates),
        scene.floors(rates),
    )
    shares = swarms / (np.array(_view(scene.curvatures).width)[: swarms.shape[-1]] * zooms[:, None, :, None])
    places = np.round(FINEST * shares).astype("<i2").swapaxes(1, 2)
    return [
        {
            "swarm": b64encode(places[i].tobytes()).decode("ascii"),
            "expected": _rounded(expected[i]),
            "kept": _rounded(kept[i]) if decays else None,
            "floor": float(f"{floors[i]:.4g}") if np.isfinite(floors[i]) else None,
        }
        for i in range(len(rates))
    ]


def _zoom(points: np.ndarray, view: _View) -> np.ndarray:
    """The zoom (n, updates + 1), >= 1, at which all points so far, (n, balls, updates + 1, 2), are in sight."""
    shares = ((np.abs(points) / view.width) ** (1 / np.array(view.growth))).max(axis=(1, 3))
    return np.maximum(1, 1.08 * np.maximum.accumulate(shares, axis=-1))


@lru_cache(maxsize=8)
def _view(curvatures: tuple[float, ...]) -> _View:
    return _bowl_view(curvatures) if len(curvatures) == 1 else _ravine_view(curvatures)


def _bowl_view(curvatures: tuple[float, ...]) -> _View:
    width, top = 4.8, 24.0
    w = np.linspace(-width, width, 193)
    curve = np.stack([w / width, descent.loss(w[:, None], curvatures) / top], axis=-1)
    walls = curve[curve[:, 1] <= 1]
    return _View(
        names=("w", "loss"),
        width=(width, top),
        growth=(1, 2),  # the loss grows as the square of w: the curve stays where it is
        bottom=-0.08,
        ends=(float(walls[-1, 0]), float(walls[-1, 1])),
        square=False,
        landscape=[_line(walls)],
    )


def _ravine_view(curvatures: tuple[float, ...]) -> _View:
    width = (10.0, 4.0)
    along, across = [(w, 0.0) for w in (2.5, 5, 7.5)], [(0.0, w) for w in (0.5, 1, 1.5, 2, 2.5, 3, 3.5)]
    levels = descent.loss([*along, *across], curvatures)
    return _View(
        names=("w₁", "w₂"),
        width=width,
        growth=(1, 1),
        bottom=-1,
        ends=None,
        square=True,
        landscape=[_line(descent.contour(curvatures, level) / width) for level in levels],
    )


def _line(points: np.ndarray) -> list:
    return [_rounded(point) for point in points]


def _rounded(values: np.ndarray) -> list:
    """To 4 significant digits: more than a screen can show, and short to send."""
    return [float(f"{value:.4g}") for value in values]
