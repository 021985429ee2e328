"""A player for gradient descent: drag the learning rate, see the path; step, play and scrub its updates.

All that can be seen is computed here, for every rate that the slider offers, and sent at once: dragging is
instant, and `descent_player/player.js` draws without knowing any formula.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from lrcore import descent, figures
from lrcore.settings import number_text, numbers_of
from pages.components.state import session

_FILES = Path(__file__).parent / "descent_player"
_PLAYER = st.components.v2.component(
    "descent_player",
    html=(_FILES / "player.html").read_text(encoding="utf-8"),
    css=(_FILES / "player.css").read_text(encoding="utf-8"),
    js=(_FILES / "player.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class _View:
    """What the chart shows of a scene: the axes' names and half-widths before they grow, and the landscape."""

    names: tuple[str, str]
    readouts: tuple[tuple[str, str], ...]  # what is written of an update: its name, and where a stop has it
    width: tuple[float, float]
    growth: tuple[int, int]  # the power of the zoom by which each axis grows
    bottom: float  # where the upright axis begins, in units of its half-width
    square: bool  # whether both axes have the same scale
    landscape: list[list]  # lines of points, in units of the half-widths


def descent_player(scene: descent.Scene, *, key: str, label: str) -> None:
    """Draws the player of `scene` at its rate; a rate that the reader chooses is put into the session.

    Args:
        scene: what to descend.
        key: of the control that holds the rate, whose value the player sets.
        label: the scene's name for those who cannot see it.
    """
    _PLAYER(data=_data(scene, label), key=f"{key}.player", on_chosen_change=lambda: _take(key))


def _take(key: str) -> None:
    """Runs before the rerun that a choice in the player asks for."""
    rate = float(st.session_state[f"{key}.player"]["chosen"])
    session.put({key: rate})


def _data(scene: descent.Scene, label: str) -> dict[str, Any]:
    landmarks = scene.landmarks
    rates = sorted({*numbers_of(scene)["rate"].offered, *landmarks.values(), scene.rate})
    return {
        "label": label,
        "rate": scene.rate,
        "updates": scene.updates,
        "stops": _stops(replace(scene, rate=rates[0]), tuple(rates)),
        "landmarks": [[name, rate, number_text(rate)] for name, rate in landmarks.items()],
        "limit": [float(np.interp(scene.limit, rates, np.arange(len(rates)))), f"limit {scene.limit:.4g}"],
        "colour": figures.TRAINING,
        **vars(_view(scene.curvatures)),
    }


@lru_cache(maxsize=32)
def _stops(scene: descent.Scene, rates: tuple[float, ...]) -> list[dict[str, Any]]:
    """The descent at each of the rates (the scene's own does not matter), once for all sessions."""
    paths = scene.paths(rates)
    losses = descent.loss(paths, scene.curvatures)
    points = np.stack([paths[..., 0], losses if len(scene.start) == 1 else paths[..., 1]], axis=-1)
    zooms = _zoom(points, _view(scene.curvatures))
    learning_rates = scene.learning_rates(rates)
    return [
        {
            "rate": rate,
            "text": number_text(rate),
            **dict(zip(("verdict", "words"), in_words(descent.outcome(paths[i])), strict=True)),
            "x": _rounded(points[i, :, 0]),
            "y": _rounded(points[i, :, 1]),
            "loss": _rounded(losses[i]) if len(scene.start) > 1 else None,
            "rates": [None, *_rounded(learning_rates[i])] if np.ptp(learning_rates[i]) else None,
            "zoom": _rounded(zooms[i]) if zooms[i, -1] > 1 else None,
        }
        for i, rate in enumerate(rates)
    ]


def _zoom(points: np.ndarray, view: _View) -> np.ndarray:
    """How far the axes must have grown for all points (n, updates + 1, 2) so far to be seen: >= 1."""
    shares = (np.abs(points) / view.width) ** (1 / np.array(view.growth))
    return np.maximum(1, 1.08 * np.maximum.accumulate(shares.max(axis=-1), axis=-1))


@lru_cache(maxsize=8)
def _view(curvatures: tuple[float, ...]) -> _View:
    return _bowl_view(curvatures) if len(curvatures) == 1 else _ravine_view(curvatures)


def _bowl_view(curvatures: tuple[float, ...]) -> _View:
    width, top = 4.0, 24.0
    w = np.linspace(-width, width, 81)
    curve = np.stack([w / width, descent.loss(w[:, None], curvatures) / top], axis=-1)
    return _View(
        names=("w", "loss"),
        readouts=(("w", "x"), ("loss", "y")),
        width=(width, top),
        growth=(1, 2),  # the loss grows as the square of w: the curve stays where it is
        bottom=-0.08,
        square=False,
        landscape=[_line(curve)],
    )


def _ravine_view(curvatures: tuple[float, ...]) -> _View:
    width = (10.0, 4.0)
    levels = descent.loss(width, curvatures) * (np.arange(1, 13) / 10) ** 2
    return _View(
        names=("w₁", "w₂"),
        readouts=(("w₁", "x"), ("w₂", "y"), ("loss", "loss"), ("rate of this update", "rates")),
        width=width,
        growth=(1, 1),
        bottom=-1,
        square=True,
        landscape=[_line(descent.contour(curvatures, level) / width) for level in levels],
    )


def _line(points: np.ndarray) -> list:
    return [_rounded(point) for point in points]


def in_words(outcome: descent.Outcome) -> tuple[str, str]:
    """What became of a descent: in one word, and in a few short sentences with its numbers."""
    words = []
    if outcome.kind == "bounces":
        span = outcome.arrival or outcome.updates
        words.append(f"{outcome.crossings} of the first {span} updates jump over the minimum.")
    if outcome.kind == "diverges":
        words.append(
            f"After {outcome.updates} updates it is {_times(outcome.left)} as far away as at the start."
        )
        words.append("The axes grow with it.")
    elif outcome.arrival is None:
        words.append(f"After {outcome.updates} updates {outcome.left:.0%} of the way to the minimum is left.")
    else:
        plural = "s" * (outcome.arrival != 1)
        words.append(f"{1 - descent.ARRIVED:.0%} of the way is done after {outcome.arrival} update{plural}.")
    if outcome.farthest > max(1.005, outcome.left):
        words.append(f"In between it was {_times(outcome.farthest)} as far away as at the start.")
    return f"{outcome.kind.capitalize()}.", " ".join(words)


def _times(share: float) -> str:
    if share >= 1e6:
        return f"{share:.1e} times".replace("e+0", "e").replace("e+", "e")
    return f"{share:,.0f} times" if share >= 100 else f"{share:.3g} times"


def _rounded(values: np.ndarray) -> list:
    """To 4 significant digits: more than a screen can show, and short to send."""
    return [float(f"{value:.4g}") for value in values]
