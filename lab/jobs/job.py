"""One job: a thread that trains one experiment, or races several, and alone touches their nets, between two steps."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

from lab.data import DataError
from lab.devices import DeviceMissing
from lab.experiment import Experiment, InvalidExperiment
from lab.jobs.download import CalledOff, Download
from lab.jobs.estimate import estimated, fraction
from lab.jobs.job_thread import JobThread
from lab.jobs.looks import Looks
from lab.jobs.owners import require_owner
from lab.jobs.pace import Pace
from lab.jobs.questions import Questions
from lab.jobs.races import with_seed
from lab.jobs.restoring import Left
from lab.jobs.saver import Saver
from lab.jobs.shown import Shown
from lab.jobs.slots import Slots
from lab.jobs.summary import ENDINGS, ending_of, facts_of
from lab.jobs.view import ENDED, RESUMABLE, JobView, Status
from lab.recorder import Recorder, recorded
from lab.store import Ended, Facts, Origin, RunFolder, StoreError
from lab.training import Training

log = logging.getLogger(__name__)


class Job(Shown):
    """One run, or a race of several on the same batches. All methods may be called from any thread."""

    read_only = False
    """Whether it is here to be looked at alone."""

    def __init__(
        self,
        id: str,
        number: int,
        title: str,
        experiments: Sequence[Experiment],
        slots: Slots,
        folder: RunFolder | None,
        origin: Origin,
    ) -> None:
        super().__init__(id, experiments, "opening" if folder is not None and folder.known else "preparing", folder)
        self.number, self.title, self._first_title, self.origin = number, title, title, origin
        self._slots, self._folder, self._saver = slots, folder, Saver(None)
        self._playing = self._stopped = self._restart = self._holding = False
        self.pace = Pace(self._condition, lambda: require_owner(origin.owner, title))
        self._download = Download(lambda: self._stopped)
        self.questions = Questions(self._condition)
        self._steps_asked, self.watched = 0, -math.inf
        self._thread: JobThread | None = None

    # What its owner may ask for; anyone else gets NotTheOwner

    def play(self) -> None:
        """Train until paused, stopped or done."""
        with self._asked():
            self._playing, self._steps_asked = True, 0

    def pause(self) -> None:
        """Hold after the step under way."""
        with self._asked():
            self._playing, self._steps_asked = False, 0

    def step(self, count: int = 1) -> None:
        """Make so many steps, then hold."""
        with self._asked():
            self._playing, self._steps_asked = False, self._steps_asked + count

    def stop(self) -> None:
        """End the run; what it recorded is kept."""
        with self._asked():
            self._stopped = True

    def rewind(self, seed: int | None = None) -> None:
        """Back to step 0, held: to the same initial weights, or to those of a new seed. Nothing if it is outdated."""
        with self._asked():
            if self.outdated:
                return
            self.experiments = tuple(with_seed(self.experiments, seed))
            self._begin_anew()
            self._trainings, self._progress = [], 0.0
            self._stopped, self._restart, self._steps_asked = False, True, 0
            self.start(playing=False)
            self._set("preparing")

    def settle(self, seconds: float) -> None:
        """Wait, at most so long, until what was asked for is so: it trains, waits in line, or holds."""
        with self._condition:
            self._condition.wait_for(self._settled, seconds)

    # What a page may see

    @property
    def playing(self) -> bool:
        """Whether it trains, or will as soon as it can."""
        return self._playing and not self.ended

    @property
    def goes_on(self) -> bool:
        """Whether it came to no end of its own, and is kept where it was."""
        return self._folder is not None and self._status in RESUMABLE

    @property
    def outdated(self) -> bool:
        """Whether its folder says something else since it ended: another process went on with it, or deleted it."""
        return self.ended and self._saver.outdated

    @property
    def unread(self) -> bool:
        """Whether it is only looked at, and could not be read."""
        return False

    def view(self) -> JobView:
        """Everything a page needs, consistent and copied."""
        with self._condition:
            self.watched = time.monotonic()
            recorders, trainings = list(self._recorders), list(self._trainings)
            experiments, status, message = self.experiments, self._status, self._message
            version, download, progress = self.version, self._download.state, self._progress
        snapshots = tuple(recorder.snapshot() for recorder in recorders)
        progress, left = estimated(trainings, snapshots, self.pace.limit) if trainings else (progress, None)
        place = self._slots.place(self) if status == "queued" else 0
        told = self.id, self.title, status, message, self._saver.problem
        return JobView(*told, version, download, experiments, snapshots, progress, left, place, self.state_lost)

    @property
    def version(self) -> int:
        """Grows with everything that changes what a page shows."""
        return super().version + self._download.version

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the job's thread ends; returns whether it did."""
        return self._thread is None or self._thread.wait(timeout)

    # Its thread

    def start(self, playing: bool = True) -> None:
        """Begin, training at once or held before the first step."""
        with self._condition:
            self._playing = playing
            if self._thread is None or not self._thread.is_alive() or self.ended:
                self._thread = JobThread(self._live, f"job-{self.id}")
                self._thread.start()

    def _live(self) -> None:
        saver = self._saver = Saver(self._folder)
        try:
            if self._restart:  # of a job that had ended
                saver.clear()
            while self._attempt(saver):
                saver.clear()
        finally:
            saver.close()
            with self._condition:
                latest = self._thread is threading.current_thread()  # else a rewind has started one
                if latest:
                    self._slots.release(self)
            if latest:
                self.questions.close()

    def _attempt(self, saver: Saver) -> bool:
        """Train, and tell how it failed; returns whether it was rewound meanwhile and has to start again."""
        status: Ended = "failed"
        try:
            return self._run(saver)
        except CalledOff:
            status, message = ending_of([], stopped=True)
        except (DataError, DeviceMissing, InvalidExperiment, StoreError) as error:
            message = str(error)
        except Exception as error:  # the page must learn of any failure, and the log keeps its trace
            log.exception("job %s failed", self.id)
            message = f"The run failed: {type(error).__name__}: {error}"
        saver.note(self.facts((status, message)))
        with self._condition:
            if not self._restart:
                self._set(status, message)
            return self._restart

    def _run(self, saver: Saver) -> bool:
        """Train from the initial weights, or from where it was; returns whether it was rewound and starts again."""
        with self._condition:
            self._restart = False
            self.questions.resume()
        saver.announce(self.facts())
        left = saver.left()
        trainings, recorders = self._prepared(left)
        saver.begin(trainings, recorders)
        if left is not None:
            saver.note(self.facts())  # perhaps it had ended: it is under way again
        pairs = zip(trainings, recorders, strict=True)
        runs = [recorded(training.events(), recorder) for training, recorder in pairs if recorder.finished is None]
        looks, shown = Looks(trainings, recorders), False
        while runs:
            turn = "look" if not shown and looks.due(self.watched) else self._turn(shown)
            if turn == "end":
                break
            if turn == "look":
                looks.take()
                shown = True
            elif turn == "answer":
                self.questions.answer([training.specimen() for training in trainings])
            else:
                runs, shown = [run for run in runs if next(run, None)], False
                if saver.due() and not self._restart:
                    saver.save(self.facts(), trainings, recorders)
                self.pace.keep(lambda: self._playing and not self._stopped)
        if self._restart:
            return True
        looks.take()
        ending = ending_of(recorders, self._stopped)
        saver.save(self.facts(ending), trainings, recorders)
        saver.wait()
        with self._condition:
            if self._restart:  # perhaps asked for after the last step
                return True
            self._end(trainings, *ending)
        return False

    def _prepared(self, left: Left | None) -> tuple[list[Training], list[Recorder]]:
        """The contestants where they were left, or at their start, and what they remember."""
        experiments = self.experiments
        recorders = left.recorders if left is not None else [Recorder() for _ in experiments]
        with self._condition:
            if self._status == "opening":
                self._remember(recorders)
                self._set("preparing")
        trainings = [Training(experiment, self._download) for experiment in experiments]
        if left is not None:
            left.bring_back(trainings)
        if left is not None or self.read_only:
            Looks(trainings, recorders).take()  # the last that was kept may be much older
        with self._condition:
            self._download.state = None
            if not self._restart:
                self._trainings = trainings
                self._remember(recorders)
        return trainings, recorders

    def _turn(self, shown: bool) -> Literal["step", "look", "answer", "end"]:
        """Wait until there is something to do: a look, if the job is held and not `shown` as it is, or a step."""
        while True:
            with self._condition:
                if self._stopped or self._restart:
                    self._slots.release(self)
                    return "end"
                if self.questions:
                    return "answer"
                if self._steps_asked > 0:
                    self._steps_asked -= 1
                    self._set("paused")
                    return "step"
                if not self._playing:
                    self._slots.release(self)
                    if not shown:
                        return "look"
                    self._set("paused")
                    self._holding = True
                    self._condition.notify_all()
                    self._condition.wait()
                    self._holding = False
                    continue
                if self._slots.take(self):
                    self._set("running")
                    return "step"
                self._set("queued")
                self._condition.wait(0.2)

    def _end(self, trainings: list[Training], status: Status, message: str) -> None:
        # Optimizers, batches and kept weights go: an ended job keeps its nets, and what its recorders remember.
        self.questions.rest([training.specimen() for training in trainings])
        self._trainings, self._progress = [], 1.0 if status == "finished" else fraction(trainings)
        self._set(status, message)

    def facts(self, ending: tuple[Ended, str] | None = None) -> Facts:
        """What is told of the job in a list of runs: as it is, or with an end that it is about to have."""
        how = ending or (ENDINGS.get(self._status, "under way"), self._message)
        return facts_of(self._first_title, self.origin, self.experiments, self._recorders, *how)

    @contextmanager
    def _asked(self) -> Iterator[None]:
        require_owner(self.origin.owner, self.title)
        with self._condition:
            yield
            self._wake()

    def _settled(self) -> bool:
        if self._playing:
            return self._status in ("running", "queued", *ENDED)
        return (self._holding or self.ended) and not self._steps_asked and not self._restart
