"""What the player draws: the surface in steps, the paths over it, the charts below, and what is said of them.

All of it is computed here and kept; `player/player.js` only draws. Positions are shares of a chart's width from its
left and of its height from its top.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from lrcore.landscape import wording
from lrcore.landscape.curvature import edge, has_limit
from lrcore.landscape.loss import loss
from lrcore.landscape.path import AFTER, BEFORE, drop
from lrcore.landscape.picture import Picture, contour_levels, picture
from lrcore.recipes.recipe import Recipe
from lrcore.settings import number_text
from pages.components.surface.runs import Path, rows_of

ASPECT = 2.2
NODES = (72, 33)
"""Of the grid that the surface is computed on, in the shape of the chart."""
MOST_TICKS = 6
MOST_GAUGED = 101
"""Points of a run at which the curvature is computed; after 100 updates it has sunk far below the limit."""


def scene(paths: Sequence[Path], seed: int, *, validation: bool) -> dict[str, Any]:
    """Everything that is drawn of the paths, as plain data, and `words` on it.

    Args:
        paths: of one network and the same rows, at least one.
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
    """`scene`, kept; `key` says which paths are meant."""
    x, y = rows_of(_paths[0].entry.recipe, seed, validation=validation)
    shown = picture([path.points for path in _paths], x, y, nodes=NODES, aspect=ASPECT)
    moments = np.unique(np.concatenate([path.epochs for path in _paths]))
    first, last = float(moments[0]), float(moments[-1])
    charts = [_loss_chart(_paths, shown, validation)]
    gauges = _gauge_chart(_paths, seed)
    return {
        "moments": moments.round(6).tolist(),
        "texts": [_moment(moment, _paths) for moment in moments],
        "map": _map(shown),
        "runs": [
            _run(path, coordinates, moments, _own(path, _paths))
            for path, coordinates in zip(_paths, _on_map(shown, _paths), strict=True)
        ],
        "columns": _columns(first, last),
        "charts": charts + ([gauges] if gauges else []),
        "accuracy": wording.accuracy_of(shown.plane.held, shown.misfit),
        "warning": wording.warning(shown.plane.held, shown.misfit),
        "drops": _drop_sentences(_paths, seed),
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
    """The grid's heights in levels, from the top row on, and the levels."""
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
    """Where the points of each path are on the map."""
    ground = shown.surface
    low = np.array([ground.horizontal[0], ground.vertical[0]])
    high = np.array([ground.horizontal[-1], ground.vertical[-1]])
    shares = (shown.plane.coordinates - low) / (high - low)
    shares[:, 1] = 1 - shares[:, 1]
    return np.split(shares, np.cumsum([len(path.points) for path in paths])[:-1])


def _run(path: Path, coordinates: np.ndarray, moments: np.ndarray, own: int) -> dict[str, Any]:
    """A path: its points' moments and places, which of them is the drop, and the first that is its own."""
    at = np.searchsorted(moments, path.epochs)
    drop_at = _drop_at(path)
    return {
        "letter": path.entry.letter,
        "name": path.entry.label,
        "colour": path.colour,
        "at": at.tolist(),
        "x": coordinates[:, 0].round(5).tolist(),
        "y": coordinates[:, 1].round(5).tolist(),
        "drop": drop_at,
        "own": own,
    }


def _drop_at(path: Path) -> int | None:
    """The last point before the rate drops, if that is one of the path's and not its last."""
    dropped = path.drop_epoch
    if dropped is None or not path.epochs[0] <= dropped < path.epochs[-1]:
        return None
    return int(np.searchsorted(path.epochs, dropped, side="right")) - 1


def _own(path: Path, paths: Sequence[Path]) -> int:
    """The first point of a path that is not the path of another run, of which it is a branch."""
    recipe = path.entry.recipe
    if not any(other.entry.recipe == recipe.without_drop() != recipe for other in paths):
        return 0
    return _drop_at(path) or 0


def _columns(first: float, last: float) -> list[tuple[float, str]]:
    """The ticks of the axis of epochs: share of the width, text."""
    spread = (last - first) or 1.0
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if spread / step <= 10)
    ticks = np.arange(np.ceil(first / step) * step, last + 1e-9, step)
    texts = [(float((tick - first) / spread), f"{tick:g}") for tick in ticks]
    return [(texts[0][0], f"epoch {texts[0][1]}"), *texts[1:]]


def _loss_chart(paths: Sequence[Path], shown: Picture, validation: bool) -> dict[str, Any]:
    finite = np.concatenate([losses[np.isfinite(losses) & (losses > 0)] for losses in shown.losses])
    low, high = np.log(finite.min()), np.log(finite.max())
    ticks = contour_levels([finite.min(), finite.max()])
    ticks = ticks[:: -(-len(ticks) // MOST_TICKS)]
    rows = "validation" if validation else "training"
    series = list(zip([path.epochs for path in paths], shown.losses, strict=True))
    with np.errstate(divide="ignore"):
        heights = [_heights(np.log(losses), low, high) for losses in shown.losses]
        marks = _heights(np.log(ticks), low, high)
    return {
        "name": f"loss of the {rows} rows",
        "rows": list(zip(marks, [number_text(float(f"{tick:.4g}")) for tick in ticks], strict=True)),
        "limit": None,
        **_lines(paths, series, heights, 4),
    }


def _gauge_chart(paths: Sequence[Path], seed: int) -> dict[str, Any] | None:
    """The largest curvature against the bowl's limit, of runs on full batches without momentum; None without any."""
    gauged = [path for path in paths if has_limit(path.entry.recipe) and _is_whole(path)]
    if not gauged:
        return None
    x, y = rows_of(gauged[0].entry.recipe, seed, validation=False)
    found = [edge(path.points[:MOST_GAUGED], _rates(path)[: MOST_GAUGED - 1], x, y) for path in gauged]
    series = [
        (path.epochs[: len(each.gauge)] + 0.5, each.gauge) for path, each in zip(gauged, found, strict=True)
    ]
    high = max(1.25, *(float(np.nanmax(gauge)) for _, gauge in series))
    heights = [_heights(gauge, 0, high) for _, gauge in series]
    limit = _heights(np.ones(1), 0, high)[0]
    return {
        "name": "largest curvature × rate / 2, mean of two updates",
        "rows": [(_heights(np.zeros(1), 0, high)[0], "0"), (limit, "1")],
        "limit": (limit, "the bowl's limit"),
        **_lines(gauged, series, heights, 3),
        "words": [
            f"**{path.entry.letter}**: {wording.edge(each)}" for path, each in zip(gauged, found, strict=True)
        ],
    }


def _is_whole(path: Path) -> bool:
    """Whether there is a point for every update, and enough of them."""
    return len(path.points) > 3 and bool((np.diff(path.epochs) == 1).all())


def _rates(path: Path) -> np.ndarray:
    first, last = int(path.epochs[0]), int(path.epochs[-1])
    return path.entry.recipe.learning_rates()[first:last, 0]


def _heights(values: np.ndarray, low: float, high: float) -> list[float | None]:
    """Shares of a chart's height from its top; None for what is not finite."""
    shares = 0.04 + 0.92 * (high - values) / ((high - low) or 1)
    return [float(round(share, 4)) if np.isfinite(share) else None for share in shares.tolist()]


def _lines(
    paths: Sequence[Path],
    series: Sequence[tuple[np.ndarray, np.ndarray]],
    heights: Sequence[Sequence[float | None]],
    digits: int,
) -> dict[str, Any]:
    """The curves of a chart, each with the epochs, heights and texts of its points."""
    return {
        "lines": [
            {
                "letter": path.entry.letter,
                "name": path.entry.label,
                "colour": path.colour,
                "epochs": epochs.round(6).tolist(),
                "heights": marks,
                "texts": [f"{value:.{digits}g}" for value in values],
                "own": _own(path, paths),
            }
            for path, (epochs, values), marks in zip(paths, series, heights, strict=True)
        ]
    }


def _drop_sentences(paths: Sequence[Path], seed: int) -> list[str]:
    """What each drop did beside the same run at the rate kept, where both are there: on full batches only."""
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
