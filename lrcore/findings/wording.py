"""Numbers and verdicts in words, in markdown, the same on every page."""

from __future__ import annotations

from collections.abc import Mapping
from math import isinf, isnan

import numpy as np

from lrcore.findings.metrics import Scale
from lrcore.findings.verdicts import (
    ABOUT_EQUAL,
    ALPHA,
    EQUAL,
    NO_VALUE,
    SAME,
    TOO_FEW,
    Verdict,
    least_seeds,
    unseen_share,
)
from lrcore.recipes.recipe import Recipe
from lrcore.settings import Flag, settings_of

_HUGE = 1e4  # from here on, the exponent says more than the digits
LOST_EXPLAINED = (
    "A run is lost when its loss stops being a number, or when its training loss ends above that of the same network "
    "before training."
)
"""The definition of a lost run, for all pages."""


def number(value: float, digits: int, *, sign: bool = False) -> str:
    """`value` to `digits` decimals, or to two significant digits if it would round to 0; 2.0e+25 if huge.

    Args:
        value: finite.
        sign: whether a positive number begins with a plus, and 0 is "0", as in differences.
    """
    plus = "+" if sign else ""
    if sign and value == 0:
        return "0"
    if abs(value) >= _HUGE:
        return f"{value:{plus}.1e}"
    fixed = f"{value:{plus}.{digits}f}"
    return f"{value:{plus}.2g}" if value and not float(fixed) else fixed


def value(value: float, digits: int, absent: str = "lost") -> str:
    """As `number`; `absent` if `value` is infinite, "-" if it is NaN."""
    if isnan(value):
        return "-"
    return absent if isinf(value) else number(value, digits)


def recipe(given: Recipe) -> str:
    """A recipe in one line: the schedule with all its numbers, the momentum, and the settings not at their defaults."""
    own = settings_of(given.schedule)
    numbers, rest = [], []
    for name, (each, value) in given.settings().items():
        text = each.name_in_a_sentence + ("" if isinstance(each, Flag) else f" {each.word(value)}")
        if name in own:
            numbers.append(text)
        elif name == "momentum" or value != each.default or (name == "drop_factor" and given.drop_epoch):
            rest.append(text)
    return f"{given.schedule.title}: {', '.join(numbers)}; {', '.join(rest)}."


def counted(number: int, thing: str) -> str:
    """A number and its noun: "1 seed", "2 seeds"."""
    return f"{number} {thing}{'s' * (number != 1)}"


def listed(things: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    *first, last = things
    return f"{', '.join(first)} and {last}" if first else last


def lost_of(runs: np.ndarray) -> str:
    """The number of lost runs, from bool (seeds,): "6 of 20 runs are lost"."""
    lost = int(runs.sum())
    return f"{lost} of {counted(len(runs), 'run')} {'is' if lost == 1 else 'are'} lost"


def lost_runs(lost: Mapping[str, np.ndarray]) -> str:
    """Which recipes have lost runs, as a clause: "B is lost on 6 of 20 seeds"; "" if none has.

    Args:
        lost: which runs are lost, bool (seeds,), by the recipe's name.
    """
    return listed(
        [
            f"{name} is lost on {runs.sum()} of {counted(len(runs), 'seed')}"
            for name, runs in lost.items()
            if runs.any()
        ]
        or [""]
    )


def difference(value: float, scale: Scale, names: tuple[str, str]) -> str:
    """A difference, "+0.979"; if it is infinite, which of the two recipes is "lost", or "never" there.

    Args:
        value: the recipe minus the baseline.
        names: of the recipe and of the baseline.
    """
    if isinf(value):
        of_recipe = (value > 0) == (scale.worst > 0)
        return scale.absent[0] if of_recipe else f"{names[1]} {scale.absent[0]}"
    shown = 0.0 if abs(value) <= 1e-9 else value
    return number(shown, scale.digits, sign=True)


def median_difference(verdict: Verdict, scale: Scale, names: tuple[str, str]) -> str:
    """The median of the differences for a table, as `difference`; "-" without one."""
    return "-" if isnan(verdict.median) else difference(verdict.median, scale, names)


def interval(verdict: Verdict, scale: Scale, names: tuple[str, str]) -> str:
    """The verdict's interval, "[-0.133, -0.033]"; "-" without one, or if all seeds are equal."""
    if isnan(verdict.low) or not verdict.differing:
        return "-"
    return f"[{difference(verdict.low, scale, names)}, {difference(verdict.high, scale, names)}]"


def median(verdict: Verdict, scale: Scale, names: tuple[str, str]) -> str:
    """The size of a difference, "median difference -0.089 [-0.133, -0.033]", or which recipe's runs have no number."""
    if isnan(verdict.median):
        return f"on every seed just one of the two {scale.absent[1]}, half of the time {names[0]}"
    if not isinf(verdict.median):
        size = difference(verdict.median, scale, names)
        given = "" if isnan(verdict.low) else f" {interval(verdict, scale, names)}"
        return f"median difference {size}{given}"
    of_recipe = (verdict.median > 0) == (scale.worst > 0)
    name, runs = (names[0], verdict.worst) if of_recipe else (names[1], verdict.baseline_worst)
    if 2 * runs > verdict.seeds:
        return f"{name}'s typical run {scale.absent[1]}"
    return f"half of {name}'s runs {'never get there' if scale.absent[0] == 'never' else 'are lost'}"


def sentence(verdict: Verdict, scale: Scale, names: tuple[str, str], *, margin_of: str = "") -> str:
    """The verdict as a clause without the measure's name.

    Args:
        scale: of the measure.
        names: of the recipe and of the baseline.
        margin_of: the name of the recipe whose median the margin is a share of; default: the baseline's.
    """
    margin = scale.margin_in_words.format(baseline=margin_of or names[1])
    seeds = counted(verdict.seeds, "seed")
    if verdict.outcome == SAME:
        return f"**{SAME}**"
    if verdict.outcome == NO_VALUE:
        return f"**{NO_VALUE}**: it takes more than one epoch"
    if verdict.outcome == EQUAL:
        return _all_equal(verdict, scale)
    size = median(verdict, scale, names)
    if verdict.is_decided:
        rest = f" ({_counts(verdict, scale, skip=1)})" if verdict.equal else ""
        small = f"; **small**: {margin}" if verdict.is_small else ""
        more = max(verdict.lower, verdict.higher)
        return f"**{direction(verdict, scale)} on {more} of {seeds}**{rest}; {size}{small}"
    if verdict.outcome == ABOUT_EQUAL:
        both = f"the typical run of either {scale.absent[1]}"
        return (
            f"**{ABOUT_EQUAL}**: {both if 2 * verdict.both_worst > verdict.seeds else margin}; "
            f"{_counts(verdict, scale)}; {size}"
        )
    if verdict.outcome == TOO_FEW:
        least = least_seeds(verdict.comparisons)
        return (
            f"**too few seeds to say** ({_counts(verdict, scale)} of {verdict.seeds}): at least {least} are needed for "
            f"{counted(verdict.comparisons, 'comparison')}"
        )
    return f"**not decided by {seeds}**: {_counts(verdict, scale)} ({_missing(verdict)}); {size}"


def headline(verdict: Verdict, scale: Scale, names: tuple[str, str]) -> str:
    """The verdict in a few words: the bold ones of its sentence."""
    return f"**{sentence(verdict, scale, names).split('**')[1]}**"


def direction(verdict: Verdict, scale: Scale) -> str:
    """The measure's word for "lower" or "higher", whichever the recipe is on most of the differing seeds."""
    return scale.words[verdict.higher > verdict.lower]


def _counts(verdict: Verdict, scale: Scale, skip: int = 0) -> str:
    """The counts, "higher on 9, lower on 3, equal on 8", the more frequent direction first; `skip` omits it."""
    lower, higher = zip(scale.words, (verdict.lower, verdict.higher), strict=True)
    directions = [higher, lower] if verdict.higher > verdict.lower else [lower, higher]
    counts = [*directions[skip:], ("equal", verdict.equal)]
    return ", ".join(f"{word} on {number}" for word, number in counts if number)


def _missing(verdict: Verdict) -> str:
    """The number of seeds that would decide."""
    differing, needed = verdict.differing, verdict.needed
    if needed is None:
        least = least_seeds(verdict.comparisons)
        return f"only {differing} differ{'s' * (differing == 1)}; at least {least} would have to"
    of = f"the {differing} that differ" if verdict.equal else f"{differing}"
    how_many = f"all {of}" if needed == differing else f"{needed} of {of}"
    return f"{how_many} would have to agree"


def _all_equal(verdict: Verdict, scale: Scale) -> str:
    seeds, never = verdict.seeds, scale.absent[0] == "never"
    if verdict.both_worst == seeds:
        if seeds == 1:
            return "**neither gets there** on the one seed" if never else "**both are lost** on the one seed"
        return (
            f"**neither gets there on any of {seeds} seeds**"
            if never
            else f"**both are lost on all {seeds} seeds**"
        )
    rest = ""
    if verdict.both_worst:
        rest = f" (on {verdict.both_worst} {'neither gets there' if never else 'both are lost'})"
    return f"**equal on {'the one seed' if seeds == 1 else f'all {seeds} seeds'}**{rest}"


def all_equal_explained(verdict: Verdict) -> str:
    """What is known of all seeds if those that were trained are equal."""
    share, odds = unseen_share(verdict.seeds, verdict.comparisons), round(verdict.comparisons / ALPHA)
    equal = "1 equal one" if verdict.seeds == 1 else f"{verdict.seeds} equal ones in a row"
    return f"If more than {share} % of all seeds differed, {equal} would be rarer than 1 in {odds}."


def level_explained(comparisons: int) -> str:
    """The level of each verdict, and what it guarantees."""
    level = f"{round(100 * ALPHA / comparisons, 2):g} %"
    made = "1 comparison is" if comparisons == 1 else f"{comparisons} comparisons are"
    return (
        f"{made} made on this page. Each is judged at {100 * ALPHA:g} % / {comparisons} = {level}, so that on at most "
        f"1 page in {round(1 / ALPHA)} anything here is wrong: a direction, or an interval that misses its median. "
        "This holds for any distribution."
    )
