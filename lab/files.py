"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, NamedTuple


class Stamp(NamedTuple):
    """What tells one writing of a file from another."""

    modified: int
    """When it was, in nanoseconds."""
    size: int
    inode: int
    """Where the file is on the disk."""


def stamp(path: Path) -> Stamp | None:
    """The last writing of a file; None where there is no file.

    Raises:
        OSError: it cannot be told, such as in a folder that is closed to us.
    """
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Stamp(status.st_mtime_ns, status.st_size, status.st_ino)


def opened(path: Path) -> BinaryIO:
    """A file, to be read: not what a link leads to, and without waiting for the other end of a pipe.

    Raises:
        OSError: it cannot be read, or is a link.
    """
    return open(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)), "rb")


def contents(path: Path, most: int) -> bytes:
    """What is in a file, which is neither a link, which may lead anywhere, nor a pipe, which may never end.

    Args:
        path: of the file.
        most: bytes that are read at most.

    Raises:
        OSError: it cannot be read, is something else, or is longer.
    """
    with opened(path) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > most:
            raise OSError(errno.EINVAL, "it is no file that this lab writes there")
        return file.read(most)


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
