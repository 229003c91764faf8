"""What a reader picks on a board: a tile or a point of one of its cards."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import streamlit as st

from lab.ui.address import whole


class Picked(NamedTuple):
    """What a reader picked: the id of a card, and what the tile or the point is called there.

    The name is what a browser says: look it up among those that there are.
    """

    card: str
    name: str

    @property
    def kind(self) -> str:
        """Of the card: the same for each of the nets that have one."""
        return self.card.partition(".")[0]

    @property
    def number(self) -> int | None:
        """The name as a number, where it is one from 0 on."""
        return whole(self.name)


def picked_on(key: str, cards: Collection[str]) -> Picked | None:
    """What was picked last on the board of a key; None where that is nothing, or nothing that makes sense.

    Args:
        key: of the board.
        cards: the ids of those that it has.
    """
    state = st.session_state.get(key)
    said = state.get("picked") if state is not None else None
    card, name = (said.get("card"), said.get("name")) if isinstance(said, dict) else (None, None)
    return Picked(card, name) if isinstance(card, str) and isinstance(name, str) and card in cards else None
