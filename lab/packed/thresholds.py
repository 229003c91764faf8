"""Where a unit turns on or off: found by asking the unit itself, since formulas break ties otherwise than it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Bits = NDArray[np.bool_]
LARGEST_FLOAT = 0x7F7FFFFF
"""The largest finite float32 in the order of `float_of`."""


class Thresholds(NamedTuple):
    """A unit is on at d where (d >= at) != flip; all (units,)."""

    at: Integers
    flip: Bits


def thresholds(fires: Callable[[Integers], Bits], low: int, high: int, units: int) -> Thresholds:
    """The thresholds of units that are each on up to some integer, or from one on, between two ends, both included.

    Units that are always on, or never, have their threshold at the lower end.

    Args:
        fires: which units are on, (units,), where each is at an integer of its own.
        low: the smallest integer.
        high: the largest integer.
        units: how many there are.
    """
    below, above = np.full(units, low, np.int64), np.full(units, high, np.int64)
    first, last = fires(below), fires(above)
    turns = first != last
    while (turns & (above - below > 1)).any():
        middle = (below + above) // 2
        as_last = fires(middle) == last
        above = np.where(as_last, middle, above)
        below = np.where(as_last, below, middle)
    return Thresholds(np.where(turns, above, low), np.where(turns, first, ~first))


def float_of(places: Integers) -> NDArray[np.float32]:
    """The float32 of each place in their order: 0 is 0.0, 1 the smallest above it, -1 the largest below it."""
    magnitudes = np.abs(places).astype(np.uint32)
    return (magnitudes | np.where(places < 0, 0x80000000, 0).astype(np.uint32)).view(np.float32)
