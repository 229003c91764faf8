"""The controls of the page of reconstructions, all of which the keyboard reaches."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lab.ui.picture.images import Offered
from lab.ui.reconstructions.choices import LONGEST, choices, toggle

BIT, TARGET, CLASS = "reconstructions.bit", "reconstructions.target", "reconstructions.class"
LAST_DRAW = 10**LONGEST - 1


def flip_controls(bits: int) -> None:
    """A bit by its number, and back to the code as it is.

    Args:
        bits: of the longest code on the page.
    """
    chosen = choices()
    st.session_state[BIT] = min(st.session_state.get(BIT, 0), bits - 1)
    with st.container(horizontal=True, vertical_alignment="bottom", key="flip-controls"):
        st.number_input(f"Bit, 0 to {bits - 1}", 0, bits - 1, key=BIT, width=150, persist_state="session")
        st.button(
            "Flip it",
            icon=":material/swap_vert:",
            key="reconstructions.flip",
            on_click=lambda: toggle(st.session_state[BIT]),
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
    labels = tests.labels
    st.session_state[TARGET], st.session_state[CLASS] = target, int(labels[target])

    def go_to_class() -> None:
        chosen["to"] = int(np.flatnonzero(labels == st.session_state[CLASS])[0])

    with st.container(horizontal=True, vertical_alignment="bottom", key="walk-controls"):
        st.number_input(
            f"Walk to test image, 0 to {tests.count - 1}",
            0,
            tests.count - 1,
            key=TARGET,
            on_change=lambda: chosen.update({"to": st.session_state[TARGET]}),
            width=220,
        )
        st.segmented_control(
            "or to the first of class",
            np.unique(labels).tolist(),
            format_func=tests.class_of,
            required=True,
            key=CLASS,
            on_change=go_to_class,
        )
        st.button(
            "Draw other codes",
            icon=":material/casino:",
            key="reconstructions.draw",
            on_click=lambda: chosen.update({"draw": min(chosen["draw"] + 1, LAST_DRAW)}),
            help="Each draw has a number, which is in the address: it always gives the same codes",
        )
