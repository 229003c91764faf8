"""Results of small runs, trained once, as exports take them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

from lab.evaluation import Scores
from lab.events import Evaluated, Finished, Report, Step
from lab.experiment import Experiment
from lab.exports import Entry
from lab.jobs.shelf import Shelved
from lab.recorder import Recorder, Snapshot
from lab.store import About, Contestant, Facts
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
    return Entry(job_of(experiment, "0a1b2c3d", created, title), 0, name, kind or name, snapshot(experiment))


def job_of(experiment: Experiment, id: str, created: datetime, title: str, **facts: Any) -> Shelved:
    """A job that has trained one experiment to its end, unless the facts tell something else."""
    told = {"title": title, "status": "finished", "created": created, **facts}
    contestants = (Contestant(experiment=experiment),)
    return Shelved(id, "finished", Facts(**told, contestants=contestants))


def scored(
    seed: int,
    loss: float,
    accuracy: float | None = 0.5,
    steps: int = 1,
    kind: str = "kind",
    end: Reason | None = "done",
    id: str = "0a1b2c3d",
    batch_size: int = 16,
    **facts: Any,
) -> Entry:
    """A contestant that is the same at every step, and has ended unless it is said that it has not."""
    recorder = Recorder()
    for step in range(1, steps + 1):
        recorder.add(Step(step, step / 4, loss, accuracy, 1.0, {}, None, 0.1 * step))
        recorder.add(Evaluated(step, step / 4, Scores(loss, accuracy)))
    if end is not None:
        scores = Scores(loss, accuracy)
        report = Report(steps, steps / 4, scores, scores, steps, 1.0) if end == "done" else None
        recorder.add(Finished(end, "", report))
    experiment = small(seed=seed, slope=1 + len(kind), batch_size=batch_size)
    told = job_of(experiment, id, datetime.now(UTC), "A run", **facts)
    return Entry(told, 0, f"seed {seed}", kind, recorder.snapshot())


ONE = scored(0, 1.0)


def renamed(title: str) -> Entry:
    """A contestant of a job that people call so."""
    return ONE._replace(job=ONE.job._replace(about=About.model_construct(title=title)))
