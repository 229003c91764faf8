"""What is told of a job in a list of runs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lab.experiment import Experiment
from lab.jobs.view import Status
from lab.recorder import Recorder
from lab.store import Contestant, Ended, Facts, Origin, Progress
from lab.store.facts import CURVE_POINTS, MESSAGE, TITLE
from lab.versions import versions

STOPPED = "Stopped. What was recorded is kept."
ENDINGS: dict[Status, Progress] = {"finished": "finished", "stopped": "stopped", "failed": "failed"}
"""What a job that ended is told to be; any other is under way."""


def ending_of(recorders: Sequence[Recorder], stopped: bool) -> tuple[Ended, str]:
    """How a job ended whose contestants remember this, and what to say of it."""
    ends = [recorder.finished for recorder in recorders]
    if stopped and (None in ends or not ends):
        return "stopped", STOPPED
    diverged = [end.message for end in ends if end is not None and end.reason == "diverged"]
    return "finished", " ".join(diverged)


def facts_of(
    title: str,
    origin: Origin,
    experiments: Sequence[Experiment],
    recorders: Sequence[Recorder],
    status: Progress,
    message: str,
) -> Facts:
    """What is told of a job; texts that are too long are cut."""
    contestants = tuple(summary(*pair) for pair in zip(experiments, recorders, strict=True))
    texts = {"title": title[:TITLE], "message": message[:MESSAGE]}
    told = {**texts, **origin._asdict(), "versions": versions()}
    return Facts(**told, status=status, contestants=contestants)


def summary(experiment: Experiment, recorder: Recorder) -> Contestant:
    """How far a contestant is, and what came out so far."""
    # Not from a snapshot: to copy all curves takes time, and lists of runs are drawn often.
    classifies = experiment.architecture.task == "classification"
    metric = "accuracy" if classifies else "loss"
    values = recorder.evaluations()[metric]
    finite = values[np.isfinite(values)]
    best = finite.max(initial=-math.inf) if classifies else finite.min(initial=math.inf)
    step, finished = recorder.last_step, recorder.finished
    report = finished.report if finished else None
    return Contestant(
        experiment=experiment,
        steps=int(step.get("step", 0)),
        epochs=step.get("epoch", 0.0),
        metric=metric,
        curve=tuple(_number(value) for value in values[_spread(len(values))]),
        last=_number(values[-1]) if len(values) else None,
        best=_number(best),
        test=_number(getattr(report.test, metric)) if report else None,
        ended=finished.reason if finished else None,
    )


def _spread(count: int) -> np.ndarray:
    """Places of a curve that show all of it, its first and its last point among them."""
    return np.unique(np.linspace(0, count - 1, min(count, CURVE_POINTS)).round().astype(int))


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
