"""The cards of the chosen picture's code at one moment: the code, its nearest neighbors, and a map by t-SNE."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.boards import net_cards
from lab.boards.code_charts import class_points, thumbnails
from lab.boards.code_facts import CodeFacts
from lab.boards.code_questions import NO_LAYER, Flipped
from lab.boards.code_words import bit_words, is_flat
from lab.boards.contestants import Contestant
from lab.boards.net_cards import MakeCard
from lab.boards.seen import Seen
from lab.boards.wording import WAITING, fixed, how_many
from lab.figures.board import Card, Chart, Content, Numbers, Pictures, Tile
from lab.figures.pictures import tiles
from lab.figures.points import point_chart
from lab.figures.theme import GRAY, VIRIDIS
from lab.probes.code_map import Map
from lab.probes.extremes import Extremes
from lab.probes.retrieval import Neighbors, nearest

Bits = NDArray[np.bool_]
NEIGHBORS = 12
SINGLE = 128
"""Bits up to which each has a tile of its own."""
RECORDED = ("classes", "means")
"""Cards of recorded codes alone, whatever weights answer."""
CODE, NEIGHBOR, NEAR, EXTREMES = "code", "neighbors", "near", "extremes"
"""Names of cards, before a dot and the id of a run: with bits to be picked, and with images."""


class Picture(NamedTuple):
    """What is looked at."""

    pixels: NDArray[np.uint8]
    """(28, 28)."""
    words: str


class Steps(NamedTuple):
    """Of the weights that answered. What takes long is that of the last moment for which it was worked out."""

    code: int
    driven: int | None
    """None until there is an answer."""
    near: int | None
    """The same."""


class AtRest(NamedTuple):
    """What is known of the codes of one net at the moment that is looked at."""

    run: Contestant
    step: int
    """Of the frame."""
    facts: CodeFacts
    pictures: NDArray[np.uint8]
    """Those that were coded: (images, 28, 28)."""
    code: Bits | None
    """Of the picture, (units,)."""
    flipped: Flipped | None
    driven: Extremes | str
    """Or what is said in the place of that."""
    near: Map | str
    """A t-SNE map, or what is said in its place; nothing where it was not asked for."""
    steps: Steps
    shown: NDArray[np.int64]
    """The bits that the cards of the film show: those that say most about the class at its newest moment."""

    def codes(self) -> Bits | None:
        """Those of the images from the weights that answer; None until they are worked out."""
        if self.facts.step == self.steps.code:
            return self.facts.codes()
        if not isinstance(self.driven, Extremes) or self.steps.driven != self.steps.code:
            return None
        return self.driven.codes.on()

    def older(self, step: int | None) -> str:
        """A sentence about an answer of older weights than the picture's code; nothing where it is of the same."""
        return "" if step in (None, self.steps.code) else " The next is on its way."


def maker(side: AtRest, alone: bool) -> MakeCard:
    """What makes the cards of a net: see `net_cards.maker`."""

    def card(kind: str, title: str, content: Content, caption: str, wide: bool = False) -> Card:
        weights = side.step if kind in RECORDED else side.steps.code
        answered = {EXTREMES: side.steps.driven, NEAR: side.steps.near}.get(kind)
        if answered in (None, weights):
            seen = Seen(side.run, side.step, weights, side)
        else:
            seen = Seen(side.run, answered, answered, side)  # of an earlier moment of a net that trains
        make = net_cards.maker(seen, alone)
        return make(kind, f"{title}, {side.facts.layer}", content, caption, wide)

    return card


def picture_cards(side: AtRest, picture: Picture, bit: int, alone: bool, with_near: bool) -> Iterator[Card]:
    """Those of the chosen picture's code in one net."""
    card = maker(side, alone)
    if with_near:
        yield _near(card, side)  # where the film has no map
    yield _code(card, side, picture, bit)
    yield _neighbors(card, side, picture)


def _code(card: MakeCard, side: AtRest, picture: Picture, bit: int) -> Card:
    title, code, shape = "Code of the picture", side.code, side.facts.shape
    if code is None:
        return card(CODE, title, Numbers([]), NO_LAYER)
    on = int(code.sum())
    own = f"The {how_many(len(code), 'bit')} of {picture.words}, of which {on} {'is' if on == 1 else 'are'} on (yellow)"
    shown = tiles(picture.pixels[None], [""], 0, 255, GRAY, help=[picture.words])
    if not is_flat(shape):
        channels = range(1, shape[0] + 1)
        sheet = tiles(code.reshape(shape), [str(channel) for channel in channels], 0, 1, VIRIDIS)
        return card(CODE, title, Pictures(shown + sheet, 9, widest=84), f"{own}, channel by channel.")
    if len(code) > SINGLE:
        return card(CODE, title, Pictures([*shown, _grid(code)], 2, widest=168), f"{own}, line by line.")
    names = [str(place) for place in range(len(code))]
    words = [f"{bit_words(shape, place)} is {'on' if on else 'off'}" for place, on in enumerate(code)]
    sheet = tiles(code[:, None, None], names, 0, 1, VIRIDIS, help=words, picks=names)
    return card(
        CODE, title, Pictures(shown + sheet, 17, widest=40, picked=str(bit)), f"{own}. Pick one to look at it below."
    )


def _grid(code: Bits) -> Tile:
    width = int(np.ceil(np.sqrt(len(code))))
    square = np.zeros(width * -(-len(code) // width))
    square[: len(code)] = code
    (tile,) = tiles(square.reshape(1, -1, width), [""], 0, 1, VIRIDIS, help=[f"{width} bits to a line"])
    return tile


def _neighbors(card: MakeCard, side: AtRest, picture: Picture) -> Card:
    title, codes, facts = "Nearest neighbors of the picture", side.codes(), side.facts
    if side.code is None or codes is None:
        said = side.driven if isinstance(side.driven, str) else WAITING
        return card(NEIGHBOR, title, Numbers([]), said if side.code is not None else NO_LAYER)
    itself = np.flatnonzero((side.pictures == picture.pixels).all(axis=(1, 2)))
    found = nearest(side.code, codes, NEIGHBORS, int(itself[0]) if len(itself) else None)
    sheet = tiles(
        side.pictures[found.indices],
        [f"{distance}: {facts.class_name(int(facts.labels[i]))}" for i, distance in _pairs(found)],
        0,
        255,
        GRAY,
        help=[f"{facts.image_words(i)}, {how_many(distance, 'bit')} away" for i, distance in _pairs(found)],
        picks=[str(facts.images[i]) for i, _ in _pairs(found)],
    )
    left = " without itself" if len(itself) else ""
    first = (
        "the one with the lowest number is" if found.shown == 1 else f"the {found.shown} with the lowest numbers are"
    )
    ties = f" At the last distance are {found.tied} images, of which {first} shown." if found.shown < found.tied else ""
    return card(
        NEIGHBOR,
        title,
        Pictures(sheet, 6, widest=96),
        f"The {len(found.indices)} of {len(codes)} coded test images{left} whose codes differ least from that of "
        f"{picture.words}: in how many of {how_many(codes.shape[1], 'bit')}, and their class; "
        f"{fixed(found.mean, 1)} are the "
        f"mean of all.{ties} Pick one to let all pages look at it.",
    )


def _pairs(found: Neighbors) -> list[tuple[int, int]]:
    return list(zip(found.indices.tolist(), found.distances.tolist(), strict=True))


def _near(card: MakeCard, side: AtRest) -> Card:
    title = "Map of the codes (t-SNE)"
    if not isinstance(side.near, Map):
        return card(NEAR, title, Numbers([]), side.near, wide=True)
    points = side.near.points
    chart = point_chart(class_points(side.facts, points), ("", ""), points, ticks=False)
    return card(
        NEAR,
        title,
        Chart(chart, picks=True, thumbnails=thumbnails(side.facts, side.pictures)),
        "Each point is the code of a test image; near ones have codes that differ in few bits, and how far apart "
        f"others lie says little (perplexity {fixed(side.near.perplexity or 0, 1)}). Pick a point to let all pages "
        f"look at its image: its point is larger then.{side.older(side.steps.near)}",
        wide=True,
    )
