"""Bias against noise: one dot for each estimator, with bars for how well it is known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lab.figures.numbers import json_numbers
from lab.figures.theme import Figure, axis, layout, uid

FLOOR = 1e-3
"""Where both axes begin: what is smaller is drawn there, as good as 0."""
SYMBOLS = {"unbiased": "circle", "biased": "diamond", "other": "diamond-open"}


@dataclass(frozen=True)
class Dot:
    """An estimator: bias and noise, each with what it may be off by, in units of the exact gradient's length."""

    name: str
    bias: float
    bias_error: float
    noise: float
    noise_error: float
    color: str
    symbol: str
    """A key of `SYMBOLS`."""
    note: str = ""


def bias_variance_chart(dots: Sequence[Dot], per: str = "draw", height: int = 480) -> Figure:
    """The dots on two logarithmic axes. `per` is what the noise is that of one of: a draw, or a loss evaluation."""
    ticks = {"tickvals": [FLOOR, 0.01, 0.1, 1, 10, 100], "ticktext": ["0", "0.01", "0.1", "1", "10", "100"]}
    scale: dict[str, Any] = {"type": "log", **ticks, "zeroline": False}
    return {
        "data": [_trace(dot) for dot in dots],
        "layout": layout(
            height,
            hovermode="closest",
            xaxis=axis("bias: |mean - exact gradient| / |exact gradient|", **scale, range=_range(d.bias for d in dots)),
            yaxis=axis(
                f"noise: deviation of one {per} / |exact gradient|", **scale, range=_range(d.noise for d in dots)
            ),
            showlegend=False,
            margin={"l": 64, "r": 20, "t": 10, "b": 50, "pad": 0},
        ),
    }


def _trace(dot: Dot) -> dict[str, Any]:
    x, y = max(dot.bias, FLOOR), max(dot.noise, FLOOR)
    return {
        "type": "scatter",
        "mode": "markers+text",
        "uid": uid(dot.name),
        "name": dot.name,
        "x": json_numbers([x]),
        "y": json_numbers([y]),
        "text": [dot.name],
        "textposition": "middle right",
        "textfont": {"size": 11},
        "cliponaxis": False,
        "marker": {"color": dot.color, "symbol": SYMBOLS[dot.symbol], "size": 11},
        "error_x": _bars(dot.bias, dot.bias_error, dot.color),
        "error_y": _bars(dot.noise, dot.noise_error, dot.color),
        "hovertemplate": (
            f"<b>{dot.name}</b><br>bias {dot.bias:.3g} ± {dot.bias_error:.2g}<br>"
            f"noise {dot.noise:.3g} ± {dot.noise_error:.2g}{'<br>' + dot.note if dot.note else ''}<extra></extra>"
        ),
    }


def _bars(value: float, error: float, color: str) -> dict[str, Any]:
    at = max(value, FLOOR)
    low, high = max(value - error, FLOOR), max(value + error, FLOOR)
    bars = {"array": json_numbers([high - at]), "arrayminus": json_numbers([max(at - low, 0.0)])}
    return {"type": "data", "symmetric": False, **bars, "color": color, "thickness": 1, "width": 3}


def _range(values: Iterable[float]) -> list[float]:
    """In powers of ten, with room for the names."""
    shown = [max(value, FLOOR) for value in values] or [1.0]
    return [math.log10(FLOOR) - 0.15, max(1.0, math.log10(max(shown)) + 0.6)]
