"""A job as its folder has it: to look at it takes no lock and no room, and writes nothing."""

from __future__ import annotations

from lab.experiment import Experiment
from lab.jobs.job import Job
from lab.jobs.restoring import frames_alone, left, state_is_lost
from lab.jobs.saver import Saver
from lab.jobs.slots import Slots
from lab.jobs.view import RESUMABLE, Status
from lab.store import Facts, RunFolder, StoreError, title_of

TOLD: dict[Status, str] = {
    "interrupted": "This run was broken off. It can go on from its last checkpoint, and ends as if it never had been.",
    "elsewhere": "Another process trains this run. Shown is its last checkpoint; newer ones follow by themselves.",
}
STATE_LOST = (
    "The file with the state of this run is {}, and with it its curves and the weights that it "
    "ended with. A new run of the same experiment brings all of it back."
)
NOTHING_YET = "Another process trains this run. It is shown as of its first checkpoint, once that is there."


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
        self._source = folder
        self._written, self._facts = folder.stamp, folder.facts()
        title, experiments = title_of(folder, self._facts), _experiments(self._facts)
        super().__init__(folder.id, number, title, experiments, slots, None, self._facts.origin)
        self._status, self._stands, self.kept_in = "opening", standing(folder, self._facts), folder

    def look(self) -> None:
        """See what the folder says by now. What was read before is shown until `start` has read it again.

        Raises:
            StoreError: the folder does not say what the job is.
        """
        written, facts = self._source.stamp, self._source.facts()
        stands, experiments = standing(self._source, facts), _experiments(facts)
        with self._condition:
            if self.unread or experiments != self.experiments:
                self.experiments = experiments
                self._begin_anew()
                self._set("opening")
            self._written, self._facts, self._stands = written, facts, stands
            self.title = title_of(self._source, facts)

    def rewind(self, seed: int | None = None) -> None:
        """Nothing: what is looked at stays as it is."""

    @property
    def goes_on(self) -> bool:
        """Whether it came to no end of its own, and is kept where it was."""
        return self._stands in RESUMABLE and not self.state_lost

    @property
    def unread(self) -> bool:
        """Whether it could not be read the last time."""
        return self.status == "failed" != self._stands or self.state_lost == "damaged"

    @property
    def outdated(self) -> bool:
        """Whether there is something else to be seen by now: of the job, or of who trains it.

        Raises:
            StoreError: it cannot be told.
        """
        changed = self._source.stamp != self._written or standing(self._source, self._facts) != self._stands
        return changed and self.wait(0)

    def _run(self, saver: Saver) -> bool:
        self.state_lost = "missing" if state_is_lost(self._source, self._facts) else ""
        if self.state_lost:
            return self._show_frames(STATE_LOST.format("missing from its folder"))
        try:
            there = left(self._source)
        except StoreError as error:
            if not any(recorder.snapshot().frames for recorder in frames_alone(self._source, self._facts)):
                raise
            self.state_lost = "damaged"
            return self._show_frames(f"{STATE_LOST.format('damaged')} {error}")
        trainings, _ = self._prepared(there)
        with self._condition:
            told = TOLD.get(self._stands, self._facts.message)
            self._end(trainings, self._stands, NOTHING_YET if there is None and self._stands == "elsewhere" else told)
        return False

    def _show_frames(self, why: str) -> bool:
        """End with what the frames alone tell, and why. There are no nets to be asked: none is the run's own."""
        recorders = frames_alone(self._source, self._facts)
        with self._condition:
            self._remember(recorders)
            self._end([], self._stands, why)
        return False


def standing(folder: RunFolder, facts: Facts) -> Status:
    """What a job does that this process does not train.

    Raises:
        StoreError: it cannot be told.
    """
    if facts.status != "under way":
        return facts.status
    return "elsewhere" if folder.held else "interrupted"


def _experiments(facts: Facts) -> tuple[Experiment, ...]:
    return tuple(contestant.experiment for contestant in facts.contestants)
