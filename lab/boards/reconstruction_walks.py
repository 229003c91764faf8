"""Pictures of codes that no test image need have: on the way between two, drawn at random, and crossed."""

from __future__ import annotations

from collections.abc import Sequence

from lab.boards.net_cards import lacking, maker, placed
from lab.boards.reconstruction_answers import DRAWN, Drawn, Walked
from lab.boards.reconstruction_pictures import finite, not_finite, originals
from lab.boards.seen import Seen, answers_there
from lab.boards.wording import how_many
from lab.figures.board import Card, Pictures

TITLES = {"independent": "Drawn codes", "crossed": "Crossed codes"}


def walk_cards(seen: Sequence[Seen[Walked]], start: str, end: str) -> list[Card]:
    """From the code of the chosen picture to that of another, of each net.

    Args:
        seen: what each answered.
        start: what the chosen picture is called.
        end: what the other one is.
    """
    return placed([_walk(each, len(seen) == 1, start, end) for each in seen], seen)


def _walk(seen: Seen[Walked], alone: bool, start: str, end: str) -> Card:
    found, title = seen.answer, "A walk between two codes"
    if not finite(found.pictures):
        return not_finite(seen, alone, "walk", title, wide=True)
    flips = int(found.flipped[-1])
    labels = [f"{count} flipped" for count in found.flipped]
    sheet = Pictures(originals(found.pictures, labels), columns=len(labels))
    differ = "differs, and is" if flips == 1 else "differ, and are"
    caption = (
        f"From the code of {start} to that of {end}: {flips} of {how_many(found.bits, 'bit')} {differ} "
        "flipped a few at a time, in the order of their numbers."
        if flips
        else f"The codes of {start} and {end} are the same, so there is no way to go."
    )
    return maker(seen, alone)("walk", title, sheet, caption, wide=True)


def drawn_cards(seen: Sequence[Seen[Drawn | str]], draw: int) -> list[Card]:
    """Codes that are drawn and crossed, of each net; their places where they are not there.

    Args:
        seen: what each answered, or what is said in the place of that.
        draw: which of the draws of each is shown, from 0.
    """
    alone, there = len(seen) == 1, answers_there(seen)
    shown = slice(draw * DRAWN, (draw + 1) * DRAWN)
    cards = [card for each in there for card in (_independent(each, alone, shown), _crossed(each, alone, shown))]
    return placed([*cards, *lacking(seen, alone, TITLES)], seen)


def _independent(seen: Seen[Drawn], alone: bool, shown: slice) -> Card:
    found, title = seen.answer, TITLES["independent"]
    if not finite(found.pictures):
        return not_finite(seen, alone, "independent", title)
    constant = int(((found.on_rates == 0) | (found.on_rates == 1)).sum())
    changes = "changes" if constant == 1 else "change"
    caption = (
        f"Each bit is drawn by itself, on as often as over {found.images} test images "
        f"({constant} of {how_many(len(found.on_rates), 'bit')} never {changes}). "
        "What looks like no digit shows that real codes have "
        "bits which depend on each other."
    )
    sheet = Pictures(originals(found.pictures[shown], [""] * DRAWN), columns=4)
    return maker(seen, alone)("independent", title, sheet, caption)


def _crossed(seen: Seen[Drawn], alone: bool, shown: slice) -> Card:
    found, title = seen.answer, TITLES["crossed"]
    if not finite(found.crossed_pictures):
        return not_finite(seen, alone, "crossed", title)
    labels = [f"{one} × {other}" for one, other in found.parents[shown]]
    caption = (
        "Each bit is that of one or the other of two test images, whose numbers stand below, by the "
        "toss of a coin (uniform crossover, Syswerda 1989)."
    )
    sheet = Pictures(originals(found.crossed_pictures[shown], labels), columns=4)
    return maker(seen, alone)("crossed", title, sheet, caption)
