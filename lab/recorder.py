"""What a run remembers: its curves, its last frame and its end. Written by one thread, read by any number."""

from __future__ import annotations

import threading
from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lab.probes import Frame
from lab.training import Evaluated, Event, Finished, Report, Step

Column = NDArray[np.float64]

STEP_COLUMNS = ("step", "epoch", "loss", "accuracy", "slope", "lr", "delta", "attempted", "realized", "seconds")
"""What is kept of every step; NaN where a run does not have it."""
EVALUATION_COLUMNS = ("step", "epoch", "loss", "accuracy")
"""What is kept of every evaluation on the validation images."""


@dataclass(frozen=True)
class Snapshot:
    """A run's curves at one moment: equally long columns by name, and the frame and end there are so far."""

    version: int
    steps: dict[str, Column]
    evaluations: dict[str, Column]
    frame: Frame | None
    finished: Finished | None

    @property
    def report(self) -> Report | None:
        """The result on the test images, once there is one."""
        return self.finished.report if self.finished else None

    def images_per_second(self, batch_size: int, window: int = 500) -> float:
        """Rate over the last steps, evaluations and pauses left out; 0 before there is one."""
        seconds = self.steps["seconds"][-window:]
        if len(seconds) < 2 or seconds[-1] <= seconds[0]:
            return 0.0
        return float((len(seconds) - 1) * batch_size / (seconds[-1] - seconds[0]))


def _columns(names: tuple[str, ...]) -> dict[str, array[float]]:
    return {name: array("d") for name in names}


@dataclass
class Recorder:
    """The memory of one run. `version` grows with everything added."""

    version: int = 0
    _steps: dict[str, array[float]] = field(default_factory=lambda: _columns(STEP_COLUMNS))
    _evaluations: dict[str, array[float]] = field(default_factory=lambda: _columns(EVALUATION_COLUMNS))
    _frame: Frame | None = None
    _finished: Finished | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, event: Event) -> None:
        """Remember an event."""
        with self._lock:
            self.version += 1
            if isinstance(event, Step):
                self._add_step(event)
            elif isinstance(event, Evaluated):
                loss, accuracy = event.scores
                self._append(self._evaluations, (event.step, event.epoch, loss, accuracy))
            else:
                self._finished = event

    def show(self, frame: Frame) -> None:
        """Replace the last frame."""
        with self._lock:
            self.version += 1
            self._frame = frame

    def snapshot(self) -> Snapshot:
        """Everything so far, as copies."""
        with self._lock:
            return Snapshot(
                self.version,
                {name: np.array(column) for name, column in self._steps.items()},
                {name: np.array(column) for name, column in self._evaluations.items()},
                self._frame,
                self._finished,
            )

    def nbytes(self) -> int:
        """Memory taken by curves and frame, in bytes."""
        with self._lock:
            columns = [*self._steps.values(), *self._evaluations.values()]
            frame = self._frame.nbytes() if self._frame else 0
            return frame + sum(column.buffer_info()[1] * column.itemsize for column in columns)

    def _add_step(self, event: Step) -> None:
        rates, flips = event.rates, event.flips
        row = (
            event.step,
            event.epoch,
            event.loss,
            event.accuracy,
            event.slope,
            rates.get("lr"),
            rates.get("delta"),
            flips.attempted if flips else None,
            flips.realized if flips else None,
            event.seconds,
        )
        self._append(self._steps, row)

    @staticmethod
    def _append(columns: dict[str, array[float]], row: tuple[float | None, ...]) -> None:
        for column, value in zip(columns.values(), row, strict=True):
            column.append(float("nan") if value is None else value)
