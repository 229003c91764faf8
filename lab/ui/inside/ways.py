"""The ways from a run to the pages that look inside its nets."""

from __future__ import annotations

import streamlit as st

from lab.jobs import Job
from lab.ui.inside.offered import net_name
from lab.ui.inside.sides import BESIDE, NET

INSIDE = {"heatmaps": "Heatmaps", "codes": "Codes", "reconstructions": "Reconstructions", "xnor": "XNOR"}
"""The pages, by the names of their files."""


def look_into(job: Job, place: int = 0) -> None:
    """Let those pages show a contestant of a job, and nothing beside it."""
    st.session_state[NET] = net_name(job.id, place)
    st.session_state.pop(BESIDE, None)


def look_inside_menu(job: Job) -> None:
    """A menu that leads to one of the pages, with the nets of a job that this page shows."""
    page = st.menu_button(
        "Look inside",
        list(INSIDE),
        format_func=INSIDE.__getitem__,
        icon=":material/visibility:",
        key="inside.menu",
        help="What the net does with a picture that you draw or pick, at any moment of its training",
    )
    if page is not None:
        look_into(job)
        if len(job.experiments) > 1:
            st.session_state[BESIDE] = net_name(job.id, 1)
        st.switch_page(f"views/{page}.py")
