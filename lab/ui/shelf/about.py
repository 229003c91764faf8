"""What people say about a run: its title, tags and a note, written down as they are changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from lab.jobs import JOBS
from lab.jobs.owners import may_decide
from lab.jobs.shelf import Shelved, rewrite
from lab.store.about import NOTE, TAG, TAGS
from lab.store.facts import TITLE
from lab.ui.shelf.actions import attempt
from lab.ui.shelf.rows import Row, jobs_of


def about(ticked: list[Row], rows: list[Row]) -> None:
    """The title, the tags and the note of the only job that is ticked.

    Args:
        ticked: the rows that are ticked.
        rows: all rows there are, whose tags are offered.
    """
    jobs = jobs_of(ticked)
    if len(jobs) != 1:
        return
    job, key = jobs[0], f"shelf.about.{jobs[0].id}"
    _follow(job, key)

    def write(field: str, worded: Callable[[Any], Any] = str) -> None:
        attempt(lambda id: rewrite(JOBS, id, **{field: worded(st.session_state[f"{key}.{field}"])}), [job.id])

    mine = may_decide(job.facts.owner)
    with st.container(horizontal=True):
        st.text_input(
            "Title",
            max_chars=TITLE,
            key=f"{key}.title",
            on_change=write,
            args=("title",),
            disabled=not mine,
            width=380,
        )
        st.multiselect(
            "Tags",
            sorted({tag for row in rows for tag in row.job.about.tags}),
            accept_new_options=True,
            max_selections=TAGS,
            placeholder="Choose, or type a new one",
            help=f"At most {TAGS}, of at most {TAG} characters",
            key=f"{key}.tags",
            on_change=write,
            args=("tags", list),
            disabled=not mine,
            width=380,
        )
    st.text_area(
        "Note",
        max_chars=NOTE,
        height=100,
        placeholder="What was it for, and what came out?",
        key=f"{key}.note",
        on_change=write,
        args=("note",),
        disabled=not mine,
    )


def _follow(job: Shelved, key: str) -> None:
    """Let the widgets show what is said, also by other tabs; what is being typed stays until that changes."""
    said = {"title": job.title, "tags": list(job.about.tags), "note": job.about.note}
    if st.session_state.get(f"{key}.said") != said or f"{key}.title" not in st.session_state:
        st.session_state[f"{key}.said"] = said
        for field, value in said.items():
            st.session_state[f"{key}.{field}"] = value
