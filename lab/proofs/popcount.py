"""A unit of ±1 inputs and weights as a comparison of a popcount with an integer, batch norm included."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Norm(NamedTuple):
    """Batch norm at rest: y = gamma (z - mean) / deviation + beta."""

    gamma: float = 1.0
    beta: float = 0.0
    mean: float = 0.0
    deviation: float = 1.0


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
    if norm.gamma == 0:
        return Threshold(0 if norm.beta >= 0 else bits + 1, at_least=True)
    at = (norm.mean - norm.beta * norm.deviation / norm.gamma + bits) / 2
    return Threshold(math.ceil(at), True) if norm.gamma > 0 else Threshold(math.floor(at), False)


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
    popcounts = np.arange(bits + 1)
    products = 2 * popcounts - bits
    normed = (norm.gamma * (products - norm.mean) / norm.deviation + norm.beta).astype(np.float64)
    return Unit(popcounts, products, normed, normed >= 0)
