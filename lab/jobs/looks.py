"""Looks inside running nets, for people who watch them: not too often, and never for long."""

from __future__ import annotations

import time
from collections.abc import Sequence

from lab.recorder import Recorder
from lab.training import Training

SECONDS_BETWEEN = 0.7
"""Least pause between two looks."""
SHARE = 0.03
"""At most this share of the time of a run goes into looks."""


class Looks:
    """The looks inside the nets of some runs, shown by their recorders but not kept."""

    def __init__(self, trainings: Sequence[Training], recorders: Sequence[Recorder]) -> None:
        self._pairs = list(zip(trainings, recorders, strict=True))
        self._taken = time.monotonic()
        self._after = self._taken + SECONDS_BETWEEN

    def due(self, watched: float) -> bool:
        """Whether it is time for another one, if a page last asked at the moment `watched` of the monotonic clock.

        One that nobody has asked for since the last is not: the page shows it when it asks again.
        """
        return watched > self._taken and time.monotonic() > self._after

    def take(self) -> None:
        """Show what is inside the nets now."""
        started = time.monotonic()
        for training, recorder in self._pairs:
            recorder.show(training.frame())
        self._taken = ended = time.monotonic()
        self._after = ended + max(SECONDS_BETWEEN, (ended - started) / SHARE)
