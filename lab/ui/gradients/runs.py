"""Which run of this process a section looks into."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from lab.jobs import Job
from lab.ui import state


def choose_job(jobs: Sequence[Job], key: str) -> Job:
    """A choice among some jobs, the first one at first."""
    by_id = {job.id: job for job in jobs}
    chosen = st.selectbox(
        "Run",
        list(by_id),
        format_func=lambda id: state.named(by_id[id]),
        key=f"{key}.run",
        persist_state="session",
        width=480,
    )
    return by_id[chosen]
