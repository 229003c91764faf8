"""Codes as points of a plane: principal components, and t-SNE."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lab.probes.code_statistics import on_rate, scatter
from lab.probes.distances import Bits, Floats, hamming

FEWEST = 4
"""Codes that a map can be made of."""
MOST = 2000
"""Codes that are mapped in a time that one can wait for."""
PERPLEXITY = 30.0
"""Of t-SNE, where there are codes enough; its authors suggest 5 to 50."""


class NoMap(ValueError):
    """A map that cannot be made of these codes, and why: one sentence for a person."""


class Map(NamedTuple):
    """Codes in the plane."""

    points: NDArray[np.float32]
    """(codes, 2)."""
    explained: tuple[float, float] | None
    """Share of the variance of all bits along each axis; None where axes mean nothing."""
    perplexity: float | None
    """That was used; None where there is none."""


def principal_components(codes: Bits, scattered: Floats | None = None) -> Map:
    """The two directions in which the codes (N, bits) vary most. Pearson 1901.

    The sign of a direction is nobody's choice: the bit that counts most in it counts positively, and of several such
    bits the first.

    Args:
        codes: to be mapped.
        scattered: their `scatter`, where it is known.

    Raises:
        NoMap: there are too few codes or too many, or all are the same.
    """
    from scipy.linalg import eigh

    _check(codes)
    # Not by iteration, which is faster in wide layers: where several directions vary alike it gives others every time.
    product = scatter(codes) if scattered is None else scattered
    side = len(product)
    values, vectors = eigh(product, subset_by_index=(max(side - 2, 0), side - 1))
    shares = values[::-1] / np.trace(product)
    points = np.zeros((len(codes), 2), np.float32)
    explained = [0.0, 0.0]
    bits, means = codes.astype(np.float64), on_rate(codes)
    for axis, (vector, value, share) in enumerate(zip(vectors.T[::-1], values[::-1], shares, strict=True)):
        if share > 1e-9:  # less is rounding
            points[:, axis] = _along(bits, means, vector, float(value))
            explained[axis] = float(share)
    return Map(points, (explained[0], explained[1]), None)


def _along(codes: Floats, means: Floats, vector: Floats, value: float) -> Floats:
    """Coordinates (codes,) of codes, whose bits have these means, along an eigenvector of `scatter(codes)`."""
    if len(codes) < codes.shape[1]:
        return vector * np.sqrt(value) * _sign(vector @ codes - vector.sum() * means)
    return (codes @ vector - means @ vector) * _sign(vector)


def t_sne(codes: Bits, seed: int = 0, perplexity: float = PERPLEXITY) -> Map:
    """A map that keeps near codes near; far ones say little. van der Maaten & Hinton 2008.

    Squared distances are Hamming distances, as those of zeros and ones are. It starts from the principal components, so
    only rounding is left to chance. The perplexity is at most a third of the other codes.

    Raises:
        NoMap: there are too few codes or too many, or all are the same.
    """
    from sklearn.manifold import TSNE

    _check(codes)
    bounded = min(perplexity, (len(codes) - 1) / 3)
    first = principal_components(codes).points
    model = TSNE(
        metric="precomputed",
        init=first / first[:, 0].std() * np.float32(1e-4),
        perplexity=bounded,
        random_state=seed,
        n_jobs=1,
    )
    points = model.fit_transform(np.sqrt(hamming(codes)))
    return Map(points.astype(np.float32), None, bounded)


def _sign(weights: Floats) -> float:
    """Of the first bit that counts as much as any, but for rounding."""
    sizes = np.abs(weights)
    return float(np.sign(weights[np.argmax(sizes >= sizes.max() * (1 - 1e-6))]))


def _check(codes: Bits) -> None:
    if not FEWEST <= len(codes) <= MOST:
        raise NoMap(f"There are {len(codes)} codes to map; allowed are {FEWEST} to {MOST}.")
    if (codes == codes[0]).all():
        raise NoMap(f"All {len(codes)} codes are the same, so a map would be one point.")
