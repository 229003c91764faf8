"""What a folder says of its run in MLflow: a file of its own, `archived.json`, so that nothing is written twice."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from lab.files import contents, replace
from lab.parts import Value
from lab.store.values import StoreError

MARK = "archived.json"
PASSING = re.compile(r"archived\.json|(.*\.)?lock|\..*")
"""Files that belong to the folder, or to a moment, and not to the run."""
LARGEST_MARK = 1_000_000
"""Bytes."""

Version = tuple[int, int]
"""Of a file: when it was written, in nanoseconds, and how many bytes it has."""


class Written(Value):
    """How much of a contestant's curves is in MLflow."""

    step: int = Field(0, ge=0)
    seconds: float = 0.0
    """When that step was: a run that began anew has another time there."""
    evaluations: int = Field(0, ge=0)
    tested: bool = False


class Mark(Value):
    """What of a folder is in MLflow, and where."""

    store: str
    """Its address."""
    experiments: str
    """A digest of the contestants' experiments: those of a run that began anew may be others."""
    runs: tuple[str, ...] = Field(min_length=1)
    """MLflow's ids: of the job, and where it has several contestants, of each."""
    curves: tuple[Written, ...] = ()
    """Of each contestant."""
    files: dict[str, Version] = {}
    """Those that are there, as they were."""
    status: str = ""
    """MLflow's word for how the job goes."""
    turns: tuple[str, ...] = ()
    """Names of the last writing of this folder, and of one that it may have been broken off in: MLflow has one of them,
    unless another folder has written since."""
    deleted: bool = False


def read_mark(folder: Path) -> Mark | None:
    """What a folder says; None where it says nothing, or nothing of ours."""
    file = folder / MARK
    try:
        return Mark.model_validate_json(contents(file, LARGEST_MARK))
    except (OSError, ValidationError):
        return None


def write_mark(folder: Path, mark: Mark, **changes: Any) -> Mark:
    """Say what of a folder is in MLflow: a mark, with some of its fields changed.

    Raises:
        StoreError: it cannot be written.
    """
    mark = Mark(**{**dict(mark), **changes})
    try:
        replace(folder / MARK, mark.model_dump_json().encode())
    except OSError as error:
        raise StoreError(f"Nothing can be kept in {folder}: {error.strerror or error}.") from None
    return mark


def versions(folder: Path) -> dict[str, Version]:
    """The files of a run as they are now. Its frames are not among them: they come with a state, and never change."""
    with os.scandir(folder) as entries:
        files = [entry for entry in entries if not PASSING.fullmatch(entry.name)]
        kept = [(entry.name, entry.stat()) for entry in files if entry.is_file(follow_symlinks=False)]
    return {name: (stat.st_mtime_ns, stat.st_size) for name, stat in kept}
