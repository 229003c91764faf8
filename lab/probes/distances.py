"""Hamming distances of codes, and how they differ within classes and between them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.probes.code_statistics import both_on
from lab.probes.refusals import NoCodes

Bits = NDArray[np.bool_]
Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


class ByClass(NamedTuple):
    """Pairs of pictures, each counted once, by their distance: 0 to the number of bits."""

    within: Counts
    """Pairs of one class: (bits + 1,)."""
    between: Counts
    """Pairs of two classes: (bits + 1,)."""

    @property
    def mean_within(self) -> float:
        """Mean distance of two pictures of one class; NaN where there are no two."""
        return _mean(self.within)

    @property
    def mean_between(self) -> float:
        """Mean distance of two pictures of different classes; NaN where there is one class."""
        return _mean(self.between)


def hamming(codes: Bits, others: Bits | None = None) -> NDArray[np.int32]:
    """In how many bits each code (N, bits) differs from each of the others (M, bits), or of themselves: (N, M), exact.

    A matrix product of zeros and ones in single precision, whose sums are whole numbers below 2^24. In numpy it takes
    half the time of counting the bits of packed words, or as much in the widest layers.

    Raises:
        NoCodes: the two have not the same number of bits.
    """
    if others is None:
        return apart(both_on(codes.T))
    if codes.shape[1] != others.shape[1]:
        raise NoCodes(f"Codes of {codes.shape[1]} bits and of {others.shape[1]} have no distance.")
    one, other = codes.astype(np.float32), others.astype(np.float32)
    shared = (one @ other.T).astype(np.int32)
    on = codes.sum(axis=1, dtype=np.int32)[:, None] + others.sum(axis=1, dtype=np.int32)
    return on - 2 * shared


def apart(shared: Floats) -> NDArray[np.int32]:
    """In how many bits each two codes differ, (N, N), by how many are on in both: `both_on(codes.T)`."""
    on = shared.diagonal()  # in a code and itself
    return (on[:, None] + on - 2 * shared).astype(np.int32)


def by_class(distances: NDArray[np.int32], labels: NDArray[np.int64], bits: int) -> ByClass:
    """Count the pairs of pictures by distance, within classes and between them.

    Args:
        distances: (N, N), symmetric.
        labels: (N,) classes.
        bits: of a code, the largest distance there can be.
    """
    one, other = np.triu_indices(len(labels), 1)
    same, found = labels[one] == labels[other], distances[one, other]
    return ByClass(np.bincount(found[same], minlength=bits + 1), np.bincount(found[~same], minlength=bits + 1))


def _mean(counts: Counts) -> float:
    pairs = int(counts.sum())
    return int(counts @ np.arange(len(counts))) / pairs if pairs else float("nan")
