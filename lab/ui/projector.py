"""The projector switch: large type, and nothing on the page but the charts and the controls."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

STYLE = Path(__file__).with_name("projector.css")


def projector() -> bool:
    """The switch; returns whether it is on."""
    on = st.toggle("Projector", key="projector", help="Large type for a room; P switches back", persist_state="session")
    if on:
        st.html(STYLE)
    return on
