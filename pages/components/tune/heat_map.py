"""The second view: a schedule's loss over the rate and a second hyperparameter, with lines of equal area."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lrcore import figures
from lrcore.findings import tuning, wording
from lrcore.findings.metrics import MEASURES, middle
from lrcore.findings.tuning import FIRST_TUNING_SEED, GOOD, SIZES
from lrcore.recipes.recipe import SETTINGS, Recipe
from lrcore.settings import Choice, Number, number_text
from lrcore.training import experiments
from lrcore.training.run import History
from pages.components import results
from pages.components.charts.figure import figure_chart
from pages.components.state import session
from pages.components.state.controls import Control
from pages.components.state.recipe_panel import is_idle
from pages.components.tune import views
from pages.components.tune.entries import Entry, key_of

KEY = "tune.map"
SEEDS, MOST_VALUES, MOST_RATES = 5, 13, SIZES[1]
DEAREST = 5
"""The most seconds of training, estimated, unless one seed takes longer."""
ROWS_AT_ONCE = 3
"""Rows of the map that are trained and cached together."""
_NUMBERS = {name: each for name, each in SETTINGS.items() if isinstance(each, Number) and each.offered}
_LOSS = MEASURES["val_loss"]
SECOND = Control(
    "tune.second",
    Choice(
        label="Second hyperparameter",
        default="decay_rate",
        options={name: each.label for name, each in _NUMBERS.items()},
    ),
)

Cell = tuple[int, int]


@dataclass(frozen=True)
class Grid:
    """The cells of a map: `recipes` by row (a value of the second hyperparameter) and column (a rate).

    Where the second hyperparameter is a rate, too, the row's value belongs to the default rate: `tuning.points` scales
    both together. `cut` names what there is less of than wanted: rates, seeds.
    """

    entry: Entry
    second: str
    rates: Sequence[float]
    values: Sequence[float]
    recipes: Mapping[Cell, Recipe]
    seeds: int
    cut: Sequence[str]

    def rows(self, first: int, stop: int) -> list[Cell]:
        """The cells of some of the rows."""
        return [cell for cell in self.recipes if first <= cell[0] < stop]

    def value_at(self, cell: Cell) -> float:
        """The second hyperparameter of that cell's recipe."""
        return self.recipes[cell].settings()[self.second][1]

    @property
    def is_scaled(self) -> bool:
        """Whether the second hyperparameter is a rate, so that a row's cells have different ones."""
        return any(self.value_at(cell) != self.values[cell[0]] for cell in self.recipes)


def second_control(entry: Entry, *, drawn: bool) -> str:
    """The second hyperparameter: a number of the schedule's own, or one that all share.

    Its choice is drawn only if `drawn`, and is in the link in any case.
    """
    if not drawn:
        return SECOND.value()
    given = entry.recipe
    names = [name for name in given.settings() if name in _NUMBERS and not is_idle(name, given.drop_epoch)]
    return SECOND.draw(among=[name for name in names if name != tuning.rate_name(given)])


def grid_of(entry: Entry, second: str, size: int) -> Grid | None:
    """The map's cells and the affordable seeds; None where not even one is."""
    most = min(size, MOST_RATES)
    for rates in (tuning.grid(most), tuning.grid(SIZES[0])):
        values = _values(entry.recipe, second)
        recipes = {
            (row, rates.index(rate)): recipe
            for row, value in enumerate(values)
            for rate, recipe in tuning.points(entry.recipe.with_setting(second, value), rates).items()
        }
        seconds = sum(map(experiments.seconds, recipes.values()))
        if seconds <= DEAREST or len(rates) == SIZES[0]:
            break
    if seconds > results.BUDGET:
        return None
    seeds = max(1, min(SEEDS, math.floor(DEAREST / seconds)))
    cut = ["rates"] * (len(rates) < most) + ["seeds"] * (seeds < SEEDS)
    return Grid(entry, second, rates, values, recipes, seeds, cut)


def _values(recipe: Recipe, second: str) -> list[float]:
    """The value that is set and the stops of its slider, at most `MOST_VALUES`, from the first stop to the last."""
    offered, own = _NUMBERS[second].offered, recipe.settings()[second][1]

    def picked(number: int) -> set[float]:
        positions = np.linspace(0, len(offered) - 1, min(number, len(offered))).round().astype(int)
        return {offered[position] for position in positions}

    values = picked(MOST_VALUES)
    return sorted(values if own in values else picked(MOST_VALUES - 1) | {own})


def show(
    chart: DeltaGenerator, progress: DeltaGenerator, grid: Grid, chosen: Recipe | None
) -> dict[Cell, History]:
    """Draws the map into `chart`, some rows at a time; returns the runs of all cells."""
    draw = partial(figure_chart, chart)
    runs: dict[Cell, History] = {}

    def draw_so_far() -> None:
        figure, alt = _figure(grid, runs, chosen)
        draw(figure, key=f"{KEY}.{len(runs)}", alt=alt)

    growing = results.Growing(draw_so_far)
    for first in range(0, len(grid.values), ROWS_AT_ONCE):
        cells = grid.rows(first, first + ROWS_AT_ONCE)
        recipes = [grid.recipes[cell] for cell in cells]
        found = results.known(recipes, grid.seeds, together=True, first=FIRST_TUNING_SEED)
        if found is None:
            priority = growing.before(grid.seeds * sum(map(experiments.seconds, recipes)))
            with progress.container():
                found = results.histories(
                    recipes, grid.seeds, priority, together=True, first=FIRST_TUNING_SEED
                )
        runs |= zip(cells, found, strict=True)
        growing.is_new = True
    figure, alt = _figure(grid, runs, chosen)
    click = partial(_clicked, grid.entry, grid.second)
    draw(figure, key=KEY, alt=alt, on_select=click, selection_mode="points")
    return runs


@session.whole
def _clicked(entry: Entry, second: str) -> None:
    """The callback of a click on a cell: chooses the rate and the value of the second hyperparameter."""
    points = st.session_state[KEY].selection.points
    if points and "customdata" in points[0]:
        rate, value = points[0]["customdata"]
        session.act(
            {
                "tune.of": entry.letter,
                views.RATE_KEY: number_text(rate),
                key_of(entry.letter, second): SETTINGS[second].spell(value),
            }
        )


def _figure(grid: Grid, runs: Mapping[Cell, History], chosen: Recipe | None) -> tuple[go.Figure, str]:
    """The map of the runs so far, and what it shows in words."""
    shape = len(grid.values), len(grid.rates)
    losses, areas = np.full(shape, np.nan), np.full(shape, np.nan)
    for cell, recipe in grid.recipes.items():
        areas[cell] = recipe.area()
    for cell, history in runs.items():
        losses[cell] = middle(_LOSS.values(history))
    label = SETTINGS[grid.second].label
    usual = number_text(SETTINGS[tuning.rate_name(grid.entry.recipe)].default)
    title = label.lower() + f", at the rate {usual}" * grid.is_scaled
    hover = [
        [_hover(grid, (row, column), losses, areas) for column in range(shape[1])] for row in range(shape[0])
    ]
    keys = [[(rate, value) for rate in grid.rates] for value in grid.values]
    figure = figures.rate_map(
        losses,
        areas,
        [number_text(rate) for rate in grid.rates],
        [number_text(value) for value in grid.values],
        (grid.entry.rate_label, title),
        hover=hover,
        keys=keys,
        best=best_cell(runs) if len(runs) == len(grid.recipes) else None,
        chosen=next((cell for cell, recipe in grid.recipes.items() if recipe == chosen), None),
        height=views.HEIGHT,
    )
    return (
        figure,
        f"Map of the final validation loss of {grid.entry.label} over the rate and the {label.lower()}.",
    )


def _hover(grid: Grid, cell: Cell, losses: np.ndarray, areas: np.ndarray) -> str:
    row, column = cell
    rate = f"rate {number_text(grid.rates[column])}"
    if cell not in grid.recipes:
        return f"{rate}, {number_text(grid.values[row])}: out of bounds"
    where = f"{rate}, {number_text(grid.value_at(cell))}"
    loss = wording.value(float(losses[cell]), _LOSS.digits)
    return f"{where}<br>loss {loss}<br>area {areas[cell]:.3g}"


def best_cell(runs: Mapping[Cell, History]) -> Cell:
    """The cell with the best mean rank: each seed ranks all cells."""
    ranked = tuning.ranks(np.stack([_LOSS.values(history) for history in runs.values()]))
    return list(runs)[int(ranked.mean(axis=1).argmin())]


def describe(grid: Grid, runs: Mapping[Cell, History]) -> None:
    """Writes the best cell, and which rates and areas are nearly as good."""
    best = best_cell(runs)
    medians = {cell: middle(_LOSS.values(history)) for cell, history in runs.items()}
    name, seeds = SETTINGS[grid.second].name_in_a_sentence, wording.counted(grid.seeds, "tuning seed")
    if math.isinf(medians[best]):
        st.markdown(f"At every cell half of the runs or more are lost, on {seeds}.")
        return
    good = [cell for cell, median in medians.items() if median <= (1 + GOOD) * medians[best]]
    rates = sorted(grid.rates[column] for _, column in good)
    areas = sorted(grid.recipes[cell].area() for cell in good)
    st.markdown(
        f"The best cell, by its average place over {seeds}, is at the {grid.entry.rate_label} "
        f"**{number_text(grid.rates[best[1]])}** and the {name} **{number_text(grid.value_at(best))}**, with a median "
        f"of {wording.value(medians[best], _LOSS.digits)}. {wording.counted(len(good), 'cell')} of {len(medians)} have "
        f"medians within {100 * GOOD:.0f} % of that: their rates differ by a factor of {rates[-1] / rates[0]:.3g}, the "
        f"areas under their rate curves by one of {areas[-1] / areas[0]:.3g}."
    )
    fewer = (
        f" With more {wording.listed([*grid.cut])} this map would take too long for a shared server."
        if grid.cut
        else ""
    )
    st.caption(
        f"Colours: the median final validation loss of {wording.counted(grid.seeds, 'run')}, one colour from ten times "
        "the lowest on; none where half of the runs are lost. White lines: equal areas under the rate curve. Star: the "
        f"best cell. Ring: the chosen one. A click chooses the rate and the {name}.{fewer}"
    )
