"""Brings runs into MLflow in the background: training never waits for it, and what cannot be written is kept waiting.

The folders are what it works from, so that one process does it for all: whichever holds a lock.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from lab.jobs.owners import require_owner
from lab.jobs.waiting import TooLate, within
from lab.store import RunFolder, StoreError, run_folders
from lab.store.archive import Archive
from lab.store.bundle import STATE
from lab.store.folder import BIN
from lab.store.listing import Archived
from lab.store.mark import Mark, read_mark, write_mark
from lab.store.tracking import ArchiveError

FIRST_LOOK = 10.0
"""Seconds before the first look: the first page comes before all that MLflow brings with it."""
BETWEEN_LOOKS = 3.0
BETWEEN_CURVES, BETWEEN_STATES = 30.0, 300.0
"""Least seconds between two times that a run under way is written: what is told of it, and its checkpoint."""
BETWEEN_LISTS = 60.0
"""Least seconds between two lists of what MLflow has."""
LISTING, WRITING = 0.01, 0.05
"""Shares of a processor's time that go into either at most: what trains in this process needs the rest."""
LONGEST_PAUSE = 300.0
"""Most seconds between two tries, where MLflow is away."""
FAREWELL, TURN, HURRY = 5.0, 2.0, 30.0
"""Most seconds that a process which ends waits for what is being written, a command for its turn, and for its run: the
first one has to make the file of MLflow, too."""
PATIENCE = 120.0
"""Most seconds that someone waits for what MLflow has. A database that freezes while it is asked never answers."""
NOTHING_HERE = ""
"""What a mark says of the experiments where nothing of the run is in its folder."""

T = TypeVar("T")
log = logging.getLogger(__name__)


class Archivist:
    """Writes the runs of one folder to MLflow, and knows what else is there. A page may ask it anything at any time.

    Args:
        runs: the folder of all runs.
    """

    def __init__(self, runs: Path) -> None:
        self._runs, self._archive = runs, Archive(runs)
        self._lock = FileLock(runs / "archivist.lock", thread_local=False)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._live, name="archivist", daemon=True)
        self._settled: dict[Path, int] = {}
        """Folders of which all is written, and when they were changed last."""
        self._written: dict[str, float] = {}
        """When each run under way was written last."""
        self._states: dict[str, float] = {}
        """When its checkpoint was."""
        self._refused: dict[Path, tuple[float, str]] = {}
        """Runs that cannot be written, when that was tried last, and why MLflow does not take them."""
        self._list_after = 0.0
        self._away = ""
        self._asked: float | None = None
        """Since when the thread waits for an answer."""
        self._waiting = 0
        self._archived: list[Archived] = []

    # What a page may ask

    @property
    def problems(self) -> list[str]:
        """What is not in MLflow, and why, a sentence each."""
        if self._away:
            count = self._waiting
            waiting = f" {count} run{' is' if count == 1 else 's are'} written to it when it is back." if count else ""
            return [self._away + waiting]
        asked = self._asked
        if asked is not None and time.monotonic() > asked + PATIENCE:
            return [f"{self._silent} Runs are kept in {self._runs}, and written to it when it does."]
        return [why for _, why in list(self._refused.values()) if why]

    def elsewhere(self) -> list[Archived]:
        """The jobs that MLflow has, as of its last list, and this folder does not."""
        here = _names(self._runs) | _names(self._runs / BIN)
        return [job for job in self._archived if job.id not in here]

    def ask(self) -> None:
        """List what MLflow has now, for a command that cannot wait until this is done in the background.

        Raises:
            StoreError: MLflow is away.
        """
        self._archived = self._within_patience(self._archive.jobs)

    def fetch(self, id: str) -> RunFolder:
        """Bring a job from MLflow into the folder.

        Raises:
            StoreError: it is not there, MLflow is away, or what it has is no run of this lab.
        """
        if not self._archived:
            self.ask()
        job = next((job for job in self._archived if job.id == id), None)
        if job is None:
            raise StoreError(f"There is no run {id!r} in {self._runs}, and none in MLflow at {self._archive.name}.")
        return self._within_patience(lambda: self._archive.fetch(job))

    def delete(self, id: str) -> None:
        """Take a job that only MLflow has off its list, soon; to recover its folder from the bin brings it back.

        Raises:
            StoreError: it cannot be noted down.
            NotTheOwner: it belongs to someone else.
        """
        for job in (job for job in self._archived if job.id == id):
            require_owner(job.facts.owner, job.facts.title)
            folder = self._runs / BIN / id
            RunFolder(folder).write_facts(job.facts)
            write_mark(folder, Mark(store=self._archive.name, experiments=NOTHING_HERE, runs=job.runs))

    # Its work

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End, after what is being written, unless that takes long."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(FAREWELL)
        self._lock.release(force=True)

    def look(self) -> None:
        """Write what has changed, where no other process does it, and list what MLflow has."""
        changed: dict[RunFolder, int] = {}
        try:
            if not self._runs.is_dir():
                return  # nothing was ever kept here
            if self._has_lock():
                changed = self._changed()
                self._write_all(changed)
            if time.monotonic() >= self._list_after:
                self._list()
            self._away = ""
        except StoreError as error:
            if not self._away:
                log.info("%s", error)
            self._waiting = sum(self._owes(folder) for folder in changed)
            self._away = str(error)
        finally:
            self._asked = None

    def hurry(self, folder: RunFolder) -> str:
        """Write one run before a command ends; returns what is to be said where that was not possible."""
        end = time.monotonic() + TURN
        while not self._has_lock():
            if time.monotonic() > end:
                return f"Another process writes to MLflow. {_later(folder)}"
            time.sleep(TURN / 100)
        try:
            within(HURRY, lambda: self._write(folder))
        except TooLate:  # the lock stays taken for as long as this process lasts
            return f"MLflow at {self._archive.name} takes long to answer. {_later(folder)}"
        except ArchiveError as error:
            self._lock.release(force=True)
            return f"{error} {_later(folder)}"
        self._lock.release(force=True)
        return next(iter(self.problems), "")

    @property
    def _silent(self) -> str:
        return f"MLflow at {self._archive.name} has not answered for more than {PATIENCE:g} s."

    def _within_patience(self, ask: Callable[[], T]) -> T:
        """What MLflow answers.

        Raises:
            ArchiveError: it does not, or it refuses.
        """
        try:
            return within(PATIENCE, ask)
        except TooLate:
            raise ArchiveError(self._silent) from None

    def _live(self) -> None:
        pause = FIRST_LOOK
        while not self._closing.wait(pause):
            self.look()
            pause = min(2 * pause, LONGEST_PAUSE) if self._away else BETWEEN_LOOKS

    def _has_lock(self) -> bool:
        try:
            if not self._lock.is_locked:
                self._lock.acquire(timeout=0)
        except (Timeout, OSError):
            return False
        return True

    def _changed(self) -> dict[RunFolder, int]:
        """The folders that may have something new, and when they were changed."""
        folders = [*run_folders(self._runs), *run_folders(self._runs / BIN)]
        stamped = {folder: _stamp(folder.path) for folder in folders}
        return {folder: stamp for folder, stamp in stamped.items() if self._settled.get(folder.path) != stamp}

    def _write_all(self, changed: dict[RunFolder, int]) -> None:
        pause = 0.0
        for folder, stamp in changed.items():
            if self._closing.wait(pause):
                return
            started, self._asked = time.thread_time(), time.monotonic()
            if self._write(folder):
                self._settled[folder.path] = stamp
            self._asked = None
            pause = (time.thread_time() - started) / WRITING

    def _owes(self, folder: RunFolder) -> bool:
        try:
            return folder.known and folder.path.parent == self._runs and bool(self._archive.owes(folder, trains=True))
        except StoreError:
            return False

    def _write(self, folder: RunFolder) -> bool:
        """Let MLflow have a folder as it is; returns whether nothing is left to be done until it changes."""
        if folder.path in self._refused and time.monotonic() < self._refused[folder.path][0] + BETWEEN_STATES:
            return False
        try:
            settled = self._deleted(folder) if folder.path.parent != self._runs else self._kept(folder)
        except StoreError as error:
            if isinstance(error, ArchiveError) and not self._archive.there():
                raise
            # What cannot be read is told where runs are listed.
            self._refused[folder.path] = time.monotonic(), str(error) if isinstance(error, ArchiveError) else ""
            return False
        self._refused.pop(folder.path, None)
        return settled

    def _deleted(self, folder: RunFolder) -> bool:
        mark = read_mark(folder.path)
        if mark is not None and mark.store == self._archive.name and not mark.deleted:
            self._archive.delete(mark)
            write_mark(folder.path, mark, deleted=True)
        return True

    def _kept(self, folder: RunFolder) -> bool:
        mark = read_mark(folder.path)
        if mark is not None and mark.store == self._archive.name and mark.deleted:
            self._archive.restore(mark)
            write_mark(folder.path, mark, deleted=False)
        if mark is not None and mark.experiments == NOTHING_HERE:  # brought back from the bin: it is MLflow's alone
            shutil.rmtree(folder.path, ignore_errors=True)
            self._list_after = 0.0
            return True
        if not folder.known:
            return True
        facts = folder.facts()
        trains = facts.status == "under way" and folder.held
        owed = self._archive.owes(folder, trains)
        if trains and STATE in owed and time.monotonic() < self._states.get(folder.id, 0.0) + BETWEEN_STATES:
            owed.discard(STATE)
        if owed and (not trains or time.monotonic() >= self._written.get(folder.id, 0.0) + BETWEEN_CURVES):
            self._archive.write(folder, owed, trains)
            self._written[folder.id] = time.monotonic()
            if STATE in owed:
                self._states[folder.id] = time.monotonic()
        return not trains

    def _list(self) -> None:
        started, self._asked = time.thread_time(), time.monotonic()
        self._archived = self._archive.jobs()
        self._list_after = time.monotonic() + max(BETWEEN_LISTS, (time.thread_time() - started) / LISTING)


def _later(folder: RunFolder) -> str:
    return f"The run is kept in {folder.path}, and written to MLflow by the app, where it is open or when it is."


def _names(folder: Path) -> set[str]:
    try:
        return {path.name for path in folder.iterdir()}
    except OSError:
        return set()


def _stamp(path: Path) -> int:
    """When a file of a folder was last replaced, or the folder moved."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
