"""A page in sections: one is shown at a time, and the address says which."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from lab.ui import address

SECTION = "section"


def chosen_section(titles: Mapping[str, str], what: str = SECTION, *parts: str) -> str:
    """A choice among sections by their titles; a new tab starts with the one that its address names.

    Args:
        titles: by name.
        what: a section is called in the address.
        parts: what else a section says in the address, until there is another.
    """
    linked = (address.asked(what, what) or {}).get(what)
    st.session_state.setdefault(what, next(iter(titles)))
    if linked in titles:
        st.session_state[what] = linked
    elif linked is not None:
        st.error(f"The address asks for {what} {linked!r}; this page has {', '.join(titles)}.")
    st.segmented_control(
        what.capitalize(),
        list(titles),
        format_func=lambda name: titles[name],
        required=True,
        label_visibility="collapsed",
        key=what,
        persist_state="session",
    )
    chosen: str = st.session_state[what]
    same = st.query_params.get(what) == chosen
    address.write_whole(*(parts if same else ()), **{what: chosen})
    return chosen
