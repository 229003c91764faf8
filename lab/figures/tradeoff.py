"""What something comes to over a number that was varied: error over bits, accuracy over a rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from lab.figures.curves import log_ticks, sizes_of, tick_format
from lab.figures.numbers import far_apart, json_numbers
from lab.figures.theme import COLORS, LINE_STYLES, Figure, axis, layout, uid

HEIGHT = 380  # pixels


@dataclass(frozen=True)
class Line:
    """One family: where it was measured `x` (N,), means `y` (N,) and their standard errors (N,), NaN where unknown."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    error: ArrayLike


def tradeoff_chart(lines: Sequence[Line], x_title: str, y_title: str) -> Figure:
    """A line for each family over a logarithmic axis, a dot with its error bar for each mean."""
    far = far_apart([value for line in lines for value in line.y])
    horizontal = _logarithmic([line.x for line in lines])
    vertical = _logarithmic([line.y for line in lines]) if far else {"tickformat": "~g"}
    return {
        "data": [_trace(line, place) for place, line in enumerate(lines)],
        "layout": layout(
            HEIGHT, hovermode="closest", xaxis=axis(x_title, **horizontal), yaxis=axis(y_title, **vertical)
        ),
    }


def _trace(line: Line, place: int) -> Figure:
    color, dash = COLORS[place % len(COLORS)], LINE_STYLES[place % len(LINE_STYLES)]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "uid": uid(line.name),
        "name": line.name,
        "x": json_numbers(line.x),
        "y": json_numbers(line.y),
        "error_y": {"type": "data", "array": json_numbers(line.error), "thickness": 1.5, "width": 4, "color": color},
        "line": {"color": color, "dash": dash, "width": 2},
        "marker": {"color": color, "size": 7},
        "hovertemplate": "%{x:~g}: %{y:.4~g}",
    }


def _logarithmic(values: Sequence[Sequence[float]]) -> dict[str, Any]:
    sizes = sizes_of(values)
    return {"type": "log", "tickformat": tick_format(sizes, True), "nticks": log_ticks(sizes)}
