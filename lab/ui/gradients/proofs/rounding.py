"""Card: why REINFORCE through a deterministic rounding is zero."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lab.figures.curves import Curve
from lab.figures.functions import function_chart
from lab.figures.theme import COLORS
from lab.proofs.rounding import one_unit
from lab.ui.gradients.proofs.card import claim, conclusion, numbers
from lab.ui.live_board import single_chart

GRID = np.linspace(-3, 3, 62)  # without 0, where the rounded bit jumps


def rounding() -> None:
    """The card."""
    claim(
        "Why is REINFORCE through a rounded bit zero?",
        "A rounded bit has no distribution to learn: its probability is 1, and stays 1.",
        r"\nabla \mathbb E[L(b)] = \mathbb E[L(b)\,\nabla \log P(b)]",
        r"b = \operatorname{round}(p):\quad P(b) = 1",
        r"\Rightarrow\; \nabla \log P(b) = \nabla 0 = 0",
    )
    x = st.slider("Pre-activation x", -3.0, 3.0, 0.5, 0.05, key="proof.rounding.x", persist_state="session")
    slope = st.slider("Slope a of p = σ(ax)", 0.5, 10.0, 1.0, 0.5, key="proof.rounding.slope", persist_state="session")
    target = st.slider(
        "Target t of the loss (b − t)²", -1.0, 2.0, 0.3, 0.05, key="proof.rounding.target", persist_state="session"
    )
    found, along = one_unit(x, slope, target), [one_unit(float(at), slope, target) for at in GRID]
    numbers(
        {
            "Exact, b drawn": f"{found.exact:.4f}",
            "REINFORCE, b drawn": f"{found.sampled:.4f}",
            "REINFORCE, b rounded": f"{found.rounded:.4f}",
            "Rounded, with log p_b": f"{found.mistaken:.4f}",
        }
    )
    lines = [
        Curve("b drawn", GRID, [unit.sampled for unit in along], COLORS[0]),
        Curve("b rounded", GRID, [unit.rounded for unit in along], "#7F7F7F", "dot"),
        Curve("b rounded, with log p_b", GRID, [unit.mistaken for unit in along], COLORS[1], "dash"),
    ]
    alt = f"At x = {x:g}: drawn {found.sampled:.4f}, rounded {found.rounded:g}, with log p_b {found.mistaken:.4f}."
    figure = function_chart(lines, "pre-activation x", "gradient", at=x)
    single_chart("proof.rounding.chart", "Gradients, bit drawn or rounded", figure, alt)
    conclusion(
        "A larger slope leaves less to chance, and away from the threshold the true gradient goes to 0: rounding is "
        "its limit. To use log p_b for a bit that was not drawn from p gives a number, but not this gradient: "
        "descending it pushes every p towards 1/2 for as long as the loss is positive."
    )
