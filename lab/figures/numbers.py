"""Arrays as short JSON numbers: six significant digits, and None where there is no number to draw."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

FAR = 5
"""Values no further apart than by this factor need no logarithmic axis, which would lack numbers."""
LARGEST_EXPONENT = 300  # powers of ten beyond it leave the range of a float


def json_numbers(values: ArrayLike, digits: int = 6) -> list[float | None]:
    """The values (N,) rounded to `digits` significant digits; NaN and infinities become None, a gap in a line."""
    array = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(array)
    safe = np.where(finite & (array != 0), array, 1.0)
    exponent = np.clip(digits - 1 - np.floor(np.log10(np.abs(safe))), -LARGEST_EXPONENT, LARGEST_EXPONENT)
    up, down = 10.0 ** np.maximum(exponent, 0), 10.0 ** np.maximum(-exponent, 0)
    rounded = np.round(safe * up / down) / up * down
    numbers: list[float | None] = np.where(array == 0, 0.0, rounded).tolist()
    if finite.all():
        return numbers
    return [number if good else None for number, good in zip(numbers, finite.tolist(), strict=True)]


def far_apart(values: ArrayLike) -> bool:
    """Whether values are all above 0 and lie so far apart that an axis should be logarithmic; NaN is left out."""
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    return bool(known.size) and 0 < FAR * known.min() < known.max()
