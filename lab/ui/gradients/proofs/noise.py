"""Card: uniform noise makes the saturated estimator exact."""

from __future__ import annotations

from typing import get_args

import numpy as np
import streamlit as st

from lab.figures.estimators import TwoCurves, forward_backward_chart
from lab.figures.theme import COLORS
from lab.proofs.smoothing import Noise, smoothed
from lab.ui.gradients.proofs.card import claim, conclusion, numbers
from lab.ui.live_board import single_chart

GRID = np.linspace(-3, 3, 301)
RULES: dict[Noise, str] = {"uniform": "saturated", "logistic": "tanh-adjusted"}


def noise() -> None:
    """The card."""
    claim(
        "Why is the gate of the saturated estimator natural?",
        "It is the exact gradient of the unit with uniform noise; other noise makes other surrogates exact.",
        r"\mathbb E\operatorname{sign}(x + U) = 2 P(U > -x) - 1",
        r"= \operatorname{clip}(x, -1, 1) \quad \text{for } U \sim \mathcal U(-1, 1)",
        r"\frac{d}{dx}\,\mathbb E\operatorname{sign}(x + U) = \mathbb 1[|x| < 1]",
    )
    kind = st.segmented_control(
        "Noise U",
        list(get_args(Noise)),
        default="uniform",
        required=True,
        key="proof.noise.kind",
        persist_state="session",
    )
    width = st.slider(
        "Width of the noise (1/slope)", 0.2, 2.0, 1.0, 0.1, key="proof.noise.width", persist_state="session"
    )
    x = st.slider("Pre-activation x", -3.0, 3.0, 0.4, 0.05, key="proof.noise.x", persist_state="session")
    here, found = smoothed(kind, width, np.array([x])), smoothed(kind, width, GRID)
    numbers(
        {
            "E sign(x + U)": f"{here.mean[0]:.3f}",
            "Its derivative": f"{here.slope[0]:.3f}",
            f"Factor, {RULES[kind]}": f"{here.surrogate[0]:.3f}",
        }
    )
    drawn = [
        TwoCurves("summed over the noise", GRID, found.mean, found.slope, COLORS[0]),
        TwoCurves(f"{RULES[kind]} estimator", GRID, np.sign(GRID), found.surrogate, COLORS[1], "dash"),
    ]
    apart = float(np.median(np.abs(found.slope - found.surrogate)))
    figure = forward_backward_chart(drawn, forward_title="the unit", backward_title="its derivative", height=300)
    alt = f"Derivative and factor differ by {apart:.2g} in the median over all x."
    single_chart("proof.noise.chart", "The unit and its derivative", figure, alt)
    conclusion(
        "The estimator is biased for the hard unit that it is used with, and exact for the noisy one, which it never "
        "runs. A steeper slope is narrower noise; the identity is the limit of endlessly wide noise, up to its scale."
    )
