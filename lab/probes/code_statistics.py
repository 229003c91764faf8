"""How well the bits of a layer are used: how often each is on, what it can say, which say the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.probes.refusals import NoCodes

Bits = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CodeStatistics:
    """The codes (pictures, bits) of one layer, counted."""

    pictures: int
    on_rate: Floats
    """Share of the pictures for which each bit is on: (bits,)."""
    entropy: Floats
    """Of each bit, in bits, as its on-rate says: (bits,)."""
    dead: Bits
    """Whether each bit is off for every picture: (bits,)."""
    stuck: Bits
    """Whether each bit is on for every picture: (bits,)."""
    unique: int
    """Different codes."""
    largest: int
    """Pictures that share the commonest code."""
    dimension: float
    """Effective number of directions in which the codes vary; 0 where all are the same. See `effective_dimension`."""


class Correlation(NamedTuple):
    """How much bits of a layer say the same."""

    phi: Floats
    """Pearson's correlation of each two bits, (bits, bits): 1 on the diagonal; NaN where one of the two is constant."""
    constant: Bits
    """Which bits are the same for every picture, and so have no correlation: (bits,)."""


class Pair(NamedTuple):
    """Two bits and their correlation."""

    one: int
    other: int
    phi: float


def statistics(codes: Bits, scattered: Floats | None = None) -> CodeStatistics:
    """Count the codes (pictures, bits) of a layer.

    Args:
        codes: of the layer.
        scattered: their `scatter`, where it is known.

    Raises:
        NoCodes: there are none.
    """
    rate = on_rate(codes)
    counts = unique_codes(codes)
    return CodeStatistics(
        pictures=len(codes),
        on_rate=rate,
        entropy=entropy(rate),
        dead=rate == 0,
        stuck=rate == 1,
        unique=len(counts),
        largest=int(counts.max()),
        dimension=effective_dimension(scatter(codes) if scattered is None else scattered),
    )


def on_rate(codes: Bits) -> Floats:
    """Share of the pictures for which each bit is on: (bits,).

    Raises:
        NoCodes: there are no pictures.
    """
    _at_least_one(codes)
    return codes.sum(axis=0, dtype=np.int32) / len(codes)  # half the time of a mean


def entropy(rate: Floats) -> Floats:
    """Entropy in bits of bits with these on-rates, of the same shape: 1 at 1/2, 0 at 0 and at 1."""
    p = np.stack([rate, 1 - rate])
    return -(p * np.log2(np.where(p > 0, p, 1))).sum(axis=0) + 0.0  # no entropy of -0


def unique_codes(codes: Bits) -> NDArray[np.int64]:
    """How many pictures have each of the different codes: (different codes,)."""
    packed = np.ascontiguousarray(np.packbits(codes, axis=1))
    rows = packed.view(np.dtype((np.void, packed.shape[1])))[:, 0]
    return np.unique(rows, return_counts=True)[1]


def correlation(codes: Bits) -> Correlation:
    """Phi, Pearson's correlation of two bits, from exact counts. It takes bits² numbers: choose columns of wide layers.

    Raises:
        NoCodes: there are no pictures.
    """
    _at_least_one(codes)
    n, on = len(codes), codes.sum(axis=0).astype(np.float64)
    covariance = n * both_on(codes) - np.outer(on, on)  # whole numbers, n² times the covariance
    variance = on * (n - on)
    constant = variance == 0
    with np.errstate(invalid="ignore", divide="ignore"):
        phi = covariance / np.sqrt(np.outer(variance, variance))
    phi = np.clip(phi, -1, 1)
    phi[np.diag_indices_from(phi)] = np.where(constant, np.nan, 1)
    return Correlation(phi, constant)


def strongest_pairs(found: Correlation, count: int) -> list[Pair]:
    """The pairs of bits with the largest |phi|, strongest first and equal ones by their numbers."""
    rows, columns = np.triu_indices(len(found.phi), 1)
    phi = found.phi[rows, columns]
    known = np.flatnonzero(~np.isnan(phi))
    order = known[np.argsort(-np.abs(phi[known]), kind="stable")][:count]
    return [Pair(int(rows[i]), int(columns[i]), float(phi[i])) for i in order]


def both_on(codes: Bits) -> Floats:
    """For how many pictures each two bits are on, (bits, bits): whole numbers, exact below 2^24 pictures."""
    counted = codes.astype(np.float32)
    return (counted.T @ counted).astype(np.float64)


def effective_dimension(scattered: Floats) -> float:
    """The participation ratio (Σ λ)² / Σ λ² of the eigenvalues λ of the bits' covariance; 0 where nothing varies.

    It is the number of bits where all vary alike and independently, and 1 where all vary together.

    Args:
        scattered: the `scatter` of the codes.
    """
    squares = float(np.square(scattered).sum())
    return float(np.trace(scattered) ** 2 / squares) if squares else 0.0


def scatter(codes: Bits, shared: Floats | None = None) -> Floats:
    """Inner products of what is left of the bits when their means are gone, of which the eigenvalues above 0 are those
    of the bits' covariance times the number of pictures.

    Of each two pictures, or of each two bits, whichever are fewer: exact but for the last step, and fast, because
    products of zeros and ones are whole numbers that fit into single precision.

    Args:
        codes: (N, bits).
        shared: how many bits are on in each two of them, `both_on(codes.T)`, where that is known.
    """
    n, bits = codes.shape
    if n < bits:
        shared = both_on(codes.T) if shared is None else shared
        means = shared.mean(axis=0)
        return shared - means - means[:, None] + means.mean()
    on = codes.sum(axis=0).astype(np.float64)
    return (n * both_on(codes) - np.outer(on, on)) / n


def _at_least_one(codes: Bits) -> None:
    if not len(codes):
        raise NoCodes("There is no picture to count the codes of; at least one is needed.")
