"""A unit of ±1 inputs and weights as a comparison of a popcount with an integer, batch norm included.

In fractions: a float that is rounded on the way turns the sign of a unit that is exactly 0.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Norm(NamedTuple):
    """Batch norm at rest: y = gamma (z - mean) / deviation + beta."""

    gamma: float = 1.0
    beta: float = 0.0
    mean: float = 0.0
    deviation: float = 1.0

    def exact(self) -> tuple[Fraction, ...]:
        """The four numbers as their decimals say: 2.8 is 14/5, and not the float closest to it."""
        return tuple(Fraction(str(value)) for value in self)


class Threshold(NamedTuple):
    """When the unit is +1: where the popcount is at least, or at most, an integer; it may be beyond all popcounts."""

    bound: int
    at_least: bool

    def fires(self, popcounts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether the unit is +1, for each number of agreeing bits."""
        return popcounts >= self.bound if self.at_least else popcounts <= self.bound


def threshold(bits: int, norm: Norm) -> Threshold:
    """The comparison that a unit with so many inputs comes down to; its sign at 0 is +1.

    With a.w = 2 popcount(XNOR) - K, gamma (a.w - mean) / deviation + beta >= 0 becomes a.w >= t for gamma > 0 and
    a.w <= t for gamma < 0, where t = mean - beta deviation / gamma.
    """
    gamma, beta, mean, deviation = norm.exact()
    if gamma == 0:
        return Threshold(0 if beta >= 0 else bits + 1, at_least=True)
    at = (mean - beta * deviation / gamma + bits) / 2
    return Threshold(math.ceil(at), True) if gamma > 0 else Threshold(math.floor(at), False)


class Unit(NamedTuple):
    """A unit at every popcount there can be; all (bits + 1,)."""

    popcounts: NDArray[np.int64]
    """Bits of input and weight that agree, 0 to K."""
    products: NDArray[np.int64]
    """a.w of the ±1 vectors: 2 popcount - K."""
    normed: NDArray[np.float64]
    """What batch norm makes of it."""
    fires: NDArray[np.bool_]
    """Whether the sign of that is +1."""


def unit(bits: int, norm: Norm) -> Unit:
    """The unit as it is written, without the shortcut of a popcount."""
    gamma, beta, mean, deviation = norm.exact()
    popcounts = np.arange(bits + 1)
    products = 2 * popcounts - bits
    normed = [gamma * (product - mean) / deviation + beta for product in products.tolist()]
    return Unit(popcounts, products, np.array(normed, dtype=np.float64), np.array([value >= 0 for value in normed]))
