"""Schedules: slope, delta, temperature and learning rate as pure functions of a run's progress, without a counter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from pydantic import Field

from lab.parts import Part


class Progress(NamedTuple):
    """Where a run is. Under a budget in seconds, `steps` and `epochs` are extrapolated from the rate so far."""

    step: int
    """Optimizer updates made so far."""
    steps: float
    """Optimizer updates in the whole run."""
    epoch: float
    """Passes over the training images made so far, fractions included."""
    epochs: float
    """Passes over the training images in the whole run."""

    @property
    def fraction(self) -> float:
        """How much of the run is done, 0 to 1."""
        return min(1.0, self.step / self.steps) if self.steps > 0 else 1.0


@dataclass(frozen=True)
class Within:
    """The values a schedule may take in a field, checked over its whole curve: `Annotated[Schedule, Within(0, 1)]`."""

    low: float
    high: float
    open_low: bool = False
    """Whether `low` itself is excluded."""

    def allows(self, value: float) -> bool:
        """Whether a value lies inside."""
        above = value > self.low if self.open_low else value >= self.low
        return above and value <= self.high

    def __str__(self) -> str:
        return f"{'above ' if self.open_low else ''}{self.low:g} to {self.high:g}"


class Schedule(Part):
    """A number that changes over a run."""

    members: ClassVar[dict[str, type[Schedule]]] = {}
    family = "schedule"

    @classmethod
    def _expand(cls, value: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return {"name": Constant.name, "value": value}
        return super()._expand(value)

    def at(self, progress: Progress) -> float:
        """The value at a moment of the run."""
        raise TypeError(f"{type(self).__name__} does not define at()")

    def curve(self, steps: int, epochs: float, points: int = 257) -> tuple[list[float], list[float]]:
        """The schedule over a run: (epochs passed, values), at most `points` of them and both ends included."""
        count = max(2, min(points, steps + 1))
        at = sorted({round(i * steps / (count - 1)) for i in range(count)})
        moments = [Progress(step, steps, epochs * step / max(steps, 1), epochs) for step in at]
        return [moment.epoch for moment in moments], [self.at(moment) for moment in moments]


class Constant(Schedule):
    """The same value throughout."""

    name = "constant"
    title = "Constant"
    summary = "The same value from the first step to the last."
    formula = r"v(t) = v"

    value: float = 1.0
    """The value."""

    def at(self, progress: Progress) -> float:
        return self.value


class Linear(Schedule):
    """A straight line over the run."""

    name = "linear"
    title = "Linear"
    summary = "A straight line from the first step to the last."
    formula = r"v(t) = v_0 + (v_1 - v_0)\, t / T"
    recipes: ClassVar[dict[str, dict[str, Any]]] = {"ReSTE: 1 to 3": {"start": 1.0, "end": 3.0}}

    start: float = 1.0
    """Value at the first step."""
    end: float = 5.0
    """Value at the last step."""

    def at(self, progress: Progress) -> float:
        return self.start + (self.end - self.start) * progress.fraction


class Geometric(Schedule):
    """A straight line on a logarithmic scale, over the run."""

    name = "geometric"
    title = "Geometric"
    summary = "Multiplied by the same factor in every step: a straight line on a logarithmic scale."
    formula = r"v(t) = v_0\, (v_1 / v_0)^{t / T}"
    paper = "Qin et al. 2020, IR-Net: 0.1 to 10"
    recipes: ClassVar[dict[str, dict[str, Any]]] = {"EDE (IR-Net): 0.1 to 10": {"start": 0.1, "end": 10.0}}

    start: float = Field(0.1, gt=0, le=1e9)
    """Value at the first step."""
    end: float = Field(10.0, gt=0, le=1e9)
    """Value at the last step."""

    def at(self, progress: Progress) -> float:
        return self.start * (self.end / self.start) ** progress.fraction


class Cosine(Schedule):
    """Half a cosine wave over the run."""

    name = "cosine"
    title = "Cosine"
    summary = "Half a cosine wave: flat at both ends, steepest in the middle."
    formula = r"v(t) = v_1 + \tfrac12 (v_0 - v_1)(1 + \cos(\pi t / T))"
    paper = "Loshchilov & Hutter 2017, SGDR"

    start: float = 1.0
    """Value at the first step."""
    end: float = 0.0
    """Value at the last step."""

    def at(self, progress: Progress) -> float:
        return self.end + (self.start - self.end) * (1 + math.cos(math.pi * progress.fraction)) / 2


class Exponential(Schedule):
    """A constant factor per epoch."""

    name = "exponential"
    title = "Exponential (per epoch)"
    summary = "Multiplied by the same factor after every epoch, between a floor and a ceiling."
    formula = r"v(e) = \operatorname{clip}(v_0\, r^{\lfloor e \rfloor},\; v_{\min}, v_{\max})"
    paper = "slope annealing: Chung, Ahn & Bengio 2017; rates: Wizaron 1.005, R2RT 1.1"
    recipes: ClassVar[dict[str, dict[str, Any]]] = {
        "×1.005 per epoch (Wizaron, source 003)": {"start": 1.0, "rate": 1.005},
        "×1.1 per epoch (R2RT)": {"start": 1.0, "rate": 1.1},
        "×0.9 per epoch": {"start": 1.0, "rate": 0.9},
    }

    start: float = 1.0
    """Value in the first epoch."""
    rate: float = Field(1.005, gt=0, le=10)
    """Factor applied after every epoch."""
    floor: float = 0.0
    """Smallest value."""
    ceiling: float = 1000.0
    """Largest value."""

    def at(self, progress: Progress) -> float:
        grown = self.start * math.exp(min(700.0, int(progress.epoch) * math.log(self.rate)))
        return min(self.ceiling, max(self.floor, grown))


class Step(Schedule):
    """A factor every so many epochs."""

    name = "step"
    title = "Step"
    summary = "Multiplied by a factor every so many epochs."
    formula = r"v(e) = v_0\, r^{\lfloor e / n \rfloor}"

    start: float = 1.0
    """Value in the first epochs."""
    factor: float = Field(0.1, gt=0, le=10)
    """What each step multiplies the value with."""
    every: int = Field(1, ge=1, le=10_000)
    """Epochs between two steps."""

    def at(self, progress: Progress) -> float:
        steps = int(progress.epoch) // self.every
        return self.start * math.exp(min(700.0, steps * math.log(self.factor)))


class OneCycle(Schedule):
    """Up to a peak and down to nearly nothing."""

    name = "one-cycle"
    title = "One-cycle"
    summary = "A cosine rise to a peak, then a cosine fall to nearly nothing. Made for learning rates."
    formula = r"v_p/d_0 \;\nearrow\; v_p \;\searrow\; v_p/d_1"
    paper = "Smith & Topin 2018, Super-Convergence"

    peak: float = 0.1
    """Largest value."""
    rise: float = Field(0.3, gt=0, lt=1)
    """Share of the run spent rising."""
    start_divisor: float = Field(25.0, ge=1, le=1e6)
    """The first value is the peak divided by this."""
    end_divisor: float = Field(1e4, ge=1, le=1e9)
    """The last value is the peak divided by this."""

    def at(self, progress: Progress) -> float:
        start, end = self.peak / self.start_divisor, self.peak / self.end_divisor
        if progress.fraction < self.rise:
            return _eased(start, self.peak, progress.fraction / self.rise)
        return _eased(self.peak, end, (progress.fraction - self.rise) / (1 - self.rise))


class CappedLinear(Schedule):
    """The slope annealing of the hierarchical multiscale RNN."""

    name = "hm-rnn"
    title = "HM-RNN slope annealing"
    summary = "Grows by the same amount every epoch up to a cap."
    formula = r"v(e) = \min(v_{\max},\; v_0 + k \lfloor e \rfloor)"
    paper = "Chung, Ahn & Bengio 2017, Hierarchical Multiscale Recurrent Neural Networks"

    start: float = 1.0
    """Value in the first epoch."""
    gain: float = 0.04
    """Added after every epoch."""
    cap: float = 5.0
    """Largest value."""

    def at(self, progress: Progress) -> float:
        return min(self.cap, self.start + self.gain * int(progress.epoch))


def _eased(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def extremes(schedule: Schedule, steps: int, epochs: float) -> Sequence[float]:
    """The smallest and the largest value of a schedule over a run of so many steps and epochs."""
    _, values = schedule.curve(steps, epochs)
    return min(values), max(values)
