"""The charts of recorded codes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lab.boards.code_facts import CodeFacts, Found
from lab.boards.code_scales import CodeScales
from lab.boards.code_words import bit_words, share
from lab.boards.wording import fixed
from lab.figures.bars import Bars, named_bars
from lab.figures.board import Thumbnails
from lab.figures.curves import Curve, line_chart
from lab.figures.points import Points, point_chart
from lab.figures.theme import Figure
from lab.probes.distances import ByClass

REFERENCE = "rgba(128,128,128,0.9)"
"""The color of what curves and bars are compared with."""
PLACES = 60
"""Points of a curve over k."""


def rate_chart(facts: CodeFacts, bits: NDArray[np.int64], color: str) -> Figure:
    """On-rates of some bits, which can be picked."""
    names = [str(bit) for bit in bits]
    bars = Bars("on-rate", 100 * facts.counted.on_rate[bits], color, bit_texts(facts, bits))
    return named_bars(names, [bars], ("bit", "images for which it is on (%)"), (0, 100), line=50, ids=names)


def telling_chart(facts: CodeFacts, bits: NDArray[np.int64], color: str, most: float) -> Figure:
    """What some bits say about the class, which can be picked."""
    names = [str(bit) for bit in bits]
    bars = Bars("information", facts.told.bits[bits], color, bit_texts(facts, bits))
    titles = ("bit", "mutual information (bits)")
    return named_bars(names, [bars], titles, (0, max(most, 1.2 * facts.told.by_chance)), facts.told.by_chance, names)


def bit_texts(facts: CodeFacts, bits: NDArray[np.int64]) -> list[str]:
    """What is told of each bit that is pointed at."""
    counted, told = facts.counted, facts.told
    return [
        f"{bit_words(facts.shape, int(bit))}<br>on for {share(float(counted.on_rate[bit]))}, entropy "
        f"{fixed(float(counted.entropy[bit]), 2)}<br>says {fixed(float(told.bits[bit]), 3)} bits about the class"
        for bit in bits
    ]


def distance_chart(pairs: ByClass, color: str, scales: CodeScales) -> Figure:
    """How many pairs of images have codes that are so far apart, within classes and between them."""
    centers = (scales.edges[:-1] + scales.edges[1:] - 1) / 2
    curves = [
        Curve("one class", centers, 100 * scales.shares(pairs.within), color, markers=len(centers) == 1),
        Curve("two classes", centers, 100 * scales.shares(pairs.between), REFERENCE, "dash", markers=len(centers) == 1),
    ]
    figure = line_chart(curves, "Hamming distance (bits)", "pairs (%)", y_range=(0, 100 * scales.most_pairs))
    ends = [float(scales.edges[0]) - 0.5, float(scales.edges[-1]) - 0.5]
    figure["layout"]["xaxis"] |= {"range": ends, "rangemode": "normal"}
    return figure


def precision_chart(found: Found, color: str) -> Figure:
    """Precision at k over k, and that of an order by chance."""
    places = np.unique(np.geomspace(1, max(len(found.precision), 1), PLACES).round().astype(int))
    values = found.precision[places - 1] if len(found.precision) else np.full(1, np.nan)
    curves = [
        Curve("by the codes", places, values, color),
        Curve("by chance", places, np.full(len(places), values[-1]), REFERENCE, "dash"),
    ]
    figure = line_chart(curves, "k nearest images", "precision at k", y_range=(0, 1))
    figure["layout"]["xaxis"] |= {"type": "log", "tickformat": "~g", "nticks": 4, "rangemode": "normal"}
    return figure


def map_chart(facts: CodeFacts, points: NDArray[np.float32] | None, ends: NDArray[np.float32]) -> Figure:
    """The codes in the plane of their first two principal components; without points an empty plane."""
    explained = (facts.map.explained if facts.map is not None else None) or (0.0, 0.0)
    titles = [f"component {number} ({share(part)} of the variance)" for number, part in enumerate(explained, 1)]
    return point_chart(class_points(facts, points), (titles[0], titles[1]), ends)


def class_points(facts: CodeFacts, points: NDArray[np.float32] | None) -> list[Points]:
    """A group of points for each class: images by their numbers among the test images."""
    found = []
    for label in np.unique(facts.labels):
        own = np.flatnonzero(facts.labels == label)
        places = np.full((len(own), 2), np.nan) if points is None else points[own]
        ids, texts = [str(facts.images[each]) for each in own], [facts.image_words(int(each)) for each in own]
        found.append(Points(f"class {facts.class_name(int(label))}", places, ids, texts))
    return found


def thumbnails(facts: CodeFacts, pictures: NDArray[np.uint8]) -> Thumbnails:
    """The images that were coded (images, 28, 28), for the points of a map."""
    return Thumbnails([str(image) for image in facts.images], pictures.tobytes(), pictures.shape[2])
