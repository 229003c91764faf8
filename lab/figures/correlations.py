"""Correlations as a small picture: blue below 0, white at 0, red above, gray where there is none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from lab.figures.board import Picture, Tick
from lab.figures.pictures import picture
from lab.figures.theme import DIVERGING, GRAY, Lookup

NONE = 255
"""The value of a pixel without a correlation."""
MOST_TICKS = 8
"""Numbers that a side of the picture has room for."""
CORRELATIONS: Lookup = np.concatenate([DIVERGING[:127], DIVERGING[128:], GRAY[128:129]])
"""From -1 (0) over 0 (127, white) to 1 (254), and `NONE`."""
CORRELATIONS[127] = 255


def correlation_picture(values: ArrayLike) -> Picture:
    """Correlations (H, W) from -1 to 1, NaN where there is none."""
    array = np.asarray(values, dtype=np.float64)
    known = np.rint(127 + 127 * np.clip(np.nan_to_num(array), -1, 1))
    return picture(np.where(np.isnan(array), NONE, known).astype(np.uint8), CORRELATIONS)


def number_ticks(numbers: Sequence[int]) -> list[Tick]:
    """What is written on either side of the picture: the numbers of lines that are a power of two apart.

    Args:
        numbers: of the lines, in order.
    """
    apart = 1
    while len(numbers) > MOST_TICKS * apart:
        apart *= 2
    return [Tick((place + 0.5) / len(numbers), str(numbers[place])) for place in range(0, len(numbers), apart)]
