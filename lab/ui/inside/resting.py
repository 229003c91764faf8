"""The moment that a page without a film looks back to: the same as the films of other pages rest at."""

from __future__ import annotations

import streamlit as st

from lab.boards.moment import kept_steps
from lab.ui import address
from lab.ui.inside.look import Look
from lab.ui.moment import asked_moment, linked_moment, moment_key


def resting_moment(look: Look) -> int | None:
    """The step to look back to, among those that are kept of these nets; None for now. Asks where there are more."""
    snapshots = [side.run.snapshot for side in look.sides]
    steps, chosen = kept_steps(snapshots), moment_key(look.key)
    _follow_link(chosen, steps)
    return asked_moment(chosen, steps, snapshots)


def _follow_link(chosen: str, steps: list[int]) -> None:
    visited = f"{chosen}.rests"
    linked = address.asked(visited, address.MOMENT)
    if linked is None:
        return
    text = linked[address.MOMENT]
    # Where this tab has not shown the page yet, an address without a moment asks for none.
    if text is not None or visited in st.session_state:
        st.session_state[chosen] = linked_moment(chosen, text, steps)
    st.session_state[visited] = True
