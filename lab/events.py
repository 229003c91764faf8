"""What the engine tells while it runs an experiment: the events that it yields, one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from lab.evaluation import Scores
from lab.optimizers import Flips
from lab.probes import Frame


class Step(NamedTuple):
    """One update of the parameters, measured on its own batch before it."""

    step: int
    epoch: float
    loss: float
    accuracy: float | None
    slope: float
    rates: dict[str, float]
    flips: Flips | None
    seconds: float
    """Time spent training so far, without evaluations and pauses."""


class Evaluated(NamedTuple):
    """Scores on the validation images."""

    step: int
    epoch: float
    scores: Scores


@dataclass(frozen=True)
class Report:
    """The result of a run, on the test images."""

    steps: int
    epochs: float
    test: Scores
    validation: Scores
    reported_step: int
    """The step whose weights are reported."""
    images_per_second: float


class Finished(NamedTuple):
    """The end of a run, and why. There is no report where it diverged."""

    reason: Literal["done", "diverged"]
    message: str
    report: Report | None


Event = Step | Evaluated | Frame | Finished
