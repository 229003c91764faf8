"""What all watchers of a job see, made once for all of them: a view of it, and the boards of that view."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import lru_cache

from lab.boards.contestants import contestants
from lab.figures.board import Board
from lab.jobs import Job, JobView
from lab.ui.live_board import Encoded, encoded

JOBS_SHOWN = 8
"""Jobs of which what was shown last is kept; others are looked at anew."""
GONE = 6.0
"""Seconds after which someone who has not looked again has left."""

BOARDS = 16
"""Boards of one showing that are kept, for those who look at other pictures or other moments."""

MakeBoard = Callable[[JobView, int, int | None], Board]
"""Makes the board of a job, with the single channels of one of the probed pictures, at one of its moments."""


class Showing:
    """A job at one moment, for everyone who looks at it then."""

    def __init__(self, view: JobView) -> None:
        self.view = view
        self.runs = contestants(view.experiments, view.snapshots)
        self._taken = time.monotonic()
        self._boards: dict[tuple[MakeBoard, int, int | None], Encoded] = {}
        self._lock = threading.Lock()

    def board(self, make: MakeBoard, picture: int, moment: int | None) -> Encoded:
        """The board as the page takes it. Whoever asks while it is being made waits for it."""
        key = make, picture, moment
        with self._lock:
            if key not in self._boards:
                if len(self._boards) == BOARDS:
                    self._boards.clear()
                self._boards[key] = encoded(make(self.view, picture, moment))
            return self._boards[key]

    def serves(self, job: Job, seconds: float) -> bool:
        """Whether it is younger than this, and shows all that was asked of the job since: only training went on."""
        unchanged = self.view.version == job.version or self.view.status == job.status == "running"
        return unchanged and self.view.experiments is job.experiments and time.monotonic() - self._taken < seconds


class _Latest:
    """The newest showing of a job, and who watches."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._showing: Showing | None = None
        self._watchers: dict[str, float] = {}

    def at_most(self, seconds: float, job: Job, watcher: str) -> Showing:
        with self._lock:
            self._watchers[watcher] = time.monotonic()
            if self._showing is None or not self._showing.serves(job, seconds):
                self._showing = Showing(job.view())
            return self._showing

    def note(self, watcher: str) -> None:
        with self._lock:
            self._watchers[watcher] = time.monotonic()

    def watchers(self) -> int:
        with self._lock:
            since = time.monotonic() - GONE
            self._watchers = {watcher: at for watcher, at in self._watchers.items() if at > since}
            return len(self._watchers)


def showing(job: Job, seconds: float, watcher: str) -> Showing:
    """The job as someone else has been shown it less than so many seconds ago, else as it is now.

    Args:
        job: what to look at.
        seconds: how old it may be.
        watcher: who looks, by a name of its own.
    """
    return _latest(job.id).at_most(seconds, job, watcher)


def note_watcher(job: Job, watcher: str) -> None:
    """Count someone who looks at a job now, but at something else than its board."""
    _latest(job.id).note(watcher)


def watchers(job: Job) -> int:
    """How many are watching a job now."""
    return _latest(job.id).watchers()


@lru_cache(maxsize=JOBS_SHOWN)
def _latest(id: str) -> _Latest:
    return _Latest()
