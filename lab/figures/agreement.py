"""A table of numbers as colored cells: estimators down, layers across."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from lab.figures.numbers import json_numbers
from lab.figures.theme import CLEAR, Figure, layout

ROW_HEIGHT = 34  # pixels


def cell_chart(
    rows: Sequence[str], columns: Sequence[str], values: ArrayLike, low: float, high: float, title: str
) -> Figure:
    """Values (rows, columns) as cells colored from `low`, dark, to `high`, yellow; NaN is an empty cell."""
    array = np.asarray(values, dtype=np.float64)
    text = [["–" if np.isnan(value) else f"{value:.3g}" for value in line] for line in array]
    return {
        "data": [
            {
                "type": "heatmap",
                "x": list(columns),
                "y": list(rows),
                "z": [json_numbers(line) for line in array],
                "text": text,
                "texttemplate": "%{text}",
                "zmin": low,
                "zmax": high,
                "colorscale": "Cividis",
                "xgap": 2,
                "ygap": 2,
                "hovertemplate": "%{y}<br>%{x}: %{text}<extra></extra>",
                "colorbar": {"title": {"text": title, "side": "right"}, "thickness": 12, "nticks": 5},
            }
        ],
        "layout": layout(
            110 + ROW_HEIGHT * len(rows),
            hovermode="closest",
            xaxis={"side": "top", "gridcolor": CLEAR, "type": "category"},
            yaxis={"autorange": "reversed", "automargin": True, "gridcolor": CLEAR, "type": "category"},
            margin={"l": 10, "r": 10, "t": 40, "b": 10, "pad": 4},
        ),
    }
