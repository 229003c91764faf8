"""Runs that last: what is kept of every job on disk."""

from lab.store.facts import Contestant, Ended, Facts, Origin, Progress
from lab.store.folder import RUNS_VARIABLE, RunFolder, StoreError, run_folders, runs_folder

__all__ = [
    "RUNS_VARIABLE",
    "Contestant",
    "Ended",
    "Facts",
    "Origin",
    "Progress",
    "RunFolder",
    "StoreError",
    "run_folders",
    "runs_folder",
]
