"""Every learning rate schedule, each declared once.

To add a schedule, add a class to this file: the picker, its sliders, the formula on the page, the preview, the
training, the link, the exported code and the registry-wide tests all derive from the declaration.
Hyperparameters that several schedules share are declared once, at the top, so that a reader who switches schedules
keeps their values. Times and shares of a run go through `snapped`, so that no rounding error moves an edge by a whole
epoch or update.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lrcore.schedules.schedule import Schedule
from lrcore.settings import Number, hyperparameter, setting

RATES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 2.0, 3.0, 10.0)
HIGHEST_RATE = 1000
TIMES = (1, 2, 3, 5, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 90, 100, 150, 200, 300, 450)
LONGEST_TIME = 200_000
TENTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

_INITIAL_LEARNING_RATE = Number(
    default=0.1,
    label="Initial learning rate",
    symbol=r"\eta_0",
    offered=RATES,
    low=0,
    low_open=True,
    high=HIGHEST_RATE,
    exact=True,
    help="The learning rate that the schedule starts from.",
)
_MAXIMUM_LEARNING_RATE = replace(
    _INITIAL_LEARNING_RATE,
    default=0.3,
    label="Maximum learning rate",
    symbol=r"\eta_\mathrm{max}",
    help="The learning rate at the peak.",
)
_DECAY_RATE = Number(
    default=0.03,
    label="Decay rate",
    symbol="k",
    offered=(0.0, 0.0001, 0.0003, 0.001, 0.002, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
    low=0,
    high=1000,
    help="How fast the rate falls, per unit of the clock: per epoch or per update. 0 keeps it constant.",
)
_DROP = Number(
    default=0.5,
    label="Drop factor",
    symbol="d",
    offered=(*TENTHS, 1.0),
    low=0.001,
    high=1,
    help="The rate is multiplied by this at each drop: 0.5 halves it, 1 leaves it.",
)
_MILESTONE = Number(
    default=0.5,
    label="First milestone",
    symbol="m_1",
    offered=(0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9),
    low=0,
    high=1,
    help="When the rate drops, as a share of the run; the two milestones may stand in either order.",
)
_ALPHA = Number(
    default=0.0,
    label="Rate left at the end",
    symbol=r"\alpha",
    offered=(0.0, 0.001, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5),
    low=0,
    high=1,
    help="Share of the initial rate that the cosine falls to: 0 goes down to nothing, 1 stays constant.",
)
_WARMUP_FRACTION = Number(
    default=0.1,
    label="Warmup, share of the run",
    symbol="w",
    offered=(0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5),
    low=0.01,
    high=1,
    help="Share of the run in which the rate climbs in a straight line to its maximum.",
)


# Functions that a `__call__` may use; the exported code includes those of HELPERS that it needs


def snapped(time: np.ndarray | float) -> np.ndarray | float:
    """`time` to a billionth of an epoch or update, without the noise of floats: 0.28 * 25 becomes 7."""
    return np.round(time, 9)


def warmed_up(t: np.ndarray, length: np.ndarray | float) -> np.ndarray:
    """The share of the full rate at the times `t` of a warmup: (t + 1) / `length`, and 1 from its end on."""
    return np.minimum((t + 1) / np.maximum(snapped(length), 1), 1)


def cycle_ends(first: float, growth: float, time: float) -> np.ndarray:
    """The ends of successive cycles, the last one after `time`; each is `growth` times as long as the one before."""
    return first * np.cumsum(growth ** np.arange(2 + time / first))


def with_warmup(schedule, t: np.ndarray, total: float, share: float) -> np.ndarray:
    """Rates at the times `t` (n,) of a run that climbs to the schedule's first rate in a `share` of it.

    The schedule starts at its own time 0 when the warmup ends, and has the rest of the run.
    """
    length = snapped(share * total)
    started = np.maximum(snapped(t - length), 0)
    return warmed_up(t, length) * schedule(started, np.maximum(snapped(total - length), 1))


def with_drop(rates: np.ndarray, t: np.ndarray, start: float, factor: float) -> np.ndarray:
    """The `rates` (n,) of the times `t` (n,), multiplied by `factor` from the time `start` on."""
    return np.where(t < start, rates, factor * rates)


HELPERS = (snapped, warmed_up, cycle_ends, with_warmup, with_drop)


@dataclass(frozen=True)
class Constant(Schedule):
    """The same rate throughout: what every decay has to be compared with."""

    title = "Constant"
    formula = r"\eta(t) = <initial_learning_rate>"
    reference = "Rumelhart, Hinton and Williams, 1986"
    used_for = "The baseline: try it first, and keep it if nothing beats it."

    initial_learning_rate: float = setting(_INITIAL_LEARNING_RATE)

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        return np.full(np.shape(t), self.initial_learning_rate)


@dataclass(frozen=True)
class TimeBasedDecay(Schedule):
    """Inverse time decay: the rate falls as 1 / (1 + k t), quickly at first and ever more slowly."""

    title = "Time-based decay"
    formula = r"\eta(t) = \frac{<initial_learning_rate>}{1 + <decay_rate>\, t}"
    reference = "Darken and Moody, 1990, with k as 1 / τ; Robbins and Monro, 1951, for the rate 1 / t"
    used_for = "Convex problems and older Keras code, whose `decay` argument it was, counted per update."

    initial_learning_rate: float = setting(_INITIAL_LEARNING_RATE)
    decay_rate: float = setting(_DECAY_RATE)

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        return self.initial_learning_rate / (1 + self.decay_rate * t)


@dataclass(frozen=True)
class StepDecay(Schedule):
    """Multiplies the rate by `drop` every `epochs_drop` units of the clock."""

    title = "Step decay"
    formula = r"\eta(t) = <initial_learning_rate> \cdot <drop>^{\left\lfloor t / <epochs_drop> \right\rfloor}"
    reference = "Krizhevsky, Sutskever and Hinton, 2012 (dropped by hand, three times)"
    used_for = "Image classifiers trained for a fixed number of epochs, with drops where progress stalls."

    initial_learning_rate: float = setting(_INITIAL_LEARNING_RATE)
    drop: float = setting(_DROP)
    epochs_drop: int = hyperparameter(
        10,
        label="Time between drops",
        symbol="T",
        offered=TIMES,
        low=1,
        high=LONGEST_TIME,
        whole=True,
        help="How long the rate stays before it drops, in units of the clock: epochs or updates.",
    )

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        return self.initial_learning_rate * self.drop ** np.floor(t / self.epochs_drop)


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """The rate falls by the same factor, e^-k, in each unit of the clock."""

    title = "Exponential decay"
    formula = r"\eta(t) = <initial_learning_rate> \cdot e^{-<decay_rate>\, t}"
    reference = "Senior, Heigold, Ranzato and Yang, 2013, as a power of ten"
    used_for = "A smooth fall by orders of magnitude when there is no reason to prefer fixed drops."

    initial_learning_rate: float = setting(_INITIAL_LEARNING_RATE)
    decay_rate: float = setting(_DECAY_RATE)

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        return self.initial_learning_rate * np.exp(-self.decay_rate * t)


@dataclass(frozen=True)
class PiecewiseConstantDecay(Schedule):
    """Multiplies the rate by `drop` at each of two milestones, and already at the milestone itself."""

    title = "Piecewise constant (multi-step)"
    formula = (
        r"\eta(t) = <initial_learning_rate> \cdot <drop>^{n(t)}, \quad "
        r"n(t) = \text{how many of } <first_milestone> N,\; <second_milestone> N \text{ are} \le t"
    )
    reference = "He, Zhang, Ren and Sun, 2016, on CIFAR-10, by ten"
    used_for = "Residual networks on images: divided by ten at a half and at three quarters of the run."

    initial_learning_rate: float = setting(_INITIAL_LEARNING_RATE)
    drop: float = setting(_DROP)
    first_milestone: float = setting(_MILESTONE)
    second_milestone: float = setting(
        replace(_MILESTONE, default=0.75, label="Second milestone", symbol="m_2")
    )

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        first = np.where(snapped(t - self.first_milestone * total) >= 0, self.drop, 1)
        second = np.where(snapped(t - self.second_milestone * total) >= 0, self.drop, 1)
        return self.initial_learning_rate * first * second


@dataclass(frozen=True)
class PolynomialDecay(Schedule):
    """Falls to `end_learning_rate` as a power of the time left (linearly at power 1), then stays there."""

    title = "Polynomial decay"
    formula = (
        r"\eta(t) = <end_learning_rate> + (<initial_learning_rate> - <end_learning_rate>)"
        r"\left(1 - \frac{t}{N}\right)^{<power>}"
    )
    reference = "Liu, Rabinovich and Berg, 2015, down to 0; the end rate is TensorFlow's"
    used_for = "Semantic segmentation with power 0.9; with power 1, the linear decay of language models."
    pytorch = "PyTorch's own PolynomialLR falls to 0: with any other end rate it is another curve."

    initial_learning_rate: float = setting(_INITIAL_LEARNING_RATE)
    end_learning_rate: float = hyperparameter(
        0.0001,
        label="End learning rate",
        symbol=r"\eta_\mathrm{end}",
        offered=(0.0, *RATES),
        low=0,
        high=HIGHEST_RATE,
        exact=True,
        help="The rate at the end of the run. Above the initial rate it makes the rate rise.",
    )
    power: float = hyperparameter(
        1.0,
        label="Power",
        symbol="p",
        offered=(0.3, 0.5, 0.9, 1.0, 1.5, 2.0, 3.0, 5.0),
        low=0,
        low_open=True,
        high=100,
        help="1 falls in a straight line; above 1 falls early and flattens out, below 1 falls late.",
    )

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        left = np.clip(snapped(total - t), 0, total) / total
        height = self.initial_learning_rate - self.end_learning_rate
        return self.end_learning_rate + height * left**self.power


@dataclass(frozen=True)
class CosineDecay(Schedule):
    """Half a cosine wave over the run: flat at first, steepest halfway, flat at the end, then constant."""

    title = "Cosine decay"
    formula = (
        r"\eta(t) = <initial_learning_rate> \left(<alpha> + (1 - <alpha>)\,"
        r"\frac{1 + \cos(\pi\, t / N)}{2}\right)"
    )
    reference = "Loshchilov and Hutter, 2017, the first cycle alone"
    used_for = "The usual choice for image and language models whose length of training is fixed beforehand."

    initial_learning_rate: float = setting(_INITIAL_LEARNING_RATE)
    alpha: float = setting(_ALPHA)

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        left = np.clip(snapped(total - t), 0, total) / total
        wave = np.sin(np.pi / 2 * left) ** 2  # is (1 + cos(pi t / total)) / 2, and keeps its digits near 0
        return self.initial_learning_rate * (self.alpha + (1 - self.alpha) * wave)


@dataclass(frozen=True)
class CosineDecayRestarts(Schedule):
    """SGDR: cosine decay that starts again, each time `t_mul` times as long and `m_mul` times as high."""

    title = "Cosine decay with restarts"
    formula = (
        r"\begin{gathered} \eta(t) = <initial_learning_rate> \left(<alpha> + (1 - <alpha>) \cdot <m_mul>^{i}"
        r"\cdot \frac{1 + \cos(\pi\, t_i / T_i)}{2}\right) \\ "
        r"T_i = <first_decay> N \cdot <t_mul>^{i}, \quad t_i = t - \sum_{j=0}^{i-1} T_j \end{gathered}"
    )
    reference = "Loshchilov and Hutter, 2017; lower restarts are TensorFlow's"
    used_for = "Snapshot ensembles, and runs that may be stopped early: each cycle ends with a usable model."
    pytorch = (
        "PyTorch's own CosineAnnealingWarmRestarts always restarts at the initial rate, after whole numbers of steps "
        "that grow by whole numbers: elsewhere it is another curve."
    )

    initial_learning_rate: float = setting(_INITIAL_LEARNING_RATE)
    first_decay: float = hyperparameter(
        0.2,
        label="First cycle, share of the run",
        symbol="f",
        offered=(0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 1.0),
        low=0.05,
        high=1,
        help="Length of the first cycle: 0.2 restarts after a fifth of the run.",
    )
    t_mul: float = hyperparameter(
        2.0,
        label="Cycle growth",
        symbol=r"T_\mathrm{mul}",
        offered=(1.0, 1.5, 2.0, 3.0),
        low=1,
        high=4,
        help="Each cycle is this many times as long as the one before.",
    )
    m_mul: float = hyperparameter(
        1.0,
        label="Height of each restart",
        symbol=r"m_\mathrm{mul}",
        offered=(*TENTHS, 1.0),
        low=0.01,
        high=1,
        help="At each restart, what stands above the rate left at the end is this many times as high as the last "
        "time: 1 restarts at the initial rate.",
    )
    alpha: float = setting(_ALPHA)

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        first = self.first_decay * total
        ends = cycle_ends(first, self.t_mul, np.max(t, initial=0))
        restarts = np.searchsorted(snapped(ends), t, side="right")
        left = np.clip((ends[restarts] - t) / (first * self.t_mul**restarts), 0, 1)
        wave = np.sin(np.pi / 2 * left) ** 2  # is (1 + cos(pi (1 - left))) / 2, and keeps its digits near 0
        return self.initial_learning_rate * (self.alpha + (1 - self.alpha) * self.m_mul**restarts * wave)

    def cycles(self, total: float) -> tuple[float, float]:
        return self.first_decay * total, self.t_mul


@dataclass(frozen=True)
class OneCycle(Schedule):
    """One cosine up to the maximum and one far down below the start; the momentum is not cycled."""

    title = "One cycle"
    formula = (
        r"\begin{gathered} \eta(t) = \begin{cases}"
        r"\eta_s + (<maximum_learning_rate> - \eta_s)\, \dfrac{1 - \cos(\pi x)}{2},"
        r" & x = \dfrac{t}{<pct_start> N} \le 1 \\[2ex]"
        r"\eta_e + (<maximum_learning_rate> - \eta_e)\, \dfrac{1 + \cos(\pi y)}{2},"
        r" & y = \dfrac{t - <pct_start> N}{N - <pct_start> N} \ge 0 \end{cases} \\"
        r"\eta_s = <maximum_learning_rate> / <div_factor>, \quad \eta_e = \eta_s / <final_div_factor>"
        r"\end{gathered}"
    )
    reference = "Smith and Topin, 2019, in straight lines; the cosine form is fastai's"
    used_for = "Training in few epochs with a very high peak rate; the usual schedule of fastai."
    pytorch = (
        "PyTorch's own OneCycleLR is another curve: it comes to its peak one step earlier and to its end with the last "
        "step, and it cycles the momentum, too."
    )

    maximum_learning_rate: float = setting(_MAXIMUM_LEARNING_RATE)
    pct_start: float = hyperparameter(
        0.3,
        label="Rise, share of the run",
        symbol="p",
        offered=TENTHS,
        low=0.01,
        high=0.99,
        help="Share of the run in which the rate rises; in the rest it falls.",
    )
    div_factor: float = hyperparameter(
        25.0,
        label="Start divisor",
        symbol="D",
        offered=(1.0, 3.0, 10.0, 25.0, 100.0),
        low=1,
        high=100_000,
        help="The rate starts at the maximum divided by this.",
    )
    final_div_factor: float = hyperparameter(
        10_000.0,
        label="End divisor",
        symbol="F",
        offered=(1.0, 10.0, 100.0, 1000.0, 10_000.0),
        low=1,
        high=100_000,
        help="The rate ends at its starting value divided by this.",
    )

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        start = self.maximum_learning_rate / self.div_factor
        end = start / self.final_div_factor
        top = self.pct_start * total
        left = np.clip(snapped(total - t), 0, total - top) / (total - top)
        risen = np.sin(np.pi / 2 * t / top) ** 2  # is (1 - cos(pi x)) / 2, and keeps its digits near 0
        fallen = np.sin(np.pi / 2 * left) ** 2  # is (1 + cos(pi y)) / 2
        rise = start + (self.maximum_learning_rate - start) * risen
        fall = end + (self.maximum_learning_rate - end) * fallen
        return np.where(snapped(t - top) < 0, rise, fall)


@dataclass(frozen=True)
class CyclicalLearningRate(Schedule):
    """Triangular cycles between two rates, up and down in straight lines, without end."""

    title = "Cyclical (triangular)"
    formula = (
        r"\eta(t) = <initial_learning_rate> + (<maximum_learning_rate> - <initial_learning_rate>)"
        r"\left(1 - \left|\left(\frac{t}{<half_cycle>} \bmod 2\right) - 1\right|\right)"
    )
    reference = "Smith, 2017, the triangular policy"
    used_for = "When no single rate is known to be good: it sweeps the range between two again and again."

    initial_learning_rate: float = setting(_INITIAL_LEARNING_RATE)
    maximum_learning_rate: float = setting(_MAXIMUM_LEARNING_RATE)
    half_cycle: int = hyperparameter(
        10,
        label="Half a cycle",
        symbol="h",
        offered=TIMES,
        low=1,
        high=LONGEST_TIME,
        whole=True,
        help="Time from one rate to the other, in units of the clock: epochs or updates.",
    )

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        cycle = 2 * self.half_cycle
        time = snapped(np.mod(t, cycle))
        height = np.minimum(time, cycle - time) / self.half_cycle
        return self.initial_learning_rate + (self.maximum_learning_rate - self.initial_learning_rate) * height

    def cycles(self, total: float) -> tuple[float, float]:
        return 2 * self.half_cycle, 1


@dataclass(frozen=True)
class WarmupStableDecay(Schedule):
    """A straight line up, a plateau, a straight line down to 0; shares that overlap cut the plateau away."""

    title = "Warmup, stable, decay"
    formula = (
        r"\eta(t) = <maximum_learning_rate> \cdot"
        r"\min\left(\frac{t + 1}{<warmup_fraction> N},\; 1,\; \frac{N - t}{<decay_fraction> N}\right)"
    )
    reference = (
        "Hu and others, 2024, with an exponential decay; the straight line is that of Hägele and others, 2024"
    )
    used_for = "Language models whose training may be prolonged: the plateau leaves the end of the run open."

    maximum_learning_rate: float = setting(_MAXIMUM_LEARNING_RATE)
    warmup_fraction: float = setting(_WARMUP_FRACTION)
    decay_fraction: float = hyperparameter(
        0.2,
        label="Decay, share of the run",
        symbol="s",
        offered=(0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9),
        low=0.01,
        high=1,
        help="Share of the run, at its end, in which the rate falls in a straight line to 0.",
    )

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        left = np.maximum(snapped(total - t), 0) / snapped(self.decay_fraction * total)
        return self.maximum_learning_rate * np.minimum(warmed_up(t, self.warmup_fraction * total), left)


@dataclass(frozen=True)
class InverseSquareRoot(Schedule):
    """A straight line up, then a fall with the square root of the time: it never reaches 0."""

    title = "Inverse square root"
    formula = (
        r"\eta(t) = <maximum_learning_rate> \cdot"
        r"\min\left(\frac{t + 1}{<warmup_fraction> N},\; 1,\; \sqrt{\frac{<warmup_fraction> N}{t}}\right)"
    )
    reference = "Vaswani and others, 2017, where the width of the model sets the maximum"
    used_for = "Transformers, the first ones above all, and long runs whose end is left open."

    maximum_learning_rate: float = setting(_MAXIMUM_LEARNING_RATE)
    warmup_fraction: float = setting(_WARMUP_FRACTION)

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        length = self.warmup_fraction * total
        fallen = np.sqrt(length / np.maximum(t, length))
        return self.maximum_learning_rate * np.minimum(warmed_up(t, length), fallen)


@dataclass(frozen=True)
class CompoundingDecay(Schedule):
    """Divides the current rate, not the first one, by 1 + k t at each t: each division comes on top of the last."""

    title = "Compounding decay"
    formula = (
        r"\eta(t) = <initial_learning_rate> \prod_{j=1}^{\lfloor t \rfloor} \frac{1}{1 + <decay_rate>\, j}"
    )
    reference = "Keras 2.1.4, 2018, whose LearningRateScheduler hands its function the current rate"
    used_for = "To see a common mistake: the time-based formula applied to the current rate, not the first."

    initial_learning_rate: float = setting(_INITIAL_LEARNING_RATE)
    decay_rate: float = setting(_DECAY_RATE)

    def __call__(self, t: np.ndarray, total: float) -> np.ndarray:
        factors = np.cumprod(1 / (1 + self.decay_rate * np.arange(1 + np.max(t, initial=0))))
        return self.initial_learning_rate * factors[np.floor(t).astype(np.int64)]


SCHEDULES: dict[str, type[Schedule]] = {schedule.__name__: schedule for schedule in Schedule.__subclasses__()}
"""Every schedule by its class name, in the order in which the picker lists them."""
