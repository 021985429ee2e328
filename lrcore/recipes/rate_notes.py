"""Notes for the reader on a recipe's learning rates: 0, gone early, never changing, ending in mid-cycle, dropping.

To add a note, add a function (recipe, rates) -> Note or None to `_NOTES`; `rates` are `recipe.learning_rates()`. Notes
count epochs from 1, as the table of rates does, and times on the recipe's clock from 0, as the formula does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lrcore.recipes.recipe import CLOCKS, Recipe
from lrcore.schedules.catalogue import Constant, cycle_ends, snapped

GONE = 1000
"""A rate is gone once it stays below the highest rate divided by this; early, if for the last third of the run or more.

The classic step decays drop by ten at most three times, just to this limit; a cosine, a one-cycle, a line or a power up
to 5 goes below it only in the last quarter.
"""


@dataclass(frozen=True)
class Note:
    """A sentence or two for the reader.

    Attributes:
        text: plain text.
        warning: whether it points out a likely mistake, not just something good to know.
        switch: the clock, a key of `CLOCKS`, that would solve the problem; None if neither would.
    """

    text: str
    warning: bool = True
    switch: str | None = None


def rate_notes(recipe: Recipe) -> list[Note]:
    """The notes on the rates of `recipe`, the most serious first; often none."""
    rates = recipe.learning_rates()
    notes = (make(recipe, rates) for make in _NOTES)
    return [note for note in notes if note is not None]


def _zero(recipe: Recipe, rates: np.ndarray) -> Note | None:
    epochs = 1 + np.flatnonzero((rates == 0).all(axis=1))
    if not epochs.size:
        return None
    if epochs.size == recipe.epochs:
        return Note("The rate is exactly 0 in the whole run: no gradient changes anything.")
    return Note(f"The rate is exactly 0 in {_named(epochs)} of {recipe.epochs}: no gradient counts there.")


def _named(epochs: np.ndarray) -> str:
    """Ascending epoch numbers in words: "epoch 3", "epochs 1 to 4 and 9", "12 epochs, first in epoch 2,"."""
    runs = np.split(epochs, 1 + np.flatnonzero(np.diff(epochs) > 1))
    if len(runs) > 3:
        return f"{epochs.size} epochs, first in epoch {epochs[0]},"
    texts = [f"{run[0]} to {run[-1]}" if run.size > 1 else f"{run[0]}" for run in runs]
    listed = " and ".join([", ".join(texts[:-1]), texts[-1]] if texts[:-1] else texts)
    return f"epoch{'s' * (epochs.size > 1)} {listed}"


def _gone(recipe: Recipe, rates: np.ndarray) -> Note | None:
    after_updates = _gone_after(rates)
    if after_updates is None:
        return None
    in_epoch = after_updates // recipe.updates_per_epoch()
    of_run = f"{recipe.run_length()} {recipe.clock}s"
    after = f"{after_updates} of {of_run}, in epoch {in_epoch + 1} of {recipe.epochs}"
    if recipe.clock == "epoch":
        after = f"{in_epoch} of {of_run}"
    other = _on_other_clock(recipe)
    other_rates = other.learning_rates()
    helps = _moves(other_rates) and _gone_after(other_rates) is None
    return Note(
        f"The rate is gone long before the end: after {after}, it stays below 1/{GONE} of its highest. The clock of "
        f"this recipe counts {recipe.clock}s."
        + f" Counted in {other.clock}s, it would not be gone before the last third of the run."
        * helps,
        switch=other.clock if helps else None,
    )


def _gone_after(rates: np.ndarray) -> int | None:
    """After how many updates the rate is gone, if that is for the last third of the run or more; else None."""
    within = np.flatnonzero(rates * GONE >= rates.max() * (1 - 1e-9))  # a rounding error is no fall
    after = int(within[-1]) + 1
    return after if 3 * (rates.size - after) >= rates.size else None


def _still(recipe: Recipe, rates: np.ndarray) -> Note | None:
    if (isinstance(recipe.schedule, Constant) and not recipe.drop_epoch) or _moves(rates):
        return None
    change, end = recipe.first_change(), recipe.run_length()
    would = (
        f"the first change would come at {recipe.clock} {change}; this run ends at {end}."
        if change
        else f"no change would come before {recipe.clock} {recipe.horizon()}; this run ends at {end}."
    )
    other = _on_other_clock(recipe)
    helps = _moves(other.learning_rates())
    return Note(
        f"This schedule does not move within the run, on a clock that counts {recipe.clock}s: {would}"
        + f" Counted in {other.clock}s, it would move within the run." * helps,
        switch=other.clock if helps else None,
    )


def _mid_cycle(recipe: Recipe, rates: np.ndarray) -> Note | None:
    total = recipe.run_length()
    own = float(snapped(total - recipe.warmup * total))
    cycles = recipe.schedule.cycles(own) if own >= 1 else None  # below 1 the warmup takes up the run
    if cycles is None or not _moves(rates):
        return None
    ends = np.concatenate([[0], snapped(cycle_ends(*cycles, own))])
    number = int(np.searchsorted(ends, own))  # of the cycle, from 1, in which the run ends
    if ends[number] == own:
        return None
    share = (own - ends[number - 1]) / (ends[number] - ends[number - 1])
    through = "less than 1" if share < 0.01 else "more than 99" if share > 0.99 else f"{100 * share:.0f}"
    text = f"The run ends in mid-cycle: {through} % through cycle {number}, at a rate of {rates[-1, -1]:.4g}."
    return Note(text, warning=False)


def _moves(rates: np.ndarray) -> bool:
    return bool(np.ptp(rates) > 0)


def _on_other_clock(recipe: Recipe) -> Recipe:
    (other,) = set(CLOCKS) - {recipe.clock}
    return replace(recipe, clock=other)


def _dropped(recipe: Recipe, rates: np.ndarray) -> Note | None:
    if not 0 < recipe.drop_epoch < recipe.epochs or recipe.drop_factor == 1:
        return None
    text = (
        f"After epoch {recipe.drop_epoch} every rate of the schedule is multiplied by {recipe.drop_factor:g}."
    )
    return Note(text, warning=False)


_NOTES = (_zero, _gone, _still, _mid_cycle, _dropped)
