"""Gradient estimators in two panels: what they compute forward, and what they multiply onto the gradient backward."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from lab.figures.numbers import json_numbers
from lab.figures.theme import ZERO_COLOR, Figure, axis, layout, uid

LEGEND_ROW, NAMES_IN_A_ROW = 20, 4  # pixels; on a screen of usual width
LEFT, RIGHT = [0.0, 0.43], [0.57, 1.0]  # the panels' shares of the width


@dataclass(frozen=True)
class TwoCurves:
    """An estimator over pre-activations `x` (N,): `forward` (N,), and the factor `backward` (N,) if it has one."""

    name: str
    x: ArrayLike
    forward: ArrayLike
    backward: ArrayLike | None
    color: str
    dash: str = "solid"


def forward_backward_chart(
    rules: Sequence[TwoCurves],
    x_title: str = "pre-activation x",
    forward_title: str = "forward b(x)",
    backward_title: str = "factor on the gradient",
    height: int = 220,
) -> Figure:
    """Two panels over the pre-activations, a line for each estimator in both; a legend where there are several."""
    horizontal: dict[str, Any] = {"zerolinecolor": ZERO_COLOR, "nticks": 5}
    vertical: dict[str, Any] = {"zerolinecolor": ZERO_COLOR, "nticks": 5, "tickformat": "~g", "rangemode": "tozero"}
    several = len(rules) > 1
    legend = LEGEND_ROW * math.ceil(len(rules) / NAMES_IN_A_ROW) if several else 0
    forward = [_line(rule, "forward", rule.forward, panel="") for rule in rules]
    backward = [_line(rule, "backward", rule.backward, panel="2") for rule in rules if rule.backward is not None]
    drawn = {line["legendgroup"] for line in forward}
    for line in backward:
        line["showlegend"] = line["legendgroup"] not in drawn
    return {
        "data": [*forward, *backward],
        "layout": layout(
            height + legend,
            xaxis=axis(x_title, domain=LEFT, **horizontal),
            xaxis2=axis(x_title, domain=RIGHT, anchor="y2", matches="x", **horizontal),
            yaxis=axis("", **vertical),
            yaxis2=axis("", anchor="x2", **vertical),
            annotations=[_heading(forward_title, LEFT), _heading(backward_title, RIGHT)],
            margin={"l": 40, "r": 10, "t": 28, "b": 44 + legend, "pad": 0},
            showlegend=several,
            legend={"orientation": "h", "x": 0, "y": -44 / (height - 72), "yanchor": "top"},
        ),
    }


def _line(rule: TwoCurves, which: str, y: ArrayLike, panel: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "uid": uid(f"{rule.name} {which}"),
        "name": rule.name,
        "legendgroup": rule.name,
        "x": json_numbers(rule.x),
        "y": json_numbers(y),
        "xaxis": f"x{panel}",
        "yaxis": f"y{panel}",
        "line": {"color": rule.color, "dash": rule.dash, "width": 2.5},
        "hovertemplate": "%{y:.4~g}<extra>" + rule.name + "</extra>",
    }


def _heading(text: str, domain: list[float]) -> dict[str, Any]:
    place = {"xref": "paper", "yref": "paper", "x": sum(domain) / 2, "y": 1.0, "xanchor": "center", "yanchor": "bottom"}
    return {"text": text, "showarrow": False, **place}
