"""Card: does scaling before the sign matter?"""

from __future__ import annotations

import numpy as np
import streamlit as st

from lab.figures.curves import Curve
from lab.figures.functions import function_chart
from lab.figures.theme import COLORS
from lab.proofs.scaling import scaled
from lab.ui.gradients.proofs.card import claim, conclusion, numbers
from lab.ui.live_board import single_chart

GRID = np.linspace(-3, 3, 241)


def scaling() -> None:
    """The card."""
    claim(
        "Does scaling before the sign matter?",
        "A deterministic sign: no. One that is rounded at random: yes.",
        r"s > 0:\quad \operatorname{sign}(x / s) = \operatorname{sign}(x)",
        r"P(b = 1) = \operatorname{clip}\bigl(\tfrac{x/s + 1}{2}, 0, 1\bigr)",
        r"\mathbb E[s\,b] = s\,(2P - 1) = \operatorname{clip}(x, -s, s)",
    )
    x = st.slider("Pre-activation x", -3.0, 3.0, 1.0, 0.05, key="proof.scaling.x", persist_state="session")
    scale = st.slider("Scale s", 0.1, 3.0, 1.5, 0.05, key="proof.scaling.s", persist_state="session")
    plain, found = scaled([x], 1.0), scaled([x], scale)
    numbers(
        {
            "sign(x)": f"{plain.sign[0]:+.0f}",
            "sign(x/s)": f"{found.sign[0]:+.0f}",
            "P(+1), s = 1": f"{plain.p[0]:.3f}",
            f"P(+1), s = {scale:g}": f"{found.p[0]:.3f}",
            "E[s b]": f"{found.mean[0]:.3f}",
        }
    )
    lines = [
        Curve("x", GRID, GRID, "#7F7F7F", "dot", width=1.5),
        Curve("E[b], s = 1", GRID, scaled(GRID, 1.0).mean, COLORS[0], "dash"),
        Curve("E[s b]", GRID, scaled(GRID, scale).mean, COLORS[1]),
    ]
    alt = f"At x = {x:g} the mean is {found.mean[0]:.3f} for s = {scale:g} and {plain.mean[0]:.3f} for s = 1."
    figure = function_chart(lines, "pre-activation x", "mean of the scaled bit", at=x)
    single_chart("proof.scaling.chart", "Means with and without the scale", figure, alt)
    right = abs(found.mean[0] - x) < 1e-4
    conclusion(
        f"Here E[s b] {'is' if right else 'is not'} x. It is wherever |x| ≤ s: with s = max |x| the rounding is "
        "unbiased for every entry, and sending the gradient back as it is is then exactly right."
    )
