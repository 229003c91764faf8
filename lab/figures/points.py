"""Points of a plane in groups, each group with a color and a sign of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lab.figures.numbers import json_numbers
from lab.figures.theme import COLORS, Figure, axis, layout, uid

HEIGHT = 420  # pixels
SIGNS = ("circle", "diamond", "square", "cross", "triangle-up", "x")
OPACITY = 0.8
ROOM = 0.05
"""Of an axis, at each of its ends."""


@dataclass(frozen=True)
class Points:
    """A group: its name, `places` (N, 2), what each point is called where it is picked (N,), and what is told of it."""

    name: str
    places: ArrayLike
    ids: Sequence[str]
    texts: Sequence[str]


def point_chart(groups: Sequence[Points], titles: tuple[str, str], within: ArrayLike, ticks: bool = True) -> Figure:
    """The groups in one plane.

    Args:
        groups: by their order they get colors, and another sign where the colors begin anew.
        titles: of the two axes.
        within: points (N, 2) that axes hold, also where these are not among the groups.
        ticks: whether the axes mean something.
    """
    places = np.asarray(within, dtype=np.float64).reshape(-1, 2)
    horizontal, vertical = (
        axis(title, range=_ends(along), showticklabels=ticks, tickformat="~g")
        for title, along in zip(titles, places.T, strict=True)
    )
    return {
        "data": [_trace(group, place) for place, group in enumerate(groups)],
        "layout": layout(HEIGHT, hovermode="closest", xaxis=horizontal, yaxis=vertical, showlegend=True),
    }


def _ends(places: NDArray[np.float64]) -> list[float | None]:
    """An axis that holds these places, with the room that points need."""
    low, high = (float(places.min()), float(places.max())) if len(places) else (0.0, 0.0)
    room = ROOM * (high - low) or 1.0
    return json_numbers([low - room, high + room])


def _trace(group: Points, place: int) -> Figure:
    x, y = np.asarray(group.places, dtype=np.float64).reshape(-1, 2).T
    color, sign = COLORS[place % len(COLORS)], SIGNS[place // len(COLORS) % len(SIGNS)]
    return {
        "type": "scatter",
        "mode": "markers",
        "uid": uid(group.name),
        "name": group.name,
        "x": json_numbers(x, digits=4),
        "y": json_numbers(y, digits=4),
        "ids": list(group.ids),
        "text": list(group.texts),
        "marker": {"color": color, "symbol": sign, "size": 8, "opacity": OPACITY},
        "hovertemplate": "%{text}<extra></extra>",
    }
