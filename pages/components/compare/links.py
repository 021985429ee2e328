"""How a link holds a comparison: each recipe's parameters follow its letter, as in `b.momentum=0.9`."""

from __future__ import annotations

from collections.abc import Sequence

from lrcore.recipes.presets import PRESETS, START
from lrcore.settings import Choice, Number
from pages.components.compare.comparison import FEWEST, MOST, SHOWN, Entry, entries_of
from pages.components.page import Page
from pages.components.results import MOST_SEEDS, SEEDS
from pages.components.state import session
from pages.components.state.controls import Control
from pages.components.state.lettered import LETTERS
from pages.components.state.recipe_panel import recipe_link

COUNT = Control(
    "recipes",
    Number(label="Number of recipes", default=FEWEST, low=FEWEST, high=MOST, whole=True),
)
BASELINE = Control(
    "baseline",
    Choice(
        label="Baseline",
        default=LETTERS[0],
        options={letter: letter for letter in LETTERS},
        help="The recipe that all others are compared with.",
    ),
)
SEED_COUNT = Control(
    "seeds",
    Number(
        label="Seeds",
        default=SEEDS,
        low=1,
        high=MOST_SEEDS,
        whole=True,
        help="Every recipe is trained once per seed, all on the same seeds. More seeds show finer differences.",
    ),
)


def prefix_of(letter: str) -> str:
    """The prefix of the keys of a recipe's controls."""
    return f"{letter.lower()}."


def link(entries: Sequence[Entry], baseline: str = LETTERS[0]) -> dict[str, str]:
    """The parameters of a link that sets the comparison to `entries`, with new letters in their order."""
    params = {COUNT.key: str(len(entries)), BASELINE.key: baseline}
    for letter, entry in zip(LETTERS, entries, strict=False):
        prefix = prefix_of(letter)
        own = {f"{prefix}name": entry.name, f"{prefix}shown": SHOWN.spell(entry.shown)}
        params |= recipe_link(entry.recipe, prefix) | own
    return params


def suggestion(preset: str) -> tuple[str, str, dict[str, str]]:
    """The preset's title, and the page and parameters that show it."""
    return PRESETS[preset].title, "5_Compare.py", link(entries_of(PRESETS[preset]))


def presets(page: Page) -> None:
    """A button for every preset, marked while the page shows what it sets."""
    for name, preset in PRESETS.items():
        page.link(*suggestion(name), key=f"compare.preset.{name}", help=preset.lesson)


def count() -> int:
    """The number of recipes, which has no widget. Sets `START` where neither a link nor the reader has set a recipe."""
    prefixes = tuple(map(prefix_of, LETTERS))
    if not any(key == COUNT.key or key.startswith(prefixes) for key in session.known()):
        session.suppose(link(entries_of(START)))
    return COUNT.value()
