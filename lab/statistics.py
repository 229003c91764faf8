"""What several seeds say together: means with their spread, and paired differences with what they tell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]
Width = Literal["deviation", "error", "interval"]
"""How wide a mean is drawn: its standard deviation, its standard error, or half of its 95 % interval."""

CONFIDENCE = 0.95
FEWEST = 3
"""Values from which on an interval is worth its name: of two, Student's t makes one 25 times as wide as their error."""
MOST_NEEDED = 1000
"""Seeds beyond which nobody goes."""


class Spread(NamedTuple):
    """A sample, position by position: of how many values, their mean, and how far it reaches to either side.

    NaN where it is not known: the mean of no value, the deviation of one, the interval of fewer than three.
    """

    size: NDArray[np.int64]
    mean: Floats
    deviation: Floats
    """Standard deviation of the sample, with N - 1."""
    error: Floats
    """Standard error of the mean."""
    interval: Floats
    """Half of the 95 % confidence interval of the mean, by Student's t."""

    def width(self, of: Width) -> Floats:
        """How far the mean reaches to either side."""
        return getattr(self, of)


def spread(values: ArrayLike) -> Spread:
    """The spread of values (N, ...) over their first axis. NaN and infinities count nowhere.

    Student 1908, The Probable Error of a Mean.
    """
    array = np.asarray(values, dtype=np.float64)
    there = np.isfinite(array)
    count = there.sum(axis=0)
    mean = _where(count > 0, np.where(there, array, 0.0).sum(axis=0) / np.maximum(count, 1))
    squares = np.where(there, array - mean, 0.0) ** 2
    deviation = _where(count > 1, np.sqrt(squares.sum(axis=0) / np.maximum(count - 1, 1)))
    error = deviation / np.sqrt(np.maximum(count, 1))
    interval = _where(count >= FEWEST, error * quantile(count))
    return Spread(count, mean, deviation, error, interval)


def quantile(count: ArrayLike) -> Floats:
    """In how many standard errors the 95 % interval of a mean of so many values ends to either side."""
    freedom = np.maximum(np.asarray(count) - 1, 1)
    return np.asarray(stdtrit(freedom, 0.5 + CONFIDENCE / 2), dtype=np.float64)


class Comparison(NamedTuple):
    """One figure of a contestant against that of a reference, seed by seed: the same weights, the same batches."""

    differences: Floats
    """Of each seed that has both, the contestant's figure less the reference's: (N,)."""
    spread: Spread

    @property
    def low(self) -> float:
        """Where the interval of the mean difference starts; NaN where there are too few seeds for one."""
        return float(self.spread.mean - self.spread.interval)

    @property
    def high(self) -> float:
        """Where it ends."""
        return float(self.spread.mean + self.spread.interval)

    @property
    def tells(self) -> bool:
        """Whether the interval is on one side of 0."""
        return self.low > 0 or self.high < 0

    @property
    def seeds_needed(self) -> int | None:
        """Of how many seeds the interval would leave 0 out, if mean and deviation stayed; None where of none."""
        mean, deviation = abs(float(self.spread.mean)), float(self.spread.deviation)
        if not (mean > 0 and math.isfinite(deviation)):
            return None
        counts = np.arange(FEWEST, MOST_NEEDED + 1)
        enough = quantile(counts) * deviation / np.sqrt(counts) < mean
        return int(counts[enough.argmax()]) if enough.any() else None


def paired(values: ArrayLike, reference: ArrayLike) -> Comparison:
    """Values (N,) against a reference (N,), each with that of its own seed. Pairs that lack one are left out."""
    differences = np.asarray(values, dtype=np.float64) - np.asarray(reference, dtype=np.float64)
    differences = differences[np.isfinite(differences)]
    return Comparison(differences, spread(differences))


def paired_by_seed(values: Mapping[int, float], reference: Mapping[int, float]) -> Comparison:
    """Values against a reference, by seed, over the seeds that both have."""
    both = [seed for seed in values if seed in reference]
    return paired([values[seed] for seed in both], [reference[seed] for seed in both])


def _where(known: NDArray[np.bool_], values: Floats) -> Floats:
    return np.where(known, values, np.nan)
