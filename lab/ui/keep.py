"""What the jobs of this process are told by the app: where they are kept, how much they may ask for, and who asks."""

from __future__ import annotations

import logging
from functools import cache

from lab.jobs import JOBS, owners
from lab.jobs.archivist import Archivist
from lab.jobs.archivists import archivist
from lab.limits import Limits, wrong_variables
from lab.store import StoreError, runs_folder
from lab.ui.visitor import know_visitor, visitor

log = logging.getLogger(__name__)


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


def keep_limits() -> None:
    """Bind what browsers ask for to the limits; who runs the lab is told which of them is wrong."""
    JOBS.limits = Limits.from_environment()
    for problem in wrong_variables():
        _log_once(problem)


@cache
def _log_once(problem: str) -> None:
    log.warning(problem)


def keep_owners() -> None:
    """Let jobs know which browser asks."""
    owners.ask(visitor)
    know_visitor()
