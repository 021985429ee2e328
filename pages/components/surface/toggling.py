"""Whether the paths toggle: their movement, and the effect of a drop, over the seeds, as numbers and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import streamlit as st

from lrcore.findings import metrics
from lrcore.findings.wording import number
from lrcore.landscape import seeds, wording
from lrcore.landscape.views import TOGGLING, VIEWS
from lrcore.recipes.recipe import Recipe
from lrcore.server import fast
from pages.components.charts.bands import BAND_IN_WORDS
from pages.components.compare.comparison import Entry
from pages.components.results import affordable, cached_training, give_way, parts
from pages.components.surface import controls
from pages.components.surface.controls import Window
from pages.components.surface.runs import Path, rows_of

PIECE = 10
"""The most seeds to train and measure at once; the weights of all their epochs are in memory."""
FEWEST_STEPS = 2
"""The fewest steps of a path whose movement can be measured."""
ARTICLE = "8_The_article.py"


@dataclass(frozen=True)
class Measured:
    """The measures, (seeds,), of a run from the epoch `start` on, and of a drop by `factor` after epoch `at`."""

    entry: Entry
    start: int
    at: int
    factor: float
    cosine: np.ndarray
    jumped: np.ndarray
    progress: np.ndarray
    gone: np.ndarray
    gone_without: np.ndarray


def suggestions() -> list[tuple[str, str, Mapping[str, str]]]:
    """The links to what to try next."""
    return [
        (TOGGLING.preset.title, controls.PAGE, link_to_claim()),
        ("The bounces, update by update", controls.PAGE, controls.link(VIEWS["closer"])),
        ("What else the article claims", ARTICLE, {}),
    ]


def link_to_claim() -> dict[str, str]:
    """The parameters of the link that measures whether the article's run toggles."""
    return controls.link(TOGGLING) | {controls.TOGGLES.key: "true"}


def show(paths: Sequence[Path], window: Window) -> None:
    """Draws the switch and, if it is on, the measures of all paths in the window, over the seeds."""
    if not controls.TOGGLES.draw() or not paths:
        return
    entries = [path.entry for path in paths]
    number_of_seeds = affordable([each.recipe for each in entries for _ in range(3)])
    place = st.empty()
    measured = []
    for i, entry in enumerate(entries):
        place.progress(
            i / len(entries), f"Measuring {wording.counted(number_of_seeds, 'run')} of {entry.letter}"
        )
        measured.append(_measured(entry, window, number_of_seeds))
    place.empty()
    found = [each for each in measured if each is not None]
    if not found:
        st.caption("A path needs three points or more to be measured.")
        return
    _table(found, number_of_seeds, window)
    for each in found:
        _sentences(each)


def _measured(entry: Entry, window: Window, number_of_seeds: int) -> Measured | None:
    """The measures of a run, from its drop on if that is in the window; None for fewer than three points."""
    recipe, last = entry.recipe, min(window.last, entry.recipe.epochs)
    start = recipe.drop_epoch if window.first < recipe.drop_epoch < last else window.first
    steps = recipe.updates_per_epoch() if window.by_update else 1  # of an epoch
    if (last - start) * steps < FEWEST_STEPS:
        start = window.first
    if (last - start) * steps < FEWEST_STEPS:
        return None
    has_drop = 0 < recipe.drop_epoch < recipe.epochs
    at = recipe.drop_epoch if has_drop else recipe.epochs // 2
    factor = recipe.drop_factor if has_drop else controls.TENTH
    found = _numbers(recipe, start, last, window.by_update, at, factor, number_of_seeds)
    return Measured(entry, start, at, factor, *found)


@cached_training(max_entries=200)
def _numbers(
    recipe: Recipe, first: int, last: int, by_update: bool, at: int, factor: float, number_of_seeds: int
) -> np.ndarray:
    """Cosine, jumps, progress, and the share of the loss gone with and without the drop: (5, seeds)."""
    kept = recipe.without_drop()
    recipes = [recipe, replace(kept, drop_epoch=at, drop_factor=factor), kept]
    window = range(first, last) if by_update else range(0)
    return np.concatenate(
        [
            _of_some(recipes, first, last, window, at, part)
            for part in parts([recipe] * 3, number_of_seeds, most=PIECE)
        ],
        axis=1,
    )


def _of_some(
    recipes: Sequence[Recipe], first: int, last: int, window: range, at: int, part: range
) -> np.ndarray:
    """`_numbers` of some seeds; `recipes` are the run, the run with the drop and the run without it."""
    own, *both = fast.run(recipes, part, give_way, weights=True, window=window)
    rows = [rows_of(recipes[0], seed, validation=False) for seed in part]
    paths = own.of_updates() if window else own.of_epochs()[:, first : last + 1]
    moved = seeds.movements(paths, rows)
    long_enough = seeds.leaves_room(at, recipes[0].epochs)
    gone = [
        seeds.gone_within_one_epoch(each.of_epochs(), at, rows) if long_enough else np.full(len(part), np.nan)
        for each in both
    ]
    return np.array([moved.cosine, moved.jumped, moved.progress, *gone])


def _table(found: Sequence[Measured], number_of_seeds: int, window: Window) -> None:
    """Draws the numbers, one row for each run."""
    step = "update" if window.by_update else "epoch"
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "run": each.entry.label,
                    "epochs": f"{each.start} to {min(window.last, each.entry.recipe.epochs)}",
                    "cosine": _spread(each.cosine, _signed),
                    "steps that jump": _spread(each.jumped, wording.share),
                    "gone by a drop": _spread(each.gone, wording.share),
                    "without it": _spread(each.gone_without, wording.share),
                }
                for each in found
            ]
        ),
        hide_index=True,
        key="surface.numbers",
        alt="How each run moves, over the seeds.",
    )
    st.caption(
        f"Median of {wording.counted(number_of_seeds, 'seed')}, and in brackets {BAND_IN_WORDS}. A step is one {step}. "
        "**Cosine** of the angle between successive steps: 1 is straight on, -1 straight back. A step **jumps** over a "
        "lower point if the training loss is lower somewhere on its line than at both ends. **Gone by a drop**: the "
        "share of the training loss that is gone one epoch after a drop of the rate, of the mean of the five epochs "
        "before. A run whose drop is in the window is measured from the drop on; one that has none is given one to a "
        "tenth halfway for the last two columns."
    )


def _signed(value: float) -> str:
    return number(value, 2, sign=True) if np.isfinite(value) else "-"


def _spread(values: np.ndarray, text) -> str:
    """ "−0.89 [−0.90, −0.85]"."""
    spread = metrics.spread(values[:, None])
    low, median, high = (text(float(each[0])) for each in (spread.low, spread.median, spread.high))
    return f"{median} [{low}, {high}]"


def _sentences(each: Measured) -> None:
    """Draws the conclusions from the medians."""
    middle = [_median(values) for values in (each.cosine, each.jumped, each.progress)]
    lost = int(np.isnan(each.progress).sum())
    said = wording.toggling(*middle)
    if lost == len(each.progress):
        said = "Every run is lost: its steps are too large."
    elif lost:
        said += (
            f" Left out: {lost} of {len(each.progress)} runs, which are lost: their weights are no numbers."
        )
    gone, without = _median(each.gone), _median(each.gone_without)
    if not np.isnan(gone):
        said += f" {wording.gone(gone, without, each.factor)}"
    st.markdown(f"**{each.entry.letter}**: {said}")


def _median(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else float("nan")
