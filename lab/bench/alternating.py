"""Comparing rates on a machine that is never quiet: contestants take short turns, and each round gives one ratio."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

Clock = Callable[[], float]


@dataclass(frozen=True)
class Rates:
    """Images per second of every contestant, one number a round; numbers of one round were taken side by side."""

    rounds: dict[str, list[float]]

    def typical(self, name: str) -> float:
        """The median rate of a contestant."""
        return median(self.rounds[name])

    def ratio(self, name: str, to: str) -> Ratio:
        """How much faster one contestant is than another, round by round."""
        return Ratio.of([one / other for one, other in zip(self.rounds[name], self.rounds[to], strict=True)])


@dataclass(frozen=True)
class Ratio:
    """A ratio measured in several rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Ratio:
        """The median and the extremes of some ratios."""
        return cls(median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} … {self.high:.2f})"


def alternate(
    contestants: Mapping[str, Iterator[int]], rounds: int, seconds: float, clock: Clock = time.perf_counter
) -> Rates:
    """Let contestants take turns.

    Args:
        contestants: endless iterators by name, each giving the images of a step it has made.
        rounds: how often each gets its turn; the first to go changes from round to round.
        seconds: how long a turn lasts, at least.
        clock: what tells the time.
    """
    for contestant in contestants.values():
        _turn(contestant, seconds / 2, clock)  # warms caches, and the library's choice of kernels
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    names = list(contestants)
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            rates[name].append(_turn(contestants[name], seconds, clock))
    return Rates(rates)


def _turn(contestant: Iterator[int], seconds: float, clock: Clock) -> float:
    images, started = 0, clock()
    while True:
        images += next(contestant)
        elapsed = clock() - started
        if elapsed >= seconds:
            return images / elapsed


def as_json(ratio: Ratio) -> dict[str, Any]:
    """A ratio's numbers, rounded for a file."""
    return {"median": round(ratio.median, 3), "low": round(ratio.low, 3), "high": round(ratio.high, 3)}
