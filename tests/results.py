"""Results of small runs, trained once, as exports take them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

from lab.evaluation import Scores
from lab.events import Evaluated, Finished, Step
from lab.experiment import Experiment
from lab.exports import Entry
from lab.recorder import Recorder, Snapshot
from lab.training import train
from tests.small import small

Reason = Literal["done", "diverged"]


@cache
def snapshot(experiment: Experiment) -> Snapshot:
    """What a whole run is remembered by."""
    recorder = Recorder()
    for event in train(experiment):
        recorder.add(event)
    return recorder.snapshot()


def entry(architecture: str = "mlp", name: str = "one", kind: str = "", title: str = "A run", **fields: Any) -> Entry:
    """A contestant that has ended."""
    experiment = small(architecture, evaluate_every=0.5, **fields)
    created = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    told = title, name, kind or name, "done", created, None
    return Entry("0a1b2c3d", *told, experiment, snapshot(experiment))


def scored(
    seed: int,
    loss: float,
    accuracy: float | None = 0.5,
    steps: int = 1,
    kind: str = "kind",
    end: Reason | None = "done",
) -> Entry:
    """A contestant that is the same at every step, and has ended unless it is said that it has not."""
    recorder = Recorder()
    for step in range(1, steps + 1):
        recorder.add(Step(step, step / 4, loss, accuracy, 1.0, {}, None, 0.1 * step))
        recorder.add(Evaluated(step, step / 4, Scores(loss, accuracy)))
    if end is not None:
        recorder.add(Finished(end, "", None))
    experiment = small(seed=seed)
    told = "A run", f"seed {seed}", kind, "under way", datetime.now(UTC), None
    return Entry("0a1b2c3d", *told, experiment, recorder.snapshot())
