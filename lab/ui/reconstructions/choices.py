"""What a person chooses on the page of reconstructions: flipped bits, where a walk goes, and which codes are drawn.

All of it is in the address.
"""

from __future__ import annotations

from typing import NamedTuple

from lab.ui import address
from lab.ui.page_choices import BETWEEN, PageChoices
from lab.ui.picture.images import Offered

FLIP, TO, DRAW, BIT = "flip", "to", "draw", "bit"
"""What the choices are called in the address. The last is the bit that a button flips."""
CHOICES = PageChoices("reconstructions")
MOST_FLIPS = 64
"""Flipped bits at once, so that an address stays one."""
LAST_DRAW = 10**address.LONGEST - 1


class Chosen(NamedTuple):
    """What is looked at."""

    flips: tuple[int, ...]
    """In the order in which they were flipped."""
    to: int | None
    """The test image to which a person sends the walk; None where nobody does."""
    goal: int
    """The one to which it goes: then the first of another class than the chosen picture's."""
    draw: int
    """Which of the draws, from 0."""


def choose(bits: int, tests: Offered, label: int | None) -> Chosen:
    """What is chosen, as the address says it then.

    Args:
        bits: of the longest code on the page.
        tests: the images to which a walk may go.
        label: class of the chosen picture, None where it is not known.
    """
    _follow_address(bits, tests.count)
    flips, to, draw = flips_of(bits), CHOICES.kept(TO), CHOICES.kept(DRAW, 0)
    to = to if to is not None and to < tests.count else None
    address.write(
        **{
            FLIP: BETWEEN.join(map(str, flips)) or None,
            TO: None if to is None else str(to),
            DRAW: str(draw) if draw else None,
            BIT: str(bit_of(bits)) if bit_of(bits) else None,
        }
    )
    return Chosen(flips, to, _of_another_class(tests, label) if to is None else to, draw)


def flips_of(bits: int) -> tuple[int, ...]:
    """The flipped bits that a code of so many has."""
    return tuple(bit for bit in CHOICES.kept(FLIP, ()) if bit < bits)


def bit_of(bits: int) -> int:
    """The bit that a button flips, of a code of so many."""
    number: int = CHOICES.kept(BIT, 0)
    return min(number, bits - 1)


def toggle(bit: int, bits: int) -> None:
    """Flip a bit of a code of so many, or flip it back; flips that such a code cannot have are forgotten."""
    flips = flips_of(bits)
    if bit in flips:
        CHOICES.keep(FLIP, tuple(other for other in flips if other != bit))
    elif len(flips) < MOST_FLIPS:
        CHOICES.keep(FLIP, (*flips, bit))
    else:
        CHOICES.tell([f"{MOST_FLIPS} bits are flipped, the most at once: flip one of them back first."])


def _of_another_class(tests: Offered, label: int | None) -> int:
    return next((index for index, other in enumerate(tests.labels.tolist()) if other != label), 0)


def _follow_address(bits: int, count: int) -> None:
    """Choose what the address asks for, and note what of it there is not."""
    linked = CHOICES.asked(FLIP, TO, DRAW, BIT)
    if linked is None:
        return
    problems = CHOICES.take_numbers(FLIP, linked[FLIP], bits - 1, MOST_FLIPS, "flipped bits")
    problems += CHOICES.take_number(TO, linked[TO], 0, count - 1, "test image to walk to")
    problems += CHOICES.take_number(DRAW, linked[DRAW], 0, LAST_DRAW)
    problems += CHOICES.take_number(BIT, linked[BIT], 0, bits - 1)
    CHOICES.tell(problems)
