"""Looking for pictures by the Hamming distance of their codes, and how well that finds those of the same class.

Distances are whole numbers, so many pictures are equally far away. Their order is nobody's choice: every figure here is
its expectation over all orders of pictures at the same distance, which has a closed form: McSherry & Najork 2008,
Computing Information Retrieval Performance Measures Efficiently in the Presence of Tied Scores.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.probes.distances import Bits, hamming
from lab.probes.refusals import NoCodes

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


class Neighbors(NamedTuple):
    """The pictures whose codes are closest to one; pictures at the same distance by their index."""

    indices: Whole
    """(k,), the closest first."""
    distances: Whole
    """In bits: (k,)."""
    tied: int
    """Pictures at the distance of the last one."""
    shown: int
    """How many of those are among the neighbors: fewer than `tied` where their order, the index, decided."""
    mean: float
    """Mean distance of all pictures that could be found."""


class Retrieval(NamedTuple):
    """What each query finds among the pictures, on average over the order of ties."""

    precision: Floats
    """Expected share of relevant pictures among the first k, for k of 1 to all: (queries, pictures)."""
    average_precision: Floats
    """Expected average precision of each query over all places, (queries,); NaN where nothing is relevant."""
    tied: Whole
    """Pictures at the distance of the k-th place, itself included: (queries, pictures)."""
    undecided: Bits
    """Whether some of these come after the k-th place, so that their order decides: (queries, pictures)."""

    @property
    def mean_average_precision(self) -> float:
        """Over the queries for which something is relevant; NaN where there is no such query."""
        known = self.average_precision[~np.isnan(self.average_precision)]
        return float(known.mean()) if len(known) else float("nan")


def nearest(code: Bits, codes: Bits, count: int, without: int | None = None) -> Neighbors:
    """The `count` codes (N, bits) closest to a code (bits,), or all where there are fewer.

    Args:
        code: what to look for.
        codes: where.
        count: how many, at least 1.
        without: the index of a picture that is not to be found: the query itself, where it is one of them.

    Raises:
        NoCodes: there is none to be found, or they have not the same number of bits.
    """
    distances = hamming(code[None], codes)[0].astype(np.int64)
    order = np.argsort(distances, kind="stable")
    order = order[order != without] if without is not None else order
    found = order[:count]
    if not len(found):
        raise NoCodes("There is no other picture to be found; at least one is needed.")
    near, all_found = distances[found], distances[order]
    tied, shown = (int((each == near[-1]).sum()) for each in (all_found, near))
    return Neighbors(found, near, tied, shown, float(all_found.mean()))


def among_themselves(distances: NDArray[np.int32], labels: Whole) -> Retrieval:
    """Every picture as the query among all others: those of its class are relevant, and itself is left out.

    Args:
        distances: of their codes, (N, N).
        labels: (N,).

    Raises:
        NoCodes: there are fewer than two pictures.
    """
    n = len(labels)
    if n < 2:
        raise NoCodes(f"There are {n} pictures to look among; at least two are needed.")
    others = ~np.eye(n, dtype=bool)
    relevant = labels[:, None] == labels
    return retrieval(distances[others].reshape(n, n - 1), relevant[others].reshape(n, n - 1))


def retrieval(distances: NDArray[np.int32], relevant: Bits) -> Retrieval:
    """What queries find that rank pictures by distance, both (queries, pictures).

    A group of n pictures at one distance, r of them relevant, begins after s pictures, R of them relevant. At the i-th
    of its places stands a relevant one with probability r / n, and then R + 1 + (i - 1)(r - 1) / (n - 1) relevant ones
    are expected up to there.
    """
    ranked, hits = np.divmod(np.sort(2 * distances + relevant, axis=1), 2)  # faster than an order to follow
    starts, ends = _groups(ranked)
    found = np.zeros((len(ranked), ranked.shape[1] + 1))
    np.cumsum(hits, axis=1, out=found[:, 1:])
    before = np.take_along_axis(found, starts, axis=1)
    size, inside = ends - starts, np.take_along_axis(found, ends, axis=1) - before
    k = np.arange(1, ranked.shape[1] + 1)
    place = k - starts
    likely = inside / size
    precision = (before + place * likely) / k
    expected = before + 1 + (place - 1) * (inside - 1) / np.maximum(size - 1, 1)
    total = found[:, -1]
    with np.errstate(invalid="ignore"):
        average = (likely * expected / k).sum(axis=1) / total
    return Retrieval(precision, average, size, ends > k)


def _groups(ranked: NDArray[np.int32]) -> tuple[Whole, Whole]:
    """Where the group of equal distances of each place begins, and where the next one does: (queries, pictures)."""
    places = np.arange(ranked.shape[1])
    new = np.ones(ranked.shape, dtype=bool)
    new[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    starts = np.maximum.accumulate(np.where(new, places, 0), axis=1)
    last = np.ones(ranked.shape, dtype=bool)
    last[:, :-1] = new[:, 1:]
    ends = np.where(last, places + 1, ranked.shape[1])[:, ::-1]
    return starts, np.minimum.accumulate(ends, axis=1)[:, ::-1]
