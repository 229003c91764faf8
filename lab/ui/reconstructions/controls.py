"""The controls of the page of reconstructions, all of which the keyboard reaches."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lab.ui import address
from lab.ui.picture.images import Offered
from lab.ui.reconstructions.choices import choices, toggle

BIT, TARGET = "reconstructions.bit", "reconstructions.target"
LAST_DRAW = 10**address.LONGEST - 1


def flip_controls(bits: int) -> None:
    """A bit by its number, and back to the code as it is.

    Args:
        bits: of the longest code on the page.
    """
    chosen = choices()
    key = f"{BIT}.{bits}"
    with st.container(horizontal=True, vertical_alignment="bottom", key="flip-controls"):
        st.number_input(f"Bit, 0 to {bits - 1}", 0, bits - 1, key=key, width=150, persist_state="session")
        st.button(
            "Flip it",
            icon=":material/swap_vert:",
            key="reconstructions.flip",
            on_click=lambda: toggle(st.session_state[key]),
            help="As a click on its cell does; once more flips it back",
        )
        st.button(
            "Flip all back",
            icon=":material/undo:",
            key="reconstructions.reset",
            on_click=lambda: chosen.update({"flips": [], "problems": []}),
            disabled=not chosen["flips"],
        )


def walk_controls(tests: Offered, target: int) -> None:
    """Where the walk goes, and other draws.

    Args:
        tests: the images that it may go to.
        target: the one that it goes to now.
    """
    chosen = choices()
    first = {int(label): int(place) for label, place in zip(*np.unique(tests.labels, return_index=True), strict=True)}
    # A key for each number that no reader has chosen: while a new value is on its way, a browser may say the old one.
    key = f"{TARGET}.{target if chosen['to'] is None else ''}"
    st.session_state[key] = target
    with st.container(horizontal=True, vertical_alignment="bottom", key="walk-controls"):
        st.number_input(
            f"Walk to test image, 0 to {tests.count - 1}",
            0,
            tests.count - 1,
            key=key,
            on_change=lambda: chosen.update({"to": st.session_state[key]}),
            width=220,
        )
        for label, place in first.items():
            st.button(
                tests.class_of(label),
                key=f"reconstructions.class.{label}",
                on_click=chosen.update,
                args=({"to": place},),
                type="tertiary",
                help=f"Walk to the first test image of class {tests.class_of(label)}",
            )
        st.button(
            "Draw other codes",
            icon=":material/casino:",
            key="reconstructions.draw",
            on_click=lambda: chosen.update({"draw": min(chosen["draw"] + 1, LAST_DRAW)}),
            help="Each draw has a number, which is in the address: it always gives the same codes",
        )
