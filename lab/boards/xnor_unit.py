"""The cards of one unit of a packed net: the bits that meet in it, what is counted, and the same in floats."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lab.boards.net_cards import MakeCard, maker
from lab.boards.seen import Seen
from lab.boards.wording import MINUS, told_apart
from lab.boards.xnor_formulas import (
    BITS_ON,
    DECIMALS,
    MEET,
    ON,
    POPCOUNT,
    WEIGHTS_ON,
    combined,
    formula_of,
    of_plane,
    real,
    told,
    whole,
)
from lab.figures.board import Card, Head, Numbers, Pictures, Readout, Row, Table, Tile
from lab.figures.pictures import picture
from lab.probes.xnor import Meeting
from lab.probes.xnor_layers import WORD

FEW = 8
"""Words that are still shown large, one row of them below the other."""
LEAST = 4
"""Pixels of a bit at least; where a line has less room, tiles stand below each other."""
COLORS = np.array([[0, 63, 110], [240, 228, 66], [128, 128, 128]], np.uint8)
"""Of bits that are off, on, and of places where there is none."""
NONE = 2
Colors = NDArray[np.uint8]


def unit_cards(seen: Seen[Meeting | None], words: str, alone: bool) -> Iterator[Card]:
    """Those of a unit.

    Args:
        seen: what meets in it; None where the net has no such layer or unit.
        words: what the picture is called.
        alone: whether no other net is shown beside it.
    """
    met, card = seen.answer, maker(seen, alone)
    if met is None:
        yield card("bits", "The bits that meet", Numbers([]), "This net has no such unit in a layer of binary weights.")
        return
    yield _bits(card, met, words)
    yield _counted(card, met)
    if met.layer.reads == "pixels":
        yield _planes(card, met)


def name_of(met: Meeting) -> str:
    """What the unit is called, people counting rows and columns from 1."""
    row, column = (each + 1 for each in met.place)
    at = f", row {row}, column {column}" if met.layer.window else ""
    return f"{met.layer.name}, {'channel' if met.layer.window else 'unit'} {met.unit}{at}"


def _bits(card: MakeCard, met: Meeting, words: str) -> Card:
    title, length = f"The bits that meet: {name_of(met)}", met.layer.length
    beyond = f" Gray lies beyond the border: {met.meeting} of {length} places meet." if met.meeting < length else ""
    if met.layer.reads == "pixels":
        said = (
            f"The {met.meeting} pixels of {words} that it reads are bytes, so it counts eight times. The first tile "
            "has the pixels, and the weights below; the others a bit of each, and its XNOR with the weights below: "
            "yellow is on, and in the XNOR it is where both are the same."
        )
        return card("bits", title, Pictures(_byte_tiles(met), 9, widest=112, least=72), said + beyond, wide=True)
    side = min(WORD, length)
    sheet = [_tile("activations", met.planes[0], met.there, side), _tile("weights", met.weights, met.there, side)]
    sheet += [_tile("XNOR", met.alike[0], met.there, side)]
    columns, widest = (1, 960) if length <= FEW * WORD else (3, 320)
    words_of_bits = "a word" if length <= WORD else f"{-(-length // WORD)} words"
    said = (
        f"What it reads of {words}, its weights, and their XNOR: {length} places in {words_of_bits} of {WORD} bits, a "
        "word to a line. Yellow is on; in the XNOR it is where both are the same."
    )
    unused = " Gray at the end of the last word is not used." if length > WORD and length % WORD else ""
    content = Pictures(sheet, columns, widest=widest, least=LEAST * side)
    return card("bits", title, content, said + beyond + unused, wide=True)


def _byte_tiles(met: Meeting) -> list[Tile]:
    """Pixels over weights, and each of their bits over its XNOR, so that they stay together on any screen."""
    side = met.layer.window.kernel if met.layer.window else met.layer.shape[1]
    gray = np.where(met.there[:, None], met.inputs[:, None].repeat(3, axis=1), COLORS[NONE]).astype(np.uint8)
    sheet = [_stacked("pixels, weights", gray, _colors(met.weights, met.there), side)]
    for k, (plane, alike) in enumerate(zip(met.planes, met.alike, strict=True)):
        sheet.append(_stacked(f"bit {7 - k}, XNOR", _colors(plane, met.there), _colors(alike, met.there), side))
    return sheet


def _stacked(label: str, above: Colors, below: Colors, side: int) -> Tile:
    """Two pictures with a white line between them."""
    pictures = [part.reshape(-1, side, 3) for part in (above, below)]
    between = np.full((max(1, side // 14), side, 3), 255, np.uint8)
    return Tile(label, picture(np.concatenate([pictures[0], between, pictures[1]])))


def _colors(bits: NDArray[np.bool_], there: NDArray[np.bool_]) -> Colors:
    """Of each place, (K, 3)."""
    return COLORS[np.where(there, bits, NONE)]


def _tile(label: str, bits: NDArray[np.bool_], there: NDArray[np.bool_], width: int) -> Tile:
    colors = _colors(bits, there)
    filled = np.concatenate([colors, COLORS[[NONE] * (-len(bits) % width)]])
    return Tile(label, picture(filled.reshape(-1, width, 3)))


def _counted(card: MakeCard, met: Meeting) -> Card:
    of_bytes = met.layer.reads == "pixels"
    length = met.layer.length
    beyond = f"of K = {length}; the others lie beyond the border" if met.meeting < length else "K, all that it reads"
    numbers = [Readout("bytes that meet" if of_bytes else MEET, whole(met.meeting), beyond)]
    numbers += _bytes_counted(met) if of_bytes else _bits_counted(met)
    numbers += _outcome(met)
    scale = "" if met.scale == 1 else ", also the scale of its weights,"
    if met.has_units:
        said = (
            f"What follows the sum{scale} is one comparison: its threshold was found by asking batch norm and units, "
            "not by a formula."
        )
        if met.layer.pool:
            said += " This is in front of max pooling: behind it a bit is on where any unit of its window fires."
    else:
        said = f"This layer ends in numbers: what follows the sum{scale} is one multiplication and one addition."
    return card("counted", f"What is counted: {name_of(met)}", Numbers(numbers), said)


def _bits_counted(met: Meeting) -> list[Readout]:
    """What is counted of bits, and their sum."""
    formula = formula_of(met)
    numbers = [Readout(f"{POPCOUNT} of the XNOR", whole(met.popcounts[0]), "places where both are the same")]
    if "{weights}" in formula:
        numbers.append(Readout(WEIGHTS_ON, whole(met.weights_on), "of those that meet"))
    if "{on}" in formula:
        numbers.append(Readout(ON, whole(met.on[0]), "of those that meet"))
    apart = real(abs(met.dot - met.float_dot), 1)
    compared = "the same" if met.dot == met.float_dot else f"{apart} apart: rounding turned a bit in front of it there"
    return [
        *numbers,
        Readout("dot product by counting", whole(met.dot), told(met)),
        Readout("by PyTorch in float32", real(met.float_dot, 1), compared),
    ]


def _bytes_counted(met: Meeting) -> list[Readout]:
    """What is counted of bytes, and their sum as the net reads them."""
    slope, offset, _ = met.layer.pixels
    total = sum(2 ** (7 - k) * part for k, part in enumerate(met.sums))
    minus = met.meeting - met.weights_on
    signs = f"{met.weights_on} are 1" + (f", {minus} are {MINUS}1" if met.layer.weights == "-1/+1" else "")
    decimals = _decimals(met)
    dot, by_torch = real(met.dot, decimals), real(met.float_dot, decimals)
    terms = [(slope, whole(total), total), (offset, whole(met.weight_sum), met.weight_sum)]
    apart = real(abs(round(met.dot, decimals) - round(met.float_dot, decimals)), decimals)
    return [
        Readout("weights × bytes", whole(total), "by eight counts, below"),
        Readout("weights together", whole(met.weight_sum), signs),
        Readout("dot product by counting", dot, f"as the net reads bytes: {combined(terms, met.dot, decimals)}"),
        Readout("by PyTorch in float32", by_torch, "the same" if dot == by_torch else f"{apart} apart, by rounding"),
    ]


def _outcome(met: Meeting) -> list[Readout]:
    """What comes of the sum."""
    decimals = _decimals(met)
    dot = real(met.dot, decimals) if decimals else whole(met.dot)
    if met.threshold is None:
        scale, offset = (float(each[met.unit]) for each in (met.layer.scale, met.layer.offset))
        clipped = f", clipped to {MINUS}1 and 1" if met.layer.gives == "clipped" else ""
        value = combined([(scale, dot, met.dot), (offset, "", 1.0)], scale * met.dot + offset)
        net = real(met.net_gives)
        return [Readout("so it gives", real(met.gives), f"{value}{clipped}; in the net {net}")]
    fires, net = ("fires" if on else "is off" for on in (met.fires, met.net_fires))
    told_net = "as in the net" if fires == net else f"in the net it {net}, by rounding"
    least, largest = met.reach
    if met.threshold <= least or met.threshold > largest:
        threshold = _threshold(met, decimals) if np.isfinite(met.threshold) else "none"
        always = "it always fires" if met.fires else "it is always off"
        ends = " to ".join(real(each, decimals) if decimals else whole(each) for each in (least, largest))
        return [
            Readout("threshold", threshold, f"{always}: whatever it reads here, its sum lies from {ends}"),
            Readout("so the unit", fires, told_net),
        ]
    threshold = _threshold(met, decimals)
    when = f"it fires below {threshold}" if met.flipped else f"it fires from {threshold} on"
    compared = f"{dot} {'≥' if met.dot >= met.threshold else '<'} {threshold}"
    return [Readout("threshold", threshold, when), Readout("so the unit", fires, f"{compared}, {told_net}")]


def _threshold(met: Meeting, decimals: int) -> str:
    assert met.threshold is not None
    return real(met.threshold, decimals) if decimals else whole(met.threshold)


def _decimals(met: Meeting) -> int:
    """With how many its sum is shown: none of integers, else as many as tell it from the threshold."""
    if met.layer.reads != "pixels":
        return 0
    if met.threshold is None or not np.isfinite(met.threshold):
        return DECIMALS
    return len(told_apart(met.dot, met.threshold)[0].partition(".")[2]) or DECIMALS


def _planes(card: MakeCard, met: Meeting) -> Card:
    takes_on = "{on}" in formula_of(met)
    heads = [
        Head("bit of the pixels", number=False),
        Head("popcount of the XNOR"),
        *([Head(BITS_ON, "Of those that meet a weight")] if takes_on else []),
        Head("weights × bits", "The product of the weights with this bit of all pixels"),
        Head("times", "What the bit stands for"),
        Head("together"),
    ]
    rows, total = [], 0
    for k, (count, on, part) in enumerate(zip(met.popcounts, met.on, met.sums, strict=True)):
        value = 2 ** (7 - k)
        total += value * part
        rows.append(Row([f"{7 - k}", *map(whole, (count, *([on] if takes_on else []), part, value, value * part))]))
    rows.append(Row(["all", *[""] * (len(heads) - 2), whole(total)]))
    said = (
        f"Weights × bits = {of_plane(met)}. Eight counts make the product with bytes, exactly; more than two pictures "
        "at once take 8-bit products instead."
    )
    return card("planes", "Bit by bit of the pixels", Table(heads, rows), said)
