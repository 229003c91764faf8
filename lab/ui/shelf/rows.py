"""The rows of the Runs page: one for each contestant of each job."""

from __future__ import annotations

from typing import Any, NamedTuple

from lab.boards.contestants import labels
from lab.boards.wording import factor_of
from lab.experiment import Experiment
from lab.jobs.shelf import Shelf, Shelved, Standing
from lab.store import Contestant
from lab.ui.live import WORDS

STANDINGS: dict[Standing, str] = {
    **WORDS,  # type: ignore[dict-item]
    "elsewhere": "Training in another process",
    "archived": "In MLflow",
}
DIVERGED = "Diverged"
"""What is said of a contestant instead, also where others of its race went on."""


class Row(NamedTuple):
    """One contestant of a job, as a row of a table."""

    job: Shelved
    place: int
    name: str
    contestant: Contestant

    @property
    def id(self) -> str:
        """What names it among all rows."""
        return f"{self.job.id}-{self.place}"

    @property
    def experiment(self) -> Experiment:
        """What it is."""
        return self.contestant.experiment

    @property
    def state(self) -> str:
        """How it stands, in a word."""
        return DIVERGED if self.contestant.ended == "diverged" else STANDINGS[self.job.standing]

    @property
    def is_of_race(self) -> bool:
        """Whether others are of the same job."""
        return len(self.job.facts.contestants) > 1


def rows_of(there: Shelf) -> list[Row]:
    """All rows, the jobs in their order."""
    return [row for job in there.jobs for row in rows_of_job(job)]


def jobs_of(rows: list[Row]) -> list[Shelved]:
    """The jobs of some rows, each once."""
    return list({row.job.id: row.job for row in rows}.values())


def text_of(row: Row) -> str:
    """All words that a search may find it by, in small letters."""
    experiment, job = row.experiment, row.job
    parts = (experiment.dataset, experiment.architecture, experiment.estimator, experiment.optimizer)
    words = [job.id, job.title, row.name, row.state, job.about.note, *job.about.tags]
    return "\n".join([*words, *(word for part in parts for word in (part.name, part.title))]).casefold()


def cells_of(row: Row) -> dict[str, Any]:
    """What the table says of it, by column."""
    contestant, experiment, job = row.contestant, row.experiment, row.job
    factor = factor_of(contestant.metric)
    return {
        "pinned": "★" if job.about.pinned else "",
        "run": job.title,
        "race": f"{row.place + 1} of {len(job.facts.contestants)}" if row.is_of_race else "",
        "contestant": row.name,
        "state": row.state,
        "validation": [value * factor for value in contestant.curve if value is not None],
        "last": contestant.last,
        "best": contestant.best,
        "test": contestant.test,
        "tags": list(job.about.tags),
        "note": job.about.note,
        "measure": contestant.metric,
        "epochs": contestant.epochs,
        "images": experiment.dataset.title,
        "net": experiment.architecture.title,
        "seed": experiment.seed,
        "started": job.facts.created.astimezone().replace(tzinfo=None),
        "id": job.id,
    }


def rows_of_job(job: Shelved) -> list[Row]:
    """One for each of its contestants."""
    contestants = job.facts.contestants
    experiments = [contestant.experiment for contestant in contestants]
    names = labels(experiments) if len(experiments) > 1 else [experiments[0].estimator.title]
    told = enumerate(zip(names, contestants, strict=True))
    return [Row(job, place, name, contestant) for place, (name, contestant) in told]
