"""Differences to a reference, run by run, with the mean and its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lab.figures.numbers import json_numbers
from lab.figures.rows import row_axis, rows_height
from lab.figures.theme import ZERO_COLOR, Figure, axis, layout, uid


@dataclass(frozen=True)
class Difference:
    """One row: the single differences (N,), their mean, and how far its interval reaches; NaN where there is none."""

    name: str
    values: ArrayLike
    mean: float
    interval: float
    color: str


def difference_chart(rows: Sequence[Difference], x_title: str) -> Figure:
    """A row for each, from the top: a dot for every single difference, the mean as a bar with its interval."""
    traces = []
    for row in rows:
        values = json_numbers(np.asarray(row.values))
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "uid": uid(f"{row.name} dots"),
                "x": values,
                "y": [row.name] * len(values),
                "marker": {"color": row.color, "size": 8, "opacity": 0.45},
                "hovertemplate": "one seed: %{x:.3~g}<extra></extra>",
            }
        )
        tick = {"color": row.color, "size": 18, "symbol": "line-ns", "line": {"color": row.color, "width": 3}}
        reach = {"type": "data", "array": json_numbers([row.interval]), "thickness": 2, "width": 8, "color": row.color}
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "uid": uid(f"{row.name} mean"),
                "x": json_numbers([row.mean]),
                "y": [row.name],
                "marker": tick,
                **({"error_x": reach} if math.isfinite(row.interval) else {}),
                "hovertemplate": "mean: %{x:.3~g}<extra></extra>",
            }
        )
    zero = {"type": "line", "x0": 0, "x1": 0, "y0": 0, "y1": 1, "yref": "paper", "line": {"color": ZERO_COLOR}}
    return {
        "data": traces,
        "layout": layout(
            70 + rows_height(len(rows), roomy=46, dense=26),
            hovermode="closest",
            showlegend=False,
            xaxis=axis(x_title, tickformat="~g"),
            yaxis=row_axis([row.name for row in rows]),
            shapes=[zero],
        ),
    }
