"""Histograms whose bins were counted elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lab.figures.numbers import json_numbers
from lab.figures.theme import CHART_HEIGHT, Figure, axis, layout


def bar_chart(
    edges_or_centers: ArrayLike,
    counts: ArrayLike,
    x_title: str,
    y_title: str,
    color: str,
    height: int = CHART_HEIGHT,
    y_range: tuple[float, float] | None = None,
) -> Figure:
    """Bars of `counts` (N,) over bins given by their edges (N + 1,) or their centers (N,)."""
    bins, heights = np.asarray(edges_or_centers, dtype=np.float64), np.asarray(counts, dtype=np.float64)
    if len(bins) - len(heights) not in (0, 1):
        raise ValueError(f"there are {len(bins)} edges or centers for {len(heights)} counts; give N + 1 or N.")
    bars = {
        "type": "bar",
        "uid": "bars",
        "x": json_numbers(bins),
        "y": json_numbers(heights),
        "marker": {"color": color, "line": {"width": 0}},
        "hovertemplate": "%{x:.4~g}: %{y:.4~g}<extra></extra>",
    }
    if len(bins) == len(heights) + 1:
        bars |= {"x": json_numbers((bins[1:] + bins[:-1]) / 2), "width": json_numbers(np.diff(bins) * 0.94)}
    limits = {"rangemode": "tozero"} if y_range is None else {"range": json_numbers(y_range)}
    vertical = axis(y_title, tickformat="~s", **limits)
    return {
        "data": [bars],
        "layout": layout(
            height, xaxis=axis(x_title), yaxis=vertical, showlegend=False, hovermode="closest", bargap=0.06
        ),
    }
