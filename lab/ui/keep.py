"""Where this process keeps its runs, and who brings them into MLflow."""

from __future__ import annotations

from lab.jobs import JOBS
from lab.jobs.archivist import Archivist, archivist
from lab.store import StoreError, runs_folder


def keep_runs() -> None:
    """Keep what is started from now on; nothing where there is no place for it, which a notice then says."""
    try:
        JOBS.runs_folder = runs_folder()
    except StoreError:
        JOBS.runs_folder = None
    keeper()


def keeper() -> Archivist | None:
    """Who brings runs into MLflow, if anybody does."""
    return archivist(JOBS.runs_folder) if JOBS.runs_folder is not None else None
