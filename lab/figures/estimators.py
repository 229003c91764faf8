"""A gradient estimator in two panels: what it computes forward, and what it multiplies onto the gradient backward."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from lab.figures.numbers import json_numbers
from lab.figures.theme import ZERO_COLOR, Figure, axis, layout, uid

LEFT, RIGHT = [0.0, 0.43], [0.57, 1.0]  # the panels' shares of the width


def forward_backward_chart(
    x: ArrayLike,
    forward: ArrayLike,
    backward: ArrayLike,
    color: str,
    dash: str = "solid",
    x_title: str = "pre-activation x",
    forward_title: str = "forward b(x)",
    backward_title: str = "factor on the gradient",
    height: int = 220,
) -> Figure:
    """Two small panels over the pre-activations `x` (N,): `forward` (N,) and the gradient factor `backward` (N,)."""
    horizontal: dict[str, Any] = {"zerolinecolor": ZERO_COLOR, "nticks": 5}
    vertical: dict[str, Any] = {"zerolinecolor": ZERO_COLOR, "nticks": 5, "tickformat": "~g", "rangemode": "tozero"}
    return {
        "data": [
            _line("forward", x, forward, color, dash, panel=""),
            _line("backward", x, backward, color, dash, panel="2"),
        ],
        "layout": layout(
            height,
            xaxis=axis(x_title, domain=LEFT, **horizontal),
            xaxis2=axis(x_title, domain=RIGHT, anchor="y2", matches="x", **horizontal),
            yaxis=axis("", **vertical),
            yaxis2=axis("", anchor="x2", **vertical),
            annotations=[_heading(forward_title, LEFT), _heading(backward_title, RIGHT)],
            margin={"l": 40, "r": 10, "t": 28, "b": 44, "pad": 0},
            showlegend=False,
        ),
    }


def _line(name: str, x: ArrayLike, y: ArrayLike, color: str, dash: str, panel: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "uid": uid(name),
        "name": name,
        "x": json_numbers(x),
        "y": json_numbers(y),
        "xaxis": f"x{panel}",
        "yaxis": f"y{panel}",
        "line": {"color": color, "dash": dash, "width": 2.5},
        "hovertemplate": "%{y:.4~g}<extra></extra>",
    }


def _heading(text: str, domain: list[float]) -> dict[str, Any]:
    place = {"xref": "paper", "yref": "paper", "x": sum(domain) / 2, "y": 1.0, "xanchor": "center", "yanchor": "bottom"}
    return {"text": text, "showarrow": False, **place}
