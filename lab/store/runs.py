"""The folder of all runs: where it is, and the folders of jobs that are in it."""

from __future__ import annotations

import os
from pathlib import Path

from lab.data import DataError, data_folder
from lab.store.folder import ID, RunFolder
from lab.store.values import StoreError

RUNS_VARIABLE = "LAB_RUNS"
"""Names the folder of all runs, where it is not to be `runs` in the data folder."""


def runs_folder() -> Path:
    """Where all runs are kept: LAB_RUNS, or `runs` in the data folder, which need not exist yet.

    Raises:
        StoreError: LAB_RUNS or LAB_DATA is set and names no folder.
    """
    named = os.environ.get(RUNS_VARIABLE, "")
    if named:
        folder = Path(named).expanduser()
        if not folder.is_dir():
            raise StoreError(
                f"{RUNS_VARIABLE} names {named!r}, which is not an existing folder; create it, correct {RUNS_VARIABLE} "
                "or unset it."
            )
        return folder.resolve()
    try:
        return data_folder() / "runs"
    except DataError as error:
        raise StoreError(str(error)) from None


def run_folders(runs: Path) -> list[RunFolder]:
    """The folders of all jobs there are. Whatever else lies there is none of ours.

    Raises:
        StoreError: the folder of all runs cannot be read.
    """
    try:
        with os.scandir(runs) as entries:
            jobs = [entry for entry in entries if ID.fullmatch(entry.name)]
            names = [entry.name for entry in jobs if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"{runs} cannot be read: {error.strerror}.") from None
    return [RunFolder(runs / name) for name in sorted(names)]
