"""Published figures and those measured here, row by row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lab.figures.numbers import far_apart, json_numbers
from lab.figures.rows import row_axis, rows_height
from lab.figures.theme import COLORS, Figure, axis, layout, uid

OURS, THEIRS = COLORS[0], COLORS[1]


@dataclass(frozen=True)
class Reproduced:
    """One row: the published figure, and ours: single seeds (N,), their mean and its standard error.

    NaN where there is none.
    """

    name: str
    published: float
    values: ArrayLike
    mean: float
    error: float


def reproduction_chart(rows: Sequence[Reproduced], x_title: str, log_x: bool = False) -> Figure:
    """A row for each, from the top: an open diamond for the published figure, a dot with its error bar for ours.

    Faint dots are single seeds. With `log_x` the axis is logarithmic where the figures are far apart.
    """
    names = [row.name for row in rows]
    seeds = [(row.name, value) for row in rows for value in np.asarray(row.values, dtype=np.float64).tolist()]
    errors = [row.error if math.isfinite(row.error) else 0.0 for row in rows]
    look = {"type": "scatter", "mode": "markers", "hovertemplate": "%{y}: %{x:.4~g}"}
    traces = [
        {
            **look,
            "uid": uid("seeds"),
            "name": "single seeds",
            "x": json_numbers([value for _, value in seeds]),
            "y": [name for name, _ in seeds],
            "marker": {"color": OURS, "size": 7, "opacity": 0.35},
            "hovertemplate": "%{y}, one seed: %{x:.4~g}<extra></extra>",
        },
        {
            **look,
            "uid": uid("published"),
            "name": "to compare with",
            "x": json_numbers([row.published for row in rows]),
            "y": names,
            "marker": {"color": THEIRS, "size": 11, "symbol": "diamond-open", "line": {"width": 2}},
        },
        {
            **look,
            "uid": uid("ours"),
            "name": "ours, mean ± standard error",
            "x": json_numbers([row.mean for row in rows]),
            "y": names,
            "error_x": {"type": "data", "array": json_numbers(errors), "thickness": 2, "width": 6, "color": OURS},
            "marker": {"color": OURS, "size": 8},
        },
    ]
    far = log_x and far_apart([value for row in rows for value in (row.published, row.mean)])
    spacing: dict[str, Any] = {"type": "log", "dtick": "D2"} if far else {"rangemode": "nonnegative"}
    known = {value for row in rows for value in (row.published, *np.asarray(row.values)) if math.isfinite(value)}
    if len(known) == 1:  # of one value plotly makes an axis from one less to one more
        spacing["range"] = json_numbers([0.9 * min(known), 1.1 * max(known)])
    horizontal = axis(x_title, tickformat="~g", **spacing)
    height = 110 + rows_height(len(rows), roomy=34, dense=24)
    return {
        "data": traces,
        "layout": layout(height, hovermode="closest", xaxis=horizontal, yaxis=row_axis(names)),
    }
