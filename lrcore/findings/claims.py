"""The article's claims as comparisons with verdicts, and the controlled comparisons that separate the causes.

A claim has parts. A part is a statement in words of our own, the evidence for it, and the open range in which that
evidence lies if the statement is true. The verdict compares the evidence's confidence interval with the range. To add
a statement, add a `Part`; the page, its tables and the tests iterate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isnan

from lrcore.findings.evidence import (
    EARLY,
    LATE,
    Difference,
    Estimate,
    Evidence,
    FasterShare,
    FirstRates,
    Level,
    LossDifference,
    MedianEpochs,
)
from lrcore.findings.metrics import MEASURES, TARGET
from lrcore.findings.tuning import FIRST_TUNING_SEED, HIGHEST, LOWEST, TUNING_SEEDS, at_rate, grid
from lrcore.findings.verdicts import ALPHA
from lrcore.optimizers import SGD
from lrcore.recipes.article import ARTICLE
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant
from lrcore.training.run import History

HOLDS, FAILS, OPEN = OUTCOMES = ("holds", "does not hold", "not decided")


def _constant(recipe: Recipe) -> Recipe:
    """`recipe` with its initial rate throughout, and everything else as it is."""
    return replace(recipe, schedule=Constant(float(recipe.to_params()["initial_learning_rate"])))


CONTROLS = {
    "constant, momentum 0.8": _constant(ARTICLE["time-based"]),
    "constant, momentum 0.9": _constant(ARTICLE["step"]),
    "constant 0.01, momentum 0.9": _constant(ARTICLE["exponential"]),
    "step, momentum 0": replace(ARTICLE["step"], optimizer=SGD(0.0)),
}
"""Recipes that the article did not run: each differs in one thing from one of its experiments."""
CONTROL_OF = {
    "time-based": "constant, momentum 0.8",
    "step": "constant, momentum 0.9",
    "exponential": "constant 0.01, momentum 0.9",
}
"""For each of the article's decays, the same recipe with a constant rate."""
BEST_RATES = {
    "time-based": 0.18,
    "step": 0.18,
    "exponential": 0.1,
    "constant, momentum 0.8": 0.1,
    "constant, momentum 0.9": 0.056,
}
"""The best of `tuning.grid()` for each, by `tuning.choose` on the tuning seeds; a test tunes them again."""
TUNED = {f"{name}, tuned": at_rate((ARTICLE | CONTROLS)[name], rate) for name, rate in BEST_RATES.items()}
"""The third control: the schedules at their own best rates, everything else as it was."""
TUNED_CONTROL_OF = {
    "time-based, tuned": "constant, momentum 0.8, tuned",
    "step, tuned": "constant, momentum 0.9, tuned",
    "exponential, tuned": "constant, momentum 0.9, tuned",
}
"""For each of the tuned decays, the tuned constant rate of the same momentum."""
RECIPES = ARTICLE | CONTROLS | TUNED


@dataclass(frozen=True)
class Part:
    """A statement, its evidence, and the open range in which the evidence lies if the statement is true."""

    statement: str
    evidence: Evidence
    predicted: tuple[float, float]


@dataclass(frozen=True)
class Claim:
    """A claim in our words: its title, a full statement, and its parts."""

    id: str
    title: str
    statement: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Verdict:
    """The verdict on a part: one of `OUTCOMES`, and the estimate that it follows from."""

    part: Part
    outcome: str
    estimate: Estimate


def judge(part: Part, histories: Mapping[str, History], target: float, confidence: float) -> Verdict:
    """Whether `part` holds.

    Args:
        part: the statement.
        histories: of the `RECIPES` that its evidence names, by name; arrays (seeds, epochs).
        target: the training accuracy, 0 to 1, that counts as high.
        confidence: of the interval, in (0, 1).

    Returns:
        It holds if the interval lies in the predicted range, and does not hold if it lies outside. If the interval
        contains an end of the range, or if there is none, it is not decided.
    """
    estimate = part.evidence(histories, target, confidence)
    low, high = part.predicted
    if isnan(estimate.low) or isnan(estimate.high):
        outcome = OPEN
    elif low < estimate.low and estimate.high < high:
        outcome = HOLDS
    else:
        outcome = FAILS if estimate.high <= low or estimate.low >= high else OPEN
    return Verdict(part, outcome, estimate)


def comparisons(claims: Sequence[Claim]) -> int:
    """How many of their parts depend on chance."""
    return sum(part.evidence.random for claim in claims for part in claim.parts)


LOWER, HIGHER, MOSTLY = (-inf, 0), (0, inf), (50, inf)
EARLY_ENOUGH, NEAR_THE_END = (0, EARLY + 0.5), (40.5, 50.5)
LESS_THAN_A_POINT_LOST, STANDING_STILL = (-1, inf), (-5, 5)
_OTHERS = tuple(CONTROL_OF)


def _smoother(name: str, other: str, than: str) -> tuple[Part, ...]:
    return tuple(
        Part(f"Its {curve} accuracy is smoother than {than}.", Difference(quantity, name, (other,)), LOWER)
        for curve, quantity in (("training", "training_roughness"), ("validation", "roughness"))
    )


def _early(name: str) -> Part:
    return Part(
        f"The target is reached by epoch {EARLY}, in the median run.", MedianEpochs(name), EARLY_ENOUGH
    )


AS_WRITTEN = {
    name: Part(
        f"As written, {name} decay is faster than the constant rate on most seeds.",
        FasterShare(name, "constant"),
        MOSTLY,
    )
    for name in _OTHERS
}
"""That each decay is faster than the article's constant rate."""
EQUAL_MOMENTUM = {
    name: Part(
        f"With equal momentum and initial rate, {name} decay is faster than a constant rate on most seeds.",
        FasterShare(name, control),
        MOSTLY,
    )
    for name, control in CONTROL_OF.items()
}
"""That each decay is faster than a constant rate that differs in nothing else."""

CLAIMS = (
    Claim(
        "C1",
        "1. Constant rate: fairly good, but bumpy, and it takes all 50 epochs",
        "The accuracy is fairly good. The curves are bumpy, probably because the weights toggle around a minimum. "
        "It takes about all the 50 epochs.",
        (
            Part(
                'Its validation accuracy ends above that of always answering "good".',
                Level("val_accuracy", "constant", "baseline"),
                HIGHER,
            ),
            Part(
                "Its training accuracy is bumpier than the bumpiest of the other three.",
                Difference("training_roughness", "constant", _OTHERS),
                HIGHER,
            ),
            Part(
                "Its validation accuracy is bumpier than the bumpiest of the other three.",
                Difference("roughness", "constant", _OTHERS),
                HIGHER,
            ),
            Part(
                f"It toggles around a minimum: from epochs {51 - 2 * LATE}-{50 - LATE} to {51 - LATE}-50 its training "
                "loss changes by less than 5 %.",
                Level("late_change", "constant"),
                STANDING_STILL,
            ),
            Part(
                "It needs about 50 epochs: the median run reaches the target in one of the last ten.",
                MedianEpochs("constant"),
                NEAR_THE_END,
            ),
        ),
    ),
    Claim(
        "C2",
        f"2. Time-based decay: higher, smoother, and done by epoch {EARLY}",
        "The training accuracy is higher than at the constant rate and the curve smoother. It is high by about epoch "
        "20, so 50 epochs are more than it takes.",
        (
            Part(
                "Its training accuracy ends higher than at the constant rate.",
                Difference("accuracy", "time-based", ("constant",)),
                HIGHER,
            ),
            *_smoother("time-based", "constant", "at the constant rate"),
            _early("time-based"),
            Part(
                f"Stopping at epoch {EARLY} costs less than one percentage point of validation accuracy.",
                Level("early_gap", "time-based"),
                LESS_THAN_A_POINT_LOST,
            ),
        ),
    ),
    Claim(
        "C3",
        f"3. Step decay: high on both curves, smoother still, and done by epoch {EARLY}",
        "Training and validation accuracy are both high, the curves smoother still, and it is high by about epoch 20.",
        (
            Part(
                "Its training accuracy ends above the target.",
                Level("accuracy", "step", "target"),
                HIGHER,
            ),
            Part(
                "Its validation accuracy ends above the target.",
                Level("val_accuracy", "step", "target"),
                HIGHER,
            ),
            *_smoother("step", "time-based", "with time-based decay"),
            _early("step"),
        ),
    ),
    Claim(
        "C4",
        "4. Exponential decay: it begins with the rates 0.01 and 0.0099",
        "The first epoch has the rate 0.01 and the second 0.0099. How it compares is left to the reader.",
        (
            Part(
                "Rounded as stated, the first two rates are 0.01 and 0.0099.",
                FirstRates(ARTICLE["exponential"], (0.01, 0.0099)),
                (-inf, 0.00005),
            ),
        ),
    ),
    Claim(
        "C5",
        "5. The conclusion: decay makes training converge faster",
        "Decaying the learning rate makes training converge faster.",
        (
            *AS_WRITTEN.values(),
            *EQUAL_MOMENTUM.values(),
        ),
    ),
)
"""What the article claims."""

# Per cent; no direction counts within it: see `FairVerdict`.
_MARGIN = 100 * MEASURES["val_loss"].scale.margin
_RATES = "; ".join(f"{name}: {rate:g}" for name, rate in BEST_RATES.items())

CAUSES = (
    Claim(
        "Decay",
        "Decay alone",
        "Momentum and initial rate are equal; only the schedule differs.",
        (
            *(
                Part(
                    f"With {name} decay the validation accuracy is smoother than at the constant rate.",
                    Difference("roughness", name, (control,)),
                    LOWER,
                )
                for name, control in CONTROL_OF.items()
            ),
            *(
                Part(
                    f"With {name} decay the validation accuracy ends higher than at the constant rate.",
                    Difference("val_accuracy", name, (control,)),
                    HIGHER,
                )
                for name, control in CONTROL_OF.items()
            ),
            Part(
                "Without momentum, step decay is faster than the constant rate on most seeds.",
                FasterShare("step, momentum 0", "constant"),
                MOSTLY,
            ),
        ),
    ),
    Claim(
        "Momentum",
        "Momentum alone",
        "The schedule and its initial rate are equal; only the momentum differs, 0.9 against 0.",
        (
            Part(
                "At the constant rate, momentum is faster on most seeds.",
                FasterShare("constant, momentum 0.9", "constant"),
                MOSTLY,
            ),
            Part(
                "With step decay, momentum is faster on most seeds.",
                FasterShare("step", "step, momentum 0"),
                MOSTLY,
            ),
        ),
    ),
    Claim(
        "Tuned",
        "Decay, each schedule at its own best rate",
        f"Momentum is equal. Each schedule has the best of {len(grid())} initial rates from {LOWEST:g} to {HIGHEST:g}, "
        f"by its average place in the final validation loss on {TUNING_SEEDS} seeds from {FIRST_TUNING_SEED} on, which "
        f"judge nothing here ({_RATES}). Other seeds may choose a neighbouring rate, so a lower loss counts only "
        f"beyond {_MARGIN:g} %. Speed is not compared, since it depends on which neighbour is chosen: exponential "
        f"decay at 0.056 ends about where it ends at 0.1, and reaches {TARGET:.0%} training accuracy later.",
        tuple(
            Part(
                f"With {name.partition(',')[0]} decay the validation loss ends more than {_MARGIN:g} % lower than at "
                "the constant rate.",
                LossDifference(name, control),
                (-inf, -_MARGIN),
            )
            for name, control in TUNED_CONTROL_OF.items()
        ),
    ),
)
"""What changes when one thing changes."""

JOINT = 1 - ALPHA
"""The confidence with which all intervals of `CLAIMS` and `CAUSES` hold together."""
CONFIDENCE = 1 - ALPHA / comparisons((*CLAIMS, *CAUSES))
"""The confidence of each of them."""
