"""The bin: runs that were deleted, until a person empties it. Nothing leaves it by itself."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab.store.folder import BIN, RunFolder
from lab.store.mark import MARK, read_mark
from lab.store.runs import run_folders
from lab.store.values import StoreError


def deleted(runs: Path) -> list[RunFolder]:
    """The folders of the jobs in the bin, the last deleted first.

    Raises:
        StoreError: the bin cannot be read.
    """
    bin = runs / BIN
    folders = [] if bin.is_symlink() else [folder for folder in run_folders(bin) if folder.known]
    return sorted(folders, key=_when, reverse=True)


def size(folder: RunFolder) -> int:
    """Bytes that a job takes on disk, as far as that can be told."""
    try:
        return sum(item.lstat().st_size for item in folder.path.rglob("*"))
    except OSError:  # such as one that somebody removes meanwhile
        return 0


def erase(runs: Path, id: str) -> None:
    """Remove a job from the bin, for good; nothing where somebody else has, or has brought it back.

    Raises:
        StoreError: it cannot be removed whole.
    """
    for folder in deleted(runs):
        if folder.id == id:
            try:
                _remove(folder)
            except OSError as error:
                raise StoreError(f"Run {id} cannot be removed: {error.strerror or error}.") from None


def _remove(folder: RunFolder) -> None:
    mark = read_mark(folder.path)
    if mark is None or mark.deleted:
        shutil.rmtree(folder.path)
        return
    for item in folder.path.iterdir():  # MLflow has still to be told, which the mark is for
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item)
        elif item.name != MARK:
            item.unlink()


def _when(folder: RunFolder) -> float:
    # To move a folder changes what the file system notes about it, and nothing in it.
    try:
        return folder.path.lstat().st_ctime
    except OSError:
        return 0.0
