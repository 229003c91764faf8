"""One contestant over all its seeds: which of them count, its curves and its final figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence, Sized
from typing import NamedTuple

import numpy as np

from lab.boards.contestants import Contestant, contestants
from lab.boards.curve_cards import WINDOW, classifies
from lab.boards.wording import last
from lab.columns import Column
from lab.events import Report
from lab.experiment import Experiment
from lab.figures.bands import Band
from lab.figures.downsample import FloatArray, geometric_mean, smoothed
from lab.recorder import Snapshot
from lab.statistics import Comparison, Width, paired_by_seed, spread

POSITIONS = 300
"""Moments of training time that means are taken at, at most."""


class Measure(NamedTuple):
    """A final figure of a run."""

    name: str
    """What tables for programs call it, which have it as it is measured: accuracies are shares."""
    title: str
    unit: str
    """Of a difference."""
    higher_is_better: bool
    factor: float
    of: Callable[[Snapshot, Report], float]

    @property
    def decimals(self) -> int:
        """How many it has where no spread says so."""
        return 2 if self.factor == 100 else 4

    @property
    def most_decimals(self) -> int:
        """How many it has at most: one of 10 000 images is 0.01 %."""
        return self.decimals if self.factor == 100 else self.decimals + 1

    @property
    def as_measured(self) -> Measure:
        """The same in the units of tables for programs."""
        return self._replace(factor=1)


TEST_ACCURACY = Measure(
    *("test_accuracy", "Test accuracy (%)", "percentage points", True, 100),
    lambda _, report: _number(report.test.accuracy),
)
BEST_ACCURACY = Measure(
    *("best_validation_accuracy", "Best validation accuracy (%)", "percentage points", True, 100),
    lambda snapshot, _: float(snapshot.evaluations["accuracy"].max(initial=-math.inf)),
)
TEST_LOSS = Measure("test_loss", "Test loss", "", False, 1, lambda _, report: report.test.loss)
LAST_LOSS = Measure(
    *("last_validation_loss", "Last validation loss", "", False, 1),
    lambda snapshot, _: last(snapshot.evaluations["loss"]),
)


class Across(NamedTuple):
    """A contestant, and what each seed remembers of it."""

    run: Contestant
    snapshots: Mapping[int, Snapshot]
    """By seed."""

    @property
    def left_out(self) -> str:
        """Which seeds no mean has, because the loss became NaN or inf, as a sentence; empty where there is none."""
        diverged = [seed for seed, snapshot in self.snapshots.items() if _ended(snapshot) == "diverged"]
        if not diverged:
            return ""
        which = f"{counted(diverged)} ({', '.join(map(str, diverged))})"
        others = f"the {len(self.snapshots) - len(diverged)} others alone"
        return f"{self.run.name} diverged with {which}, which its means leave out: they are over {others}."

    def final(self, measure: Measure) -> dict[int, float]:
        """A final figure by seed; NaN where the run is not at its end, or diverged."""
        return {seed: measure.factor * _final(snapshot, measure) for seed, snapshot in self.snapshots.items()}

    def validation(self, column: str, factor: float, width: Width, members: bool) -> Band:
        """The scores on the validation images."""
        tables = [snapshot.evaluations for snapshot in self._counted]
        values = [table[column] * factor for table in tables]
        return self._band(tables, values, width, members, markers=True)

    def training(self, column: str, factor: float, width: Width, members: bool) -> Band:
        """The scores on the batches, each run averaged as everywhere."""
        mean = geometric_mean if column == "loss" else smoothed
        tables = [snapshot.steps for snapshot in self._counted]
        values = [mean(table[column] * factor, WINDOW) for table in tables]
        return self._band(tables, values, width, members, markers=False)

    @property
    def _counted(self) -> list[Snapshot]:
        return [snapshot for snapshot in self.snapshots.values() if _ended(snapshot) != "diverged"]

    def _band(
        self, tables: list[dict[str, Column]], values: list[FloatArray], width: Width, members: bool, markers: bool
    ) -> Band:
        epochs, rows = aligned(tables, values)
        over = spread(rows)
        look = self.run.name, epochs, over.mean, over.width(width), over.size, self.run.color, self.run.dash
        return Band(*look, members=list(rows) if members else [], markers=markers)


def across(experiments: Sequence[Experiment], by_seed: Sequence[Mapping[int, Snapshot]]) -> list[Across]:
    """Every contestant over all its seeds, with the name and the look that it has on every page.

    Args:
        experiments: of the contestants, with any seed.
        by_seed: what is remembered of each, at least for one seed.
    """
    runs = contestants(experiments, [next(iter(snapshots.values())) for snapshots in by_seed])
    return list(map(Across, runs, by_seed))


def against(contestants: Sequence[Across], reference: Across, measure: Measure) -> list[tuple[Across, Comparison]]:
    """Every other contestant's final figure against that of a reference, over the seeds that both have."""
    other = reference.final(measure)
    return [
        (contestant, paired_by_seed(contestant.final(measure), other))
        for contestant in contestants
        if contestant is not reference
    ]


def counted(seeds: Sized) -> str:
    """How many seeds there are, in words."""
    return "1 seed" if len(seeds) == 1 else f"{len(seeds)} seeds"


def measures(contestants: Sequence[Across]) -> list[Measure]:
    """The final figures that all contestants have."""
    if all(classifies(contestant.run) for contestant in contestants):
        return [TEST_ACCURACY, BEST_ACCURACY, TEST_LOSS, LAST_LOSS]
    return [TEST_LOSS, LAST_LOSS]


def aligned(tables: Sequence[dict[str, Column]], values: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Curves of several runs at the same steps, not too many: their epochs (T,), and values (runs, T).

    A run has NaN at steps that it has not made.
    """
    steps = np.concatenate([np.empty(0), *(table["step"] for table in tables)])
    epochs = np.concatenate([np.empty(0), *(table["epoch"] for table in tables)])
    steps, first = np.unique(steps, return_index=True)
    shown = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), POSITIONS)).round().astype(int))
    rows = np.full((len(tables), len(shown)), np.nan)
    for row, table, own in zip(rows, tables, values, strict=True):
        places = np.searchsorted(table["step"], steps[shown])
        there = np.isin(steps[shown], table["step"])
        row[there] = own[places[there]]
    return epochs[first][shown], rows


def _final(snapshot: Snapshot, measure: Measure) -> float:
    report = snapshot.report
    return measure.of(snapshot, report) if report is not None and _ended(snapshot) == "done" else math.nan


def _ended(snapshot: Snapshot) -> str | None:
    return snapshot.finished.reason if snapshot.finished else None


def _number(value: float | None) -> float:
    return math.nan if value is None else value
