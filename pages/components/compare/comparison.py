"""A comparison: two to six recipes, known by their letters, one of which is the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lrcore.recipes.confounds import controlled
from lrcore.recipes.presets import Preset
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import SCHEDULES
from lrcore.settings import Flag, Text
from pages.components.state.lettered import LETTERS

FEWEST, MOST = 2, len(LETTERS)
NAME = Text(label="Name")
SHOWN = Flag(label="Show in the charts", default=True)


@dataclass(frozen=True)
class Entry:
    """One recipe of the comparison. `name` is a reader's text: never to be read as markdown or HTML."""

    letter: str
    recipe: Recipe
    name: str = ""
    shown: bool = True

    @property
    def label(self) -> str:
        """Its name in charts and tables, different for every recipe."""
        return f"{self.letter}: {self.name.strip() or self.recipe.schedule.title}"


def entries_of(preset: Preset) -> list[Entry]:
    """The recipes of a ready-made comparison."""
    return [
        Entry(letter, recipe, name)
        for letter, (name, recipe) in zip(LETTERS, preset.recipes.items(), strict=False)
    ]


def by_letter(entries: Sequence[Entry], letter: str) -> Entry:
    """The recipe of that letter; the first one if there is none."""
    return next((entry for entry in entries if entry.letter == letter), entries[0])


def pair(entries: Sequence[Entry], baseline: Entry, opened: str) -> tuple[Entry, Entry]:
    """The recipe to set against the baseline, and the baseline: the recipe of the open tab, or the first other."""
    others = [entry for entry in entries if entry is not baseline]
    chosen = by_letter(entries, opened)
    return (chosen if chosen in others else others[0]), baseline


def another(entries: Sequence[Entry], baseline: str) -> Entry:
    """One more recipe: the first schedule that is not there yet, everything else as in the baseline."""
    there = {type(entry.recipe.schedule) for entry in entries}
    schedule = next(each for each in SCHEDULES.values() if each not in there)
    reference = by_letter(entries, baseline).recipe
    try:
        return Entry(LETTERS[-1], controlled(Recipe(schedule()), reference))
    except ValueError:  # out of the bounds of its rates
        return Entry(LETTERS[-1], replace(reference, schedule=schedule()))


def after_removal(baseline: str, removed: str) -> str:
    """The baseline's letter when the recipe of that letter is gone; the first one's when it was the baseline."""
    if baseline == removed:
        return LETTERS[0]
    return LETTERS[LETTERS.index(baseline) - (baseline > removed)]
