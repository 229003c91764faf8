"""A page in sections: one is shown at a time, and the address says which."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

SECTION = "section"


def chosen_section(titles: Mapping[str, str]) -> str:
    """A choice among sections by their titles; a new tab starts with the one that its address names."""
    linked = st.query_params.get(SECTION)
    first = next(iter(titles))
    if linked in titles:
        first = str(linked)
    elif linked is not None:
        st.error(f"The address asks for section {linked!r}; this page has {', '.join(titles)}.")
    chosen = st.segmented_control(
        "Section",
        list(titles),
        default=first,
        format_func=lambda name: titles[name],
        required=True,
        label_visibility="collapsed",
        key="section",
        persist_state="session",
    )
    if st.query_params.get(SECTION) != chosen:
        st.query_params[SECTION] = chosen
    return chosen
