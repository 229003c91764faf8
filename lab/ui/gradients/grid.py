"""Cards two to a row; on a narrow screen one below the other, in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import streamlit as st

ShowCard = Callable[[], None]


def card_grid(cards: Iterable[ShowCard]) -> None:
    """Show each card in a frame of its own."""
    for pair in _pairs(cards):
        for column, show in zip(st.columns(2), pair, strict=False):
            with column.container(border=True, height="stretch"):
                show()


def _pairs(cards: Iterable[ShowCard]) -> Iterator[list[ShowCard]]:
    rest = iter(cards)
    while pair := list(islice(rest, 2)):
        yield pair
