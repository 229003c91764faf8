"""Keeps the folder of a job up to date. Training waits for a copy of its state in memory, never for a disk."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

from lab import checkpoints
from lab.checkpoints import Checkpoint
from lab.files import Stamp
from lab.jobs.restoring import Left, left
from lab.probes.frame_states import frame_state
from lab.recorder import Recorder
from lab.run_state import State, state_of
from lab.store import Facts, RunFolder, StoreError
from lab.store.folder import FrameKey
from lab.training import Training

SECONDS_BETWEEN = 5.0
"""Least pause between two copies of the state of a job."""
SHARE = 0.02
"""At most this share of the time of a job goes into copies."""

log = logging.getLogger(__name__)


Moment = tuple[tuple[int, bool], ...]
"""How far each contestant is, and whether it has ended: while it stays the same, so does the state."""


class _Copied(NamedTuple):
    state: Checkpoint
    frames: dict[FrameKey, State]
    """Those that are not in the folder yet."""


class Saver:
    """Writes what a job is made of, and gives it back to one that goes on.

    Args:
        folder: of the job; None keeps nothing.
    """

    def __init__(self, folder: RunFolder | None) -> None:
        self._folder = folder
        self._executor = ThreadPoolExecutor(1, "saver")
        self._writing: Future[None] | None = None
        self._after = time.monotonic() + SECONDS_BETWEEN
        self._moment: Moment = ()
        self._written: list[int] = []
        """How many frames of each contestant are in the folder."""
        self._known = False
        """Whether what is in the folder is this job's to replace: it was restored, or there was nothing."""
        self._goes_on = False
        self.problem = ""
        """Why nothing could be written the last time; empty where all is well."""
        self._left: Stamp | None = None

    @property
    def outdated(self) -> bool:
        """Whether the folder says something else of the job than when it was let go of; not where it cannot be read."""
        if self._folder is None or self._left is None:
            return False
        try:
            return self._folder.stamp != self._left
        except StoreError:
            return False

    def announce(self, facts: Facts) -> None:
        """Say that there is this job, unless its folder does, so that it is listed whatever happens to it."""
        if self._folder is not None and (self._known or not self._folder.known):
            self._known = True
            self.note(facts)

    def note(self, facts: Facts) -> None:
        """Write what is told of the job, and leave its state as it is; nothing before it is known what is there."""
        if self._folder is not None and self._known:
            self.wait()
            self._submit(facts, self._moment, None)

    def left(self) -> Left | None:
        """Where the folder left the job, if it did. Nothing is written before `begin`: someone may still mend it.

        Raises:
            StoreError: the folder cannot be read.
        """
        found = left(self._folder) if self._folder is not None else None
        self._goes_on = found is not None
        return found

    def begin(self, trainings: Sequence[Training], recorders: Sequence[Recorder]) -> None:
        """From now on the folder is the job's, whose contestants are where it left them, or at their start."""
        self._written = [len(recorder.frames(0)) for recorder in recorders]
        self._known = True
        if self._goes_on:
            self._moment = _moment(trainings, recorders)
        else:
            self.clear()  # of a start that was given up, something may be left

    def due(self) -> bool:
        """Whether it is time to save again, and the last time is over."""
        ready = self._writing is None or self._writing.done()
        return self._folder is not None and ready and time.monotonic() > self._after

    def save(self, facts: Facts, trainings: Sequence[Training], recorders: Sequence[Recorder]) -> None:
        """Copy the state of the contestants now, and write it soon; and what is told of them."""
        if self._folder is None:
            return
        self.wait()
        started = time.monotonic()
        moment = _moment(trainings, recorders)
        copied = self._copied(trainings, recorders) if moment != self._moment else None
        self._submit(facts, moment, copied)
        ended = time.monotonic()
        self._after = ended + max(SECONDS_BETWEEN, (ended - started) / SHARE)

    def clear(self) -> None:
        """Forget what was written: the job starts again."""
        self.wait()
        try:
            if self._folder is not None:
                self._require_held()
                self._folder.clear()
            self._moment, self._known = (), True
        except StoreError as error:
            self.problem = str(error)

    def wait(self) -> None:
        """Wait until all is written."""
        if self._writing is not None:
            self._writing.result()

    def close(self) -> None:
        """Wait until all is written, and let go of the folder."""
        self._executor.shutdown()
        if self._folder is not None:
            with suppress(StoreError):  # whoever looks at the folder is told
                self._left = self._folder.stamp
            self._folder.release()

    def _copied(self, trainings: Sequence[Training], recorders: Sequence[Recorder]) -> _Copied:
        pairs = zip(trainings, recorders, strict=True)
        contestants = [
            {"run": state_of(training), "record": {**recorder.state(), "seed": training.experiment.seed}}
            for training, recorder in pairs
        ]
        frames = {
            FrameKey(index, frame.step): frame_state(frame)
            for index, recorder in enumerate(recorders)
            for frame in recorder.frames(self._written[index])
        }
        return _Copied(checkpoints.copied({"contestants": contestants}), frames)

    def _require_held(self) -> None:
        if self._folder is not None and not self._folder.hold():
            raise StoreError(f"Run {self._folder.id} is trained by another process.")

    def _submit(self, facts: Facts, moment: Moment, copied: _Copied | None) -> None:
        try:
            self._writing = self._executor.submit(self._write, facts, moment, copied)
        except RuntimeError:  # the interpreter is ending, and starts no more threads
            self._write(facts, moment, copied)

    def _write(self, facts: Facts, moment: Moment, copied: _Copied | None) -> None:
        assert self._folder is not None
        try:
            self._require_held()
            if copied is not None:
                # What the state counts on is there before it, so that a crash between two files takes nothing away.
                self._folder.write_frames(copied.frames)
                self._folder.write_state(copied.state)
            self._folder.write_facts(facts)
        except Exception as error:  # the run goes on, whatever became of its files
            if not self.problem:
                log.warning("%s", error)
            self.problem = str(error) if isinstance(error, StoreError) else f"{type(error).__name__}: {error}"
            return
        self.problem, self._moment = "", moment
        for key in copied.frames if copied is not None else ():
            self._written[key.contestant] += 1


def _moment(trainings: Sequence[Training], recorders: Sequence[Recorder]) -> Moment:
    return tuple((t.step, r.finished is not None) for t, r in zip(trainings, recorders, strict=True))
