"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def replace(path: Path, data: bytes) -> None:
    """Replace a file, or make it, at once: whoever reads it, or finds it after a crash, has the old one or the new one.

    A path has one writer at a time: what a killed one leaves beside it, the next one writes over.

    Raises:
        OSError: the file cannot be written; the one before is still there.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.unlink(missing_ok=True)
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    _sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder, unless it is there.

    Raises:
        OSError: it cannot be made, or a link is there, which may lead anywhere.
    """
    if folder.is_symlink():
        raise OSError(errno.ELOOP, "a link is there, which may lead anywhere")
    folder.mkdir(parents=True, exist_ok=True)


def _sync_folder(folder: Path) -> None:
    """Let the move itself outlive a crash, where the system can be asked to."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
