"""What a person chooses on the page of reconstructions: flipped bits, where a walk goes, and which codes are drawn.

All of it is in the address.
"""

from __future__ import annotations

from typing import TypedDict

import streamlit as st

from lab.ui import address
from lab.ui.picture.images import Offered

KEY, ASKED = "reconstructions", "reconstructions.page"
FLIP, TO, DRAW = "flip", "to", "draw"
"""What the choices are called in the address."""
BETWEEN = "."
MOST_FLIPS = 64
"""Flipped bits at once, so that an address stays one."""


class Choices(TypedDict):
    """The choices of a tab."""

    flips: list[int]
    """In the order in which they were flipped."""
    to: int | None
    """The test image to which a walk goes; None for the first of another class than the chosen picture's."""
    draw: int
    """Which of the draws, from 0."""
    problems: list[str]
    """What is wrong with what was asked for last, a sentence each."""


def choices() -> Choices:
    """Those of this tab, to be read and changed."""
    chosen: Choices = st.session_state.setdefault(KEY, Choices(flips=[], to=None, draw=0, problems=[]))
    return chosen


def follow_address(bits: int, count: int) -> None:
    """Choose what the address asks for, and note what is wrong with that.

    Args:
        bits: of the longest code on the page.
        count: of the test images.
    """
    linked = address.asked(ASKED, FLIP, TO, DRAW)
    if linked is None:
        return
    problems: list[str] = []
    asked, end, drawn = linked[FLIP], linked[TO], linked[DRAW]
    flips = [] if asked is None else [address.whole(part) for part in asked.split(BETWEEN)]
    known = [bit for bit in flips if bit is not None and bit < bits]
    if asked is not None and (len(known) < len(flips) or len(flips) > MOST_FLIPS):
        problems.append(
            f"The address asks to flip {address.quoted(asked)}; allowed are the numbers of up to {MOST_FLIPS} bits "
            f"from 0 to {bits - 1} with dots between them, such as {FLIP}=3.17."
        )
        known = []
    to, draw = address.whole(end), address.whole(drawn)
    if end is not None and (to is None or to >= count):
        problems.append(
            f"The address asks for a walk to {address.quoted(end)}; allowed is the number of a test image from 0 to "
            f"{count - 1}, such as {TO}=7."
        )
        to = None
    if drawn is not None and draw is None:
        quoted = address.quoted(drawn)
        problems.append(f"The address asks for draw {quoted}; allowed is a number, such as {DRAW}=2.")
    flipped = list(dict.fromkeys(known))
    choices().update({"flips": flipped, "to": to, "draw": draw or 0, "problems": problems})


def write_address() -> None:
    """Say in the address what is chosen."""
    chosen = choices()
    address.write(
        **{
            FLIP: BETWEEN.join(map(str, chosen["flips"])) or None,
            TO: None if chosen["to"] is None else str(chosen["to"]),
            DRAW: str(chosen["draw"]) if chosen["draw"] else None,
        }
    )


def toggle(bit: int) -> None:
    """Flip a bit, or flip it back."""
    chosen = choices()
    flips = chosen["flips"]
    chosen["problems"] = []
    if bit in flips:
        flips.remove(bit)
    elif len(flips) < MOST_FLIPS:
        flips.append(bit)
    else:
        chosen["problems"] = [f"{MOST_FLIPS} bits are flipped, the most at once: flip one of them back first."]


def target(tests: Offered, label: int | None) -> int:
    """The test image to which a walk goes.

    Args:
        tests: the images.
        label: class of the chosen picture, None where it is not known.
    """
    chosen = choices()["to"]
    if chosen is not None and chosen < tests.count:
        return chosen
    return next((index for index, other in enumerate(tests.labels.tolist()) if other != label), 0)
