"""Charts with a row for each name, from the top: their axis of names, and how high they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab.figures.theme import axis

MANY = 16
"""Rows from which on they stand closer."""


def row_axis(names: Sequence[str]) -> dict[str, Any]:
    """The vertical axis of such a chart: every row has its name, and room for all of it."""
    places = [-0.6, len(names) - 0.4]
    ticks = 2 * len(names)
    return axis("", type="category", categoryarray=names[::-1], range=places, nticks=ticks, automargin=True)


def rows_height(count: int, roomy: int, dense: int) -> int:
    """How high so many rows are together, in pixels.

    Args:
        count: of the rows.
        roomy: height of one where they are few.
        dense: height of one where they are many.
    """
    return (roomy if count < MANY else dense) * count
