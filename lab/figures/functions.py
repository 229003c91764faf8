"""Functions of one variable, of any sign, with a vertical line where a control stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab.figures.curves import POINTS, Curve
from lab.figures.downsample import min_max
from lab.figures.numbers import json_numbers
from lab.figures.theme import ZERO_COLOR, Figure, axis, layout, uid

HEIGHT = 230  # pixels


def function_chart(
    curves: Sequence[Curve], x_title: str, y_title: str, at: float | None = None, height: int = HEIGHT
) -> Figure:
    """The curves over a common axis; `at` marks a value of x. `markers` draws points without a line."""
    ends = {"line": {"color": ZERO_COLOR, "width": 1, "dash": "dot"}, "yref": "paper", "y0": 0, "y1": 1}
    shapes = [] if at is None else [{"type": "line", "x0": at, "x1": at, **ends}]
    plain: dict[str, Any] = {"zerolinecolor": ZERO_COLOR, "tickformat": "~g"}
    return {
        "data": [_trace(curve) for curve in curves],
        "layout": layout(
            height,
            xaxis=axis(x_title, **plain),
            yaxis=axis(y_title, **plain),
            shapes=shapes,
            showlegend=len(curves) > 1,
        ),
    }


def _trace(curve: Curve) -> dict[str, Any]:
    x, y = min_max(curve.x, curve.y, POINTS)
    return {
        "type": "scatter",
        "mode": "markers" if curve.markers else "lines",
        "uid": uid(curve.name),
        "name": curve.name,
        "x": json_numbers(x),
        "y": json_numbers(y),
        "line": {"color": curve.color, "dash": curve.dash, "width": curve.width},
        "marker": {"color": curve.color, "size": 5},
        "hovertemplate": "%{y:.4~g}",
    }
