"""The projector switch: large type, and nothing on the page but the charts and the controls."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

STYLE = Path(__file__).with_name("projector.css")
ON = "projector"


def projector() -> bool:
    """The switch; returns whether it is on."""
    on = bool(st.session_state.get(ON))
    st.button(
        "Leave projector" if on else "Projector",
        icon=":material/present_to_all:",
        shortcut="P",
        help="Large type for a room, and nothing but the charts and the controls",
        on_click=_switch,
        key="projector.switch",
    )
    if on:
        st.html(STYLE)
    return on


def _switch() -> None:
    st.session_state[ON] = not st.session_state.get(ON)
