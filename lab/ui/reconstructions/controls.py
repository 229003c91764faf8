"""The controls of the page of reconstructions, all of which the keyboard reaches."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lab.ui.picture.images import Offered
from lab.ui.reconstructions.choices import BIT, CHOICES, DRAW, FLIP, LAST_DRAW, TO, Chosen, bit_of, toggle


def flip_controls(bits: int, chosen: Chosen) -> None:
    """A bit by its number, and back to the code as it is.

    Args:
        bits: of the longest code on the page.
        chosen: what is looked at.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", key="flip-controls"):
        CHOICES.number("Bit", BIT, 0, bits - 1, bit_of(bits))
        st.button(
            "Flip it",
            icon=":material/swap_vert:",
            key="reconstructions.flip",
            on_click=lambda: toggle(bit_of(bits), bits),
            help="As a click on its cell does; once more flips it back",
        )
        st.button(
            "Flip all back",
            icon=":material/undo:",
            key="reconstructions.reset",
            on_click=CHOICES.keep,
            args=(FLIP, ()),
            disabled=not chosen.flips,
        )


def walk_controls(tests: Offered, chosen: Chosen) -> None:
    """Where the walk goes, and other draws.

    Args:
        tests: the images that it may go to.
        chosen: what is looked at.
    """
    first = {int(label): int(place) for label, place in zip(*np.unique(tests.labels, return_index=True), strict=True)}
    # A field for each goal that no reader has chosen: while a new value is on its way, a browser may say the old one.
    of = str(chosen.goal) if chosen.to is None else ""
    with st.container(horizontal=True, vertical_alignment="bottom", key="walk-controls"):
        CHOICES.number("Walk to test image", TO, 0, tests.count - 1, chosen.goal, of=of, width=220)
        for label, place in first.items():
            st.button(
                tests.class_of(label),
                key=f"reconstructions.class.{label}",
                on_click=CHOICES.keep,
                args=(TO, place),
                type="tertiary",
                help=f"Walk to the first test image of class {tests.class_of(label)}",
            )
        st.button(
            "Draw other codes",
            icon=":material/casino:",
            key="reconstructions.draw",
            on_click=CHOICES.keep,
            args=(DRAW, min(chosen.draw + 1, LAST_DRAW)),
            help="Each draw has a number, which is in the address: it always gives the same codes",
        )
