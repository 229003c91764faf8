"""One bit of a layer, and which bits tell most: what switches it on, and what it says about the class."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.probes.code_statistics import entropy, on_rate

Bits = NDArray[np.bool_]
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


class Bit(NamedTuple):
    """What one bit is for some pictures."""

    on: Whole
    """The pictures that switch it on, by index."""
    off: Whole
    """The others."""
    mean_on: NDArray[np.float32] | None
    """Mean of the pictures that switch it on, (28, 28), pixels of 0 to 255; None where there are none."""
    mean_off: NDArray[np.float32] | None
    """Mean of the others, (28, 28); None where there are none."""


class Information(NamedTuple):
    """What each bit of a layer says about the class, of so many pictures."""

    bits: Floats
    """Mutual information of each bit and the class, in bits: (bits,). As counted: it is too large on average."""
    pictures: int
    classes: int
    """That there are among the pictures."""

    @property
    def by_chance(self) -> float:
        """What a bit that says nothing seems to say, on average and nearly: (classes - 1) / (2 N ln 2).

        Miller 1955, Note on the bias of information estimates.
        """
        return (self.classes - 1) / (2 * self.pictures * math.log(2))

    @property
    def telling(self) -> Whole:
        """The bits that say most first; equals by their numbers."""
        return np.argsort(-self.bits, kind="stable")


def look(pictures: NDArray[np.uint8], on: Bits) -> Bit:
    """Look at one bit.

    Args:
        pictures: (N, 28, 28).
        on: the bit for each of them, (N,).
    """
    return Bit(np.flatnonzero(on), np.flatnonzero(~on), _mean(pictures[on]), _mean(pictures[~on]))


def information(codes: Bits, labels: Whole) -> Information:
    """Mutual information of every bit of codes (N, bits) and the labels (N,): H(bit) - H(bit | class), in bits.

    Raises:
        NoCodes: there are no pictures.
    """
    found = entropy(on_rate(codes))
    classes, sizes = np.unique(labels, return_counts=True)
    for label, size in zip(classes, sizes, strict=True):
        found = found - size / len(codes) * entropy(on_rate(codes[labels == label]))
    return Information(np.clip(found, 0, None), len(codes), len(classes))  # below 0 is rounding


def on_rate_by_class(codes: Bits, labels: Whole) -> dict[int, Floats]:
    """Share of the pictures of each class for which each bit is on: (bits,), by class."""
    return {int(label): on_rate(codes[labels == label]) for label in np.unique(labels)}


def _mean(pictures: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    return pictures.mean(axis=0, dtype=np.float64).astype(np.float32) if len(pictures) else None
