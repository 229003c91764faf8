"""A film: the cards of a board at several moments of training, told once, so that the page scrubs by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

from lab.figures.board import Board, Card
from lab.figures.evenly import evenly
from lab.figures.scenes import Scenes, encoded

MOST_BYTES = 16_000_000
"""Of a film that a page takes at once: 75 moments of 192 pictures of 28 x 28 values, all different, are as many."""


class Instant(NamedTuple):
    """A moment of training."""

    step: int
    epoch: float
    label: str = ""
    """What else is to be said of it."""


@dataclass(frozen=True)
class FilmCard:
    """A card at every moment of a film; a single one is the same at all of them."""

    scenes: Sequence[Card]

    def __post_init__(self) -> None:
        places = {(scene.id, scene.wide, scene.row) for scene in self.scenes}
        if len(places) != 1:
            raise ValueError(f"a card of a film has {len(places)} places; all scenes must share id, wide and row.")

    def at(self, place: int) -> Card:
        """The card at the moment of that number."""
        return self.scenes[place if len(self.scenes) > 1 else 0]


@dataclass(frozen=True, eq=False)
class Film:
    """The same cards at several moments, in order.

    The page takes it anew only when `version` changes: it must name the content, as that of a board does.

    Raises:
        ValueError: there is no moment, the steps do not rise, an id is used twice, or a card has another number of
            scenes than there are moments.
    """

    version: int | str
    moments: Sequence[Instant]
    cards: Sequence[FilmCard]
    subject: str = ""
    """What is shown, for the names of files that are saved from it; the step is added."""

    def __post_init__(self) -> None:
        steps = [moment.step for moment in self.moments]
        if not steps or any(later <= earlier for earlier, later in pairwise(steps)):
            raise ValueError(f"the moments are after steps {steps}; there must be one or more, and steps must rise.")
        for card in self.cards:
            if len(card.scenes) not in (1, len(steps)):
                id, count = card.scenes[0].id, len(card.scenes)
                raise ValueError(f"the card {id!r} has {count} scenes for {len(steps)} moments; allowed are 1 and all.")
        self.board(0)  # which checks the ids

    def board(self, place: int) -> Board:
        """What the film shows at the moment of that number, as a board."""
        step = self.moments[place].step
        subject = f"{self.subject} at step {step}".strip()
        return Board(f"{self.version}@{step}", [card.at(place) for card in self.cards], subject)

    @cached_property
    def encoded(self) -> bytes:
        """The film as JSON: what stays of its cards, what moves, and every different value and picture once."""
        scenes, images = Scenes(), _Images()
        cards = [
            scenes.still((index,), [images.told(scene.payload()) for scene in card.scenes])
            for index, card in enumerate(self.cards)
        ]
        return encoded(
            {
                "version": self.version,
                "subject": self.subject,
                "moments": [moment._asdict() for moment in self.moments],
                "cards": cards,
                "moving": scenes.moving,
                "values": scenes.values,
                "images": images.all,
            }
        )


class _Images:
    """Pictures by their numbers, also where the sheets that they are on have nothing else in common."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str | int, ...], int] = {}

    @property
    def all(self) -> list[tuple[str | int, ...]]:
        """The pictures, in the order of their numbers."""
        return list(self._numbers)

    def told(self, card: dict[str, Any]) -> dict[str, Any]:
        """A card's JSON values with numbers in place of its pictures."""
        for tile in card.get("tiles", ()):
            tile["image"] = self._numbers.setdefault(tuple(tile["image"]), len(self._numbers))
        return card


def thinned(film: Film, most: int, keep: Sequence[int] = ()) -> Film:
    """The film with at most so many of its moments, evenly spaced, among them the first, the last and steps to keep."""
    steps = [moment.step for moment in film.moments]
    chosen = evenly(steps, most, keep)
    if chosen == steps:
        return film
    places = [steps.index(step) for step in chosen]
    return replace(
        film,
        version=f"{film.version}/{'-'.join(map(str, places))}",
        moments=[film.moments[place] for place in places],
        cards=[_of_moments(card, places) for card in film.cards],
    )


def fitting(film: Film, most_bytes: int = MOST_BYTES, keep: Sequence[int] = ()) -> Film:
    """The film with as many of its moments, evenly spaced, as a page takes at once, and one in any case.

    To make the cards of moments that are then left out takes time: where their number is known to be large, choose
    from them with `evenly` before.
    """
    while len(film.encoded) > most_bytes and len(film.moments) > 1:
        share = most_bytes / len(film.encoded)
        film = thinned(film, max(1, min(len(film.moments) - 1, int(len(film.moments) * share))), keep)
    return film


def _of_moments(card: FilmCard, places: Sequence[int]) -> FilmCard:
    return card if len(card.scenes) == 1 else FilmCard([card.scenes[place] for place in places])
