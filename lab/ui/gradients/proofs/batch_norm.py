"""Card: batch norm behind the bits."""

from __future__ import annotations

import streamlit as st

from lab.proofs.batch_norm import MOST_EXAMPLES, expected_score
from lab.ui.gradients.proofs.card import claim, conclusion, numbers


def batch_norm() -> None:
    """The card."""
    claim(
        "Is the score function unbiased with batch norm behind the bits?",
        "No: each example's bits move the loss of all others, and its own loss does not tell.",
        r"\nabla \mathbb E[\bar L] = \tfrac1B \sum_{i, j} \mathbb E[L_j\, \nabla \log P(b_i)]",
        r"\text{kept: } \tfrac1B \sum_i \mathbb E[L_i\, \nabla \log P(b_i)]",
        r"\mathbb E[L_j\, \nabla \log P(b_i)] = 0 \text{ if } L_j \perp b_i",
    )
    norm = st.toggle("Batch norm behind the bits", value=True, key="proof.norm.on", persist_state="session")
    examples = st.slider(
        "Examples in the batch B", 2, MOST_EXAMPLES, 3, key="proof.norm.examples", persist_state="session"
    )
    found = expected_score(norm, examples)
    numbers(
        {
            "Gradient, exact": _shown(found.truth),
            "Expected estimate": _shown(found.score),
            "Relative error": f"{100 * found.error:.1f} %",
        }
    )
    other = expected_score(not norm, examples)
    conclusion(
        f"One feature, two units, squared error; both sides are sums over all {found.codes:,} codes of the batch, so "
        f"the error is bias and not noise. {'Without' if norm else 'With'} batch norm it is {100 * other.error:.1f} %. "
        "The lab therefore calls no rule unbiased in a net whose bits are followed by batch norm."
    )


def _shown(gradient: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.3f}" for value in gradient)
