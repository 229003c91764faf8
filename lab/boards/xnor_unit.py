"""The cards of one unit of a packed net: the bits that meet in it, what is counted, and the same in floats."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lab.boards.net_cards import MakeCard, maker
from lab.boards.seen import Seen
from lab.boards.wording import fixed, grouped
from lab.figures.board import Card, Head, Numbers, Pictures, Readout, Row, Table, Tile
from lab.figures.pictures import picture, tiles
from lab.figures.theme import GRAY
from lab.probes.xnor import Meeting
from lab.probes.xnor_layers import WORD

FEW = 8
"""Words that are still shown large, one row of them below the other."""
COLORS = np.array([[0, 63, 110], [240, 228, 66], [128, 128, 128]], np.uint8)
"""Of bits that are off, on, and of places where there is none."""
NONE = 2


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
    length = met.layer.length
    gray = not met.there.all() or (length > WORD and length % WORD and met.layer.reads != "pixels")
    filled = " Gray are places without a bit." if gray else ""
    if met.layer.reads == "pixels":
        side = met.layer.window.kernel if met.layer.window else met.layer.shape[1]
        sheet = [_tile(f"bit {2 ** (7 - k)}", plane, met.there, side) for k, plane in enumerate(met.planes)]
        sheet += [_tile(f"XNOR {2 ** (7 - k)}", plane, met.there, side) for k, plane in enumerate(met.alike)]
        sheet += [_tile("weights", met.weights, met.there, side)]
        sheet += tiles(met.inputs.reshape(1, -1, side), ["pixels"], 0, 255, GRAY)
        said = (
            f"The {length} pixels of {words} that it reads are bytes, so it counts eight times: the bits of each, "
            "and below them where each is as the weight of that place (yellow)."
        )
        return card("bits", f"The bits that meet: {name_of(met)}", Pictures(sheet, 8, widest=104), said + filled)
    side = min(WORD, length)
    sheet = [_tile("activations", met.planes[0], met.there, side), _tile("weights", met.weights, met.there, side)]
    sheet += [_tile("XNOR", met.alike[0], met.there, side)]
    content = Pictures(sheet, 1, widest=960) if length <= FEW * WORD else Pictures(sheet, 3, widest=320)
    words_of_bits = "a word" if length <= WORD else f"{-(-length // WORD)} words"
    said = (
        f"What it reads of {words}, its weights, and their XNOR: {length} bits in {words_of_bits} "
        f"of {WORD}, a word to a line. Yellow is on; in the XNOR it is where both are the same."
    )
    return card("bits", f"The bits that meet: {name_of(met)}", content, said + filled, wide=True)


def _tile(label: str, bits: NDArray[np.bool_], there: NDArray[np.bool_], width: int) -> Tile:
    values = np.full(width * -(-len(bits) // width), NONE)
    values[: len(bits)] = np.where(there, bits, NONE)
    return Tile(label, picture(COLORS[values.reshape(-1, width)]))


def _counted(card: MakeCard, met: Meeting) -> Card:
    there, layer = int(met.there.sum()), met.layer
    numbers = [Readout("bits that meet", grouped(there), f"K = {layer.length}" if there < layer.length else "K")]
    if layer.reads != "pixels":
        numbers.append(Readout("popcount of the XNOR", grouped(met.popcounts[0]), "places where both are the same"))
    by_counting = fixed(met.dot, 4 if layer.reads == "pixels" else 0)
    numbers += [
        Readout("dot product by counting", by_counting, _formula(met)),
        Readout("by PyTorch in float32", fixed(met.float_dot, 4 if layer.reads == "pixels" else 1), _equal(met)),
    ]
    if met.threshold is not None:
        fires, net = ("fires" if on else "is off" for on in (met.fires, met.net_fires))
        numbers += [Readout("threshold", *_threshold(met)), Readout("so the unit", fires, f"in the net it {net}")]
    said = (
        "Batch norm and units behind the sum are one comparison: the threshold was found by asking them at "
        f"{'floats' if layer.reads == 'pixels' else 'integers'}, not by a formula."
        if met.threshold is not None
        else "This layer ends in numbers: its sums are scaled, and nothing is compared."
    )
    return card("counted", f"What is counted: {name_of(met)}", Numbers(numbers), said)


def _threshold(met: Meeting) -> tuple[str, str]:
    assert met.threshold is not None
    if met.threshold == -np.inf or (met.threshold <= -met.layer.length and met.layer.reads != "pixels"):
        return "none", "it is always off" if met.flipped else "it always fires"
    value = fixed(met.threshold, 4 if met.layer.reads == "pixels" else 0)
    return value, f"it fires {'below' if met.flipped else 'from'} {value}{'' if met.flipped else ' on'}"


def _formula(met: Meeting) -> str:
    layer = met.layer
    if layer.reads == "pixels":
        slope, offset, _ = layer.pixels
        return f"{slope:.4g} Σ 2^k (w·bit k) {'+' if offset >= 0 else '-'} {abs(offset):.4g} Σ w"
    kinds = (layer.reads, layer.weights)
    return {
        ("-1/+1", "-1/+1"): "2 popcount - K",
        ("0/1", "-1/+1"): "popcount - K + weights that are on",
        ("-1/+1", "0/1"): "popcount - K + activations that are on",
        ("0/1", "0/1"): "half of popcount - K + what is on of both",
    }[kinds]


def _equal(met: Meeting) -> str:
    if met.layer.reads == "pixels":
        return f"rounded there; {abs(met.dot - met.float_dot):.1g} apart"
    return "the same" if met.dot == met.float_dot else f"{met.dot - met.float_dot:g} apart"


def _planes(card: MakeCard, met: Meeting) -> Card:
    heads = [
        Head("bit of the pixels", number=False),
        Head("popcount of the XNOR"),
        Head("w·bit"),
        Head("times", "What the bit stands for"),
        Head("together"),
    ]
    rows, total = [], 0
    for k, (count, part) in enumerate(zip(met.popcounts, met.sums, strict=True)):
        value = 2 ** (7 - k)
        total += value * part
        rows.append(Row([f"{7 - k}", *map(_whole, (count, part, value, value * part))]))
    rows.append(Row(["sum", "", "", "", _whole(total)]))
    said = (
        "Eight counts make the product with bytes, exactly; more than two pictures at once take 8-bit products instead."
    )
    return card("planes", "Bit by bit of the pixels", Table(heads, rows), said)


def _whole(value: int) -> str:
    return fixed(value, 0) if abs(value) < 1e5 else grouped(value).replace("-", "\N{MINUS SIGN}")
