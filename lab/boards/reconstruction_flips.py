"""The chosen picture, the bits of its code, and what flipping them does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lab.boards.net_cards import lacking, maker, placed
from lab.boards.reconstruction_answers import Looked, Strongest
from lab.boards.reconstruction_pictures import REACH, beyond, differences, finite, not_finite, originals, reach_of
from lab.boards.seen import Seen, answers_there
from lab.boards.wording import fixed, how_many, number, told_apart
from lab.figures.board import Card, Chart, Pictures, Tile
from lab.figures.code_grid import code_grid
from lab.figures.histograms import bar_chart
from lab.probes.decoding import Pictures as Floats

BITS = CODE, STRONGEST, SIZES = "code", "strongest", "sizes"
"""Kinds of cards on which a bit is picked by its number."""
LARGE = 150
"""Side of the chosen picture, in pixels of the page at most."""


def looked_cards(seen: Sequence[Seen[Looked]], words: str) -> list[Card]:
    """The picture, what it becomes, and its code, of each net.

    Args:
        seen: what each answered.
        words: what the picture is called.
    """
    alone = len(seen) == 1
    reach = reach_of(each.answer.flipped - each.answer.decoded for each in seen)
    cards = [card for each in seen for card in (_picture(each, alone, words, reach), _code(each, alone))]
    return placed(cards, seen)


def _picture(seen: Seen[Looked], alone: bool, words: str, reach: float) -> Card:
    found, title = seen.answer, "The chosen picture"
    if not finite(found.rebuilt, found.decoded, found.flipped):
        return not_finite(seen, alone, "picture", title)
    off, change = found.rebuilt - found.original, found.flipped - found.decoded
    flipped_error = _error(found.flipped, found.original)
    sheet: list[Tile] = [
        *originals([found.original, found.rebuilt], ["original", f"rebuilt {fixed(found.error, 3)}"]),
        *differences(off[None], ["difference"]),
        *originals([found.flipped], [f"flipped {fixed(flipped_error, 3)}" if found.flips else "nothing flipped"]),
        *differences(change[None], ["what flips change" if found.flips else "nothing changed"], reach or REACH),
    ]
    caption = (
        f"{words[:1].upper()}{words[1:]}; its error is {number(found.error)}, the mean square of the "
        f"difference. {beyond(off)} {_told_flips(found, change, reach, flipped_error)}{_told_code(found)}"
    )
    return maker(seen, alone)("picture", title, Pictures(sheet, columns=5, widest=LARGE), caption.strip())


def _told_flips(found: Looked, change: Floats, reach: float, error: float) -> str:
    if not found.flips:
        return "Pick a bit of the code to flip it, and see here what changes."
    size = float(np.square(change, dtype=np.float64).mean())
    one = len(found.flips) == 1
    bits = f"Bit {found.flips[0]} is" if one else f"Bits {', '.join(map(str, found.flips))} are"
    before, after = told_apart(_error(found.decoded, found.original), error)
    goes = f"goes from {before} to {after}" if before != after else f"stays {before}"
    return (
        f"{bits} flipped, which changes the picture by a mean square of {size:.2g} (last picture, strongest color at "
        f"±{reach:.2g}); the error {goes}."
    )


def _told_code(found: Looked) -> str:
    """What is to be said where the code alone does not give the reconstruction."""
    if not found.says_all:
        return (
            " A unit of this net has more values than two, of which a bit tells less: the code alone decodes to a "
            f"picture with error {number(_error(found.decoded, found.original))}."
        )
    if not np.allclose(found.decoded, found.rebuilt, atol=1e-4):
        return (
            " An evaluation of this run samples the bits; the code below has the likelier ones, whose picture has "
            f"error {number(_error(found.decoded, found.original))}."
        )
    return ""


def _code(seen: Seen[Looked], alone: bool) -> Card:
    found = seen.answer
    on, bits = int(found.changed.sum()), len(found.code)
    told = [_told_bit(bit, bool(value), bit in found.flips) for bit, value in enumerate(found.changed)]
    chart = Chart(code_grid(found.changed, found.flips, told, seen.run.color), picks=True)
    flips = f"{len(found.flips)} flipped, with a cross" if found.flips else "none flipped"
    caption = (
        f"{how_many(bits, 'bit')} line by line, yellow on and dark off: {on} on, {flips}. "
        "Click one to flip it, and again to flip it back."
    )
    return maker(seen, alone)(CODE, "Its code", chart, caption)


def _told_bit(bit: int, on: bool, flipped: bool) -> str:
    return f"bit {bit}: {'on' if on else 'off'}{', flipped' if flipped else ''}"


def strongest_cards(seen: Sequence[Seen[Strongest | str]], flips: Sequence[int]) -> list[Card]:
    """Which flips matter most, of each net.

    Args:
        seen: what each answered, or what is said in the place of that.
        flips: bits that are flipped now.
    """
    alone, there = len(seen) == 1, answers_there(seen)
    titles = {STRONGEST: "The flips that matter most", SIZES: "What each bit does"}
    reach = reach_of(each.answer.differences for each in there)
    highest = reach_of(each.answer.sizes for each in there)
    cards = lacking(seen, alone, titles)
    for each in there:
        if not finite(each.answer.sizes):
            cards += [not_finite(each, alone, kind, title) for kind, title in titles.items()]
            continue
        cards.append(_strongest(each, alone, titles[STRONGEST], reach, flips))
        cards.append(_sizes(each, alone, titles[SIZES], highest))
    return placed(cards, seen)


def _strongest(seen: Seen[Strongest], alone: bool, title: str, reach: float, flips: Sequence[int]) -> Card:
    found = seen.answer
    picks = [str(bit) for bit in found.bits]
    labels = [f"bit {bit}: {found.sizes[bit]:.2g}" for bit in found.bits]
    said = [f"Flip bit {bit}: the error becomes {number(found.errors[bit])}" for bit in found.bits]
    sheet = [
        *originals(found.pictures, [f"bit {bit}" for bit in found.bits], picks=picks, help=said),
        *differences(found.differences, labels, reach or REACH),
    ]
    most = "bit that changes it" if len(picks) == 1 else f"{len(picks)} bits that change it"
    caption = (
        f"Above, the picture with one bit flipped, for the {most} most; "
        f"below, what changes and its mean square, strongest color at ±{reach:.2g}. Click one to flip it."
    )
    picked = next((pick for pick in picks if int(pick) in flips), "")
    return maker(seen, alone)(STRONGEST, title, Pictures(sheet, columns=len(picks), picked=picked), caption)


def _sizes(seen: Seen[Strongest], alone: bool, title: str, highest: float) -> Card:
    found, bits = seen.answer, len(seen.answer.sizes)
    range_of_y = (0.0, 1.05 * highest or 1.0)
    figure = bar_chart(np.arange(bits), found.sizes, "bit", "mean squared change", seen.run.color, y_range=range_of_y)
    better, nothing = int((found.errors < found.error).sum()), int((found.sizes == 0).sum())
    caption = (
        f"How much flipping each bit alone changes the picture. Of {how_many(bits, 'flip')} {better} "
        f"{'brings' if better == 1 else 'bring'} it closer to the original, "
        f"{nothing} {'changes' if nothing == 1 else 'change'} nothing; the mean change is {found.sizes.mean():.2g}. "
        "Click a bar to flip its bit."
    )
    return maker(seen, alone)(SIZES, title, Chart(figure, picks=True), caption)


def _error(picture: Floats, original: Floats) -> float:
    return float(np.square(picture - original, dtype=np.float64).mean())
