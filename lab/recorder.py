"""What a run remembers: its curves, its frames and its end. Written by one thread, read by any number."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import SupportsIndex

import torch
from torch import Tensor

from lab.columns import Column, Table
from lab.evaluation import Scores
from lab.events import Evaluated, Event, Finished, Health, Report, Step
from lab.probes import Frame
from lab.probes.health import LayerHealth, SiteHealth
from lab.run_state import State

FIRST_COLUMNS = ("step", "epoch", "loss", "accuracy", "slope", "lr", "delta", "attempted", "realized", "seconds")
"""What was kept of every step at first; runs that were kept then have no more."""
STEP_COLUMNS = (*FIRST_COLUMNS, "oscillating", "age", "strays")
"""What is kept of every step; NaN where a run does not have it."""
EVALUATION_COLUMNS = ("step", "epoch", "loss", "accuracy")
"""What is kept of every evaluation on the validation images."""


@dataclass(frozen=True)
class HealthCurves:
    """The checkups of a run, oldest first: equally long columns."""

    steps: Column
    epochs: Column
    layers: dict[str, dict[str, Column]]
    """By layer with weights and by field of `LayerHealth`, in the order the layers run."""
    sites: dict[str, dict[str, Column]]
    """By layer of binary units and by field of `SiteHealth`, in the order they run."""

    def __len__(self) -> int:
        return len(self.steps)

    def at(self, index: SupportsIndex) -> Health:
        """One of the checkups."""
        layers = [LayerHealth(name, *(float(c[index]) for c in of.values())) for name, of in self.layers.items()]
        sites = [SiteHealth(name, *(float(c[index]) for c in of.values())) for name, of in self.sites.items()]
        return Health(int(self.steps[index]), float(self.epochs[index]), tuple(layers), tuple(sites))


@dataclass(frozen=True)
class Snapshot:
    """A run's curves at one moment: equally long columns by name, and the frames and end there are so far."""

    version: int
    steps: dict[str, Column]
    evaluations: dict[str, Column]
    frames: tuple[Frame, ...]
    """Through training time, oldest first."""
    frame: Frame | None
    """The newest look inside the net, kept or not."""
    finished: Finished | None
    health: HealthCurves
    lost: tuple[int, ...] = ()
    """Steps of frames that were kept once and cannot be read any more."""

    @property
    def looks(self) -> tuple[Frame, ...]:
        """The frames and, where it is later than all of them, the newest look inside the net: oldest first."""
        newest = self.frame
        later = newest is not None and all(frame.step < newest.step for frame in self.frames)
        return (*self.frames, newest) if newest is not None and later else self.frames

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


class _Checkups:
    """What is kept of every checkup; which layers there are is known with the first."""

    def __init__(self) -> None:
        self._layers: tuple[str, ...] = ()
        self._sites: tuple[str, ...] = ()
        self._table = Table(("step", "epoch"))

    def add(self, health: Health) -> None:
        if not self._layers:
            self._begin([layer.layer for layer in health.layers], [site.site for site in health.sites])
        values = [value for part in (*health.layers, *health.sites) for value in part[1:]]
        self._table.add((health.step, health.epoch, *values))

    def _begin(self, layers: Iterable[str], sites: Iterable[str]) -> None:
        self._layers, self._sites = tuple(layers), tuple(sites)
        columns = [(layer, measure) for layer in self._layers for measure in LayerHealth._fields[1:]]
        columns += [(site, measure) for site in self._sites for measure in SiteHealth._fields[1:]]
        self._table = Table(("step", "epoch", *(f"{name} {measure}" for name, measure in columns)))

    def state(self) -> State:
        return {"layers": list(self._layers), "sites": list(self._sites), "rows": self._table.state()}

    def restore(self, state: State) -> None:
        self._begin(state["layers"], state["sites"])
        self._table.restore(state["rows"])

    def of(self, layers: tuple[str, ...], sites: tuple[str, ...]) -> bool:
        """Whether all checkups are of these layers."""
        return not self._layers or (self._layers, self._sites) == (layers, sites)

    def curves(self) -> HealthCurves:
        columns = self._table.columns()

        def named(names: tuple[str, ...], fields: tuple[str, ...]) -> dict[str, dict[str, Column]]:
            return {name: {field: columns[f"{name} {field}"] for field in fields[1:]} for name in names}

        layers, sites = named(self._layers, LayerHealth._fields), named(self._sites, SiteHealth._fields)
        return HealthCurves(columns["step"], columns["epoch"], layers, sites)

    def nbytes(self) -> int:
        return self._table.nbytes()


@dataclass(eq=False)
class Recorder:
    """The memory of one run. `version` grows with everything added."""

    version: int = 0
    _steps: Table = field(default_factory=lambda: Table(STEP_COLUMNS))
    _evaluations: Table = field(default_factory=lambda: Table(EVALUATION_COLUMNS))
    _checkups: _Checkups = field(default_factory=_Checkups)
    _frames: list[Frame] = field(default_factory=list)
    _frame: Frame | None = None
    _lost: tuple[int, ...] = ()
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
                self._evaluations.add((event.step, event.epoch, loss, accuracy))
            elif isinstance(event, Health):
                self._checkups.add(event)
            elif isinstance(event, Frame):
                self._frames.append(event)
                self._frame = event
            else:
                self._finished = event

    def show(self, frame: Frame) -> None:
        """Replace the newest look inside the net by one that is not kept."""
        with self._lock:
            self.version += 1
            self._frame = frame

    @property
    def finished(self) -> Finished | None:
        """The end of the run, once there is one."""
        return self._finished

    @property
    def last_step(self) -> dict[str, float]:
        """What is kept of the last step, by column; empty before the first."""
        with self._lock:
            return self._steps.last()

    def evaluations(self) -> dict[str, Column]:
        """The scores on the validation images so far."""
        with self._lock:
            return self._evaluations.columns()

    def snapshot(self) -> Snapshot:
        """Everything so far, which does not change any more."""
        with self._lock:
            return Snapshot(
                self.version,
                self._steps.columns(),
                self._evaluations.columns(),
                tuple(self._frames),
                self._frame,
                self._finished,
                self._checkups.curves(),
                self._lost,
            )

    def state(self) -> State:
        """All but the frames, of which only the steps: they are many, and none of them changes any more."""
        with self._lock:
            return {
                "steps": self._steps.state(),
                "evaluations": self._evaluations.state(),
                "checkups": self._checkups.state(),
                "framed": sorted([*(frame.step for frame in self._frames), *self._lost]),
                "finished": None if self._finished is None else _finished_state(self._finished),
            }

    @classmethod
    def restored(cls, state: State, frames: Iterable[Frame] = (), lost: Iterable[int] = ()) -> Recorder:
        """The memory of a run that has such a state and had shown such frames, oldest first.

        Args:
            state: all but the frames.
            frames: those that are still there.
            lost: the steps of the others.
        """
        recorder = cls(version=1)
        recorder._steps.restore(_with_all_columns(state["steps"]))
        recorder._evaluations.restore(state["evaluations"])
        recorder._checkups.restore(state["checkups"])
        recorder._frames, recorder._lost = list(frames), tuple(lost)
        recorder._frame = recorder._frames[-1] if recorder._frames else None
        recorder._finished = None if state["finished"] is None else _finished_of(state["finished"])
        return recorder

    @classmethod
    def of_frames(cls, frames: Iterable[Frame], lost: Iterable[int]) -> Recorder:
        """The memory of a run of which nothing but such frames is left, oldest first; `lost` as in `restored`."""
        kept = list(frames)
        return cls(version=1, _frames=kept, _frame=kept[-1] if kept else None, _lost=tuple(lost))

    def require_of(self, layers: Iterable[str], sites: Iterable[str]) -> None:
        """Refuse to go on with checkups of other layers.

        Args:
            layers: with weights, in the order they run.
            sites: of binary units, in the order they run.

        Raises:
            ValueError: there are such.
        """
        if not self._checkups.of(tuple(layers), tuple(sites)):
            raise ValueError("its checkups are of other layers")

    def frames(self, start: int) -> list[Frame]:
        """The frames that are kept, from one of them on."""
        with self._lock:
            return self._frames[start:]

    def nbytes(self) -> int:
        """Memory taken by curves, checkups and frames, in bytes."""
        with self._lock:
            frames = {id(frame): frame for frame in [*self._frames, self._frame] if frame is not None}
            looks = sum(frame.nbytes() for frame in frames.values())
            return looks + self._steps.nbytes() + self._evaluations.nbytes() + self._checkups.nbytes()

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
            *((flips.oscillating, flips.age, flips.strays) if flips else (None, None, None)),
        )
        self._steps.add(row)


def _with_all_columns(rows: Tensor) -> Tensor:
    """The rows of steps, those that a run did not have yet when it was kept as NaN."""
    missing = len(STEP_COLUMNS) - len(FIRST_COLUMNS) if rows.shape[1:] == (len(FIRST_COLUMNS),) else 0
    return torch.nn.functional.pad(rows, (0, missing), value=math.nan)


def _finished_state(finished: Finished) -> State:
    report = finished.report
    scores = {} if report is None else {"test": tuple(report.test), "validation": tuple(report.validation)}
    return {**finished._asdict(), "report": None if report is None else {**vars(report), **scores}}


def _finished_of(state: State) -> Finished:
    report = state["report"]
    if report is not None:
        report = Report(**{**report, "test": Scores(*report["test"]), "validation": Scores(*report["validation"])})
    return Finished(state["reason"], state["message"], report)


def recorded(events: Iterator[Event], recorder: Recorder) -> Iterator[Step]:
    """Record a run's events; gives its steps, so that contestants of a race can take turns step by step."""
    for event in events:
        recorder.add(event)
        if isinstance(event, Step):
            yield event
