"""Small experiments on the digits, one for every architecture, and their curves without clocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import pytest

from lab.estimators import Estimator
from lab.events import Evaluated, Event, Finished, Health, Report, Step
from lab.experiment import Experiment
from lab.probes import Frame
from lab.training import Training

SHAPES: dict[str, dict[str, Any]] = {
    "mlp": {"hidden": [16]},
    "convnet": {},
    "autoencoder": {"code_bits": 8},
    "binary-mlp": {"hidden": 24, "depth": 3},
}
"""Fields that keep the net of an architecture small; one that is not here has its defaults."""
BATCHES: dict[str, int] = {"autoencoder": 4}
"""Images per update, where 16 take long."""
VALIDATION = {"autoencoder": 10}
"""Validation images, where 40 take long."""


def small(architecture: str = "mlp", shape: dict[str, Any] | None = None, **fields: Any) -> Experiment:
    """A few steps, four of them an epoch; `shape` sets fields of the architecture."""
    net = {"name": architecture, **SHAPES.get(architecture, {}), **(shape or {})}
    batch = BATCHES.get(architecture, 16)
    quick = {"budget": 4, "budget_unit": "steps", "subset": 4 * batch, "batch_size": batch, "threads": 1}
    gentle = {"name": "sgd", "lr": 0.02}
    images = {"name": "digits", "validation": VALIDATION.get(architecture, 40)}
    return Experiment.parse({"dataset": images, "architecture": net, "optimizer": gentle, **quick, **fields})


def fitting(architecture: str, estimator: str, **fields: Any) -> Experiment:
    """A small experiment with an estimator, or a skip where the net has too many units for it."""
    experiment = small(architecture)
    refusal = Estimator.members[estimator]().refusal(experiment.architecture.shapes)
    if refusal:
        pytest.skip(refusal)
    return small(architecture, estimator=estimator, **fields)


CurveEvent = Step | Evaluated | Finished


def without_frames(events: Iterable[Event]) -> Iterator[CurveEvent]:
    """What curves are made of."""
    return (event for event in events if not isinstance(event, Frame | Health))


def clockless(events: Iterable[Event]) -> list[CurveEvent]:
    """Events that curves are made of, without what depends on the time they took."""
    return [_clockless(event) for event in without_frames(events)]


def curves(experiment: Experiment, first: int | None = None) -> list[CurveEvent]:
    """The curves of a run: all of them, or so many events, which spares the report on the test images.

    Nothing looks inside its net on the way, which would change nothing.
    """
    return clockless(islice(without_frames(Training(experiment, checkups=False, frames=False).events()), first))


def _clockless(event: CurveEvent) -> CurveEvent:
    if isinstance(event, Step):
        return event._replace(seconds=0.0)
    if isinstance(event, Evaluated) or event.report is None:
        return event
    report = event.report
    return event._replace(
        report=Report(report.steps, report.epochs, report.test, report.validation, report.reported_step, 0.0)
    )


def finished(events: Sequence[Event]) -> Finished:
    """The end of a run."""
    end = events[-1]
    assert isinstance(end, Finished)
    return end


def steps(events: Iterable[Event]) -> list[Step]:
    """The updates of a run."""
    return [event for event in events if isinstance(event, Step)]


def frames(events: Iterable[Event]) -> list[Frame]:
    """The looks inside the net of a run."""
    return [event for event in events if isinstance(event, Frame)]


def checkups(events: Iterable[Event]) -> list[Health]:
    """The checkups of a run's gradient health."""
    return [event for event in events if isinstance(event, Health)]


def evaluations(events: Iterable[Event]) -> list[Evaluated]:
    """The evaluations of a run on its validation images."""
    return [event for event in events if isinstance(event, Evaluated)]
