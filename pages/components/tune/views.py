"""The controls of the page besides the schedules': the view, what is drawn, the grid, the chosen rate."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st

from lrcore.findings.metrics import MEASURES, Measure
from lrcore.findings.tuning import HIGHEST, LOWEST, SIZES, grid
from lrcore.recipes.confounds import HEIGHTS, PEAK
from lrcore.settings import Choice, Number, number_text
from pages.components.charts.rate_plot import CHOSEN
from pages.components.state import session
from pages.components.state.controls import Control
from pages.components.state.lettered import LETTERS
from pages.components.tune.entries import Entry

HEIGHT = 470
"""Pixels of a chart that is plotly's."""
CURVE, MAP, RANGE_TEST = "curve", "map", "range test"
VIEW = Control(
    "tune.view",
    Choice(label="View", default=CURVE, options={name: name for name in (CURVE, MAP, RANGE_TEST)}),
)
SHOWN: dict[str, Measure] = {
    "validation loss": MEASURES["val_loss"],
    "training loss": Measure(
        "Final training loss",
        lambda history: history.loss[..., -1],
        3,
        "Binary cross-entropy over the last epoch.",
        MEASURES["val_loss"].scale,
    ),
    "validation accuracy": MEASURES["val_accuracy"],
    "roughness": MEASURES["roughness"],
}
"""What can be drawn of the runs."""
LOSSES = ("validation loss", "training loss")
MEASURE = Control(
    "tune.measure",
    Choice(
        label="Draw",
        default="validation loss",
        options={name: name for name in SHOWN},
        help="Of the end of each run. The best rates are always those of the validation loss.",
    ),
)
RATE, RATE_KEY = "rate", "tune.rate"
AXES = {RATE: "initial rate", PEAK: HEIGHTS[PEAK].label, "area": "area"}
AXIS = Control(
    "tune.axis",
    Choice(
        label="Against",
        default=RATE,
        options=AXES,
        help="A schedule without an initial rate has its maximum there. The area under the rate curve is in "
        "rate x epochs: how far a run can travel.",
    ),
)
SIZE = Control(
    "tune.rates",
    Choice(
        label="Rates",
        default=17,
        options={size: str(size) for size in SIZES},
        help=f"From {LOWEST:g} to {HIGHEST:g}, at equal distances on a log axis.",
    ),
)


def _of(entries: Sequence[Entry]) -> Control:
    labels = {entry.letter: entry.label for entry in entries}
    options = {letter: labels.get(letter, letter) for letter in LETTERS}
    return Control("tune.of", Choice(label="Schedule", default=LETTERS[0], options=options))


def look_controls(*, drawn: bool) -> tuple[str, str]:
    """What is drawn, and against what; the choices are drawn only if `drawn`, and are in the link in any case."""
    if not drawn:
        return MEASURE.value(), AXIS.value()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return MEASURE.draw(), AXIS.draw()


def chosen_controls(entries: Sequence[Entry], size: int) -> tuple[Entry, float]:
    """Draws the choice of a schedule and the slider over the grid, and returns what they are at."""
    letters = {entry.letter: entry for entry in entries}
    letter = _of(entries).draw("radio", among=letters, horizontal=True)
    rate = Number(label="Rate", default=0.1, low=1e-6, high=1000, offered=grid(size))
    return letters[letter], Control(RATE_KEY, rate).draw()


def choose(letter: str, rate: float) -> None:
    """In a callback: chooses a schedule and a rate."""
    session.act({"tune.of": letter, RATE_KEY: number_text(rate)})


@session.whole
def take_point(key: str, letters: Collection[str], rates: Collection[float]) -> None:
    """The callback of a click on a point of the curves: chooses it, if it has one of these letters and rates."""
    match st.session_state[key].get(CHOSEN):
        case [str(letter), float() | int() as rate] if letter in letters and rate in rates:
            choose(letter, float(rate))


@session.whole
def clicked(key: str) -> None:
    """The callback of a chart of plotly's whose points have a schedule's letter and a rate."""
    points = st.session_state[key].selection.points
    if points and "customdata" in points[0]:  # a reading has none
        letter, rate, *_ = points[0]["customdata"]
        choose(letter, float(rate))
