"""A run of the command line, kept like those of the app: listed and opened there, resumed here or there."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType

import typer

from lab.events import Event, Finished, Step
from lab.jobs.archivist import Archivist
from lab.jobs.saver import Saver
from lab.jobs.summary import facts_of
from lab.recorder import Recorder
from lab.store import Ended, Facts, Origin, Progress, RunFolder, StoreError, run_folders, runs_folder
from lab.store.folder import ID
from lab.store.listing import Archived
from lab.store.tracking import switched_off
from lab.training import Training


class KeptRun:
    """Remembers a run, and writes it down while it goes on.

    Args:
        training: the run.
        title: what to call it.
        keep: whether to write anything.

    Raises:
        StoreError: LAB_RUNS or LAB_DATA names no folder.
    """

    def __init__(self, training: Training, title: str, keep: bool) -> None:
        self.training, self.title = training, title
        self.id = secrets.token_hex(4)
        self._origin = Origin(datetime.now(UTC))
        self._recorder = Recorder()
        self._whole = False
        """Whether a step has just ended, so that the run can go on from here."""
        self._saver = Saver(RunFolder(runs_folder() / self.id) if keep else None)
        self._saver.announce(self._facts())
        self._saver.begin([training], [self._recorder])

    @property
    def problem(self) -> str:
        """Why it is not kept; empty where it is, or is not meant to be."""
        return self._saver.problem

    def events(self) -> Iterator[Event]:
        """The events of the run."""
        with _interrupts() as asked:
            for event in self.training.events():
                self._recorder.add(event)
                self._whole = isinstance(event, Step | Finished)
                if isinstance(event, Step) and self._saver.due():
                    self._saver.save(self._facts(), [self.training], [self._recorder])
                yield event
                if asked and isinstance(event, Step):
                    raise KeyboardInterrupt
                self._whole = False

    def end(self, status: Ended, message: str) -> None:
        """Write down how it ended; where a step was broken off, it goes on from the last checkpoint before it."""
        facts = self._facts(status, message)
        if self._whole:
            self._saver.save(facts, [self.training], [self._recorder])
        else:
            self._saver.note(facts)
        self._saver.close()

    def _facts(self, status: Progress = "under way", message: str = "") -> Facts:
        experiments, recorders = [self.training.experiment], [self._recorder]
        return facts_of(self.title, self._origin, experiments, recorders, status, message)


def archive(id: str) -> None:
    """Write a run to MLflow, or say why it cannot be.

    Raises:
        StoreError: LAB_RUNS or LAB_DATA names no folder.
    """
    if switched_off():
        return
    runs = runs_folder()
    if told := Archivist(runs).hurry(RunFolder(runs / id)):
        typer.echo(told, err=True)


def elsewhere() -> list[Archived]:
    """The jobs that only MLflow has; where it is away, that is said.

    Raises:
        StoreError: LAB_RUNS or LAB_DATA names no folder.
    """
    runs = runs_folder()
    if switched_off() or not runs.is_dir():
        return []
    archivist = Archivist(runs)
    try:
        archivist.ask()
    except StoreError as error:
        typer.echo(f"{error} Runs that are there alone are not listed.", err=True)
    return archivist.elsewhere()


def whole_id(beginning: str) -> str:
    """The id of the only run that begins so; one that is whole is fetched from MLflow if it is not here.

    Raises:
        StoreError: LAB_RUNS or LAB_DATA names no folder; there is no such run, or there are several; or it cannot be
            fetched.
    """
    runs = runs_folder()
    there = [folder.id for folder in run_folders(runs) if folder.id.startswith(beginning)]
    if len(there) > 1:
        raise StoreError(f"{beginning!r} begins {len(there)} runs: {', '.join(there)}. Give more of its id.")
    if there:
        return there[0]
    if ID.fullmatch(beginning) and not switched_off():
        return Archivist(runs).fetch(beginning).id
    raise StoreError(f"There is no run {beginning!r} in {runs}; `python -m lab runs` lists them.")


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Collects the first Ctrl-C instead of raising it: a step that is broken off cannot be resumed to the last bit."""
    asked: list[int] = []

    def collect(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        signal.signal(signal.SIGINT, before)  # a second one is meant

    before = signal.signal(signal.SIGINT, collect)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
