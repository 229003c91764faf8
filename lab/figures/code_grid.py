"""The bits of one code as a grid of cells, in which some are marked as flipped."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.figures.theme import CLEAR, VIRIDIS, Figure, axis, layout

CELL = 18
"""Height of a line of bits, in pixels."""
NARROW, WIDE = 16, 32
"""Bits to a line: of a code of up to 64 bits, and of one of up to 1024; a longer one has twice as many."""
FLIPPED = "×"
OFF, ON = (f"rgb({red},{green},{blue})" for red, green, blue in (VIRIDIS[0], VIRIDIS[255]))


def columns_of(bits: int) -> int:
    """How many bits of a code stand on a line."""
    return min(bits, NARROW if bits <= 64 else WIDE if bits <= 1024 else 2 * WIDE)


def code_grid(code: NDArray[np.bool_], flipped: Collection[int], told: Sequence[str], color: str) -> Figure:
    """A cell for each bit of a code (bits,), line by line: dark is off, yellow is on.

    A cell is picked by the number of its bit.

    Args:
        code: as it is now, the flipped bits among it.
        flipped: numbers of the bits that get a cross.
        told: of each bit, where it is pointed at.
        color: a CSS color around the grid, of the run.
    """
    columns = columns_of(len(code))
    lines = -(-len(code) // columns)
    ids = [str(bit) if bit < len(code) else "" for bit in range(lines * columns)]
    trace = {
        "type": "heatmap",
        "uid": "code",
        "x": list(range(columns)),
        "y": [line * columns for line in range(lines)],
        "z": _lines([int(bit) for bit in code], columns, None),
        "ids": ids,
        "text": _lines([FLIPPED if bit in flipped else "" for bit in range(len(code))], columns, ""),
        "texttemplate": "%{text}" if flipped else "",
        "hovertext": _lines(list(told), columns, ""),
        "hoverinfo": "text",
        "hoverongaps": False,
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, OFF], [1, ON]],
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
    }
    plain: dict[str, Any] = {"gridcolor": CLEAR, "zeroline": False, "fixedrange": True, "linecolor": color}
    across = axis(
        "bit, counted from the number of its line", **plain | {"dtick": 4 if columns <= WIDE else 8, "nticks": None}
    )
    down = axis("", **plain | {"autorange": "reversed", "dtick": columns * max(1, lines // 8), "tick0": 0})
    height = 56 + CELL * lines
    margin = {"l": 48, "r": 8, "t": 6, "b": 44, "pad": 0}
    return {
        "data": [trace],
        "layout": layout(height, hovermode="closest", xaxis=across, yaxis=down, margin=margin, showlegend=False),
    }


def _lines(values: list[Any], columns: int, fill: Any) -> list[list[Any]]:
    """The values in lines of so many, the last one filled up."""
    missing = -len(values) % columns
    whole = [*values, *[fill] * missing]
    return [whole[start : start + columns] for start in range(0, len(whole), columns)]
