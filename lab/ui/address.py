"""The address of a page: what a person asks for by it, and what the page says there for reloads and links."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

SEEN = "address"

_mount = st.components.v2.component("lab_address", js=(Path(__file__).parent / "address.js").read_text("utf-8"))


def keep_one_place() -> None:
    """Let the browser remember a visit of a page as one place, though the page says its address only at its end."""
    _mount(key="address.one_place")


def asked(what: str, *names: str) -> dict[str, str | None] | None:
    """What the address says under some names, where a person asks by it: in a new tab, and by Back and Forward.

    None in any other run: what the browser sends then may be older than what this tab has written meanwhile.

    Args:
        what: is asked for, once in a new tab.
        names: of parameters.
    """
    seen = st.session_state.setdefault(SEEN, [])
    if what in seen and not _through_history():
        return None
    st.session_state[SEEN] = list({*seen, what})
    return {name: st.query_params.get(name) for name in names}


def write(**parameters: str | None) -> None:
    """Say something in the address; None is not there. Each time is a place that Back returns to, so do it at once."""
    there = st.query_params.to_dict()
    said = {name: value for name, value in (there | parameters).items() if value is not None}
    if said != there:
        st.query_params.from_dict(said)


def _through_history() -> bool:
    """Whether this run comes from Back or Forward."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and context.is_history_navigation
