"""Runs that last: what is kept of every job on disk."""

from lab.store.about import About, about_of, describe, title_of
from lab.store.facts import Contestant, Ended, Facts, Origin, Progress
from lab.store.folder import RunFolder
from lab.store.runs import RUNS_VARIABLE, run_folders, runs_folder
from lab.store.values import StoreError

__all__ = [
    "RUNS_VARIABLE",
    "About",
    "Contestant",
    "Ended",
    "Facts",
    "Origin",
    "Progress",
    "RunFolder",
    "StoreError",
    "about_of",
    "describe",
    "run_folders",
    "runs_folder",
    "title_of",
]
