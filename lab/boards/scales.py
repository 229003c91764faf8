"""One scale for the cards of all contestants, which a contestant that explodes does not flatten for the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median_low
from typing import NamedTuple

import numpy as np

from lab.boards.contestants import Contestant
from lab.figures.downsample import FloatArray

FAR, FAR_IN_DECADES = 10.0, 1000.0
"""How many times as far as the median contestant one reaches that a scale leaves out: on a linear one, where the others
would be a line, and on a logarithmic one."""


class Extent(NamedTuple):
    """How far the values of a contestant reach."""

    run: Contestant
    low: float
    high: float

    @property
    def reach(self) -> float:
        """The largest value, whatever its sign."""
        return max(abs(self.low), abs(self.high))


class Scale(NamedTuple):
    """From where to where, for some contestants."""

    low: float
    high: float
    found: Sequence[Extent]
    """How far each of them reaches, also beyond."""

    @property
    def cut(self) -> str:
        """A sentence about those whose values are cut there; nothing where none are."""
        beyond = [each for each in self.found if each.low < self.low or each.high > self.high]
        names = ", ".join(f"{each.run.name} (up to {each.reach:.2g})" for each in beyond)
        return f" Beyond the scale of the others, and cut: {names}." if beyond else ""


def extents(values: Iterable[tuple[Contestant, FloatArray]]) -> list[Extent]:
    """How far each reaches that has a finite value."""
    finite = ((run, each[np.isfinite(each)]) for run, each in values)
    return [Extent(run, float(each.min()), float(each.max())) for run, each in finite if each.size]


def shared_scale(found: list[Extent], far: float = FAR) -> Scale | None:
    """A scale that holds the values of all, but of those that diverged or reach far beyond the median contestant.

    Args:
        found: of each contestant.
        far: how many times as far that is.

    Returns:
        None where there are no finite values.
    """
    if not found:
        return None
    sound = [each for each in found if not _diverged(each.run)] or found
    usual = median_low(each.reach for each in sound)
    kept = [each for each in sound if each.reach <= far * usual or not usual]
    return Scale(min(each.low for each in kept), max(each.high for each in kept), found)


def _diverged(run: Contestant) -> bool:
    return run.snapshot.finished is not None and run.snapshot.finished.reason == "diverged"
