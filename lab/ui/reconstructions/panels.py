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
from lab.ui.inside.asking import answers
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
    """What there is of the picture's own code, of one net or two; None while it is being worked out."""

    looked: list[Seen[Looked]]
    strongest: list[Seen[Strongest]] | None


class OfOthers(NamedTuple):
    """What there is of other codes and pictures, of one net or two; None while it is being worked out."""

    walked: list[Seen[Walked]]
    drawn: list[Seen[Drawn]] | None
    tested: list[Seen[Tested]] | None


def moments(panels: OfTheCode | OfOthers) -> list[Any]:
    """Of which moment each answer is, by what weights: for the version of a board."""
    return [None if seen is None else [(each.step, each.weights_step) for each in seen] for seen in panels]


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
