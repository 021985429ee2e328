"""The verdicts on the article in short: the answer in two sentences, and each claim in a few words.

A sentence names each decay once, with the outcome of its comparison: faster, not faster, not decided, or never there.
It is true for every target, every number of runs, and whatever the runs show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from lrcore.findings import wording
from lrcore.findings.claims import (
    AS_WRITTEN,
    CONFIDENCE,
    CONTROL_OF,
    EQUAL_MOMENTUM,
    FAILS,
    HOLDS,
    OPEN,
    Part,
    judge,
)
from lrcore.training.run import History

_NEVER = "never"  # an outcome besides those of a verdict: no run of either recipe reaches the target
_ALL = len(CONTROL_OF)


def answer(
    histories: Mapping[str, History], target: float, confidence: float = CONFIDENCE
) -> tuple[str, str]:
    """Which decays were faster than the constant rate: as in the article, and at equal momentum.

    Args:
        histories: of all `claims.RECIPES`, by name; arrays (seeds, epochs).
        target: the training accuracy to reach, 0 to 1.
        confidence: of each interval, in (0, 1).
    """
    goal = f"a training accuracy of {100 * target:g} %"
    frames = (
        _Frame(
            "As written", f"reach {goal}", f"reaches {goal}", "the constant rate", ("the constant rate",) * 2
        ),
        _Frame(
            "With momentum and initial rate equal",
            "get there",
            "gets there",
            "a constant rate",
            ("its constant rate", "their constant rates"),
        ),
    )
    first, second = (
        _sentence(frame, parts, histories, target, confidence)
        for frame, parts in zip(frames, (AS_WRITTEN, EQUAL_MOMENTUM), strict=True)
    )
    return first, second


@dataclass(frozen=True)
class _Frame:
    """The words of a sentence that do not depend on its outcomes."""

    lead: str
    reach: str  # the verb for several decays
    reaches: str  # and for one
    rival: str
    own: tuple[str, str]  # the constant rate compared with one decay, and with several


def _sentence(
    frame: _Frame,
    parts: Mapping[str, Part],
    histories: Mapping[str, History],
    target: float,
    confidence: float,
) -> str:
    groups: dict[str, list[str]] = {HOLDS: [], FAILS: [], OPEN: [], _NEVER: []}
    partly = False
    for name, part in parts.items():
        verdict = judge(part, histories, target, confidence)
        never = isnan(verdict.estimate.value)
        partly |= not never and part.evidence.left_out(histories, target) > 0
        groups[_NEVER if never else verdict.outcome].append(name)
    sooner = f"in fewer epochs than {frame.rival} on most " + (
        "of the seeds on which either gets there" if partly else "seeds"
    )
    (first, names), *rest = [group for group in groups.items() if group[1]]
    clauses = [_whole(first, names, frame, sooner), *(_short(*group, frame) for group in rest)]
    return f"{frame.lead}, {'; '.join(clauses)}."


def _whole(outcome: str, names: list[str], frame: _Frame, sooner: str) -> str:
    """The first clause of a sentence, with what is compared."""
    every, one = len(names) == _ALL, len(names) == 1
    if outcome == _NEVER:  # it comes last: here it is all of them
        return f"no run {frame.reaches}, be it with {frame.rival} or with any of the decays"
    if outcome == OPEN:
        which = "any of the decays" if every else _decays(names)
        return f"it is not decided whether {which} {frame.reaches if every or one else frame.reach} {sooner}"
    if outcome == FAILS:
        if every:
            return f"none of the decays {frame.reaches} {sooner}"
        return f"{_decays(names)} {'does' if one else 'do'} not {frame.reach} {sooner}"
    which = "all decays" if every else _decays(names)
    return f"{which} {frame.reaches if one else frame.reach} {sooner}"


def _short(outcome: str, names: list[str], frame: _Frame) -> str:
    """A further clause of a sentence, in short."""
    do = "does" if len(names) == 1 else "do"
    if outcome == FAILS:
        return f"{_decays(names)} {do} not"
    if outcome == OPEN:
        return f"whether {_decays(names)} {do} is not decided"
    return f"with {_decays(names)}, as at {frame.own[len(names) > 1]}, no run gets there"


def _decays(names: list[str]) -> str:
    return f"{wording.listed(names)} decay"


def in_short(outcomes: Sequence[str]) -> str:
    """The outcomes of a claim's parts in short: "Holds in 3 of 5 parts, 1 not decided".

    Args:
        outcomes: one of `claims.OUTCOMES` for each part; at least one.
    """
    number, holding, undecided = len(outcomes), outcomes.count(HOLDS), outcomes.count(OPEN)
    if number == 1:
        return outcomes[0].capitalize()
    if holding == number:
        return f"Holds in {'both' if number == 2 else f'all {number}'} parts"
    if undecided == number:
        return "Not decided in any part"
    rest = f", {undecided} not decided" if undecided else ""
    return f"Holds in {holding or 'none'} of {number} parts{rest}"
