"""Colors that are told apart: how far two are from each other to the eye, and a distinct one for each of several."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lab.figures.theme import COLORS

NEAR = 27.0
"""Colors that are closer are taken for one another as lines: the two blues of the palette are 26 apart."""
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ.sum(axis=1)


def told_apart(usual: Sequence[str]) -> list[str]:
    """A color for each, such as "#0072B2": its usual one, unless one before it has that or nearly that.

    The others get, in order, what is free of the palette, the farthest from all that are taken; their usual one where
    nothing is left that is far enough.
    """
    colors: list[str | None] = []
    for color in usual:
        colors.append(color if all(distance(color, other) >= NEAR for other in colors if other) else None)
    for place, color in enumerate(usual):
        if colors[place] is None:
            colors[place] = _farthest([each for each in colors if each]) or color
    return [color or usual[place] for place, color in enumerate(colors)]


def distance(one: str, other: str) -> float:
    """How different two colors are to the eye: the distance of CIE 1976 L*a*b*."""
    return float(np.linalg.norm(_lab(one) - _lab(other)))


def _farthest(taken: Sequence[str]) -> str | None:
    """The color of the palette that is farthest from all that are taken; None where all are near one of them."""
    room = {color: min(distance(color, other) for other in taken) for color in COLORS}
    best = max(room, key=room.__getitem__)
    return best if room[best] >= NEAR else None


@cache
def _lab(color: str) -> NDArray[np.float64]:
    """Its L*, a* and b*, in daylight (D65)."""
    channels = np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    ratio = TO_XYZ @ linear / WHITE
    root = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])
