"""Bars that have names of their own: pointed at they say what they are, and they can be picked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from lab.figures.numbers import json_numbers
from lab.figures.theme import CHART_HEIGHT, ZERO_COLOR, Figure, axis, layout, uid

WIDE = 24
"""Bars from which on there is no room for all of their names."""
NAMED = 8
"""Of so many bars, how many are named: lying names, which do not reach into the title of the axis."""


@dataclass(frozen=True)
class Bars:
    """Bars of one color: heights (N,), and what is told of each that is pointed at (N,)."""

    name: str
    heights: ArrayLike
    color: str
    texts: Sequence[str]
    opacity: float = 1.0


def named_bars(
    names: Sequence[str],
    groups: Sequence[Bars],
    titles: tuple[str, str],
    y_range: tuple[float, float],
    line: float | None = None,
    ids: Sequence[str] = (),
) -> Figure:
    """A place for each name, in the order that they have, with a bar of each group side by side.

    Args:
        names: (N,), different from each other.
        groups: what stands there.
        titles: of the horizontal and of the vertical axis.
        y_range: of the vertical axis.
        line: a height to compare the bars with.
        ids: (N,) what they are called where they are picked.
    """
    horizontal = axis(titles[0], type="category", categoryorder="array", categoryarray=list(names))
    horizontal |= {"nticks": len(names)} if len(names) <= WIDE else {"nticks": NAMED, "tickangle": 0}
    vertical = axis(titles[1], range=json_numbers(y_range), tickformat="~g")
    return {
        "data": [_trace(names, group, ids) for group in groups],
        "layout": layout(
            CHART_HEIGHT,
            xaxis=horizontal,
            yaxis=vertical,
            hovermode="closest",
            barmode="group",
            bargap=0.12,
            showlegend=len(groups) > 1,
            shapes=[_line(line)] if line is not None else [],
        ),
    }


def _trace(names: Sequence[str], group: Bars, ids: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "bar",
        "uid": uid(group.name),
        "name": group.name,
        "x": list(names),
        "y": json_numbers(group.heights, digits=4),
        "text": list(group.texts),
        "textposition": "none",
        "marker": {"color": group.color, "opacity": group.opacity, "line": {"width": 0}},
        "hovertemplate": "%{text}<extra></extra>",
        **({"ids": list(ids)} if ids else {}),
    }


def _line(height: float) -> dict[str, Any]:
    look = {"color": ZERO_COLOR, "width": 1.5, "dash": "dash"}
    return {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": height, "y1": height, "line": look}
