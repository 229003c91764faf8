"""The cards of one bit: when it is on, which images drive it, and what flipping it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from lab.boards.code_charts import REFERENCE
from lab.boards.code_rest import EXTREMES, AtRest, Picture, maker
from lab.boards.code_words import bit_words, share
from lab.boards.net_cards import MakeCard
from lab.boards.wording import NOTHING, WAITING, fixed
from lab.figures.bars import Bars, named_bars
from lab.figures.board import Card, Chart, Numbers, Pictures, Readout, Tile
from lab.figures.pictures import tiles
from lab.figures.theme import DIVERGING, GRAY
from lab.probes.bit_flips import ClassEffects
from lab.probes.bits import look, on_rate_by_class
from lab.probes.decoding import Effects
from lab.probes.extremes import Extremes

FLIP = "flip"
NOT_EXACT = (
    " Units of this net have more values than two, or a scale of their own: the flip is to the value on the other side "
    "of the middle."
)


def bit_cards(side: AtRest, picture: Picture, bit: int, alone: bool, reach: float) -> Iterator[Card]:
    """Those of one bit in one net.

    Args:
        side: the net.
        picture: in whose code the bit is flipped.
        bit: its number in the layer.
        alone: whether no other net is shown beside it.
        reach: up to which size differences of reconstructions are drawn: see `largest_difference`.
    """
    card = maker(side, alone)
    if bit >= side.facts.units:
        has = "bit 0 alone" if side.facts.units == 1 else f"bits 0 to {side.facts.units - 1}"
        said = f"There is no bit {bit}: this layer has {has}."
        yield card("bit", "The bit", Numbers([]), said)
        return
    yield _numbers(card, side, bit)
    yield _flip(card, side, picture, bit, reach)
    yield _classes(card, side, bit)
    yield _means(card, side, bit)
    yield _extremes(card, side, bit)


def largest_difference(sides: Sequence[AtRest]) -> float:
    """Of any pixel of a reconstruction, over all nets; 1 where there is none."""
    effects = [side.flipped.effect for side in sides if side.flipped is not None]
    sizes = [np.abs(each.differences) for each in effects if isinstance(each, Effects)]
    finite = [float(size[np.isfinite(size)].max(initial=0)) for size in sizes]
    return max(finite, default=0.0) or 1.0


def _numbers(card: MakeCard, side: AtRest, bit: int) -> Card:
    facts, counted, told = side.facts, side.facts.counted, side.facts.told
    rank = int(np.flatnonzero(told.telling == bit)[0]) + 1
    now = NOTHING if side.code is None else "on" if side.code[bit] else "off"
    numbers = [
        Readout("for the picture", now),
        Readout("on-rate", share(float(counted.on_rate[bit])), f"of {counted.pictures} images"),
        Readout("entropy", fixed(float(counted.entropy[bit]), 3), "bits, 1 at most"),
        Readout("about the class", fixed(float(told.bits[bit]), 3), f"bits; place {rank} of {facts.units}"),
    ]
    said = f"What {bit_words(facts.shape, bit)} is for the picture, and says over the coded test images."
    return card("bit", f"Bit {bit}", Numbers(numbers), f"{said} {_kin(side, bit)}")


def _kin(side: AtRest, bit: int) -> str:
    """A sentence about the bit that is most like it, of those that the film shows."""
    facts = side.facts
    if facts.counted.dead[bit] or facts.counted.stuck[bit]:
        return "It is dead: off for every image." if facts.counted.dead[bit] else "It is stuck: on for every image."
    others = np.concatenate([[bit], side.shown[side.shown != bit]])
    phi = facts.correlation(others).phi[0, 1:]
    if np.isnan(phi).all():
        return "No other bit that is shown varies."
    most = int(np.nanargmax(np.abs(phi)))
    return f"Of the bits shown above, bit {others[1 + most]} is most related to it (phi {fixed(float(phi[most]), 2)})."


def _classes(card: MakeCard, side: AtRest, bit: int) -> Card:
    facts = side.facts
    rates = {label: float(each[bit]) for label, each in on_rate_by_class(facts.codes(), facts.labels).items()}
    names = [facts.class_name(label) for label in rates]
    texts = [
        f"class {name}: on for {share(rate)} of {int((facts.labels == label).sum())} images"
        for name, (label, rate) in zip(names, rates.items(), strict=True)
    ]
    bars = Bars("on-rate", [100 * rate for rate in rates.values()], side.run.color, texts)
    overall = 100 * float(facts.counted.on_rate[bit])
    figure = named_bars(names, [bars], ("class", "images for which it is on (%)"), (0, 100), line=overall)
    said = f"How bit {bit} votes: for which share of each class's images it is on; dashed is that of all images."
    return card("classes", f"Bit {bit} by class", Chart(figure), said)


def _means(card: MakeCard, side: AtRest, bit: int) -> Card:
    found = look(side.pictures, side.facts.codes()[:, bit])
    pairs = [
        (f"on ({len(found.on)})", found.mean_on, "Mean of the images that switch it on"),
        (f"off ({len(found.off)})", found.mean_off, "Mean of the others"),
    ]
    sheet = [
        tile
        for name, mean, words in pairs
        if mean is not None
        for tile in tiles(mean[None], [name], 0, 255, GRAY, help=[words])
    ]
    if found.mean_on is not None and found.mean_off is not None:
        difference = found.mean_on - found.mean_off
        sheet += tiles(difference[None], ["difference"], -255, 255, DIVERGING, help=["Mean on less mean off"])
    return card(
        "means",
        f"What switches bit {bit} on",
        Pictures(sheet, 3, widest=140),
        f"The mean of the {len(found.on)} coded test images for which bit {bit} is on, of the {len(found.off)} for "
        "which it is off, and the first less the second (red: more ink where it is on, blue: less; white is 0, the "
        "full colors a difference from black to white).",
    )


def _extremes(card: MakeCard, side: AtRest, bit: int) -> Card:
    title = f"Images that drive bit {bit}"
    if not isinstance(side.driven, Extremes):
        return card(EXTREMES, title, Numbers([]), side.driven)
    driven = side.driven
    most, least = (
        _driving(side, indices[bit], values[bit])
        for indices, values in ((driven.most, driven.highest), (driven.least, driven.lowest))
    )
    return card(
        EXTREMES,
        title,
        Pictures(most + least, len(most), widest=84),
        f"Above the coded test images for which what enters the unit is highest, below those for which it is lowest, "
        f"with that number; {_told_on(side, bit)}. Pick one to let all pages look at it."
        f"{side.older(side.steps.driven)}",
    )


def _driving(side: AtRest, indices: np.ndarray, values: np.ndarray) -> list[Tile]:
    facts = side.facts
    return tiles(
        side.pictures[indices],
        [fixed(float(value), 2) for value in values],
        0,
        255,
        GRAY,
        help=[facts.image_words(int(index)) for index in indices],
        picks=[str(facts.images[index]) for index in indices],
    )


def _told_on(side: AtRest, bit: int) -> str:
    assert isinstance(side.driven, Extremes)
    on = int(side.driven.codes.on()[:, bit].sum())
    return f"the bit is on for {on} of {len(side.pictures)}"


def _flip(card: MakeCard, side: AtRest, picture: Picture, bit: int, reach: float) -> Card:
    title, flipped = f"What flipping bit {bit} does", side.flipped
    if flipped is None or flipped.effect is None:
        return card(FLIP, title, Numbers([]), flipped.refusal if flipped is not None else WAITING)
    more = "" if flipped.exact else NOT_EXACT
    if isinstance(flipped.effect, ClassEffects):
        return card(FLIP, title, _votes(side, flipped.effect), _votes_told(side, picture, bit, flipped.effect) + more)
    before, after, difference = flipped.effect.picture, flipped.effect.flipped[0], flipped.effect.differences[0]
    sheet = [
        *tiles(picture.pixels[None], ["picture"], 0, 255, GRAY),
        *tiles(np.stack([before, after]), ["as it is", "flipped"], -1, 1, GRAY),
        *tiles(difference[None], ["difference"], -reach, reach, DIVERGING),
    ]
    caption = (
        f"The reconstruction of {picture.words} with bit {bit} as it is and flipped, and the second less the first: "
        f"red is brighter, blue darker, full colors ±{fixed(reach, 2)} of pixels from {fixed(-1, 0)} to 1. Mean "
        f"squared difference {fixed(float(flipped.effect.sizes[0]), 5)}."
    )
    return card(FLIP, title, Pictures(sheet, 4, widest=140), caption + more)


def _votes(side: AtRest, effect: ClassEffects) -> Chart:
    names = [side.facts.class_name(label) for label in range(len(effect.before))]
    groups = [
        Bars(
            name,
            100 * values,
            color,
            [f"class {each}: {share(float(v))}" for each, v in zip(names, values, strict=True)],
        )
        for name, values, color in (
            ("as it is", effect.before, REFERENCE),
            ("flipped", effect.after[0], side.run.color),
        )
    ]
    return Chart(named_bars(names, groups, ("class", "probability (%)"), (0, 100)))


def _votes_told(side: AtRest, picture: Picture, bit: int, effect: ClassEffects) -> str:
    if not np.isfinite(effect.before).all() or not np.isfinite(effect.after).all():
        return "The answers of this net are no finite numbers any more."
    before, after = (side.facts.class_name(int(each.argmax())) for each in (effect.before, effect.after[0]))
    answer = f"it stays class {before}" if before == after else f"it changes from class {before} to {after}"
    return (
        f"What the net answers to {picture.words} with bit {bit} as it is and flipped: {answer}, and "
        f"{share(float(effect.sizes[0]))} of the probability moves to other classes."
    )
