"""The runs behind a study's numbers: which of the runs that are kept on this machine train which row, and what came
out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

from lab.data import Dataset
from lab.files import Stamp
from lab.jobs import Jobs
from lab.jobs.records import records
from lab.jobs.repetitions import claim_of, one_for_each_seed
from lab.jobs.shelf import Shelved, shelf
from lab.recorder import Snapshot
from lab.store import Facts, RunFolder, StoreError
from lab.studies.base import Row, Trained
from lab.studies.results import Measured

REMEMBERED = 2000
"""Runs whose figures are read again only where they changed."""

Found = Mapping[Row, Mapping[int, Shelved]]
"""The run that stands for each seed of each row."""


def runs_of(jobs: Jobs, rows: Sequence[Row], dataset: Dataset, epochs: float | None = None) -> Found:
    """The runs there are of some rows, the smallest seed first."""
    alone = [job for job in shelf(jobs).jobs if len(job.facts.contestants) == 1]
    found: dict[Row, Mapping[int, Shelved]] = {}
    for row in rows:
        if isinstance(row, Trained):
            own = [job for job in alone if row.is_of(job.facts.contestants[0].experiment, dataset, epochs)]
            found[row] = one_for_each_seed(own, lambda job: job.facts.contestants[0].experiment.seed, claim_of)
    return found


def measured(jobs: Jobs, row: Row, job: Shelved) -> Measured | None:
    """What came out of a run; None where it is not at its end, or cannot be read."""
    if job.facts.status != "finished":
        return None
    try:
        folder = RunFolder(jobs.runs_folder / job.id) if jobs.runs_folder is not None else None
        written = folder.stamp if folder is not None else None
        return _measured(jobs, row, job.id, written)
    except StoreError:  # told where runs are listed
        return None


@lru_cache(REMEMBERED)
def _measured(jobs: Jobs, row: Row, id: str, written: Stamp | None) -> Measured:
    """Read once for each writing."""
    found = records(jobs, id, frames=False)
    return of_run(row, id, found.snapshots[0], found.facts)


def of_run(row: Row, id: str, snapshot: Snapshot, facts: Facts) -> Measured:
    """What a run came to that is at its end."""
    experiment, report = facts.contestants[0].experiment, snapshot.report
    figures = {} if report is None else {each.name: each.of(snapshot, report) for each in row.measures}
    finite = {name: value for name, value in figures.items() if math.isfinite(value)}
    ended: Literal["done", "diverged"] = "done" if finite else "diverged"
    told = {"row": row.name, "seed": experiment.seed, "run": id, "experiment": experiment, "versions": facts.versions}
    return Measured(**told, figures=finite, ended=ended)
