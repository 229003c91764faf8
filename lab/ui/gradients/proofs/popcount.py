"""Card: the popcount threshold."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lab.figures.curves import Curve
from lab.figures.functions import function_chart
from lab.figures.theme import COLORS
from lab.proofs.popcount import Norm, threshold, unit
from lab.ui.gradients.proofs.card import claim, conclusion, numbers
from lab.ui.live_board import single_chart


def popcount() -> None:
    """The card."""
    claim(
        "Which threshold replaces the sign of a popcount?",
        "A count is never negative, so its sign says nothing; but the threshold is not free to choose.",
        r"a \cdot w = 2 n - K,\quad n = \mathrm{popcount}(a \,\overline{\oplus}\, w)",
        r"a \cdot w \ge 0 \iff n \ge K/2",
        r"\gamma\,\tfrac{a \cdot w - \mu}{\sigma} + \beta \ge 0 \iff n \gtreqless \tfrac{K + t}{2}",
        r"t = \mu - \beta \sigma / \gamma \quad (\gamma < 0 \!: \le)",
    )
    bits = st.slider("Inputs of the unit K", 1, 128, 64, key="proof.popcount.bits", persist_state="session")
    with st.container(horizontal=True):
        gamma = st.number_input(
            "γ", -5.0, 5.0, 1.0, 0.25, key="proof.popcount.gamma", persist_state="session", width=130
        )
        beta = st.number_input("β", -5.0, 5.0, 0.5, 0.25, key="proof.popcount.beta", persist_state="session", width=130)
        mean = st.number_input(
            "μ", -128.0, 128.0, 4.0, 1.0, key="proof.popcount.mean", persist_state="session", width=130
        )
        deviation = st.number_input(
            "σ", 0.1, 128.0, 8.0, 1.0, key="proof.popcount.deviation", persist_state="session", width=130
        )
    norm = Norm(gamma, beta, mean, deviation)
    whole, rule = unit(bits, norm), threshold(bits, norm)
    agree = rule.fires(whole.popcounts) == whole.fires
    naive = np.ones(bits + 1, dtype=bool) == whole.fires
    compare = "≥" if rule.at_least else "≤"
    numbers(
        {
            "+1 where popcount": f"{compare} {rule.bound}",
            "Right, of all popcounts": f"{agree.sum()} of {len(agree)}",
            "sign(popcount) right": f"{naive.sum()} of {len(naive)}",
        }
    )
    on, off = whole.fires, ~whole.fires
    points = [
        Curve("+1", whole.popcounts[on], whole.normed[on], COLORS[1], markers=True),
        Curve("-1", whole.popcounts[off], whole.normed[off], COLORS[0], markers=True),
    ]
    between = rule.bound - 0.5 if rule.at_least else rule.bound + 0.5
    at = between if 0 <= between <= bits else None
    alt = f"The unit is +1 for {on.sum()} of {len(on)} popcounts: where the popcount {compare} {rule.bound}."
    figure = function_chart(points, "popcount of agreeing bits", "after batch norm", at=at)
    single_chart("proof.popcount.chart", "Batch norm of a popcount", figure, alt)
    conclusion(
        "Batch norm and sign together are one comparison of integers. Every popcount from 0 to K was tried here, in "
        "exact fractions, so this is a proof for this unit. γ < 0 turns the comparison around, and γ = 0 makes the "
        "unit a constant. Floats round a tie to either side: a net that is packed into bits finds its thresholds by "
        "evaluating its own batch norm at the integers."
    )
