"""What is the same on the cards of codes at all moments: which bits are shown, and how far axes reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.boards.code_facts import SHOWN, CodeFacts, turned
from lab.boards.inside_cards import BINS
from lab.boards.seen import Seen

ROOM = 1.08
"""How much higher an axis is than what stands on it."""
DISTANCE_BINS = 64


class CodeScales(NamedTuple):
    """Scales for all moments and all nets, so that they compare; and what each net has of its own, by its id."""

    bits: dict[str, NDArray[np.int64]]
    """Those that are shown one by one: all, or those that say most about the class at the newest moment."""
    most_told: float
    """Of the mutual information of any bit that is shown and the class."""
    most_bits: float
    """In any bin of a histogram of on-rates."""
    edges: NDArray[np.int64]
    """Of the bins of distances: (bins + 1,)."""
    most_pairs: float
    """Share of the pairs in any bin of distances."""
    points: dict[tuple[str, int], NDArray[np.float32]]
    """Of maps, by net and step, all turned alike: (images, 2)."""
    ends: dict[str, NDArray[np.float32]]
    """The smallest and the largest coordinates of all maps of a net: (2, 2), or (0, 2) where it has no map."""

    def chosen(self, facts: CodeFacts, run: str) -> str:
        """A sentence about which bits are shown; empty where all are."""
        count = len(self.bits[run])
        if count == facts.units:
            return ""
        return f" Shown are the {count} that say most about the class at the newest moment."

    def shares(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Pairs by distance as shares of all, in the bins."""
        total, distances = counts.sum(), np.arange(len(counts))
        return np.histogram(distances, self.edges, weights=counts)[0] / max(int(total), 1)


def scales_by_net(sides: Sequence[Sequence[Seen[CodeFacts]]]) -> dict[str, CodeScales]:
    """Those of each net by its id, the same for nets of which the same layer is shown: of others bits do not compare.

    What a bit says about the class does whatever the layer, and has one scale.
    """
    layers = list(dict.fromkeys(side[-1].answer.layer for side in sides))
    together = [[side for side in sides if side[-1].answer.layer == layer] for layer in layers]
    found = {side[-1].run.id: scales for alike in together for scales in [code_scales(alike)] for side in alike}
    most = max(scales.most_told for scales in found.values())
    return {run: scales._replace(most_told=most) for run, scales in found.items()}


def code_scales(sides: Sequence[Sequence[Seen[CodeFacts]]]) -> CodeScales:
    """Those of all that is to be shown."""
    all_facts = [each.answer for side in sides for each in side]
    bits = {side[-1].run.id: side[-1].answer.most_telling(SHOWN) for side in sides}
    told = [each.answer.told.bits[bits[each.run.id]] for side in sides for each in side]
    edges = _edges(all_facts)
    scales = CodeScales(
        bits=bits,
        most_told=ROOM * max((float(each.max(initial=0)) for each in told), default=0.0) or 1.0,
        most_bits=ROOM * max((int(np.histogram(f.counted.on_rate, BINS)[0].max()) for f in all_facts), default=1),
        edges=edges,
        most_pairs=1.0,
        points={},
        ends={},
    )
    shares = [scales.shares(counts).max() for f in all_facts for counts in (f.distances.within, f.distances.between)]
    points = {key: drawn for side in sides for key, drawn in _points(side)}
    ends = {run: _ends([drawn for (id, _), drawn in points.items() if id == run]) for run in bits}
    return scales._replace(most_pairs=ROOM * max(shares, default=1.0) or 1.0, points=points, ends=ends)


def _edges(all_facts: Sequence[CodeFacts]) -> NDArray[np.int64]:
    """Whole numbers from the smallest distance that there is up to beyond the largest, equally far apart."""
    there = [np.flatnonzero(f.distances.within + f.distances.between) for f in all_facts]
    low = min((int(each[0]) for each in there if len(each)), default=0)
    high = max((int(each[-1]) for each in there if len(each)), default=0)
    width = -(-(high - low + 1) // DISTANCE_BINS)
    return np.arange(low, high + width + 1, width)


def _ends(maps: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    drawn = np.concatenate([np.empty((0, 2), np.float32), *maps])
    return np.stack([drawn.min(axis=0), drawn.max(axis=0)]) if len(drawn) else drawn


def _points(side: Sequence[Seen[CodeFacts]]) -> Iterator[tuple[tuple[str, int], NDArray[np.float32]]]:
    for each, drawn in zip(side, turned([each.answer for each in side]), strict=True):
        if drawn is not None:
            yield (each.run.id, each.answer.step), drawn
