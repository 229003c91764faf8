"""Proof cards: a few lines of mathematics, each beside a control that demonstrates it."""

from __future__ import annotations

import streamlit as st

from lab.ui.gradients.grid import card_grid
from lab.ui.gradients.proofs.batch_norm import batch_norm
from lab.ui.gradients.proofs.noise import noise
from lab.ui.gradients.proofs.popcount import popcount
from lab.ui.gradients.proofs.rounding import rounding
from lab.ui.gradients.proofs.scaling import scaling
from lab.ui.gradients.proofs.ungated import ungated

CARDS = (scaling, ungated, popcount, noise, rounding, batch_norm)


def proofs() -> None:
    """The section."""
    st.caption(
        "Questions that the sources leave open, answered in a few lines. Move the controls: every number is computed "
        "for them, by the lab's own estimators, and no number is drawn at random."
    )
    card_grid(CARDS)
