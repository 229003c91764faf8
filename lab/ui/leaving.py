"""What a page leaves behind when a person goes to another one."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

PAGE = "leaving.page"
"""Of a tab: the page that it is at."""


def leave_page_before() -> None:
    """Forget the fragments of the page before at once, and not when this one is whole, as Streamlit does.

    What they ask for until then, such as a board that lacks its content, would be run after this page and as a part of
    the one before, and the browser would take this page for left and show nothing of it any more.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None and st.session_state.get(PAGE) not in (None, context.page_script_hash):
        context.fragment_storage.clear()


def note_page() -> None:
    """Remember which page this is, which `st.navigation` has found out: the first address of a tab does not say it."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None:
        st.session_state[PAGE] = context.pages_manager.current_page_script_hash
