"""Every job there is: those of this process, and those that are kept on disk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from lab.files import Stamp, stamp
from lab.jobs import Jobs
from lab.jobs.kept import standing
from lab.jobs.owners import require_owner_of
from lab.jobs.view import RESUMABLE, Status
from lab.store import About, Facts, RunFolder, StoreError, about_of, describe, run_folders, title_of
from lab.store.about import FILE
from lab.store.listing import Archived

Standing = Status | Literal["archived"]
"""What a job does; the last: it is in MLflow alone."""
REMEMBERED = 20_000
"""Jobs whose files are read again only where they changed."""


class Shelved(NamedTuple):
    """One job on the shelf."""

    id: str
    standing: Standing
    facts: Facts
    about: About = About()
    """What people say about it."""

    @property
    def title(self) -> str:
        """What to call it."""
        return self.about.title or self.facts.title

    @property
    def goes_on(self) -> bool:
        """Whether it could be trained further, and is not."""
        return self.standing in ("paused", *RESUMABLE)


class Shelf(NamedTuple):
    """All jobs, newest first, and what is wrong with folders that cannot be read, a sentence each."""

    jobs: list[Shelved]
    problems: list[str]

    def find(self, id: str) -> Shelved | None:
        """The job of an id."""
        return next((job for job in self.jobs if job.id == id), None)


def shelf(jobs: Jobs) -> Shelf:
    """What there is now."""
    found = {job.id: Shelved(job.id, job.status, job.facts()) for job in jobs.trained()}
    problems: list[str] = []
    for folder in _folders(jobs, problems):
        try:
            job = found.get(folder.id) or _shelved(folder, problems)
        except StoreError as error:
            problems.append(str(error))
            continue
        if job is not None:
            found[folder.id] = job._replace(about=_said(folder, problems))
    return Shelf(_newest_first(found.values()), problems)


def with_archived(there: Shelf, elsewhere: Sequence[Archived]) -> Shelf:
    """All jobs, and those that only MLflow has."""
    known = {job.id for job in there.jobs}  # of this process, too, whatever became of its folder
    archived = [Shelved(job.id, "archived", job.facts) for job in elsewhere if job.id not in known]
    return there._replace(jobs=_newest_first([*there.jobs, *archived]))


def _newest_first(jobs: Iterable[Shelved]) -> list[Shelved]:
    return sorted(jobs, key=lambda job: job.facts.created, reverse=True)


def rewrite(jobs: Jobs, id: str, **fields: Any) -> None:
    """Say something else about a job that is kept: any fields of `About`.

    Raises:
        StoreError: it is not kept, a field is out of bounds, or it cannot be written.
        NotTheOwner: it belongs to someone else.
    """
    if jobs.runs_folder is None:
        raise StoreError("Runs are not kept here, so nothing can be written about them.")
    folder = RunFolder(jobs.runs_folder / id)
    require_owner_of(folder)
    describe(folder, **fields)
    job = jobs.get(id)
    if job is not None:
        job.title = title_of(folder, folder.facts())


def _folders(jobs: Jobs, problems: list[str]) -> list[RunFolder]:
    try:
        return run_folders(jobs.runs_folder) if jobs.runs_folder is not None else []
    except StoreError as error:
        problems.append(str(error))
        return []


def _shelved(folder: RunFolder, problems: list[str]) -> Shelved | None:
    """A job that is on disk alone; None where the folder does not say what it is, such as one that is being made."""
    facts = told(folder)
    if facts is None:
        return None
    stands, problem = standing_or_problem(folder, facts)
    problems.extend([problem] if problem else [])
    return Shelved(folder.id, stands, facts)


def standing_or_problem(folder: RunFolder, facts: Facts) -> tuple[Status, str]:
    """What a job does that is on disk alone; where its lock is spoiled, as if nobody trained it, and what is wrong."""
    try:
        return standing(folder, facts), ""
    except StoreError as error:
        unknown = f"Until that is put right nobody can tell whether run {folder.id} is trained by another process"
        return "interrupted", f"{error} {unknown}; it is listed as interrupted."


def told(folder: RunFolder) -> Facts | None:
    """What a folder tells, read once for each writing; None where it does not say what the job is.

    Raises:
        StoreError: it cannot be read.
    """
    written = folder.stamp
    return None if written is None else _facts(folder.path, written)


def _said(folder: RunFolder, problems: list[str]) -> About:
    """What is said about a job; a file that cannot be read is told, and hides no job."""
    try:
        return _about(folder.path, stamp(folder.path / FILE))
    except StoreError as error:
        problems.append(str(error))
    except OSError as error:
        problems.append(f"{folder.path / FILE} cannot be read: {error.strerror}.")
    return About()


@lru_cache(REMEMBERED)
def _facts(path: Path, written: Stamp) -> Facts:
    """What a folder tells; read once for each writing."""
    return RunFolder(path).facts()


@lru_cache(REMEMBERED)
def _about(path: Path, written: Stamp | None) -> About:
    return about_of(RunFolder(path))
