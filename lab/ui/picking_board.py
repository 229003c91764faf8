"""A board on which tiles and points can be picked."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from lab.figures.board import Board
from lab.ui.film import Picked
from lab.ui.live_board import encoded, show_encoded


def picking_board(key: str, board: Board, on_pick: Callable[[Picked], None]) -> None:
    """Show a board; what is picked on its cards is told before the page runs again.

    Args:
        key: names the board on the page.
        board: what to show.
        on_pick: called for everything that is picked, also where it was picked already. The name is what a browser
            says: look it up among those that there are.
    """
    cards = [card.id for card in board.cards]

    def picked() -> None:
        state = st.session_state.get(key)
        said = state.get("picked") if state is not None else None
        card, name = (said.get("card"), said.get("name")) if isinstance(said, dict) else (None, None)
        if isinstance(card, str) and isinstance(name, str) and card in cards:
            on_pick(Picked(card, name))

    show_encoded(key, encoded(board), on_pick=picked)
