"""One archivist for each folder of runs that this process works with."""

from __future__ import annotations

import atexit
import threading
from pathlib import Path

from lab.jobs.archivist import Archivist
from lab.store.tracking import switched_off


def archivist(runs: Path) -> Archivist | None:
    """The archivist of this process for a folder, at work since this was first asked; None where it is switched off."""
    if switched_off():
        return None
    with _starting:
        if runs not in _archivists:
            _archivists[runs] = Archivist(runs)
            _archivists[runs].start()
            atexit.register(_archivists[runs].close)
        return _archivists[runs]


_archivists: dict[Path, Archivist] = {}
_starting = threading.Lock()
