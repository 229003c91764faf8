"""Where this process keeps its runs."""

from __future__ import annotations

from lab.jobs import JOBS
from lab.store import StoreError, runs_folder


def keep_runs() -> None:
    """Keep what is started from now on; nothing where there is no place for it, which a notice then says."""
    try:
        JOBS.runs_folder = runs_folder()
    except StoreError:
        JOBS.runs_folder = None
