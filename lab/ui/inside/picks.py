"""Test images that are picked on the boards of a page become the picture of all pages."""

from __future__ import annotations

import streamlit as st

from lab.ui.inside.look import Look
from lab.ui.picked import Picked
from lab.ui.picture.held import look_at_test_image
from lab.ui.picture.images import images_of

ANEW = "inside.anew"
"""Of a tab: whether the whole page is to be drawn, and not only the part in which something was picked."""


def look_at_picked(look: Look, pick: Picked) -> None:
    """Let all pages look at a test image that was picked, where it is one of those that they offer.

    Of a net that knows other images than these none can be looked at.
    """
    runs = {f"{pick.kind}.{side.run.id}": side.run for side in look.sides}
    offered = look.picture.dataset
    dataset = runs[pick.card].experiment.dataset if pick.card in runs else offered
    if dataset != offered:
        st.toast(f"That is an image of {dataset.title}; all pages look at those of {offered.title}.")
    elif pick.number is not None and pick.number < images_of(offered).count:
        look_at_test_image(pick.number)
        st.session_state[ANEW] = True


def draw_anew() -> None:
    """Draw the whole page if an image was picked: what stands beside the panels is of the old one."""
    if st.session_state.pop(ANEW, False):
        st.rerun()
