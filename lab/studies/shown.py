"""What there is to show of a study: results that come with the lab, or what this machine has trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from lab.data import Dataset
from lab.jobs import Jobs
from lab.jobs.repetitions import UNDER_WAY
from lab.jobs.shelf import Shelved
from lab.store import StoreError
from lab.studies.base import IMAGES, Computed, Row, Study
from lab.studies.results import Measured, Results, ResultsFolder, read_results
from lab.studies.runs import measured, runs_of

SHIPPED = Path(__file__).parent / "measured"


class Here(NamedTuple):
    """What this machine has of a study."""

    results: Results
    runs: Mapping[Row, Mapping[int, Shelved]]
    """The run that stands for each seed of a row, at its end or not."""
    problem: str = ""
    """Why figures that were computed cannot be read; empty where they can."""

    @property
    def under_way(self) -> bool:
        """Whether any of them will go on by itself."""
        return any(job.standing in UNDER_WAY for seeds in self.runs.values() for job in seeds.values())


def shipped(study: Study) -> Results | None:
    """The results that come with the lab; None where the study was not measured for it yet.

    Raises:
        StoreError: they cannot be read.
    """
    file = SHIPPED / f"{study.name}.json"
    return read_results(file) if file.exists() else None


def here(jobs: Jobs, study: Study, folder: ResultsFolder | None) -> Here:
    """What the runs on this machine come to, and figures that were computed into a folder."""
    dataset = Dataset.members[IMAGES]()
    runs = runs_of(jobs, study.rows, dataset)
    found = [measured(jobs, row, job) for row, seeds in runs.items() for job in seeds.values()]
    figures, problem = [each for each in found if each is not None], ""
    try:
        kept = folder.read(study) if folder is not None else None
        figures += _computed(study, kept) if kept is not None and kept.dataset == dataset else []
    except StoreError as error:
        problem = str(error)
    blank = Results(study=study.name, dataset=dataset)
    return Here(blank.holding(study, figures) if figures else blank, runs, problem)


def _computed(study: Study, results: Results) -> list[Measured]:
    names = {row.name for row in study.rows if isinstance(row, Computed)}
    return [each for each in results.measured if each.row in names]
