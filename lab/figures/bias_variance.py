"""Bias against noise: one dot for each estimator, with bars for how well it is known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lab.figures.numbers import json_numbers
from lab.figures.theme import Figure, axis, layout, uid

BIAS_FLOOR, NOISE_FLOOR = 0.003, 0.03
"""Where the axes begin: what is smaller is drawn there, as good as 0."""
SHAPES = {
    "solid": "circle",
    "dash": "square",
    "dot": "diamond",
    "dashdot": "cross",
    "longdash": "triangle-up",
    "longdashdot": "star",
}
"""Marks of rules of one color, by their dash."""
FILLS = {"unbiased": "", "biased": "-open"}
OTHER = "hourglass"
"""The mark of rules with another objective."""


@dataclass(frozen=True)
class Dot:
    """An estimator: bias and noise, each with what it may be off by, in units of the exact gradient's length."""

    name: str
    bias: float
    bias_error: float
    noise: float
    noise_error: float
    color: str
    dash: str
    kind: str
    """A key of `FILLS`, or "other" for a rule with another objective."""
    note: str = ""


def bias_variance_chart(dots: Sequence[Dot], per: str = "draw", height: int = 620) -> Figure:
    """The dots on two logarithmic axes. `per` is what the noise is that of one of: a draw, or a loss evaluation."""
    noise_title = f"noise: deviation of one {per} / |exact gradient|"
    return {
        "data": [_trace(dot) for dot in dots],
        "layout": layout(
            height,
            hovermode="closest",
            xaxis=_axis("bias: |mean - exact gradient| / |exact gradient|", BIAS_FLOOR, (dot.bias for dot in dots)),
            yaxis=_axis(noise_title, NOISE_FLOOR, (dot.noise for dot in dots)),
            legend={"orientation": "h", "x": 0, "y": -0.16, "yanchor": "top", "itemsizing": "constant"},
            showlegend=True,
            margin={"l": 64, "r": 20, "t": 10, "b": 170, "pad": 0},
        ),
    }


def _axis(title: str, floor: float, values: Iterable[float]) -> dict[str, Any]:
    most = max([max(value, floor) for value in values], default=1.0)
    powers = range(math.ceil(math.log10(floor) + 0.01), math.ceil(math.log10(most)) + 1)
    ticks = [floor, *(10.0**power for power in powers)]
    return axis(
        title,
        type="log",
        zeroline=False,
        tickvals=ticks,
        ticktext=["0", *(f"{tick:g}" for tick in ticks[1:])],
        range=[math.log10(floor) - 0.1, max(0.5, math.log10(most) + 0.3)],
    )


def _trace(dot: Dot) -> dict[str, Any]:
    x, y = max(dot.bias, BIAS_FLOOR), max(dot.noise, NOISE_FLOOR)
    return {
        "type": "scatter",
        "mode": "markers",
        "uid": uid(dot.name),
        "name": dot.name,
        "x": json_numbers([x]),
        "y": json_numbers([y]),
        "cliponaxis": False,
        "marker": {"color": dot.color, "symbol": _symbol(dot), "size": 12},
        "error_x": _bars(dot.bias, dot.bias_error, dot.color, BIAS_FLOOR),
        "error_y": _bars(dot.noise, dot.noise_error, dot.color, NOISE_FLOOR),
        "hovertemplate": (
            f"<b>{dot.name}</b><br>bias {dot.bias:.3g} ± {dot.bias_error:.2g}<br>"
            f"noise {dot.noise:.3g} ± {dot.noise_error:.2g}{'<br>' + dot.note if dot.note else ''}<extra></extra>"
        ),
    }


def _bars(value: float, error: float, color: str, floor: float) -> dict[str, Any]:
    if not error:
        return {"visible": False}
    at, low, high = (max(end, floor) for end in (value, value - error, value + error))
    bars = {"array": json_numbers([high - at]), "arrayminus": json_numbers([at - low])}
    return {"type": "data", "symmetric": False, **bars, "color": color, "thickness": 1, "width": 0}


def _symbol(dot: Dot) -> str:
    return OTHER if dot.kind == "other" else SHAPES[dot.dash] + FILLS[dot.kind]
