"""What the nets of the page answer at the moment that a reader rests at: at once, or when it has been worked out."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from lab.boards.reconstruction_answers import (
    Drawn,
    Looked,
    Strongest,
    Tested,
    Walked,
    draw_codes,
    look_at,
    over_tests,
    strongest,
    walk_between,
)
from lab.boards.seen import Seen
from lab.ui.inside.asking import answers, moments_of
from lab.ui.inside.look import Look
from lab.ui.inside.waiting import later
from lab.ui.pad import Pixels


class Wanted(NamedTuple):
    """What is asked beside the picture."""

    flips: tuple[int, ...]
    end: Pixels
    """To which a walk goes."""
    end_key: str
    """The same for the same picture alone."""
    stack: int
    """Of draws."""


class OfTheCode(NamedTuple):
    """What there is of the picture's own code, of one net or two, or what is said in the place of that."""

    looked: list[Seen[Looked]]
    strongest: list[Seen[Strongest | str]]


class OfOthers(NamedTuple):
    """What there is of other codes and pictures, of one net or two, or what is said in the place of that."""

    walked: list[Seen[Walked]]
    drawn: list[Seen[Drawn | str]]
    tested: list[Seen[Tested | str]]


def moments(panels: OfTheCode | OfOthers) -> list[Any]:
    """Of which moment each answer is, by what weights: for the version of a board."""
    return [moments_of(each) for each in panels]


def ask_of_the_code(look: Look, wanted: Wanted, step: int | None) -> OfTheCode:
    """Ask the nets.

    Args:
        look: which nets, and the picture.
        wanted: what else is asked.
        step: that the reader rests at; None for the newest.
    """
    pixels, key = look.picture.pixels, look.picture.key
    return OfTheCode(
        answers(look, partial(look_at, pixels=pixels, flips=wanted.flips), ("look", key, wanted.flips), step),
        later(look, partial(strongest, pixels=pixels), ("strongest", key), step),
    )


def ask_of_others(look: Look, wanted: Wanted, step: int | None) -> OfOthers:
    """Ask the nets, as `ask_of_the_code` does."""
    walk = partial(walk_between, start=look.picture.pixels, end=wanted.end)
    return OfOthers(
        answers(look, walk, ("walk", look.picture.key, wanted.end_key), step),
        later(look, partial(draw_codes, stack=wanted.stack), ("draw", wanted.stack), step),
        later(look, over_tests, ("tested",), step),
    )
