"""Labels of ticks are short enough for the room that a chart keeps for them: it must not jump while it is updated."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lab.figures.curves import Curve, line_chart

WIDEST = 6
"""Characters beside which the title of an axis still has its place."""
STEPS = (1, 2, 5)


def label(value: float, format: str) -> str:
    """As d3 writes it, whose formats plotly uses."""
    if format == "~e":
        return np.format_float_scientific(value, trim="-", exp_digits=1)
    return np.format_float_positional(value, trim="-")


@given(st.integers(-12, 11), st.integers(1, 12))
def test_on_a_logarithmic_axis_whatever_the_size_of_its_values(low: int, decades: int) -> None:
    y = np.array([float(f"1e{low}"), float(f"1e{low + decades}")])
    axis = line_chart([Curve("A", y, y, "#0072b2")], "epoch", "norm", log_y=True)["layout"]["yaxis"]
    ticks = [float(f"{step}e{power}") for power in range(low, low + decades) for step in STEPS]
    assert max(len(label(tick, axis["tickformat"])) for tick in ticks) <= WIDEST


@given(st.integers(-8, 8), st.sampled_from(STEPS))
def test_on_an_axis_from_zero(power: int, step: int) -> None:
    y = np.array([0.0, float(f"{step}e{power}")])
    axis = line_chart([Curve("A", y, y, "#0072b2")], "epoch", "norm")["layout"]["yaxis"]
    ticks = [y[1] * part / 5 for part in range(1, 6)]
    shown = [label(float(f"{tick:.3g}"), axis["tickformat"]) for tick in ticks]
    assert max(map(len, shown)) <= WIDEST
