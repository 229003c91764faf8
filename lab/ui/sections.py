"""A page in sections: one is shown at a time, and the address says which."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from lab.ui import address

SECTION = "section"


def chosen_section(titles: Mapping[str, str]) -> str:
    """A choice among sections by their titles; a new tab starts with the one that its address names."""
    linked = (address.asked(SECTION, SECTION) or {}).get(SECTION)
    st.session_state.setdefault(SECTION, next(iter(titles)))
    if linked in titles:
        st.session_state[SECTION] = linked
    elif linked is not None:
        st.error(f"The address asks for section {linked!r}; this page has {', '.join(titles)}.")
    st.segmented_control(
        "Section",
        list(titles),
        format_func=lambda name: titles[name],
        required=True,
        label_visibility="collapsed",
        key=SECTION,
        persist_state="session",
    )
    chosen: str = st.session_state[SECTION]
    address.write_whole(**{SECTION: chosen})
    return chosen
