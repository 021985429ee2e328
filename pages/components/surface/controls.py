"""The controls of the Surface page: views, window of epochs, points, rows of the loss, and the factor of a drop."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from lrcore.landscape.views import VIEWS, View
from lrcore.settings import Choice, Flag, Number
from lrcore.training.run import LONGEST_WINDOW
from pages.components.compare import comparison, links
from pages.components.compare.comparison import Entry
from pages.components.page import Page
from pages.components.results import SEEDS
from pages.components.state import session
from pages.components.state.controls import SEED, Control

PAGE = "7_Surface.py"
MOST_RUNS = 4
TENTH = 0.1
"""The usual factor of a drop, which texts call a tenth."""
MOST_UPDATES = 250
"""The most updates of a run to draw one by one: many more are illegible and slow."""
_EPOCHS = (*range(101), *range(110, 201, 10), *range(220, 501, 20))
FIRST = Control(
    "first_epoch",
    Number(label="From epoch", default=0, offered=_EPOCHS, low=0, high=499, whole=True),
)
LAST = Control(
    "last_epoch",
    Number(label="To epoch", default=50, offered=_EPOCHS[1:], low=1, high=500, whole=True),
)
POINTS = Control(
    "points",
    Choice(
        label="A point",
        default="epoch",
        options={"epoch": "per epoch", "update": "per update"},
        help=f"Per update a path shows how it bounces, over at most {LONGEST_WINDOW} epochs.",
    ),
)
VALIDATION = Control(
    "validation",
    Flag(label="Validation loss", help="Draws the loss of the validation rows instead of the training rows."),
)
FACTOR = Control(
    "drop_to",
    Number(
        label="Drop the rate to",
        default=TENTH,
        offered=(TENTH, 0.3333, 0.5),
        low=0.001,
        high=1,
        help="What *Drop* multiplies the rate by, at the epoch that the player stands at.",
    ),
)
TOGGLES = Control(
    "toggles",
    Flag(label=f"Does it toggle? Measured on {SEEDS} seeds"),
)


@dataclass(frozen=True)
class Window:
    """The part of the runs to draw: from after epoch `first` to after epoch `last`."""

    first: int
    last: int
    by_update: bool


def link(view: View) -> dict[str, str]:
    """The parameters of a link to the view."""
    return links.link(comparison.entries_of(view.preset)) | {
        SEED.key: str(view.seed),
        FIRST.key: str(view.first),
        LAST.key: str(view.last),
        POINTS.key: POINTS.setting.spell("update" if view.by_update else "epoch"),
        VALIDATION.key: "false",
    }


def presets(page: Page) -> None:
    """Draws a button for each view."""
    for name, view in VIEWS.items():
        preset = view.preset
        page.link(preset.title, PAGE, link(view), key=f"surface.view.{name}", help=preset.lesson)


def count() -> int:
    """The number of runs; sets the first view if neither a link nor the reader has chosen any runs."""
    if not any(key == links.COUNT.key or key.startswith(("a.", "b.")) for key in session.known()):
        session.suppose(link(next(iter(VIEWS.values()))))
    return links.count()


def window(entries: list[Entry]) -> Window:
    """Draws the controls of the window and returns the window, cut to the longest run."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first, last = FIRST.draw(), LAST.draw()
        by_update = POINTS.draw() == "update"
    longest = max(entry.recipe.epochs for entry in entries)
    last = min(last, longest)
    first = min(first, last - 1)
    most = most_epochs(entries)
    if by_update and last - first > most:
        st.caption(
            f"Per update at most {most} {'epoch' if most == 1 else 'epochs'} of these runs can be drawn: "
            f"epochs {first} to {first + most}."
        )
        last = first + most
    return Window(first, last, by_update)


def most_epochs(entries: list[Entry]) -> int:
    """The most epochs that can be drawn update by update."""
    updates = max(entry.recipe.updates_per_epoch() for entry in entries)
    return max(1, min(LONGEST_WINDOW, MOST_UPDATES // updates))
