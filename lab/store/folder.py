"""The folder of one job: what it is, the state of its contestants, and their frames. Each file is whole or not there.

    <runs>/<job>/job.json       what it is and how it goes
    <runs>/<job>/state          nets, optimizers, random streams and curves of all contestants, at one moment
    <runs>/<job>/frames/0-12    what contestant 0 had inside at step 12
    <runs>/<job>/lock           held by the process that trains it

A job that is not at its end, and that no process holds, was interrupted.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from lab import checkpoints
from lab.checkpoints import Checkpoint, CheckpointError
from lab.files import Stamp, make_folder, replace, stamp
from lab.run_state import State
from lab.store.facts import Facts
from lab.store.locks import held
from lab.store.values import StoreError, read_value

ID = re.compile(r"[0-9a-f]{8}")
FRAME = re.compile(r"(\d{1,2})-(\d{1,18})")
BIN = "deleted"
"""The folder of what was deleted."""
PATIENCE = 0.5
"""Seconds to wait for a lock: whoever looks whether it is held has it for a moment."""
LARGEST_FACTS = 1_000_000
"""Bytes of a job's facts; a file that is larger is none of ours, and not read."""


class FrameKey(NamedTuple):
    """Which frame of a job."""

    contestant: int
    step: int


class RunFolder:
    """What is kept of one job.

    Args:
        path: named like the job; made when something is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def id(self) -> str:
        """The job's."""
        return self.path.name

    # Whose it is

    @cached_property
    def _lock(self) -> FileLock:
        return FileLock(self.path / "lock", thread_local=False)

    def hold(self) -> bool:
        """Keep other processes from training this job; returns False where one does.

        Raises:
            StoreError: the folder cannot be made.
        """
        if self._lock.is_locked:
            return True
        try:
            make_folder(self.path)
            self._lock.acquire(timeout=PATIENCE, poll_interval=PATIENCE / 20)  # others look whether it is held
        except Timeout:
            return False
        except OSError as error:
            raise _unwritable(self.path, error) from None
        return True

    def release(self) -> None:
        """Let others have it."""
        self._lock.release(force=True)

    @property
    def held(self) -> bool:
        """Whether some process trains this job, this one or another.

        Raises:
            StoreError: it cannot be told.
        """
        try:
            return held(self.path / "lock")
        except OSError as error:
            raise StoreError(f"{self.path / 'lock'} cannot be read: {error.strerror}.") from None

    # What it is

    @property
    def known(self) -> bool:
        """Whether it says what the job is."""
        return not self.path.is_symlink() and os.path.exists(self.path / "job.json")

    @property
    def stamp(self) -> Stamp | None:
        """What tells when it last said what the job is; None where it does not.

        Raises:
            StoreError: it cannot be told.
        """
        try:
            return stamp(self.path / "job.json")
        except OSError as error:
            raise StoreError(f"{self.path} cannot be read: {error.strerror}.") from None

    def facts(self) -> Facts:
        """What the job is.

        Raises:
            StoreError: there is nothing, or nothing of ours.
        """
        file = self.path / "job.json"
        if self.path.is_symlink():
            raise StoreError(f"{self.path} cannot be read: a link is there, which may lead anywhere.")
        return read_value(file, Facts, LARGEST_FACTS, "describe a run")

    @property
    def has_state(self) -> bool:
        """Whether a state is there, whole or not."""
        return (self.path / "state").exists()

    def state(self) -> list[State] | None:
        """The state of each contestant at one moment; None where none was written since the job began.

        Raises:
            StoreError: it was changed or cut off, or is of other seeds.
        """
        if not self.has_state:
            return None
        try:
            contestants = checkpoints.read(self.path / "state")["contestants"]
        except (CheckpointError, KeyError, TypeError) as error:
            raise StoreError(f"The state of run {self.id} cannot be read: {error}") from None
        if not isinstance(contestants, list) or len(contestants) != len(self.facts().contestants):
            raise StoreError(f"The state of run {self.id} is not that of its experiments.")
        return contestants if all(map(self._fits, range(len(contestants)), contestants)) else None

    def record(self, contestant: int) -> State | None:
        """Curves and end of a contestant, without its nets; None where none were written since the job began.

        Raises:
            StoreError: they were changed or cut off, or are of another seed.
        """
        if not self.has_state:
            return None
        try:
            record = checkpoints.read(self.path / "state", "contestants", contestant, "record")
        except CheckpointError as error:
            raise StoreError(f"The curves of run {self.id} cannot be read: {error}") from None
        return record if self._fits(contestant, {"record": record}) else None

    def _fits(self, place: int, state: State) -> bool:
        """Whether a state is of the start that the job tells of: a crash may come between the two files of a rewind."""
        told = self.facts().contestants[place]
        record = state.get("record") if isinstance(state, dict) else None
        seed = record.get("seed", told.experiment.seed) if isinstance(record, dict) else told.experiment.seed
        if seed != told.experiment.seed and told.steps > 0:
            own = told.experiment.seed
            raise StoreError(f"The state of run {self.id} is that of seed {seed}, and the run says that it has {own}.")
        return bool(seed == told.experiment.seed)

    def frame_files(self, contestant: int) -> dict[int, Path]:
        """The files of the frames of a contestant by their steps, oldest first."""
        if self._linked(self.path / "frames"):
            return {}
        named = ((FRAME.fullmatch(file.name), file) for file in (self.path / "frames").glob(f"{contestant}-*"))
        return dict(sorted((int(name[2]), file) for name, file in named if name))

    # What is written

    def write_facts(self, facts: Facts) -> None:
        """Say what the job is.

        Raises:
            StoreError: it cannot be written; what was there is still there.
        """
        self._write(self.path / "job.json", facts.model_dump_json(indent=1).encode())

    def write_state(self, checkpoint: Checkpoint) -> None:
        """Replace the state by that of a later moment.

        Raises:
            StoreError: it cannot be written; what was there is still there.
        """
        self._write(self.path / "state", checkpoint)

    def write_frames(self, frames: Mapping[FrameKey, State]) -> None:
        """Keep frames.

        Raises:
            StoreError: they cannot be written.
        """
        for key, state in frames.items():
            file = self.path / "frames" / f"{key.contestant}-{key.step}"
            self._write(file, checkpoints.copied(state))

    def copy_frames(self, other: RunFolder, contestants: int) -> None:
        """Keep the frames of another job, too.

        Raises:
            StoreError: they cannot be copied.
        """
        try:
            make_folder(self.path / "frames")
            for file in (file for place in range(contestants) for file in other.frame_files(place).values()):
                shutil.copyfile(file, self.path / "frames" / file.name, follow_symlinks=False)
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def clear(self) -> None:
        """Forget state and frames: the job starts again.

        Raises:
            StoreError: they cannot be removed.
        """
        try:
            (self.path / "state").unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(self.path, error) from None
        shutil.rmtree(self.path / "frames", ignore_errors=True)

    def discard(self) -> None:
        """Put it into the bin beside it, from which `recover` brings it back.

        Raises:
            StoreError: it cannot be moved, or some process trains it.
        """
        if not self.hold():
            raise StoreError(f"Run {self.id} is trained by another process of the lab, and cannot be deleted now.")
        try:
            make_folder(self.path.parent / BIN)
            self.path.rename(self.path.parent / BIN / self.id)
        except OSError as error:
            raise StoreError(f"Run {self.id} cannot be deleted: {error.strerror}.") from None
        finally:
            self.release()

    def recover(self) -> None:
        """Bring it back from the bin.

        Raises:
            StoreError: it is not there any more.
        """
        if (self.path.parent / BIN).is_symlink():
            raise StoreError(f"Run {self.id} cannot be brought back: {self.path.parent / BIN} is a link.")
        try:
            (self.path.parent / BIN / self.id).rename(self.path)
        except OSError as error:
            raise StoreError(f"Run {self.id} cannot be brought back: {error.strerror}.") from None

    def _linked(self, file: Path) -> bool:
        """Whether a link stands where a file or a folder of the job belongs: it may lead out of the folder of runs."""
        return self.path.is_symlink() or file.is_symlink()

    def _write(self, file: Path, content: bytes | Checkpoint) -> None:
        try:
            make_folder(file.parent)
            if isinstance(content, Checkpoint):
                checkpoints.write(file, content)
            else:
                replace(file, content)
        except OSError as error:
            raise _unwritable(self.path, error) from None


def _unwritable(folder: Path, error: OSError) -> StoreError:
    return StoreError(f"Nothing can be kept in {folder}: {error.strerror or error}.")
