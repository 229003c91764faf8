"""The nets that a person may look into: those of every run of this lab, also of runs that are only on disk so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lab.boards.contestants import labels
from lab.experiment import Experiment
from lab.jobs import JOBS
from lab.jobs.shelf import shelf
from lab.ui import state

MOST_ON_DISK = 200
"""Runs that are offered of those that are only on disk, the newest. The Runs page opens the others."""


class Offered(NamedTuple):
    """A net that may be chosen."""

    title: str
    experiment: Experiment


def net_name(job: str, place: int) -> str:
    """What the net of a contestant of a job is called among all there are."""
    return f"{job}-{place}"


def offered() -> dict[str, Offered]:
    """The nets by their names: those of runs that this process knows, and of those on disk, each newest first."""
    found, known = dict[str, Offered](), set[str]()
    for job in JOBS.all():
        known.add(job.id)
        found |= _of_job(job.id, state.named(job), job.experiments)
    on_disk = [job for job in shelf(JOBS).jobs if job.id not in known]
    for kept in on_disk[:MOST_ON_DISK]:
        experiments = [contestant.experiment for contestant in kept.facts.contestants]
        found |= _of_job(kept.id, f"{kept.id}: {kept.title}", experiments)
    return found


def _of_job(id: str, title: str, experiments: Sequence[Experiment]) -> Iterator[tuple[str, Offered]]:
    # What tells a net from others of its run comes first: where there is little room the end is cut.
    names = [""] if len(experiments) == 1 else [f"{label} · " for label in labels(experiments)]
    for place, (name, experiment) in enumerate(zip(names, experiments, strict=True)):
        yield net_name(id, place), Offered(name + title, experiment)
