"""A run's curves as MLflow's metrics, those of a long run thinned."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lab.columns import Column
from lab.recorder import Recorder, Snapshot
from lab.store.folder import RunFolder
from lab.store.mark import Written
from lab.store.values import StoreError

EVERY_STEP = 8
"""Bits of a step's number below which each step is kept; from there on it is half as many for each further bit."""
MEASURES = ("loss", "accuracy")


class Point(NamedTuple):
    """One value of a metric."""

    name: str
    value: float
    step: int
    seconds: float
    """Since the run began."""


def curves_of(folder: RunFolder, contestant: int) -> Snapshot:
    """The curves of a contestant as of its last checkpoint, without frames.

    Raises:
        StoreError: they were changed or cut off.
    """
    state = folder.record(contestant)
    try:
        return (Recorder() if state is None else Recorder.restored(state, [])).snapshot()
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError, IndexError) as error:
        raise StoreError(f"The curves of run {folder.id} cannot be read: {error}") from None


def goes_on(snapshot: Snapshot, written: Written) -> bool:
    """Whether what is written is the beginning of these curves; it is not where the run began anew."""
    steps = snapshot.steps["step"]
    place = int(np.searchsorted(steps, written.step))
    if len(snapshot.evaluations["step"]) < written.evaluations or (written.tested and snapshot.report is None):
        return False
    if not written.step:
        return True
    return place < len(steps) and (steps[place], snapshot.steps["seconds"][place]) == (written.step, written.seconds)


def points(snapshot: Snapshot, written: Written) -> list[Point]:
    """What is not written yet. MLflow has no place for NaN and inf, so they are left out; the state has them."""
    return [point for point in _points(snapshot, written) if math.isfinite(point.value)]


def up_to(snapshot: Snapshot) -> Written:
    """All of it."""
    steps, tested = snapshot.steps, snapshot.report is not None
    evaluations = len(snapshot.evaluations["step"])
    if not len(steps["step"]):
        return Written(evaluations=evaluations, tested=tested)
    last = int(steps["step"][-1]), float(steps["seconds"][-1])
    return Written(step=last[0], seconds=last[1], evaluations=evaluations, tested=tested)


def _points(snapshot: Snapshot, written: Written) -> Iterator[Point]:
    steps, seconds = snapshot.steps["step"], snapshot.steps["seconds"]
    for place in map(int, np.flatnonzero(_kept(steps) & (steps > written.step))):
        for measure in MEASURES:
            value = float(snapshot.steps[measure][place])
            yield Point(f"train_{measure}", value, int(steps[place]), float(seconds[place]))
    evaluations = snapshot.evaluations
    for place in range(written.evaluations, len(evaluations["step"])):
        step = int(evaluations["step"][place])
        for measure in MEASURES:
            yield Point(f"validation_{measure}", float(evaluations[measure][place]), step, _at(snapshot, step))
    if snapshot.report is not None and not written.tested:
        for measure, figure in snapshot.report.test._asdict().items():
            step = snapshot.report.reported_step
            yield Point(f"test_{measure}", math.nan if figure is None else float(figure), step, _at(snapshot, step))


def _kept(steps: Column) -> np.ndarray:
    """Whether each step is kept: a choice by its number, so that it stays when the run goes on."""
    apart = 2 ** np.maximum(0, np.frexp(steps)[1] - EVERY_STEP)
    return steps % apart == 0


def _at(snapshot: Snapshot, step: int) -> float:
    steps, seconds = snapshot.steps["step"], snapshot.steps["seconds"]
    return float(np.interp(step, steps, seconds)) if len(steps) else 0.0
