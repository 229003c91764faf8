"""The cards of a packed net: what its layers take, whether its weights are bits, and if it is exact and fast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from lab.boards.net_cards import MakeCard, maker
from lab.boards.seen import Seen
from lab.boards.wording import MINUS, NOTHING, fixed, grouped, how_many, percent
from lab.figures.board import Card, Head, Numbers, Readout, Row, Table
from lab.packed import Agreement
from lab.probes.xnor_layers import WORD, Cost, Distinct, Facts

EXACT, SPEED = "exact", "speed"
EXACT_TITLE, SPEED_TITLE = "Is it exact?", "How fast is it here?"


class Compared(NamedTuple):
    """A packed net beside its net on test images."""

    found: Agreement
    asked: int
    """Images on which it is to be compared."""
    there: int
    """Test images that there are."""


class Timed(NamedTuple):
    """How long both ways took on this machine."""

    batch: int
    floats: float
    """Milliseconds of a go in float32."""
    packed: float
    """The same on packed words."""
    low: float
    """The smallest ratio of any round."""
    ratio: float
    """In the middle."""
    high: float
    packing: float
    """Milliseconds that it took to pack the net, once."""
    threads: int
    rounds: int
    seconds: float
    """Of a turn."""
    others: float | None
    """Share of the processors that other processes had meanwhile; None where the system does not tell."""
    libraries: str


def fact_cards(seen: Seen[Facts], alone: bool) -> Iterator[Card]:
    """What is known of the net without a picture: tables that need a whole line, also where other nets are shown."""
    card = maker(seen, alone)
    for made in (_costs(card, seen.answer), _binary(card, seen.answer)):
        yield replace(made, wide=True, row="")


def exact_card(seen: Seen[Compared], alone: bool) -> Card:
    """Whether the packed net is the net."""
    (found, asked, there), card = seen.answer, maker(seen, alone)
    under_way = found.images < asked
    _, bits, differing, ties = found.whole
    told = f"of {grouped(asked)}, under way" if under_way else f"of {grouped(there)}"
    numbers = [
        Readout("test images compared", grouped(found.images), told),
        Readout("hidden bits compared", grouped(bits), "layer by layer on the same inputs"),
        Readout("hidden bits that differ", grouped(differing), _of_these(differing, ties)),
        Readout("images with all bits the same", grouped(found.same), percent(found.same / found.images)),
        Readout("logits apart at most", *_apart(found)),
        Readout("classes that agree", grouped(found.classes), percent(found.classes / found.images)),
    ]
    but = f" but for {how_many(ties, 'float tie')}" if found.exact and ties else ""
    verdict = f"It is {'exact' if found.exact else 'not exact'}{but}{' so far' if under_way else ''}"
    said = (
        f"{verdict}: the packed net beside PyTorch's, in evaluation. PyTorch rounds sums behind real-valued pixels, "
        "scales and biases; a bit whose sum is at its threshold but for that rounding is a tie. Logits are compared "
        "where all bits are the same."
    )
    return card(EXACT, EXACT_TITLE, Numbers(numbers), said)


def _apart(found: Agreement) -> tuple[str, str]:
    if not found.same:
        return NOTHING, "no image has all bits the same"
    return f"{found.logits:.1g}".replace("-", MINUS), f"the largest is {fixed(found.largest, 2)}"


def _of_these(differing: int, ties: int) -> str:
    if not differing:
        return "the same to the last one"
    return "all of them float ties" if ties == differing else f"{grouped(ties)} of them float ties"


def speed_card(seen: Seen[Timed | str], alone: bool) -> Card:
    """How fast it is on this machine, or why that is not known."""
    timed, card = seen.answer, maker(seen, alone)
    if isinstance(timed, str):
        return card(SPEED, SPEED_TITLE, Numbers([]), timed)
    numbers = [
        Readout("times as fast", fixed(timed.ratio, 1), f"{fixed(timed.low, 1)} to {fixed(timed.high, 1)} by round"),
        Readout("packed", f"{timed.packed:.3g} ms", f"for {how_many(timed.batch, 'image')}"),
        Readout("PyTorch, float32", f"{timed.floats:.3g} ms", "weights made to bits before"),
        Readout("packing the net", f"{timed.packing:.3g} ms", "once, and not in these times"),
        Readout("batch", str(timed.batch), f"{how_many(timed.threads, 'thread')} each"),
    ]
    others = "" if timed.others is None else f" Other processes had {timed.others:.0%} of the processors meanwhile."
    said = (
        f"From pixels to logits, also packing the activations, in turns of {timed.seconds:g} s, {timed.rounds} rounds; "
        f"{timed.libraries}.{others} {_pays(timed)}"
    )
    return card(SPEED, SPEED_TITLE, Numbers(numbers), said)


def _pays(timed: Timed) -> str:
    if timed.ratio < 1:
        return "Here it does not pay: this net is too small, or the batch, or most of its work is that of real weights."
    if timed.ratio < 4:
        return "Here it pays little: small nets and convolutions of few channels have few bits to a word."
    return "It pays less for smaller nets, and for convolutions of few channels, which have few bits to a word."


def _costs(card: MakeCard, facts: Facts) -> Card:
    heads = [
        Head("layer", number=False),
        Head("shape", number=False),
        Head("reads", "What stands for a bit, or bytes of pixels", number=False),
        Head("weights"),
        Head("bytes in float32", "With biases and batch norm"),
        Head("bytes packed", "With thresholds"),
        Head("multiply-adds", "For an image, in float32"),
        Head("words counted", f"{WORD} bits each: one XOR and one popcount"),
    ]
    rows = [Row(_cost(cost)) for cost in facts.costs]
    before, after = (sum(getattr(cost, name) for cost in facts.costs) for name in ("bytes_before", "bytes_after"))
    products, words = (sum(getattr(cost, name) for cost in facts.costs) for name in ("products", "words"))
    weights = sum(cost.weights for cost in facts.costs)
    rows.append(Row(["all", "", "", *map(grouped, (weights, before, after, products, words))]))
    said = (
        f"Packed it takes {before / after:.1f} times less; the file, which also says what the net is, has "
        f"{grouped(facts.file_bytes)} bytes, {before / facts.file_bytes:.1f} times less. A layer on bytes counts each "
        "of their eight bits. Where weights are real, the multiply-adds stay."
    )
    return card("costs", "Every layer, before and after", Table(heads, rows), said)


def _cost(cost: Cost) -> list[str]:
    layer = cost.layer
    rows, columns = layer.places
    if layer.window:
        kernel, _, _ = layer.window
        shape = f"{kernel}×{kernel}×{layer.shape[2]} → {layer.outputs}, at {rows}×{columns}"
    else:
        shape = f"{layer.length} → {layer.outputs}"
    numbers = (cost.weights, cost.bytes_before, cost.bytes_after, cost.products, cost.words)
    return [layer.name, shape, layer.reads.replace("-", MINUS), *map(grouped, numbers)]


def _binary(card: MakeCard, facts: Facts) -> Card:
    heads = [
        Head("layer", number=False),
        Head("binary?", number=False),
        Head("values, latent", "Of the weights that are trained"),
        Head("values in use", "Of what the layer multiplies by"),
        Head("scales", "What its bits are multiplied by, output by output"),
        Head("values of one output", "In use, with its scale, if there is one: two are bits"),
        Head("values packed"),
    ]
    rows = [Row(_distinct(each)) for each in facts.distinct]
    lost = [each.name for each in facts.distinct if not each.packed]
    real = f"The weights of {', '.join(lost)} are real, and stay so; all others are bits."
    said = f"{real if lost else 'All of its weights are bits.'} Different values are counted among all weights."
    return card("binary", "Is it really binary?", Table(heads, rows), said)


def _distinct(each: Distinct) -> list[str]:
    numbers = [grouped(count) if count else NOTHING for count in (each.scales, each.per_output, each.packed)]
    return [each.name, _verdict(each), grouped(each.latent), grouped(each.used), *numbers]


def _verdict(each: Distinct) -> str:
    if not each.packed:
        return "no: real"
    if max(each.per_output, each.packed) > 2:
        return f"no: {grouped(max(each.per_output, each.packed))} values of an output"
    return f"yes, with {how_many(each.scales, 'scale')}" if each.scales else "yes"
