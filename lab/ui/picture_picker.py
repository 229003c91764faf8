"""The choice of the picture whose single channels the board shows."""

from __future__ import annotations

import streamlit as st

from lab.boards.inside_cards import LARGE_TILES, shown_maps
from lab.jobs import JobView

KEY = "picture"


def picked_picture(view: JobView) -> int:
    """Which picture of the heatmaps to look at, from 0; asks where the net has channels to show."""
    if not any(snapshot.frame is not None and shown_maps(snapshot.frame) for snapshot in view.snapshots):
        return 0
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Channels shown for validation image", width="content")
        choices = range(1, LARGE_TILES + 1)
        picked = st.segmented_control(
            "Validation image", choices, default=1, required=True, key=KEY, label_visibility="collapsed"
        )
    return picked - 1
