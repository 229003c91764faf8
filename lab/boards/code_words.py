"""How bits, and images with codes, are called on cards."""

from __future__ import annotations

import math

from lab.boards.wording import NOTHING
from lab.probes.codes import Place, place


def is_flat(shape: Place) -> bool:
    """Whether the units of a layer lie in one line, and not in channels of rows and columns."""
    return math.prod(shape[1:]) == 1


def bit_words(shape: Place, bit: int) -> str:
    """What a bit is called: "bit 7", or "bit 203 (channel 2, row 1, column 8)".

    Bits are counted from 0, as programs do; channels, rows and columns from 1, as on the page of heatmaps.
    """
    if is_flat(shape):
        return f"bit {bit}"
    channel, row, column = (each + 1 for each in place(shape, bit))
    return f"bit {bit} (channel {channel}, row {row}, column {column})"


def share(value: float) -> str:
    """A share between 0 and 1 in percent, to one decimal."""
    return NOTHING if math.isnan(value) else f"{100 * value:.1f} %"
