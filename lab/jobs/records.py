"""What is remembered of a job, wherever it is: in this process, or on disk, which is read and not touched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lab.jobs import Jobs
from lab.jobs.restoring import frames_alone, state_is_lost
from lab.recorder import Recorder, Snapshot
from lab.run_state import State
from lab.store import Facts, RunFolder, StoreError
from lab.store.folder import ID
from lab.store.frames import kept_frames


class Records(NamedTuple):
    """A job as it is now. What trains in another process is told as of its last checkpoint."""

    id: str
    facts: Facts
    snapshots: tuple[Snapshot, ...]
    """Of each contestant."""


def records(jobs: Jobs, id: str, frames: bool = True) -> Records:
    """What is remembered of a job. It is not opened: its nets stay where they are.

    Args:
        jobs: those of this process, which know where others are kept.
        id: of the job.
        frames: whether to read what was inside its nets, too, if it is on disk: that is most of it.

    Raises:
        StoreError: there is no such job, or it cannot be read.
    """
    job = jobs.get(id)
    if job is not None and not job.read_only and not job.outdated:
        return Records(id, job.facts(), job.view().snapshots)
    folder = RunFolder(jobs.runs_folder / id) if jobs.runs_folder is not None and ID.fullmatch(id) else None
    if folder is None or not folder.known:
        raise StoreError(f"There is no run {id!r} in {jobs.runs_folder or 'this process'}.")
    facts = folder.facts()
    if state_is_lost(folder, facts):
        return Records(id, facts, tuple(recorder.snapshot() for recorder in frames_alone(folder, facts)))
    return Records(id, facts, tuple(_snapshots(folder, len(facts.contestants), frames)))


def _snapshots(folder: RunFolder, contestants: int, frames: bool) -> Iterable[Snapshot]:
    for index in range(contestants):
        state = folder.record(index)
        try:
            yield (Recorder() if state is None else _recorder(folder, index, state, frames)).snapshot()
        except (KeyError, TypeError, ValueError, RuntimeError, AttributeError, IndexError) as error:
            raise StoreError(f"The curves of run {folder.id} cannot be read: {error}") from None


def _recorder(folder: RunFolder, contestant: int, state: State, frames: bool) -> Recorder:
    return Recorder.restored(state, *kept_frames(folder, contestant, state) if frames else ())
