"""Every job there is: those of this process, and those that are kept on disk."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from lab.jobs import Jobs
from lab.jobs.view import Status
from lab.store import Facts, RunFolder, StoreError, run_folders

Standing = Status | Literal["elsewhere", "interrupted"]
"""What a job does: what a job of this process does, trained by another process, or broken off by a crash."""


class Shelved(NamedTuple):
    """One job on the shelf."""

    id: str
    standing: Standing
    facts: Facts

    @property
    def goes_on(self) -> bool:
        """Whether it could be trained further, and is not."""
        return self.standing in ("interrupted", "stopped", "paused")


class Shelf(NamedTuple):
    """All jobs, newest first, and what is wrong with folders that cannot be read, a sentence each."""

    jobs: list[Shelved]
    problems: list[str]

    def find(self, id: str) -> Shelved | None:
        """The job of an id."""
        return next((job for job in self.jobs if job.id == id), None)


def shelf(jobs: Jobs) -> Shelf:
    """What there is now."""
    found = {job.id: Shelved(job.id, job.status, job.facts()) for job in jobs.all()}
    problems = []
    for folder in run_folders(jobs.runs_folder) if jobs.runs_folder is not None else []:
        if folder.id in found or not folder.known:
            continue
        try:
            facts = told(folder)
        except StoreError as error:
            problems.append(str(error))
            continue
        found[folder.id] = Shelved(folder.id, standing(folder, facts), facts)
    return Shelf(sorted(found.values(), key=lambda job: job.facts.created, reverse=True), problems)


def told(folder: RunFolder) -> Facts:
    """What a folder tells; read once for each time that it changed.

    Raises:
        StoreError: it cannot be read.
    """
    return _facts(folder.path, folder.changed)


def standing(folder: RunFolder, facts: Facts) -> Standing:
    """What a job does that this process does not have."""
    if facts.status != "under way":
        return facts.status
    return "elsewhere" if folder.held else "interrupted"


@lru_cache(maxsize=4096)
def _facts(path: Path, changed: int) -> Facts:
    return RunFolder(path).facts()
