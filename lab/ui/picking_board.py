"""A board on which tiles and points can be picked."""

from __future__ import annotations

from collections.abc import Callable

from lab.figures.board import Board
from lab.ui.live_board import Marked, encoded, show_encoded
from lab.ui.picked import Picked, picked_on


def picking_board(key: str, board: Board, on_pick: Callable[[Picked], None], marked: Marked | None = None) -> None:
    """Show a board; what is picked on its cards is told before the page runs again.

    Args:
        key: names the board on the page.
        board: what to show.
        on_pick: called for everything that is picked, also where it was picked already.
        marked: points that stand out.
    """
    cards = [card.id for card in board.cards]

    def picked() -> None:
        pick = picked_on(key, cards)
        if pick is not None:
            on_pick(pick)

    show_encoded(key, encoded(board), on_pick=picked, marked=marked)
