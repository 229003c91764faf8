"""Card: is the un-gated straight-through right?"""

from __future__ import annotations

from typing import get_args

import streamlit as st

from lab.proofs.ungated import Before, normal_pre_activations, sent_back
from lab.ui.gradients.proofs.card import claim, conclusion, numbers

FRONT: dict[Before, str] = {
    "nothing": "nothing",
    "hardtanh": "a Htanh layer",
    "clipped": "latents, clipped to [-1, 1]",
}
SAID: dict[Before, str] = {
    "nothing": "Wrong for every unit beyond ±1: it is sent a gradient that the chain rule does not have.",
    "hardtanh": (
        "Right, as in BinaryNet's activations: Htanh in front has the derivative that the unit leaves out. But not at "
        "±1 itself, where PyTorch's Htanh sends back 0. For pre-activations that is a single point; latent weights "
        "that are clipped to ±1 and then pass a Htanh stay there for ever."
    ),
    "clipped": "Right, because r never leaves [-1, 1], as for BinaryConnect's weights: without the clip it is not.",
}


def ungated() -> None:
    """The card."""
    claim(
        "Is the un-gated straight-through right?",
        "Only with Htanh in front, or where latent weights are clipped.",
        r"\text{Htanh for sign: } \tfrac{\partial L}{\partial r} = g \cdot \mathbb 1[|r| \le 1]",
        r"\text{un-gated: } \tfrac{\partial L}{\partial r} := g",
        r"\text{behind Htanh: } g \cdot \mathbb 1[|r| < 1]",
    )
    front = st.segmented_control(
        "In front of the unit",
        list(get_args(Before)),
        default="nothing",
        format_func=lambda name: FRONT[name],
        required=True,
        key="proof.ungated.front",
        persist_state="session",
    )
    r = st.slider("Pre-activation r", -3.0, 3.0, -1.28, 0.02, key="proof.ungated.r", persist_state="session")
    gradient = st.slider("Incoming gradient g", -1.0, 1.0, 0.25, 0.05, key="proof.ungated.g", persist_state="session")
    deviation = st.slider(
        "Spread of all pre-activations (σ)", 0.1, 3.0, 1.0, 0.1, key="proof.ungated.spread", persist_state="session"
    )
    one, many = sent_back([r], front), sent_back(normal_pre_activations(deviation), front)
    numbers(
        {
            "Sent back, un-gated": f"{gradient * one.ungated[0]:zg}",
            "By the chain rule": f"{gradient * one.chain_rule[0]:zg}",
            "Wrong, of all units": f"{100 * many.wrong:.1f} %",
        }
    )
    conclusion(SAID[front])
