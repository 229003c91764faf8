"""What the engine tells while it runs an experiment: the events that it yields, one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from lab.evaluation import Scores
from lab.optimizers import Flips
from lab.probes import Frame
from lab.probes.health import LayerHealth, SiteHealth


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


class Health(NamedTuple):
    """Whether anything learns in a step. Told right before that step, so that who has the step has both."""

    step: int
    epoch: float
    layers: tuple[LayerHealth, ...]
    """Every layer with weights, in the order they run."""
    sites: tuple[SiteHealth, ...]
    """Every layer of binary units, in the order they run."""


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


Event = Step | Health | Evaluated | Frame | Finished
