"""What an address asks for in vain: said until something else is chosen, for a page may soon be drawn again."""

from __future__ import annotations

from collections.abc import Hashable

import streamlit as st

from lab.ui.notices import show_problems


def remember(what: str, problem: str, chosen: Hashable) -> None:
    """Remember in this tab what an address asked for in vain.

    Args:
        what: names what is chosen, such as the picture.
        problem: a sentence.
        chosen: in its place.
    """
    st.session_state[_key(what)] = chosen, problem


def say(what: str, chosen: Hashable) -> None:
    """Say it here, while that is chosen which was chosen in its place."""
    if _key(what) not in st.session_state:
        return
    instead, problem = st.session_state[_key(what)]
    if instead == chosen:
        show_problems([problem])
    else:
        del st.session_state[_key(what)]


def _key(what: str) -> str:
    return f"{what}.in_vain"
