"""Schedules over a whole run, drawn before it starts."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from lab.figures.curves import Curve, from_zero, line_chart
from lab.figures.theme import LINE_STYLES, Figure


def schedule_chart(
    names: Sequence[str],
    x: ArrayLike,
    ys: Sequence[ArrayLike],
    colors: Sequence[str],
    x_title: str,
    y_title: str = "value",
    height: int = 200,
) -> Figure:
    """One line for each schedule: values `ys` (each N,) over the positions `x` (N,)."""
    curves = [
        Curve(name, x, y, color, dash=LINE_STYLES[index % len(LINE_STYLES)])
        for index, (name, y, color) in enumerate(zip(names, ys, colors, strict=True))
    ]
    return line_chart(curves, x_title, y_title, from_zero(ys), height=height)
