"""How several seeds are shown: what the widgets of a view say, and what the address does."""

from __future__ import annotations

import streamlit as st

from lab.boards.across_cards import WIDTHS, SeedsView
from lab.ui import address

SEEDS, BAND, SINGLE, REFERENCE = "seeds", "band", "single", "to"
"""Parameters of the address: all seeds of a comparison, the width of its band, whether single seeds are drawn, and the
contestant that the others are compared to, counted from 1."""
NOWHERE: dict[str, str | None] = dict.fromkeys((SEEDS, BAND, SINGLE, REFERENCE))
"""What an address says that is of no seeds."""
USUAL = SeedsView()


def take_linked_view(key: str) -> None:
    """Show seeds as the address asks; what it asks for and is not there is as usual."""
    linked = address.asked(f"{key}.view", BAND, SINGLE, REFERENCE)
    if linked is None:
        return
    place = linked[REFERENCE] or ""
    _put(key, "width", linked[BAND] if linked[BAND] in WIDTHS else USUAL.width)
    _put(key, "members", linked[SINGLE] == "1")
    _put(key, "reference", int(place) - 1 if len(place) == 1 and place in "123456" else USUAL.reference)


def keep_possible(key: str, contestants: int) -> None:
    """Let the widgets have values that there are, before they are made for so many contestants."""
    view = view_of(key)
    for name, value in view._replace(reference=view.reference if view.reference < contestants else 0)._asdict().items():
        _put(key, name, value)


def view_of(key: str) -> SeedsView:
    """How the seeds are shown now: what the widgets of this view say."""
    asked = {name: st.session_state.get(f"{key}.{name}") for name in SeedsView._fields}
    return SeedsView(**{name: value for name, value in asked.items() if value is not None})


def said_of(view: SeedsView) -> dict[str, str | None]:
    """What an address says of how seeds are shown; None where that is as usual."""
    return {
        BAND: view.width if view.width != USUAL.width else None,
        SINGLE: "1" if view.members else None,
        REFERENCE: str(view.reference + 1) if view.reference != USUAL.reference else None,
    }


def write_view(key: str) -> None:
    """Keep how the seeds are shown in the address."""
    address.write(**said_of(view_of(key)))


def _put(key: str, name: str, value: object) -> None:
    if st.session_state.get(f"{key}.{name}") != value:
        st.session_state[f"{key}.{name}"] = value
