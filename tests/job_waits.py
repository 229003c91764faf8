"""Waiting for what a job's thread does, and reading what it did."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from lab.experiment import Experiment
from lab.jobs import Job, Jobs
from tests.small import curves, steps

PATIENCE = 120.0
"""Seconds to wait for what must happen before a test gives up."""
ENDLESS: dict[str, Any] = {"budget": 1e6, "evaluate_every": 1e4}


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    end, pause = time.monotonic() + PATIENCE, threading.Event()
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        pause.wait(0.002)


def is_held(job: Job, steps: int) -> bool:
    """Whether a job waits after so many steps."""
    return job.status == "paused" and len(losses(job)) == steps and shown_step(job) == steps


def shown_step(job: Job, contestant: int = 0) -> int | None:
    frame = job.view().snapshots[contestant].frame
    return None if frame is None else frame.step


def losses(job: Job, contestant: int = 0) -> list[float]:
    return job.view().snapshots[contestant].steps["loss"].tolist()


def alone(experiment: Experiment) -> list[float]:
    return [step.loss for step in steps(curves(experiment))]


def held(jobs: Jobs, *experiments: Experiment) -> Job:
    """A job that waits before its first step."""
    job = jobs.start(experiments, "held", playing=False)
    until(lambda: is_held(job, 0))
    return job
