"""The data that the player draws: the surface in levels, the paths over it, the charts below, and the sentences.

It is computed here and cached; `player/player.js` only draws. Positions on the map are shares of its width from the
left and of its height from the top. Moments are the epochs passed, with a fraction, at which any of the paths has a
point; the charts' x axis counts moments from 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from lrcore.figures import Curve, Panel
from lrcore.landscape import wording
from lrcore.landscape.curvature import Edge, edge, has_limit
from lrcore.landscape.loss import loss
from lrcore.landscape.path import AFTER, BEFORE, drop
from lrcore.landscape.picture import Picture, picture
from lrcore.recipes.recipe import Recipe
from lrcore.settings import number_text
from pages.components.charts import drawing
from pages.components.surface.runs import Path, rows_of

ASPECT = 2.2
NODES = (72, 33)
"""Columns and rows of the grid on which the surface is computed, in the shape of the map."""
NARROW = 3
"""Losses that differ by less than this factor fill no logarithmic axis."""
MOST_GAUGED = 101
"""The most points of a run at which the curvature is computed; after 100 updates it is far below the limit."""


def scene(paths: Sequence[Path], seed: int, *, validation: bool) -> dict[str, Any]:
    """The drawing of the paths as plain data, and the sentences on it.

    Args:
        paths: of one network and the same rows, at least one.
        seed: of all paths.
        validation: whether the loss is that of the validation rows.
    """
    key = tuple(
        (
            path.entry.recipe,
            path.entry.letter,
            path.entry.name,
            *path.epochs[[0, -1]].tolist(),
            len(path.points),
        )
        for path in paths
    )
    return _scene(key, seed, validation, paths)


@st.cache_data(max_size="32MB", show_spinner=False, hash_funcs={Recipe: repr})
def _scene(key: tuple, seed: int, validation: bool, _paths: Sequence[Path]) -> dict[str, Any]:
    """`scene`, cached; `key` identifies the paths."""
    x, y = rows_of(_paths[0].entry.recipe, seed, validation=validation)
    shown = picture([path.points for path in _paths], x, y, nodes=NODES, aspect=ASPECT)
    moments = np.unique(np.concatenate([path.epochs for path in _paths]))
    edges = _edges(_paths, seed)
    return {
        "moments": moments.round(6).tolist(),
        "texts": [_moment(moment, _paths) for moment in moments],
        "map": _map(shown),
        "runs": [
            _run(path, coordinates, moments, _own(path, _paths))
            for path, coordinates in zip(_paths, _on_map(shown, _paths), strict=True)
        ],
        "charts": _charts(_paths, shown, edges, moments, "validation" if validation else "training"),
        "accuracy": wording.accuracy_of(shown.plane.held, shown.misfit),
        "warning": wording.warning(shown.plane.held, shown.misfit),
        "drops": _drop_sentences(_paths, seed),
        "curvature": [f"**{letter}**: {wording.edge(found)}" for letter, found in edges.items()],
    }


def _moment(moment: float, paths: Sequence[Path]) -> str:
    """A moment in words: "epoch 23", "epoch 23 + 4 of 9 updates"."""
    whole = int(moment + 1e-9)
    updates = {path.entry.recipe.updates_per_epoch() for path in paths}
    if abs(moment - whole) < 1e-9:
        return f"epoch {whole}"
    if len(updates) > 1:
        return f"epoch {moment:.2f}"
    (of,) = updates
    return f"epoch {whole} + {round((moment - whole) * of)} of {of} updates"


def _map(shown: Picture) -> dict[str, Any]:
    """The surface on its grid, in levels, from the top row on; the levels; a ruler."""
    rows, columns = shown.steps.shape
    width = float(np.ptp(shown.surface.horizontal))
    return {
        "rows": rows,
        "columns": columns,
        "steps": shown.steps[::-1].round(2).ravel().tolist(),
        "levels": [number_text(float(f"{level:.4g}")) for level in shown.levels],
        "ruler": _ruler(width),
    }


def _ruler(width: float) -> tuple[float, str]:
    """A round length of about a fifth of the map's `width`: its share of the width, and the length."""
    power = 10.0 ** np.floor(np.log10(width / 5))
    length = float(max(step * power for step in (1, 2, 5) if step * power <= width / 4))
    return length / width, f"{length:.3g}"


def _on_map(shown: Picture, paths: Sequence[Path]) -> list[np.ndarray]:
    """The positions of each path's points on the map, (points, 2)."""
    ground = shown.surface
    low = np.array([ground.horizontal[0], ground.vertical[0]])
    high = np.array([ground.horizontal[-1], ground.vertical[-1]])
    shares = (shown.plane.coordinates - low) / (high - low)
    shares[:, 1] = 1 - shares[:, 1]
    return np.split(shares, np.cumsum([len(path.points) for path in paths])[:-1])


def _run(path: Path, coordinates: np.ndarray, moments: np.ndarray, own: int) -> dict[str, Any]:
    """A path: the moments and positions of its points, the index of its drop, and that of the first point to draw."""
    at = np.searchsorted(moments, path.epochs)
    return {
        "letter": path.entry.letter,
        "name": path.entry.label,
        "colour": path.colour,
        "at": at.tolist(),
        "x": coordinates[:, 0].round(5).tolist(),
        "y": coordinates[:, 1].round(5).tolist(),
        "drop": _drop_at(path),
        "own": own,
    }


def _drop_at(path: Path) -> int | None:
    """The index of the last point before the rate drops; None if it drops outside the path."""
    dropped = path.drop_epoch
    if dropped is None or not path.epochs[0] <= dropped < path.epochs[-1]:
        return None
    return int(np.searchsorted(path.epochs, dropped, side="right")) - 1


def _own(path: Path, paths: Sequence[Path]) -> int:
    """The index of the first point to draw: of a branch, that at the drop; another path shows the points before."""
    recipe = path.entry.recipe
    if not any(other.entry.recipe == recipe.without_drop() != recipe for other in paths):
        return 0
    return _drop_at(path) or 0


def _edges(paths: Sequence[Path], seed: int) -> dict[str, Edge]:
    """The curvature along each path to which the bowl's limit applies, by the run's letter."""
    x, y = rows_of(paths[0].entry.recipe, seed, validation=False)
    return {
        path.entry.letter: edge(path.points[:MOST_GAUGED], _rates(path)[: MOST_GAUGED - 1], x, y)
        for path in paths
        if has_limit(path.entry.recipe) and _is_whole(path)
    }


def _is_whole(path: Path) -> bool:
    """Whether every update has a point, and there are enough for an `edge`."""
    return len(path.points) > 3 and bool((np.diff(path.epochs) == 1).all())


def _rates(path: Path) -> np.ndarray:
    first, last = int(path.epochs[0]), int(path.epochs[-1])
    return path.entry.recipe.learning_rates()[first:last, 0]


def _charts(
    paths: Sequence[Path], shown: Picture, edges: Mapping[str, Edge], moments: np.ndarray, rows: str
) -> dict[str, Any]:
    """What `drawing.chart` makes of the loss and, for the paths with `edges`, of the curvature."""

    def curve(path: Path, epochs: np.ndarray, values: np.ndarray) -> Curve:
        return _curve(path, epochs, values, moments, _own(path, paths))

    losses = [curve(path, path.epochs, each) for path, each in zip(paths, shown.losses, strict=True)]
    gauged = [(path, edges[path.entry.letter].gauge) for path in paths if path.entry.letter in edges]
    gauges = [curve(path, path.epochs[: len(gauge)] + 0.5, gauge) for path, gauge in gauged]
    panels = [_loss_panel(f"loss of the {rows} rows", losses)]
    if gauged:
        high = max(1.25, *(float(np.nanmax(gauge)) for _, gauge in gauged))
        title = "largest curvature × rate / 2, mean of two updates"
        panels.append(Panel(title, gauges, (1.0, "the bowl's limit"), span=(0, high)))
    count = len(moments)
    drawn = drawing.chart(panels, count)
    for panel, sent in zip(panels, drawn["panels"], strict=True):
        sent |= {"flat": True, "curves": [*_played(panel, sent["curves"], count)]}
    margin = drawing.SIDE * count
    return drawn | {"x": (1 - margin, count + margin), "columns": _columns(moments)}


def _loss_panel(title: str, curves: Sequence[Curve]) -> Panel:
    """The losses on a logarithmic axis, or on a linear one if they differ by less than a factor of `NARROW`."""
    values = np.concatenate([curve.y for curve in curves])
    values = values[np.isfinite(values)]
    low, high = float(values.min(initial=np.inf)), float(values.max(initial=0))
    if low < high < NARROW * low:
        return Panel(title, curves, span=(low, high))
    return Panel(title, curves, log=True)


def _curve(path: Path, epochs: np.ndarray, values: np.ndarray, moments: np.ndarray, own: int) -> Curve:
    """A path's values (points,) at its `epochs`, drawn from the point `own` on; its texts are the latest values."""
    x = 1 + np.interp(epochs, moments, np.arange(len(moments)))
    drawn = np.where(np.arange(len(values)) < own, np.nan, values)
    texts = ["–", *drawing.texts_of(values)]
    latest = np.searchsorted(epochs, moments + 1e-9, side="right")
    return Curve(path.entry.letter, drawn, path.colour, x=x, texts=[texts[i] for i in latest])


def _played(panel: Panel, sent: Sequence[dict[str, Any]], count: int) -> Iterator[dict[str, Any]]:
    """Each curve twice: thin as a whole, and as it is played, with its heights at each of `count` moments."""
    axis, places = drawing.axis_of(panel), np.arange(1, count + 1)
    for curve, each in zip(panel.curves, sent, strict=True):
        assert curve.x is not None
        heights = np.interp(places, curve.x, axis.heights(curve.y), left=np.nan, right=np.nan)
        yield each | {"kind": "behind", "texts": None}
        yield each | {
            "played": True,
            "heights": [None if np.isnan(height) else round(height) for height in heights.tolist()],
        }


def _columns(moments: np.ndarray) -> drawing.Ticks:
    """The ticks of the charts' x axis, at whole epochs."""
    first, last = float(moments[0]), float(moments[-1])
    whole = [tick for tick, _ in drawing.ticks(first, max(last, first + 1), 10) if float(tick).is_integer()]
    places = 1 + np.interp(whole, moments, np.arange(len(moments)))
    return [
        (place, f"{'epoch ' * (i == 0)}{tick:g}")
        for i, (place, tick) in enumerate(zip(places.tolist(), whole, strict=True))
        if tick <= last
    ]


def _drop_sentences(paths: Sequence[Path], seed: int) -> list[str]:
    """The effect of each drop compared with the same run without it, if both are drawn; on full batches only."""
    x, y = rows_of(paths[0].entry.recipe, seed, validation=False)
    said = []
    for path in paths:
        recipe, at = path.entry.recipe, path.drop_epoch
        kept = [other for other in paths if other.entry.recipe == recipe.without_drop() != recipe]
        if at is None or not kept or recipe.updates_per_epoch() > 1:
            continue
        both = kept[0].whole, path.whole
        if at >= BEFORE - 1 and min(map(len, both)) > recipe.epochs >= at + AFTER:
            found = drop(loss(both[0][: recipe.epochs + 1], x, y), loss(both[1], x, y), at)
            said.append(
                f"**{path.entry.letter}** against **{kept[0].entry.letter}**: {wording.dropped(found)}"
            )
    return said
