"""The board of codes at the moment that is looked at: the chosen picture, and one bit."""

from __future__ import annotations

from collections.abc import Sequence

from lab.boards.code_bit_cards import bit_cards, largest_difference
from lab.boards.code_rest import AtRest, Picture, picture_cards
from lab.boards.net_cards import in_rows
from lab.figures.board import Card


def rest_cards(sides: Sequence[AtRest], picture: Picture, bit: int, with_near: bool = False) -> list[Card]:
    """The cards of one net, or of two side by side.

    Args:
        sides: what is known of each.
        picture: whose code is looked at.
        bit: a number in the layer.
        with_near: whether a t-SNE map is among the cards.
    """
    alone, reach = len(sides) == 1, largest_difference(sides)
    cards = [
        card
        for side in sides
        for card in (
            *picture_cards(side, picture, bit, alone, with_near),
            *bit_cards(side, picture, bit, alone, reach),
        )
    ]
    return cards if alone else in_rows(cards, [side.run for side in sides])
