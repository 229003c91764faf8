"""Runs in this process, in one registry that outlives pages: each job trains one experiment, or races several.

Pages hold a job's id and read snapshots.
"""

from __future__ import annotations

import atexit
import secrets
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from lab.experiment import Experiment
from lab.jobs.job import Job
from lab.jobs.owners import NotTheOwner, new_owner, require_owner, require_owner_of
from lab.jobs.races import SHARED_IN_A_RACE, require_raceable, with_seed
from lab.jobs.slots import Slots
from lab.jobs.view import ENDED, JobView, Status
from lab.limits import BeyondLimits, Limits
from lab.store import Origin, RunFolder, StoreError, title_of
from lab.store.bin import erase
from lab.store.folder import BIN, ID

RUNNING_AT_ONCE = 2
"""Jobs that train at the same time; more wait in line."""
KEPT = 24
"""Ended jobs kept in memory."""
NETS_KEPT = 6
"""Ended jobs whose nets are kept, too, for questions about them."""

__all__ = [
    "ENDED",
    "JOBS",
    "KEPT",
    "SHARED_IN_A_RACE",
    "Job",
    "JobView",
    "Jobs",
    "Slots",
    "Status",
    "require_raceable",
    "with_seed",
]


class Jobs:
    """Every job of this process, newest last."""

    def __init__(self, running_at_once: int = RUNNING_AT_ONCE) -> None:
        self.runs_folder: Path | None = None
        """Where what is made of a job is kept; None keeps nothing beyond this process."""
        self._limits: Limits | None = None
        self._slots = Slots(running_at_once)
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._started = 0
        self._opening = threading.Lock()

    @property
    def running_at_once(self) -> int:
        """How many train at the same time."""
        return self._slots.count

    @property
    def limits(self) -> Limits | None:
        """What a job may ask of this machine, and how many train at once; None where it may ask for anything."""
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._limits = limits
        self._slots.allow(limits.running)

    def start(
        self, experiments: Sequence[Experiment], title: str, playing: bool = True, in_place_of: Job | None = None
    ) -> Job:
        """Start a run, or a race of several; it belongs to who asks for it.

        Args:
            experiments: of the contestants.
            title: what to call it.
            playing: whether to train at once, or to hold before the first step.
            in_place_of: a job that is stopped to make room.

        Raises:
            InvalidExperiment: the contestants cannot race each other, or are beyond the limits.
            NotTheOwner: the job that is to make room is someone else's, or nobody knows who asks.
        """
        require_raceable(experiments)
        origin = Origin(datetime.now(UTC), owner=new_owner())
        with self._opening:
            self.require_room(experiments, in_place_of)
            if in_place_of is not None:
                in_place_of.stop()
            id = secrets.token_hex(4)
            folder = RunFolder(self.runs_folder / id) if self.runs_folder is not None else None
            return self._add(id, title, experiments, folder, origin, playing)

    def require_room(
        self, experiments: Sequence[Experiment], besides: Job | None = None, looked_at: bool = False
    ) -> None:
        """Refuse what is beyond the limits, where there are any.

        Args:
            experiments: of a job that is to be added.
            besides: a job that is about to make room.
            looked_at: whether it will never train.

        Raises:
            BeyondLimits: it is too large, or there is no room for it now.
        """
        if self._limits is not None:
            others = [job.experiments for job in self.all() if not job.ended and job is not besides]
            self._limits.require(experiments, None if looked_at else others)

    def open(self, folder: RunFolder, playing: bool = False) -> Job:
        """Bring back a job from where it was: held, or going on. One that has ended is there to be looked at.

        Raises:
            StoreError: nothing can be read there, or another process trains it.
            BeyondLimits: it is too large for this lab, or there is no room for it now.
            NotTheOwner: it is to go on, and belongs to someone else.
        """
        with self._opening:
            return self._open(folder, playing)

    def _open(self, folder: RunFolder, playing: bool) -> Job:
        job = self.get(folder.id)
        if job is not None and job.status not in ("stopped", "failed"):
            return job
        if not folder.hold():
            raise StoreError(f"Run {folder.id} is trained by another process; it can be opened when it ends.")
        try:
            facts = folder.facts()
            experiments = [contestant.experiment for contestant in facts.contestants]
            if playing:
                require_owner(facts.owner, facts.title)
            self.require_room(experiments, looked_at=facts.status == "finished")
        except (StoreError, BeyondLimits, NotTheOwner):
            folder.release()
            raise
        return self._add(folder.id, title_of(folder, facts), experiments, folder, facts.origin, playing)

    def _add(
        self,
        id: str,
        title: str,
        experiments: Sequence[Experiment],
        folder: RunFolder | None,
        origin: Origin,
        playing: bool,
    ) -> Job:
        with self._lock:
            self._started += 1
            job = self._jobs[id] = Job(id, self._started, title, experiments, self._slots, folder, origin)
            self._forget_old()
        job.start(playing)
        return job

    def get(self, id: str | None) -> Job | None:
        """The job of an id, if it is still there."""
        with self._lock:
            return self._jobs.get(id) if id else None

    def find(self, id: str | None) -> Job | None:
        """The job of an id, brought back from disk where this process does not have it; None where there is none.

        Raises:
            StoreError: there is one, and it cannot be brought back.
            BeyondLimits: it is too large for this lab, or there is no room for it now.
        """
        job = self.get(id)
        if job is None and id is not None and self.runs_folder is not None and ID.fullmatch(id):
            folder = RunFolder(self.runs_folder / id)
            return self.open(folder) if folder.known else None
        return job

    def all(self) -> list[Job]:
        """Every job, newest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def runs(self) -> list[Job]:
        """Every job of a single experiment, newest first."""
        return [job for job in self.all() if len(job.experiments) == 1]

    def races(self) -> list[Job]:
        """Every job of several contestants, newest first."""
        return [job for job in self.all() if len(job.experiments) > 1]

    def delete(self, id: str) -> None:
        """Take a job off the shelf; `recover` brings it back.

        Raises:
            StoreError: it is under way, or is not on disk to be brought back, or cannot be moved.
            NotTheOwner: it belongs to someone else.
        """
        job = self.get(id)
        if job is not None and not job.ended:
            raise StoreError(f"{job.title} is under way; stop it first.")
        folder = None if self.runs_folder is None else RunFolder(self.runs_folder / id)
        if folder is None or not folder.known:
            raise StoreError(f"Run {id} is not kept on disk, and could not be brought back; it goes with this process.")
        require_owner_of(folder)
        folder.discard()
        with self._lock:
            self._jobs.pop(id, None)

    def recover(self, id: str) -> None:
        """Bring back a job that was deleted.

        Raises:
            StoreError: it is not there any more.
            NotTheOwner: it belongs to someone else.
        """
        if self.runs_folder is not None:
            require_owner_of(RunFolder(self.runs_folder / BIN / id))
            RunFolder(self.runs_folder / id).recover()

    def erase(self, id: str) -> None:
        """Remove a job that was deleted, for good.

        Raises:
            StoreError: it cannot be removed whole.
            NotTheOwner: it belongs to someone else.
        """
        if self.runs_folder is not None:
            require_owner_of(RunFolder(self.runs_folder / BIN / id))
            erase(self.runs_folder, id)

    def stop_all(self, timeout: float = 10) -> None:
        """Stop every job and wait for its thread."""
        for job in self.all():
            job.stop()
        for job in self.all():
            job.wait(timeout)

    def _forget_old(self) -> None:
        ended = [job for job in self._jobs.values() if job.ended]
        for job in ended[: max(0, len(ended) - KEPT)]:
            del self._jobs[job.id]
        for job in ended[: max(0, len(ended) - NETS_KEPT)]:
            job.questions.let_go()


JOBS = Jobs()
"""The jobs of this process. The app's file watcher is off, so that no edit makes a second, empty one."""

atexit.register(JOBS.stop_all)
