"""A figure of each class, of one run or several: means as bars, with how far the values of the class are spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from numpy.typing import ArrayLike

from lab.figures.numbers import json_numbers
from lab.figures.theme import Figure, axis, layout, uid


@dataclass(frozen=True)
class Bars:
    """One run: the names of its classes (N,), their means (N,) and standard deviations (N,), NaN where unknown."""

    name: str
    color: str
    labels: Sequence[str]
    means: ArrayLike
    deviations: ArrayLike


def class_bars(runs: Sequence[Bars], classes: Sequence[str], y_title: str) -> Figure:
    """A group of bars for each class, with a line as far up and down as the standard deviation.

    Args:
        runs: of whose classes those are shown that there are.
        classes: the names of all, in the order that they are to stand in.
        y_title: of the axis, with its unit.
    """
    traces = [
        {
            "type": "bar",
            "uid": uid(f"{place} {run.name}"),
            "name": run.name,
            "x": list(run.labels),
            "y": json_numbers(run.means),
            "error_y": {"type": "data", "array": json_numbers(run.deviations), "thickness": 1.5, "width": 4},
            "marker": {"color": run.color, "line": {"width": 0}},
            "hovertemplate": "class %{x}: %{y:.4~g}",
        }
        for place, run in enumerate(runs)
    ]
    labels = [name for name in classes if any(name in run.labels for run in runs)]
    across = axis("class", type="category", categoryarray=labels, nticks=len(labels), automargin=True)
    vertical = axis(y_title, tickformat="~g", rangemode="tozero")
    style = layout(hovermode="closest", xaxis=across, yaxis=vertical, showlegend=len(runs) > 1, bargap=0.25)
    return {"data": traces, "layout": style}
