"""Ours beside ours: what a row comes to against the row that it is to beat, seed by seed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lab.boards.across import Measure, counted
from lab.boards.wording import NOTHING, decimals, fixed, signed
from lab.statistics import FEWEST, Comparison
from lab.studies.base import WIDE, Row
from lab.studies.certainty import in_errors, perhaps


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
    def mean(self) -> float:
        """Of the differences; NaN where there is none."""
        return float(self.seeds.spread.mean)

    @property
    def error(self) -> float:
        """The standard error of that mean; NaN of a single seed."""
        return float(self.seeds.spread.error)

    @property
    def apart(self) -> bool | None:
        """Whether the two are, by 2 standard errors; None where there are too few seeds to tell."""
        return None if self.count < FEWEST else abs(self.mean) > WIDE * self.error

    @property
    def beaten(self) -> bool | None:
        """Whether the rival is, by 2 standard errors; None where there are too few seeds to tell."""
        return self.apart and (self.mean > 0) == self.measure.higher_is_better

    @property
    def errors(self) -> float:
        """How many standard errors the mean difference is."""
        return abs(self.mean) / self.error if self.error else math.inf

    @property
    def word(self) -> str:
        """Whether the rival is beaten, in a few words for a table."""
        if self.beaten is None:
            return NOTHING
        if not self.apart:
            return "level with its rival"
        ended = "beats its rival" if self.beaten else "behind its rival"
        return f"{ended}, {in_errors(self.errors, self.count)}" if math.isfinite(self.errors) else ended

    @property
    def figure(self) -> str:
        """The mean difference, with its standard error where there are enough seeds for one, for a table."""
        if not self.count:
            return NOTHING
        mean, error = self.mean * self.measure.factor, self.error * self.measure.factor
        needed = decimals([error], self.measure.decimals, self.measure.most_decimals)
        places = max(needed, self.measure.decimals)
        return signed(mean, places) + (f" ± {fixed(error, places)}" if self.beaten is not None else "")

    @property
    def told(self) -> str:
        """What it tells, as a sentence."""
        if not self.count:
            return f"Its rival, “{self.rival.title}”, has no figure of these seeds."
        unit = f" {self.measure.unit}" if self.measure.unit else ""
        against = f"Against “{self.rival.title}”, {self.figure}{unit}"
        if self.beaten is None:
            return f"{against}, of {counted(self.seeds.differences)} of both: too few to tell."
        of = f"over {counted(self.seeds.differences)} of both."
        if not self.apart:
            return f"{against}: not told apart by {WIDE:g} standard errors, {of}"
        far = f" by {self.errors:.1f} standard errors" if math.isfinite(self.errors) else ""
        ended = "better" if self.beaten else "worse"
        return f"{against}: {ended}{far}, {of}{perhaps(self.errors, self.count)}"
