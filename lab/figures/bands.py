"""Means over several runs through training time: a line for each, and a band as wide as they are spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.figures.curves import POINTS, Curve, line_chart, log_ticks, sizes_of
from lab.figures.downsample import FloatArray
from lab.figures.numbers import json_numbers
from lab.figures.theme import CHART_HEIGHT, Figure, uid

BAND = 0.2  # opacity of a band
MEMBER = 0.45  # opacity of a single run


@dataclass(frozen=True)
class Band:
    """One mean: positions `x` (N,), the mean there, how far it reaches to either side, and over how many runs.

    A width of NaN draws no band there. `members` are the single runs, (N,) each.
    """

    name: str
    x: FloatArray
    mean: FloatArray
    width: FloatArray
    count: NDArray[np.int64]
    color: str
    dash: str = "solid"
    members: Sequence[FloatArray] = ()
    markers: bool = False


def band_chart(
    bands: Sequence[Band], x_title: str, y_title: str, log_y: bool = False, height: int = CHART_HEIGHT
) -> Figure:
    """The means with their bands in one chart; axis titles carry their units. At most `POINTS` positions a band.

    On a logarithmic axis a band that reaches to 0 or below ends under the smallest value that is drawn.
    """
    for band in bands:
        if len(band.x) > POINTS:
            raise ValueError(f"{band.name} has {len(band.x)} positions; at most {POINTS} are drawn.")
    curves = [Curve(band.name, band.x, band.mean, band.color, band.dash, markers=band.markers) for band in bands]
    figure = line_chart(curves, x_title, y_title, log_y=log_y, height=height)
    floor = _floor(bands) if log_y else -np.inf
    for trace, band in zip(figure["data"], bands, strict=True):
        known = zip(json_numbers(band.width, 3), band.count.tolist(), strict=True)
        trace["text"] = [f"{'' if width is None else f' ± {width:.2g}'} (N = {count})" for width, count in known]
        trace["hovertemplate"] = "%{y:.4~g}%{text}"
    behind = [_area(band, floor) for band in bands] + [
        _member(band, number, values) for band in bands for number, values in enumerate(band.members)
    ]
    traces = [*behind, *figure["data"]]
    if log_y:  # the axis is as long as all of them need
        figure["layout"]["yaxis"]["nticks"] = log_ticks(sizes_of([trace["y"] for trace in traces]))
    return {**figure, "data": traces}


def _floor(bands: Sequence[Band]) -> float:
    """Half of the smallest value above 0 that is drawn as a line."""
    values = np.concatenate([np.empty(0), *(line for band in bands for line in (band.mean, *band.members))])
    values = values[np.isfinite(values) & (values > 0)]
    return float(values.min()) / 2 if len(values) else 0.0


def _area(band: Band, floor: float) -> dict[str, Any]:
    drawn = np.isfinite(band.mean) & np.isfinite(band.width)
    x, mean, width = band.x[drawn], band.mean[drawn], band.width[drawn]
    low, high = np.maximum(mean - width, floor), np.maximum(mean + width, floor)
    return _behind(
        f"{band.name} band",
        band,
        np.concatenate((x, x[::-1])),
        np.concatenate((high, low[::-1])),
        opacity=BAND,
        fill="toself",
        fillcolor=band.color,
        line={"width": 0, "color": band.color},
    )


def _member(band: Band, number: int, values: FloatArray) -> dict[str, Any]:
    line = {"color": band.color, "dash": band.dash, "width": 1}
    return _behind(f"{band.name} {number}", band, band.x, values, opacity=MEMBER, line=line)


def _behind(id: str, band: Band, x: FloatArray, y: FloatArray, **look: Any) -> dict[str, Any]:
    """A trace that comes and goes with its mean."""
    return {
        "type": "scatter",
        "mode": "lines",
        "uid": uid(id),
        "name": band.name,
        "legendgroup": band.name,
        "showlegend": False,
        "hoverinfo": "skip",
        "x": json_numbers(x, digits=9),
        "y": json_numbers(y),
        **look,
    }
