"""What is shown of a job: how it stands and what its contestants remember, with a version that grows."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

from lab.experiment import Experiment
from lab.jobs.view import ENDED, Loss, Status
from lab.recorder import Recorder
from lab.store import RunFolder
from lab.training import Training


class Start:
    """One start of a job: where it begins anew it is another one. Read again from its folder it is the same."""


class Remembered(NamedTuple):
    """What is remembered of a contestant."""

    experiment: Experiment
    recorder: Recorder
    start: Start


class Shown:
    """The part of a job that changes while somebody looks. One that comes in the place of another begins with its."""

    def __init__(
        self, id: str, experiments: Sequence[Experiment], status: Status, kept_in: RunFolder | None = None
    ) -> None:
        self.id, self.experiments = id, tuple(experiments)
        self._condition = threading.Condition()
        self._status, self._message, self._progress, self._base_version = status, "", 0.0, 0
        self._recorders, self._start = [Recorder() for _ in self.experiments], Start()
        self._trainings: list[Training] = []
        """Those under way."""
        self.kept_in = kept_in
        """The folder that has its state and its frames, if they are kept."""
        self.state_lost: Loss = ""
        """Why that folder has nothing but frames of it, if it has not."""

    @property
    def status(self) -> Status:
        """What the job is doing."""
        return self._status

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen unless the job is rewound, or goes on."""
        return self._status in ENDED

    @property
    def version(self) -> int:
        """Grows with everything that changes what a page shows."""
        with self._condition:
            return self._base_version + sum(recorder.version for recorder in self._recorders)

    def remembered(self, contestant: int) -> Remembered:
        """What a contestant trains, and what is remembered of it; another start has another memory."""
        with self._condition:
            return Remembered(self.experiments[contestant], self._recorders[contestant], self._start)

    def take_over(self, before: Shown) -> None:
        """Show what another shows of the same job, in whose place this one comes, until there is something newer."""
        with self._condition:
            self._base_version = before.version + 1
            if before.experiments == self.experiments and before.status != "opening":
                self._remember(list(before._recorders))
                self._start = before._start
                self._progress, self._status = before._progress, "preparing"

    def _remember(self, recorders: list[Recorder]) -> None:
        self._base_version, self._recorders = self.version + 1, recorders

    def _begin_anew(self) -> None:
        """Forget what was remembered, for the nets are others from here on."""
        self._remember([Recorder() for _ in self.experiments])
        self._start = Start()

    def _set(self, status: Status, message: str = "") -> None:
        with self._condition:
            if (status, message) != (self._status, self._message):
                self._status, self._message = status, message
                self._wake()

    def _wake(self) -> None:
        self._base_version += 1
        self._condition.notify_all()
