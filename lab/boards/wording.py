"""Numbers as a reader of the boards sees them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

NOTHING = "–"
"""In place of a number that there is not."""
LARGE = 1e5


def number(value: float) -> str:
    """A loss or an error, to four decimals; a large one by its order alone."""
    if math.isnan(value):
        return NOTHING
    return f"{value:.4f}" if abs(value) < LARGE else f"{value:.3g}"


def percent(share: float) -> str:
    """A share between 0 and 1, to two decimals of a percent."""
    return NOTHING if math.isnan(share) else f"{100 * share:.2f} %"


def grouped(value: float) -> str:
    """A large number, its thousands apart."""
    return f"{value:,.0f}".replace(",", "\u2009")


def last(values: ArrayLike) -> float:
    """The last of some values (N,); NaN where there is none."""
    values = np.asarray(values)
    return float(values[-1]) if len(values) else math.nan
