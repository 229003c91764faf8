"""A job as its folder has it: to look at it takes no lock and no room, and writes nothing."""

from __future__ import annotations

from lab.jobs.job import Job
from lab.jobs.looks import Looks
from lab.jobs.saver import Saver, restored
from lab.jobs.slots import Slots
from lab.jobs.view import RESUMABLE, Status
from lab.store import Facts, RunFolder, title_of
from lab.training import Training

TOLD: dict[Status, str] = {
    "interrupted": "This run was broken off. It can go on from its last checkpoint, and ends as if it never had been.",
    "elsewhere": "Another process trains this run. What is shown is its last checkpoint when the page was opened.",
}


class KeptJob(Job):
    """A job that this process does not train. Its thread ends when nets and curves are there.

    Args:
        folder: of the job.
        number: among the jobs of this process.
        slots: which it never asks for.

    Raises:
        StoreError: the folder does not say what the job is.
    """

    read_only = True

    def __init__(self, folder: RunFolder, number: int, slots: Slots) -> None:
        self._source, self._written = folder, folder.stamp
        facts = folder.facts()
        experiments = [contestant.experiment for contestant in facts.contestants]
        super().__init__(folder.id, number, title_of(folder, facts), experiments, slots, None, facts.origin)
        self._stands = standing(folder, facts)
        self._told = TOLD.get(self._stands, facts.message)

    def rewind(self, seed: int | None = None) -> None:
        """Nothing: what is looked at stays as it is."""

    @property
    def goes_on(self) -> bool:
        """Whether it came to no end of its own."""
        return self._stands in RESUMABLE

    @property
    def outdated(self) -> bool:
        """Whether there is something else to be seen by now, or it could not be read then.

        Raises:
            StoreError: it cannot be told.
        """
        unread = self.status == "failed" != self._stands
        return self.ended and (unread or self._source.stamp != self._written)

    def _run(self, saver: Saver) -> bool:
        trainings = [Training(experiment, self._download) for experiment in self.experiments]
        recorders = restored(self._source, trainings) or self._recorders
        with self._condition:
            self._trainings, self._recorders, self._download.state = trainings, recorders, None
        Looks(trainings, recorders).take()
        with self._condition:
            self._end(trainings, self._stands, self._told)
        return False


def standing(folder: RunFolder, facts: Facts) -> Status:
    """What a job does that this process does not train.

    Raises:
        StoreError: it cannot be told.
    """
    if facts.status != "under way":
        return facts.status
    return "elsewhere" if folder.held else "interrupted"
