"""The cards of recorded codes: how bits are used, how far codes are apart, and what is found by them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lab.boards.code_charts import distance_chart, map_chart, precision_chart, rate_chart, telling_chart, thumbnails
from lab.boards.code_facts import CodeFacts
from lab.boards.code_scales import CodeScales, scales_by_net
from lab.boards.code_words import bit_words, share
from lab.boards.inside_cards import BINS
from lab.boards.net_cards import maker, placed
from lab.boards.seen import Seen
from lab.boards.wording import NOTHING, fixed, how_many
from lab.figures.board import Card, Chart, Content, Numbers, Pictures, Readout, Thumbnails, Tile
from lab.figures.correlations import correlation_picture, number_ticks
from lab.figures.histograms import bar_chart
from lab.probes.code_statistics import strongest_pairs

RATES, TELLING = "rates", "telling"
"""Cards with one of these names, a dot and the id of a run have bits that can be picked."""
MAP = "map"
STRONGEST = 3
"""Pairs of bits that are named."""
CodeSeen = Seen[CodeFacts]


class CodeCards:
    """Makes the cards of one moment, for all of which bits and scales are the same.

    Args:
        sides: what was recorded of each net, at all moments.
        with_map: whether the map is among the cards.
        pictures: of each net, by its id: the images that were coded (images, 28, 28), to be shown on the map.
    """

    def __init__(
        self,
        sides: Sequence[Sequence[CodeSeen]],
        with_map: bool = True,
        pictures: Mapping[str, NDArray[np.uint8]] | None = None,
    ) -> None:
        self._scales = scales_by_net(sides)
        self._with_map = with_map
        self._thumbnails = {
            side[-1].run.id: thumbnails(side[-1].answer, pictures[side[-1].run.id]) for side in sides if pictures
        }

    def __call__(self, seen: Sequence[CodeSeen]) -> list[Card]:
        """The cards of one moment: those of each net, or of two side by side."""
        alone = len(seen) == 1
        return placed((card for each in seen for card in self._of(each, alone)), seen)

    def _of(self, seen: CodeSeen, alone: bool) -> Iterator[Card]:
        facts, scales = seen.answer, self._scales[seen.run.id]
        yield _card(
            seen,
            alone,
            "counts",
            "How the code is used",
            *_readouts(facts, seen.run.experiment.estimator.stochastic),
            wide=True,
        )
        bits = scales.bits[seen.run.id]
        yield _card(seen, alone, RATES, _some("On-rate of each bit", bits, facts), *_rates(seen, facts, scales))
        if facts.units > len(bits):
            yield _card(seen, alone, "histogram", "On-rates of all bits", *_histogram(seen, facts, scales))
        title = _some("What each bit says about the class", bits, facts)
        yield _card(seen, alone, TELLING, title, *_telling(seen, facts, scales))
        yield _card(seen, alone, "correlation", _some("Correlation of bits", bits, facts), *_pairs(facts, bits))
        yield _card(seen, alone, "distances", "Hamming distances", *_distances(seen, facts, scales))
        yield _card(seen, alone, "precision", "Retrieval by Hamming distance", *_precision(seen, facts))
        if self._with_map:
            shown = _map(facts, scales, seen.run.id, self._thumbnails.get(seen.run.id))
            yield _card(seen, alone, MAP, "Map of the codes (PCA)", *shown, wide=True)


def _card(
    seen: CodeSeen, alone: bool, kind: str, title: str, content: Content, caption: str, wide: bool = False
) -> Card:
    return maker(seen, alone)(kind, f"{title}, {seen.answer.layer}", content, caption, wide)


def _some(title: str, bits: np.ndarray, facts: CodeFacts) -> str:
    return title if facts.units <= len(bits) else f"{title} ({len(bits)} of {facts.units})"


def _readouts(facts: CodeFacts, stochastic: bool) -> tuple[Numbers, str]:
    counted, found, units = facts.counted, facts.found, facts.units
    numbers = Numbers(
        [
            Readout("unique codes", str(counted.unique), f"of {counted.pictures} images"),
            Readout("dead bits", str(int(counted.dead.sum())), f"of {units}, never on"),
            Readout("stuck bits", str(int(counted.stuck.sum())), f"of {units}, always on"),
            Readout("mean entropy", fixed(float(counted.entropy.mean()), 3), "bits per bit, 1 at most"),
            Readout("effective dimension", fixed(counted.dimension, 1), f"of {units}"),
            Readout("mAP", fixed(found.mean_average_precision, 3), f"{fixed(found.by_chance, 3)} by chance"),
        ]
    )
    drawn = " A unit that is drawn counts as on where that is likelier." if stochastic else ""
    return numbers, (
        f"The codes of {counted.pictures} test images.{drawn} The commonest "
        f"code is that of {counted.largest} of them. Effective dimension: in how many independent, equal directions "
        "codes would vary as much (participation ratio)."
    )


def _rates(seen: CodeSeen, facts: CodeFacts, scales: CodeScales) -> tuple[Chart, str]:
    chosen = scales.chosen(facts, seen.run.id)
    return Chart(rate_chart(facts, scales.bits[seen.run.id], seen.run.color), picks=True), (
        f"For which share of the {facts.counted.pictures} images each bit is on; a bit at 50 % says most, one at 0 or "
        f"100 % nothing.{chosen} Pick a bar to look at its bit below."
    )


def _histogram(seen: CodeSeen, facts: CodeFacts, scales: CodeScales) -> tuple[Chart, str]:
    counts = np.histogram(facts.counted.on_rate, BINS)[0]
    figure = bar_chart(BINS, counts, "on-rate", "bits", seen.run.color, y_range=(0, scales.most_bits))
    dead, stuck = int(facts.counted.dead.sum()), int(facts.counted.stuck.sum())
    bits = "How often the 1 bit is on" if facts.units == 1 else f"How many of all {facts.units} bits are on how often"
    return Chart(figure), f"{bits}; {dead} never and {stuck} always."


def _telling(seen: CodeSeen, facts: CodeFacts, scales: CodeScales) -> tuple[Chart, str]:
    bits, told = scales.bits[seen.run.id], facts.told
    best = int(told.telling[0])
    figure = telling_chart(facts, bits, seen.run.color, scales.most_told)
    return Chart(figure, picks=True), (
        f"Mutual information of each bit and the class, in bits; most, {fixed(float(told.bits[best]), 3)}, says "
        f"{bit_words(facts.shape, best)}. The dashed line is what a bit seems to say by chance "
        f"({fixed(told.by_chance, 3)}). Pick a bar to look at its bit below."
    )


def _pairs(facts: CodeFacts, bits: np.ndarray) -> tuple[Pictures, str]:
    found = facts.correlation(bits)
    pairs = [
        f"{bits[pair.one]} and {bits[pair.other]} ({fixed(pair.phi, 2)})" for pair in strongest_pairs(found, STRONGEST)
    ]
    constant = int(found.constant.sum())
    words = "Correlation of each two bits, in the order of their numbers"
    tile = Tile("", correlation_picture(found.phi), help=words, ticks=number_ticks(bits.tolist()))
    return Pictures([tile], 1, widest=320), (
        "Pearson's correlation (phi) of each two bits, whose numbers stand at the sides: red where they are the same, "
        f"blue where opposite, white where unrelated, from {fixed(-1, 0)} to 1; gray: constant bits, of which there "
        f"are {constant}. "
        f"Strongest: {'; '.join(pairs) or NOTHING}."
    )


def _distances(seen: CodeSeen, facts: CodeFacts, scales: CodeScales) -> tuple[Chart, str]:
    pairs = facts.distances
    return Chart(distance_chart(pairs, seen.run.color, scales)), (
        f"In how many of {how_many(facts.units, 'bit')} two codes differ: "
        f"the mean is {fixed(pairs.mean_within, 1)} for two "
        f"images of one class and {fixed(pairs.mean_between, 1)} for two of different classes. "
        "The further apart the two curves are, the better codes tell classes apart."
    )


def _precision(seen: CodeSeen, facts: CodeFacts) -> tuple[Chart, str]:
    found = facts.found
    alone = f" {found.without} that are alone in their class are left out." if found.without else ""
    first = share(float(found.undecided[0])) if len(found.undecided) else NOTHING
    scores = [fixed(score, 3) for score in (found.mean_average_precision, found.by_chance)]
    return Chart(precision_chart(found, seen.run.color)), (
        f"Share of images of the same class among the k nearest, each image looked for among all others.{alone} Images "
        "at equal distance are in no order: each number is the mean over all their orders, and for "
        f"{first} of the images ties leave open which is the nearest. Mean average precision {scores[0]}, by chance "
        f"{scores[1]} (dashed: precision by chance)."
    )


def _map(facts: CodeFacts, scales: CodeScales, run: str, pictures: Thumbnails | None) -> tuple[Chart, str]:
    points = scales.points.get((run, facts.step))
    chart = Chart(map_chart(facts, points, scales.ends[run]), picks=True, thumbnails=pictures)
    if facts.map is None or facts.map.explained is None:
        return chart, facts.no_map
    both = share(sum(facts.map.explained))
    return chart, (
        f"Each point is the code of a test image, where near codes are near: the two directions in which codes vary "
        f"most, with {both} of all variance. The scale is this net's own, the same at all moments. "
        "Pick a point to let all pages look at its image: its point is larger then."
    )
