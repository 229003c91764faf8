"""Measuring a study: row by row, seed by seed, each run kept like any other. What is finished is written at once."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from lab.data import Dataset
from lab.jobs import Job, Jobs, JobView
from lab.store import StoreError
from lab.store.facts import TITLE
from lab.studies.base import Computed, Row, Study, Trained
from lab.studies.results import Measured, Results, ResultsFolder
from lab.studies.runs import Found, measured, of_run, runs_of
from lab.studies.tables import write_all
from lab.versions import versions

SECONDS_BETWEEN_LOOKS = 0.5


class Order(NamedTuple):
    """What is to be measured."""

    study: Study
    rows: Sequence[Row]
    seeds: int
    """0 to one less."""
    dataset: Dataset
    epochs: float | None = None
    """How long each row is trained, in place of what it says."""
    threads: int | None = None
    """Of the processor, for each run that is begun, in place of what the rows say."""


@dataclass(frozen=True)
class At:
    """How far a reproduction is."""

    row: Row
    seed: int
    place: int
    """Of this seed of this row among all that were missing, from 1."""
    count: int
    """How many were missing."""
    progress: float = 0.0
    """Of this one, 0 to 1."""
    seconds_left: float | None = None
    """Of all, estimated from the rate of this one."""
    measured: Measured | None = None
    """What came out, at its end."""


class Reproduction:
    """A study on its way. Whoever makes one holds its folder.

    Args:
        order: what is to be measured.
        jobs: where it is trained; they must be kept.
        folder: where figures and tables are written.
        resume: whether to go on with what is there: figures of the folder, and runs that are kept, unfinished or not.

    Raises:
        InvalidExperiment: a row cannot be trained for so many epochs.
        StoreError: the folder cannot be read or written, or has results that are not to be mixed with these.
    """

    def __init__(self, order: Order, jobs: Jobs, folder: ResultsFolder, resume: bool) -> None:
        self.order, self._jobs, self._folder, self._resume = order, jobs, folder, resume
        self.results = self._begun()
        self.missing = [
            (row, seed) for row in order.rows for seed in range(order.seeds) if self.results.of(row, seed) is None
        ]
        self._images = [_images(row, order) for row, _ in self.missing]
        self._paces: dict[Row, float] = {}
        """Seconds for a training image of each row that has been trained here, the last one at the end."""
        self._unkept = ""
        """Why the last run, which came to its end, is not kept."""
        write_all(folder, order.study, self.results)

    def left_aside(self) -> int:
        """How many runs that are kept it takes no notice of, where it is not to go on with what is there."""
        if self._resume:
            return 0
        kept = self._kept(list(dict.fromkeys(row for row, _ in self.missing)))
        return sum(seed in kept.get(row, {}) for row, seed in self.missing)

    def run(self) -> Generator[At]:
        """Measure what is missing. A run that is under way where this is closed or broken off is stopped and kept.

        Raises:
            DataError: the images cannot be had.
            StoreError: a run fails, cannot be kept or read, or another process trains it; or a file cannot be written.
        """
        for place, (row, seed) in enumerate(self.missing):
            at = At(row, seed, place + 1, len(self.missing), seconds_left=self._left(place, 1.0))
            yield at
            if isinstance(row, Computed):
                found = self._computed(row, seed)
            else:
                assert isinstance(row, Trained)
                found = yield from self._trained(row, at)
            self.results = self.results.with_figure(self.order.study, found)
            write_all(self._folder, self.order.study, self.results)
            yield replace(at, progress=1.0, measured=found, seconds_left=self._left(place + 1, 1.0))
            if self._unkept:
                raise StoreError(f"{row.name}, seed {seed}, is measured, but its run is not kept. {self._unkept}")

    def _begun(self) -> Results:
        """What is there already."""
        order, folder = self.order, self._folder
        for row in order.rows:
            if isinstance(row, Trained):
                row.experiment(order.dataset, order.seeds - 1, order.epochs)
        there = folder.read(order.study)
        if there is None or not there.measured:
            return Results(study=order.study.name, dataset=order.dataset, epochs=order.epochs)
        if not self._resume:
            count = len(there.measured)
            raise StoreError(
                f"{folder.path} has {count} {'result' if count == 1 else 'results'} already: --resume adds what is "
                "missing, or give another --out."
            )
        if (there.dataset, there.epochs) != (order.dataset, order.epochs):
            raise StoreError(
                f"{folder.path} was begun under other conditions, with `{there.command}`: go on with the same "
                "--dataset and --epochs, or give another --out."
            )
        rows = {row.name: row for row in order.study.rows}
        changed = [each.row for each in there.measured if each.row in rows and not there.fits(rows[each.row], each)]
        if changed:
            raise StoreError(
                f"{folder.path} has results of {', '.join(dict.fromkeys(changed))} as this study had it before it was "
                "changed; give another --out."
            )
        return there

    def _computed(self, row: Computed, seed: int) -> Measured:
        figure = row.compute(self.order.dataset, seed)
        return Measured(row=row.name, seed=seed, figures={row.measures[0].name: figure}, versions=versions())

    def _trained(self, row: Trained, at: At) -> Generator[At, None, Measured]:
        """Train a run to its end, or take one that is there."""
        job = self._job(row, at.seed)
        if isinstance(job, Measured):
            return job
        try:
            while not job.wait(SECONDS_BETWEEN_LOOKS):
                view = job.view()
                if view.unkept:
                    raise StoreError(f"Run {job.id} cannot be kept, so nothing more is trained. {view.unkept}")
                self._learn_pace(view, at)
                yield replace(at, progress=view.progress, seconds_left=self._left(at.place - 1, 1 - view.progress))
        finally:
            if not job.ended:
                job.stop()
                job.wait()
        view = job.view()
        if view.status != "finished":
            raise StoreError(
                f"Run {job.id} ({row.name}, seed {at.seed}) came to no end. {view.message} Once that is put "
                "right, --resume goes on; a run that cannot be read is trained anew when it was deleted on Runs."
            )
        self._unkept = view.unkept
        return of_run(row, job.id, view.snapshots[0], job.facts())

    def _job(self, row: Trained, seed: int) -> Job | Measured:
        kept = self._kept([row])[row].get(seed) if self._resume else None
        if kept is None:
            order, title = self.order, self.order.study.run_title(row, seed)
            return self._jobs.start([row.experiment(order.dataset, seed, order.epochs, order.threads)], title[:TITLE])
        return measured(self._jobs, row, kept) or self._jobs.go_on(kept.id)

    def _kept(self, rows: Sequence[Row]) -> Found:
        """The runs that are kept of some rows, by their seeds."""
        return runs_of(self._jobs, rows, self.order.dataset, self.order.epochs)

    def _learn_pace(self, view: JobView, at: At) -> None:
        if view.seconds_left is not None and view.progress < 1:
            self._paces.pop(at.row, None)
            self._paces[at.row] = view.seconds_left / ((1 - view.progress) * self._images[at.place - 1])

    def _left(self, place: int, share: float) -> float | None:
        """Seconds for a share of one that is missing and all after it."""
        if not self._paces:
            return None
        usual = next(reversed(self._paces.values()))  # another row may take longer, which only its own run can tell
        seconds = [
            images * self._paces.get(row, usual)
            for (row, _), images in zip(self.missing[place:], self._images[place:], strict=True)
        ]
        return share * seconds[0] + sum(seconds[1:]) if seconds else 0.0


def _images(row: Row, order: Order) -> int:
    """How many a row trains on, each as often as it comes."""
    if not isinstance(row, Trained):
        return 0
    experiment = row.experiment(order.dataset, 0, order.epochs)
    return experiment.length()[0] * experiment.batch_size
