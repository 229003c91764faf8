"""Which run of this process a section looks into."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from lab.jobs import Job
from lab.ui import state


def choose_job(jobs: Sequence[Job], key: str) -> Job:
    """A choice among some jobs, newest first. Until a person has chosen, it is the last one that this tab started,
    else the newest."""
    by_id = {job.id: job for job in jobs}
    chosen = st.session_state.get(f"{key}.chosen")
    wanted = [chosen, *reversed(st.session_state.get(state.OWN, [])), *by_id]
    first = next(id for id in wanted if id in by_id)
    # A key for each: what a widget shows at first counts only once for a key.
    widget = f"{key}.run.{first}"

    def choose() -> None:
        st.session_state[f"{key}.chosen"] = st.session_state[widget]

    picked = st.selectbox(
        "Run",
        list(by_id),
        index=list(by_id).index(first),
        format_func=lambda id: state.named(by_id[id]),
        key=widget,
        on_change=choose,
        width=480,
    )
    return by_id[picked]
