"""Locks of files: to take one is filelock's; to look whether somebody has it takes nothing from anybody."""

from __future__ import annotations

import sys
from pathlib import Path

from filelock import FileLock, Timeout

from lab.files import opened

PATIENCE = 0.1
"""Seconds to wait for others who look, where looking excludes them."""


def held(file: Path) -> bool:
    """Whether some process, this one or another, holds the lock of a file. The file is neither made nor changed.

    Raises:
        OSError: the file is there and cannot be read.
    """
    try:
        return _held(file)
    except FileNotFoundError:
        return False


if sys.platform == "win32":

    def _held(file: Path) -> bool:
        if not file.exists():
            return False
        try:
            with FileLock(file, timeout=PATIENCE, poll_interval=PATIENCE / 10):
                return False
        except Timeout:
            return True
else:
    import fcntl

    def _held(file: Path) -> bool:
        with opened(file) as stream:
            try:
                # Shared, so that any number may look at once. Whoever takes the lock tries again for a while.
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False
