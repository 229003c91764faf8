"""Films of what nets answered at each moment: cards are made for one moment at a time, as those of a board are."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TypeVar

from lab.boards.seen import Seen
from lab.figures.board import Card
from lab.figures.film import Film, FilmCard, Instant

T = TypeVar("T")


def film_of(
    version: str,
    instants: Sequence[Instant],
    sides: Sequence[Sequence[Seen[T]]],
    cards: Callable[[Sequence[Seen[T]]], Sequence[Card]],
    subject: str,
) -> Film:
    """A film of what one or more nets answered.

    Args:
        version: names the content, as that of a board does.
        instants: the moments of the film, in order.
        sides: for each net its answers, oldest first. At a moment the newest one counts that is not later, else the
            first.
        cards: makes the cards of a moment from the answer of each net, with the same ids at every moment.
        subject: what is shown, for the names of files that are saved from it.

    Raises:
        ValueError: the cards of a moment have other ids than those of the first.
    """
    moments = [[_at(instant.step, side) for side in sides] for instant in instants]
    if all(len(side) == 1 for side in sides):
        moments = moments[:1]  # the same at all of them
    scenes = [cards(shown) for shown in moments]
    ids = [card.id for card in scenes[0]]
    for instant, made in zip(instants, scenes, strict=False):
        if [card.id for card in made] != ids:
            raise ValueError(f"the cards at step {instant.step} are {[card.id for card in made]}; the first had {ids}.")
    return Film(version, instants, [FilmCard(each) for each in zip(*scenes, strict=True)], subject)


def _at(step: int, side: Sequence[Seen[T]]) -> Seen[T]:
    place = bisect_right(side, step, key=lambda seen: seen.step)
    return side[max(0, place - 1)]
