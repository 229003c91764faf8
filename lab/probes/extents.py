"""One range of values for the maps of several nets, so that equal colors mean equal numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Extent(NamedTuple):
    """From where to where a color scale goes."""

    low: float
    high: float
    beyond: float
    """Share of the finite values that lie outside, and are shown as the nearer end."""


def extent(arrays: Iterable[NDArray[Any]], within: float = 1.0, centered: bool = False) -> Extent | None:
    """A range for all arrays together.

    Args:
        arrays: of any shapes; what is not finite is left out.
        within: share of the values that each array has in the range at least, in (0, 1]: below 1, a few that are far
            off do not flatten all others, and no array loses more for being the smaller one.
        centered: make the range symmetric around 0, for colors that tell the sign.

    Returns:
        None where nothing is finite.
    """
    if not 0 < within <= 1:
        raise ValueError(f"within is {within}; allowed is above 0, up to 1")
    finite = [values[np.isfinite(values)].astype(np.float64) for values in map(np.asarray, arrays)]
    finite = [values for values in finite if values.size]
    if not finite:
        return None
    left_out = (1 - within) / 2
    # Values that are there, not something between two of them: bits have no levels but their own.
    low = min(float(np.quantile(values, left_out, method="lower")) for values in finite)
    high = max(float(np.quantile(values, 1 - left_out, method="higher")) for values in finite)
    if centered:
        high = max(abs(low), abs(high))
        low = -high
    outside = sum(int(((values < low) | (values > high)).sum()) for values in finite)
    return Extent(low, high, outside / sum(values.size for values in finite))
