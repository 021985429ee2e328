"""The sentences on what tuning finds, in markdown: best rates, fair verdicts, the area, the range test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isinf, isnan

from lrcore.findings import wording
from lrcore.findings.metrics import MEASURES
from lrcore.findings.range_test import Suggested
from lrcore.findings.tuning import (
    ABOUT_EQUAL,
    FIRST_TUNING_SEED,
    GOOD,
    HIGHEST,
    LOWEST,
    NOT_SETTLED,
    ONE_CURVE,
    RESAMPLES,
    FairVerdict,
    Fall,
    Tuned,
)
from lrcore.findings.verdicts import HIGHER, LOWER, Verdict
from lrcore.findings.wording import counted, listed, number
from lrcore.recipes.confounds import HEIGHTS
from lrcore.settings import number_text

FEW = 10
"""With fewer seeds than this, how sure a best rate is can only be estimated roughly."""
LISTED = 5
"""The most likely rates of which the shares are listed."""
_SCALE = MEASURES["val_loss"].scale
_DIGITS = MEASURES["val_loss"].digits


# The best rate


def best_rate(tuned: Tuned, setting: str) -> str:
    """The best rate, its median, its lost runs, and whether a better one may lie beyond the grid.

    Args:
        setting: what the rate is, in the middle of a sentence: "initial learning rate".
    """
    if tuned.all_lost:
        return "Every run is lost at every rate of the grid: none is the best."
    seeds = counted(tuned.seeds, "seed")
    lost = int(tuned.lost[tuned.best])
    runs = f"; it is lost on {lost} of {seeds}" if lost else ""
    median = "" if isinf(tuned.median) else f", with a median of {number(tuned.median, _DIGITS)}"
    return (
        f"The best {setting} of the grid is **{number_text(tuned.rate)}**, by its average place over {seeds}"
        f"{median}{runs}.{_shared(tuned)}{_at_edge(tuned)}"
    )


def _shared(tuned: Tuned) -> str:
    others = tuned.tied - 1
    if not others:
        return ""
    return f" {counted(others, 'other rate')} share{'s' * (others == 1)} its place; the lowest is taken."


def _at_edge(tuned: Tuned) -> str:
    if len(tuned.rates) == 1:
        return " The grid has no other rate."
    edge = _edge(tuned)
    return f" It is the {edge[0]} rate of the grid: a {edge[1]} one may be better." if edge else ""


def _edge(tuned: Tuned) -> tuple[str, str] | None:
    """At which end of the grid the best rate is, and where a better one may be; None for neither end."""
    lowest, highest = tuned.edges
    if lowest == highest:
        return None
    return ("lowest", "lower") if lowest else ("highest", "higher")


def set_to_best(name: str, before: float, tuned: Tuned | None) -> str:
    """What became of a recipe's rate, as a clause: "A: initial learning rate 0.1 to 0.32".

    Args:
        name: of the recipe's rate.
        before: what the rate was.
        tuned: None where no rate of the grid is within the recipe's bounds.
    """
    stays = f"{name} stays {number_text(before)}"
    if tuned is None:
        return f"{stays}, for no rate of the grid keeps all its rates within their bounds"
    if tuned.all_lost:
        return f"{stays}, for every run is lost at every rate"
    change = f"{name} {number_text(before)} to **{number_text(tuned.rate)}**"
    edge = _edge(tuned)
    end = f" (the {edge[0]} rate tried; a {edge[1]} one may be better)" if edge else ""
    lost = int(tuned.lost[tuned.best])
    runs = f", lost on {lost} of {counted(tuned.seeds, 'seed')}" if lost else ""
    return f"{stays if tuned.rate == before else change}{end}{_within_bounds(tuned)}{runs}"


def _within_bounds(tuned: Tuned) -> str:
    """Which part of the grid the bounds of a recipe's other rates leave; "" for all of it."""
    low, high = float(tuned.rates[0]), float(tuned.rates[-1])
    if low <= LOWEST and high >= HIGHEST:
        return ""
    return f" (only {number_text(low)} to {number_text(high)} keep its other rates within their bounds)"


def own_best(clauses: Sequence[str], rates: int, seeds: int, *, refined: bool) -> str:
    """What setting several recipes to their own best rates did.

    Args:
        clauses: of each recipe, as `set_to_best`.
        rates: of the first grid, on this many tuning seeds.
        refined: whether 9 rates around the best of them were tried, too.
    """
    first = FIRST_TUNING_SEED
    on = f"seeds {first} to {first + seeds - 1}" if seeds > 1 else f"the one seed {first}"
    finer = ", then 9 around the best" if refined else ""
    return (
        f"**Each at its own best rate**: {'; '.join(clauses)}. Tried: {rates} rates from {LOWEST:g} to "
        f"{HIGHEST:g}{finer}, on {on}, which judge nothing here. Best: the best average place of the final validation "
        f"loss. Other seeds may choose a neighbouring rate, so a difference within {100 * _SCALE.margin:g} % of "
        "the baseline's median says little."
    )


def certainty(tuned: Tuned) -> str:
    """How sure the best rate is: the shares of the resamples that the likely rates win; "" where there is no choice."""
    if tuned.all_lost or len(tuned.rates) == 1:
        return ""
    if tuned.seeds == 1:
        return "A single seed cannot tell how sure that is."
    likely = tuned.likely if len(tuned.likely) <= LISTED else tuned.likely[: LISTED - 1]
    shares = [f"{number_text(float(tuned.rates[i]))} wins {_percent(tuned.wins[i])}" for i in likely]
    shares += ["other rates win the rest"] * (len(likely) < len(tuned.likely))
    rough = f" With {tuned.seeds} seeds this is a rough estimate." if tuned.seeds < FEW else ""
    return f"In {RESAMPLES} resamples of the {tuned.seeds} seeds, {listed(shares)}.{rough}"


def _percent(share: float) -> str:
    """A share as a whole percentage; 0 and 100 only where it is exact."""
    if 0 < share < 0.01:
        return "less than 1 %"
    if 0.99 < share < 1 - 1e-12:
        return "more than 99 %"
    return f"{100 * share:.0f} %"


def good_range(tuned: Tuned) -> str:
    """The rates that are nearly as good as the best; "" where none is the best, or there is only one."""
    if tuned.all_lost or len(tuned.rates) == 1:
        return ""
    if isinf(tuned.median):
        return "At the best rate half of the runs or more are lost: there is no good range."
    within = f"{100 * GOOD:.0f} %"
    if tuned.first == tuned.last:
        return f"No neighbour on the grid has a median within {within} of the best rate's."
    low, high = map(number_text, tuned.good)
    return (
        f"The good range, with medians within {within} of the best rate's or below it, is {low} to {high}: "
        f"{number(tuned.decades, 1)} decades.{_open(tuned)}"
    )


def _open(tuned: Tuned) -> str:
    lowest, highest = tuned.first == 0, tuned.last == len(tuned.rates) - 1
    if lowest and highest:
        return " That is the whole grid: the range may be wider."
    if lowest or highest:
        side, beyond = ("lowest", "below") if lowest else ("highest", "above")
        return f" It reaches the {side} rate of the grid, and may go on {beyond} it."
    return ""


# The verdicts


def fair(given: FairVerdict, names: tuple[str, str]) -> str:
    """The verdict at tuned rates, with the rates and the reasons.

    Args:
        names: of the recipe and of the baseline.
    """
    rates = [f"{name} {number_text(own.rate)}" for name, own in zip(names, given.tuned, strict=True)]
    return (
        f"**Each at its own best rate** ({', '.join(rates)}), on {counted(given.verdict.seeds, 'seed')} that chose "
        f"neither, {names[0]} is, against {names[1]}: {_outcome(given, names)}.{_lost(given.verdict, names)}"
        f"{_without_best(given, names)}"
    )


def _without_best(given: FairVerdict, names: tuple[str, str]) -> str:
    """Which recipe has no best rate, because every run of its grid is lost, as a sentence; "" for neither."""
    none = [name for name, tuned in zip(names, given.tuned, strict=True) if tuned.all_lost]
    if not none:
        return ""
    return (
        f" No rate is the best for {listed(none)}: every run of the grid is lost; the lowest rate stands in."
    )


def _outcome(given: FairVerdict, names: tuple[str, str]) -> str:
    """The outcome as a clause."""
    verdict, outcome = given.verdict, given.outcome
    if outcome not in (ABOUT_EQUAL, LOWER, HIGHER, NOT_SETTLED):
        return wording.sentence(verdict, _SCALE, names)
    size, margin = wording.median(verdict, _SCALE, names), f"{100 * _SCALE.margin:g} % of {names[1]}'s median"
    counts, has_margin = _counts(verdict), not isnan(verdict.margin)
    if outcome == ABOUT_EQUAL:
        reason = f"the whole interval is within {margin}" if has_margin else "the whole interval is 0"
        return f"**{outcome}**: {reason}; {counts}; {size}"
    if outcome == NOT_SETTLED:
        reason = (
            f"the interval is neither within {margin} nor beyond it"
            if has_margin
            else f"half of {names[1]}'s runs or more are lost, so there is no margin to go by"
        )
        return f"**{outcome} with {counted(verdict.seeds, 'seed')}**: {reason}; {counts}; {size}"
    reason = f": the whole interval is beyond {margin}" if has_margin else ""
    return f"**{outcome}**{reason}; {counts}; {size}"


def _counts(verdict: Verdict) -> str:
    """ "lower on 61, higher on 38 and equal on 1", without those that do not occur."""
    counts = {LOWER: verdict.lower, HIGHER: verdict.higher, "equal": verdict.equal}
    return listed([f"{word} on {seeds}" for word, seeds in counts.items() if seeds])


def _lost(verdict: Verdict, names: tuple[str, str]) -> str:
    """Whose runs are lost on how many of the seeds, as a sentence; "" for none."""
    runs = dict(zip(names, (verdict.worst, verdict.baseline_worst), strict=True))
    seeds = counted(verdict.seeds, "seed")
    clauses = [f"{name} is lost on {lost} of {seeds}" for name, lost in runs.items() if lost]
    return f" {listed(clauses)}, which counts as worse." if clauses else ""


def scores(given: FairVerdict, names: tuple[str, str]) -> str:
    """Each recipe's median on the seeds that chose its rate, beside that on the seeds that judge."""
    both = [
        f"{name} {wording.value(tuned.median, _DIGITS)} and {wording.value(median, _DIGITS)}"
        for name, tuned, median in zip(names, given.tuned, given.medians, strict=True)
    ]
    return f"Medians on the seeds that chose the rate, and on those that judge it: {'; '.join(both)}."


def equal_rates(rates: Sequence[float], verdicts: Sequence[Verdict], names: tuple[str, str]) -> str:
    """The verdicts at equal rates, rate by rate.

    Args:
        rates: (rates,), ascending, at least one.
        verdicts: at each of them.
        names: of the recipe and of the baseline.
    """
    words = [f"**{_word(verdict)}**" for verdict in verdicts]
    said = [f"{word} {_stretch(rates, *ends)}" for word, *ends in _stretches(words)]
    directions = {verdict.outcome for verdict in verdicts} & {LOWER, HIGHER}
    decides = " So the rate decides which of the two is lower." if len(directions) == 2 else ""
    return (
        f"**At equal rates**, on {counted(verdicts[0].seeds, 'seed')} each, {names[0]} is, against {names[1]}: "
        f"{listed(said)}.{decides}{_lost_at(rates, verdicts, names)}"
    )


def _word(verdict: Verdict) -> str:
    return f"{verdict.outcome}{' by little' * verdict.is_small}"


def _lost_at(rates: Sequence[float], verdicts: Sequence[Verdict], names: tuple[str, str]) -> str:
    """At which rates runs of which recipe are lost, as sentences; "" for none."""
    lost = ([each.worst > 0 for each in verdicts], [each.baseline_worst > 0 for each in verdicts])
    clauses = []
    for name, which in zip(names, lost, strict=True):
        where = [_stretch(rates, *ends) for has_lost, *ends in _stretches(which) if has_lost]
        if where:
            clauses.append(f"{name} has lost runs {listed(where)}")
    return f" {listed(clauses)}; they count as worse." if clauses else ""


def _stretches(things: Sequence) -> list[tuple]:
    """Runs of equal neighbours: the thing, and the positions of the first and the last."""
    ends = [i for i, thing in enumerate(things) if i + 1 == len(things) or things[i + 1] != thing]
    return [
        (things[last], first, last)
        for first, last in zip([0, *(end + 1 for end in ends)], ends, strict=False)
    ]


def _stretch(rates: Sequence[float], first: int, last: int) -> str:
    """ "at 0.1", or "from 0.1 to 0.32"."""
    low, high = (number_text(float(rates[i])) for i in (first, last))
    return f"at {low}" if first == last else f"from {low} to {high}"


# The area


def one_curve(falls: Mapping[str, Fall], curves: int) -> str:
    """How well the falling sides coincide on each axis, and where that ends on the axis where they coincide best.

    Args:
        falls: by the names of `HEIGHTS`.
        curves: of how many recipes.
    """
    if curves < 2:
        return "A single curve has none to fall onto."
    known = {name: each for name, each in falls.items() if not isnan(each.correlation)}
    if not known:
        return (
            "Whether the falling sides lie on one curve is open: there are too few points, or all are equal."
        )
    said = [f"{number(each.correlation, 3)} for the {HEIGHTS[name].label}" for name, each in known.items()]
    best = min(known, key=lambda name: known[name].correlation)
    return (
        f"**Rank correlation** with the median loss on the falling sides, where -1 says that all lie on one curve: "
        f"{listed(said)} ({known[best].points} points of {curves} curves, each from its lowest rate to its best). "
        f"{_where_it_ends(known[best], HEIGHTS[best].label)}"
    )


def _where_it_ends(fall: Fall, label: str) -> str:
    every, strong = f"Of every point from the lowest {label} on", f"{ONE_CURVE:g} or stronger"
    if isnan(fall.end):
        return f"{every}, beyond the best rates too, it is never {strong}."
    if fall.to_the_last:
        return f"{every} to the last, beyond the best rates too, it is {strong}."
    return f"{every}, beyond the best rates too, it is {strong} up to {fall.end:.4g}, and weaker beyond."


# The range test


def reading(label: str, given: Suggested, tuned: Tuned) -> str:
    """What a reading of the range test suggests, against the best rate.

    Args:
        label: of the reading.
        tuned: the choice on whole runs that the suggestions are compared with.
    """
    runs, found = counted(given.runs, "run"), given.runs - given.without
    if not found:
        return f"**{label}**: nothing to read on {runs}."
    band = f", at least four in five from {given.low:.2g} to {given.high:.2g}" if found > 1 else ""
    without = f" On {given.without} of {runs} there is nothing to read." if given.without else ""
    known = not tuned.all_lost and not isinf(tuned.median)
    against = (
        f"; {given.good} of {found} within the good range around the best rate, {number_text(tuned.rate)}"
        if known
        else ""
    )
    return f"**{label}**: {given.median:.2g}{band}{against}.{without}"
