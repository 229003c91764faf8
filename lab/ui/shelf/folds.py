"""What folds away: its content is made only while it is open, and it stays open when its label changes."""

from __future__ import annotations

from typing import Any

import streamlit as st


def unfolded(label: str, name: str, at_first: bool = False, **look: Any) -> Any:
    """A container whose `open` says whether to fill it; `name` tells it from others of the page."""
    key = f"shelf.fold.{name}"
    # With another label it is another widget to Streamlit, which takes over only what is assigned.
    st.session_state[key] = st.session_state.get(key, at_first)
    return st.expander(label, key=key, on_change="rerun", **look)
