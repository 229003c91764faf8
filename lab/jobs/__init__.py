"""Runs in this process, in one registry that outlives pages: each job trains one experiment, or races several.

Pages hold a job's id and read snapshots.
"""

from __future__ import annotations

import atexit
import secrets
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from lab.experiment import Experiment
from lab.jobs.job import Job
from lab.jobs.kept import KeptJob
from lab.jobs.owners import by_itself, new_owner, require_owner, require_owner_of
from lab.jobs.races import SHARED_IN_A_RACE, require_raceable, with_seed
from lab.jobs.restoring import require_state
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
LOOKED_AT = 8
"""Of those that this process does not train; any other is read from its folder again."""
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
        self._numbers = count(1)
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
            number = next(self._numbers)
            return self._add(Job(id, number, title, experiments, self._slots, folder, origin), playing)

    def require_room(self, experiments: Sequence[Experiment], besides: Job | None = None) -> None:
        """Refuse what is beyond the limits, where there are any.

        Args:
            experiments: of a job that is to be added.
            besides: a job that is about to make room.

        Raises:
            BeyondLimits: it is too large, or there is no room for it now.
        """
        if self._limits is not None:
            others = [job.experiments for job in self.trained() if not job.ended and job is not besides]
            self._limits.require(experiments, others)

    def go_on(self, id: str) -> Job:
        """Train a job from where it was left; one that has come to its end is there to be looked at.

        Raises:
            StoreError: it is not kept, cannot be read, or another process trains it.
            BeyondLimits: it is too large for this lab, or there is no room for it now.
            NotTheOwner: it belongs to someone else.
        """
        with self._opening:
            job, folder = self.get(id), self._folder(id)
            if job is not None and not job.read_only and not job.ended:
                job.play()
                return job
            if folder is None:
                raise StoreError(f"Run {id} is not kept on disk, and cannot go on.")
            facts = folder.facts()
            if facts.status == "finished":
                return self._looked_at(folder)
            require_owner(facts.owner, facts.title)
            return self._add(self._resumed(folder))

    def _resumed(self, folder: RunFolder) -> Job:
        if not folder.hold():
            raise StoreError(f"Run {folder.id} is trained by another process; it can go on when that has ended.")
        try:
            facts = folder.facts()  # once more: from now on nobody else changes them
            require_state(folder, facts)
            experiments = [contestant.experiment for contestant in facts.contestants]
            self.require_room(experiments)
        except (StoreError, BeyondLimits):
            folder.release()
            raise
        job = Job(folder.id, self._number(folder.id), facts.title, experiments, self._slots, folder, facts.origin)
        job.title = title_of(folder, facts)
        return job

    def _looked_at(self, folder: RunFolder) -> Job:
        job = self.get(folder.id)
        if isinstance(job, KeptJob):
            job.look()
        else:
            job = KeptJob(folder, self._number(folder.id), self._slots)
        if self._limits is not None:
            self._limits.require(job.experiments, None)
        return self._add(job)

    def _add(self, job: Job, playing: bool = True) -> Job:
        before = self.get(job.id)
        if before is not None and before is not job:
            job.take_over(before)
        with self._lock:
            self._jobs[job.id] = job
            self._forget_old()
        job.start(playing)
        return job

    def _number(self, id: str) -> int:
        before = self.get(id)
        return next(self._numbers) if before is None else before.number

    def _folder(self, id: str) -> RunFolder | None:
        """Where a job is kept, if it is."""
        folder = RunFolder(self.runs_folder / id) if self.runs_folder is not None and ID.fullmatch(id) else None
        return folder if folder is not None and folder.known else None

    def get(self, id: str | None) -> Job | None:
        """The job of an id, if it is still there."""
        with self._lock:
            return self._jobs.get(id) if id else None

    def find(self, id: str | None, again: bool = False) -> Job | None:
        """The job of an id; where this process does not train it, as its folder has it now; None where there is none.

        Args:
            id: of the job.
            again: whether to read once more what could not be read.

        Raises:
            StoreError: there is one, and it cannot be read.
            BeyondLimits: it is too large for this lab.
        """
        if id is None:
            return None
        with self._opening:
            job = self.get(id)
            if job is not None and not job.outdated and not (again and job.unread):
                return job
            folder = self._folder(id)
            return self._looked_at(folder) if folder is not None else None

    def all(self) -> list[Job]:
        """Every job, newest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def trained(self) -> list[Job]:
        """Every job of which this process knows best how it goes, newest first: its own that no other went on with."""
        return [job for job in self.all() if not job.read_only and not job.outdated]

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
        if job is not None and not job.read_only and not job.ended:
            raise StoreError(f"{job.title} is under way; stop it first.")
        if (folder := self._folder(id)) is None:
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
        """Stop every job, whoever has started it, and wait for its thread."""
        with by_itself():
            for job in self.all():
                job.stop()
        for job in self.all():
            job.wait(timeout)

    def _forget_old(self) -> None:
        """Let go of what nobody has looked at for the longest time."""
        ended = sorted((job for job in self._jobs.values() if job.ended), key=lambda job: job.watched)
        for job in ended[: max(0, len(ended) - NETS_KEPT)]:
            job.questions.let_go()
        looked_at = [job for job in ended if job.read_only]
        for job in {*ended[: max(0, len(ended) - KEPT)], *looked_at[: max(0, len(looked_at) - LOOKED_AT)]}:
            del self._jobs[job.id]


JOBS = Jobs()
"""The jobs of this process. The app's file watcher is off, so that no edit makes a second, empty one."""

atexit.register(JOBS.stop_all)
