"""What the nets of the page answer at the moment that a reader rests at: at once, or when it has been worked out."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, NamedTuple, TypeVar

import streamlit as st

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
from lab.probes import Specimen
from lab.ui.inside.asking import answers, later
from lab.ui.inside.look import Look
from lab.ui.pad import Pixels

T = TypeVar("T")
LAST = "reconstructions.last"
"""What was worked out last, by what it was: a net that trains has a new moment before the next is there."""


class Wanted(NamedTuple):
    """What is asked beside the picture."""

    flips: tuple[int, ...]
    end: Pixels
    """To which a walk goes."""
    end_key: str
    """The same for the same picture alone."""
    stack: int
    """Of draws."""


class Panels(NamedTuple):
    """The answers, of one net or two; None while they are being worked out."""

    looked: list[Seen[Looked]]
    walked: list[Seen[Walked]]
    strongest: list[Seen[Strongest]] | None
    drawn: list[Seen[Drawn]] | None
    tested: list[Seen[Tested]] | None

    @property
    def moments(self) -> list[Any]:
        """Of which moment each answer is, by what weights: for the version of a board."""
        return [None if seen is None else [(each.step, each.weights_step) for each in seen] for seen in self]


def ask(look: Look, wanted: Wanted, step: int | None) -> Panels:
    """Ask the nets.

    Args:
        look: which nets, and the picture.
        wanted: what else is asked.
        step: that the reader rests at; None for the newest.
    """
    pixels, key = look.picture.pixels, look.picture.key
    walk = partial(walk_between, start=pixels, end=wanted.end)
    return Panels(
        answers(look, partial(look_at, pixels=pixels, flips=wanted.flips), ("look", key, wanted.flips), step),
        answers(look, walk, ("walk", key, wanted.end_key), step),
        _later(look, partial(strongest, pixels=pixels), ("strongest", key), step),
        _later(look, partial(draw_codes, stack=wanted.stack), ("draw", wanted.stack), step),
        _later(look, over_tests, ("tested",), step),
    )


def _later(
    look: Look, question: Callable[[Specimen], T], key: tuple[Hashable, ...], step: int | None
) -> list[Seen[T]] | None:
    """What takes long. Of nets that train it is asked at kept frames alone, which do not come every second.

    Until it is there, what was there of an earlier moment is shown, if the reader wants the newest one.
    """
    newest = max((frame.step for side in look.sides for frame in side.run.snapshot.frames), default=None)
    found = later(look, question, key, newest if step is None else step)
    last: dict[Hashable, Any] = st.session_state.setdefault(LAST, {})
    name = (key[0], *(side.id for side in look.sides))
    if found is not None:
        last[name] = (key, found)
    elif step is None and name in last and last[name][0] == key:
        found = last[name][1]
    return found
