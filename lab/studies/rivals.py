"""Ours beside ours: what a row comes to against the row that it is to beat, seed by seed."""

from __future__ import annotations

from dataclasses import dataclass

from lab.boards.across import Measure, counted
from lab.boards.wording import NOTHING, fixed, signed
from lab.statistics import FEWEST, Comparison
from lab.studies.base import WIDE, Row


@dataclass(frozen=True)
class OverRival:
    """One figure of a row, less that of its rival."""

    rival: Row
    measure: Measure
    seeds: Comparison
    """Of those that both have."""

    @property
    def count(self) -> int:
        """Of how many seeds."""
        return len(self.seeds.differences)

    @property
    def beaten(self) -> bool | None:
        """Whether the rival is, by 2 standard errors; None where there are too few seeds to tell."""
        if self.count < FEWEST:
            return None
        mean, error = float(self.seeds.spread.mean), float(self.seeds.spread.error)
        return abs(mean) > WIDE * error and (mean > 0) == self.measure.higher_is_better

    @property
    def figure(self) -> str:
        """The mean difference, with its standard error where there are enough seeds for one, for a table."""
        if not self.count:
            return NOTHING
        mean = float(self.seeds.spread.mean) * self.measure.factor
        told = signed(mean, self.measure.decimals)
        if self.beaten is None:
            return told
        return f"{told} ± {fixed(float(self.seeds.spread.error) * self.measure.factor, self.measure.decimals)}"

    @property
    def told(self) -> str:
        """What it tells, as a sentence."""
        if not self.count:
            return f"No seed of it and of its rival, “{self.rival.title}”, is measured yet."
        unit = f" {self.measure.unit}" if self.measure.unit else ""
        against = f"Against “{self.rival.title}”, {self.figure}{unit}"
        if self.beaten is None:
            return f"{against}, of {counted(self.seeds.differences)} of both: too few to tell."
        ended = "beaten" if self.beaten else "not beaten"
        return f"{against}, {ended} by 2 standard errors of {counted(self.seeds.differences)} of both."
