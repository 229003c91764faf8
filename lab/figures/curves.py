"""Curves over training time: a clear line for each, with its raw values faint behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lab.figures.downsample import FloatArray, min_max
from lab.figures.numbers import json_numbers
from lab.figures.theme import CHART_HEIGHT, Figure, axis, layout, uid

POINTS = 600  # about one point a pixel of a wide chart
FAINT = 0.28  # opacity of raw values
MARKER_SIZE = 6
SMALL_TICK, SMALL_TICKS, LARGE_TICK = 1e-4, 2e-3, 1e5  # 0.0002 is as wide as a label may be: what is beyond has an "e"
LEGEND_ROWS = 2  # that a chart of the usual height has room for
LEGEND_ROW = 19  # pixels that one more makes it higher
LEGEND_WIDTH = 48  # characters
LEGEND_LINE = 9  # characters that the line before a name takes


@dataclass(frozen=True)
class Curve:
    """One line: positions `x` (N,), values `y` (N,), and its look.

    `faint_y` (N,) are the raw values of a smoothed line; `markers` shows each sample, as for validation scores. A curve
    `of` another is not in the legend: it comes and goes with that one.
    """

    name: str
    x: ArrayLike
    y: ArrayLike
    color: str
    dash: str = "solid"
    faint_y: ArrayLike | None = None
    width: float = 2.0
    markers: bool = False
    of: str = ""


def from_zero(values: Sequence[ArrayLike]) -> tuple[float, float] | None:
    """A range from 0 to a little above the largest of some values, so that a small change looks small; None where some
    are below 0, or none is above."""
    found = np.concatenate([np.ravel(np.asarray(each, dtype=np.float64)) for each in values])
    finite = found[np.isfinite(found)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    return (0.0, 1.05 * high) if low >= 0 < high else None


def line_chart(
    curves: Sequence[Curve],
    x_title: str,
    y_title: str,
    y_range: tuple[float, float] | None = None,
    log_y: bool = False,
    height: int = CHART_HEIGHT,
) -> Figure:
    """The curves in one chart; axis titles carry their units, `y_range` is in data units also when `log_y`."""
    drawn: list[Any] = [values for curve in curves for values in (curve.y, curve.faint_y) if values is not None]
    sizes = sizes_of(drawn if y_range is None else [y_range])
    # Without a format, plotly labels the tick at 0.5 of a logarithmic axis just "5".
    vertical: dict[str, Any] = {"tickformat": tick_format(sizes, log_y)}
    if log_y:
        vertical |= {"type": "log", "nticks": log_ticks(sizes)}
    if y_range is not None:
        vertical |= {"range": json_numbers(_logarithms(y_range) if log_y else y_range)}
    traces = [_faint(curve) for curve in curves if curve.faint_y is not None] + [_line(curve) for curve in curves]
    axes = {"xaxis": axis(x_title, rangemode="nonnegative"), "yaxis": axis(y_title, **vertical)}
    if not any(np.isfinite(np.asarray(curve.y, dtype=np.float64)).any() for curve in curves):
        for each in axes.values():  # plotly would make up numbers
            each["showticklabels"] = False
    named = [curve.name for curve in curves if not curve.of]
    height += LEGEND_ROW * max(0, _legend_rows(named) - LEGEND_ROWS)
    return {"data": traces, "layout": layout(height, **axes, showlegend=len(curves) > 1)}


def _legend_rows(names: Sequence[str]) -> int:
    """About how many rows these names fill above a narrow chart."""
    rows, used = 1, 0
    for length in (len(name) + LEGEND_LINE for name in names):
        rows, used = (rows, used + length) if used + length <= LEGEND_WIDTH else (rows + 1, length)
    return rows


def tick_format(sizes: FloatArray, log: bool) -> str:
    """In which format labels of ticks fit beside the title of their axis, whose place is fixed.

    Args:
        sizes: of what is shown on the axis, all above 0.
        log: whether the axis is logarithmic.
    """
    if not len(sizes):
        return "~g"
    small = sizes.max() < SMALL_TICKS or (log and sizes.min() < SMALL_TICK)
    return "~e" if small or sizes.max() >= LARGE_TICK else "~g"


def sizes_of(drawn: Sequence[Any]) -> FloatArray:
    """How large the numbers of several lists are, whatever their signs; those that are 0 or none are left out."""
    sizes = np.abs(np.concatenate([np.empty(0), *(np.asarray(values, dtype=np.float64) for values in drawn)]))
    return sizes[np.isfinite(sizes) & (sizes > 0)]


def log_ticks(sizes: FloatArray) -> int:
    """How many ticks to ask plotly for. With 4 it labels all from 0.1 to 0.9 where the axis is little longer than that,
    with 3 one power of ten in two where it is long."""
    decades = math.log10(sizes.max() / sizes.min()) if len(sizes) else 0.0
    return 3 if 0.8 < decades < 1.6 else 4


def _logarithms(y_range: tuple[float, float]) -> list[float]:
    if min(y_range) <= 0:
        raise ValueError(f"y_range is {y_range}; on a logarithmic axis both ends must be above 0.")
    return [math.log10(end) for end in y_range]


def _line(curve: Curve) -> dict[str, Any]:
    x, y = min_max(curve.x, curve.y, POINTS)
    return {
        "type": "scatter",
        "mode": "lines+markers" if curve.markers or np.isfinite(y).sum() == 1 else "lines",
        "uid": uid(curve.name),
        "name": curve.name,
        "legendgroup": curve.of or curve.name,
        "showlegend": not curve.of,
        "x": json_numbers(x, digits=9),
        "y": json_numbers(y),
        "line": {"color": curve.color, "dash": curve.dash, "width": curve.width},
        "marker": {"color": curve.color, "size": MARKER_SIZE},
        "cliponaxis": not curve.markers,  # a marker at the edge of the plot is shown whole
        "hovertemplate": "%{y:.4~g}",
    }


def _faint(curve: Curve) -> dict[str, Any]:
    assert curve.faint_y is not None
    x, y = min_max(curve.x, curve.faint_y, POINTS)
    return {
        "type": "scatter",
        "mode": "lines",
        "uid": uid(f"{curve.name} raw"),
        "name": curve.name,
        "legendgroup": curve.name,
        "showlegend": False,
        "hoverinfo": "skip",
        "opacity": FAINT,
        "x": json_numbers(x, digits=9),
        "y": json_numbers(y),
        "line": {"color": curve.color, "width": 1},
    }
