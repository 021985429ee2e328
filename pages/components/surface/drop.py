"""*Drop*: adds a branch of a run, whose rate drops at the epoch at which the player stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lrcore.recipes.recipe import Recipe
from pages.components.compare import links
from pages.components.compare.comparison import NAME, Entry
from pages.components.state import session
from pages.components.state.lettered import LETTERS
from pages.components.surface.controls import MOST_RUNS


def press(entries: Sequence[Entry], of: Entry, epoch: int, factor: float) -> None:
    """The player's callback: adds the branch to the runs."""
    session.act(links.link(with_branch(entries, of, epoch, factor)))


def with_branch(entries: Sequence[Entry], of: Entry, epoch: int, factor: float) -> list[Entry]:
    """The entries with a branch of one of them, which replaces an earlier branch of the same run.

    If there are `MOST_RUNS` runs already, it replaces the last one, or the one before if the last is the run itself.
    """
    recipe = replace(of.recipe, drop_epoch=epoch, drop_factor=factor)
    title = of.name.partition(", dropped")[0] if of.name else of.recipe.schedule.title
    name = f"{title[: NAME.longest - 22]}, dropped after {epoch}"
    kept = list(entries)
    earlier = [entry for entry in kept if is_branch(entry.recipe, of.recipe)]
    if not earlier and len(kept) < MOST_RUNS:
        return [*kept, Entry(LETTERS[len(kept)], recipe, name)]
    replaced = earlier[-1] if earlier else [entry for entry in kept if entry is not of][-1]
    kept[kept.index(replaced)] = Entry(replaced.letter, recipe, name)
    return kept


def is_branch(recipe: Recipe, of: Recipe) -> bool:
    """Whether `recipe` is `of` with a drop."""
    return recipe.drop_epoch > 0 and recipe.without_drop() == of.without_drop()
