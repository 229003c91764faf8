"""Curves with fewer points: what fits the pixels they fill, without losing a spike. Knows nothing about figures."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
FEWEST_POINTS = 4  # the first, the last, and one bucket's minimum and maximum


def min_max(x: ArrayLike, y: ArrayLike, points: int) -> tuple[FloatArray, FloatArray]:
    """At most `points` of the samples (x, y), in order: the first, the last, and each bucket's extremes.

    A bucket without a finite value keeps one of its values, so that a long gap stays a gap.

    Args:
        x: positions (N,).
        y: values (N,); NaN and infinities never count as extremes.
        points: the bound, at least 4.
    """
    if points < FEWEST_POINTS:
        raise ValueError(f"points is {points}; it must be at least {FEWEST_POINTS}.")
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"x has shape {x.shape} and y has shape {y.shape}; both must be (N,).")
    if len(y) <= points:
        return x, y
    inner = 1 + _bucket_extremes(y[1:-1], (points - 2) // 2)
    kept = np.concatenate(([0], inner, [len(y) - 1]))
    return x[kept], y[kept]


def _bucket_extremes(y: FloatArray, buckets: int) -> NDArray[np.int64]:
    """Sorted positions of the smallest and the largest finite value of each of at most `buckets` buckets."""
    size = -(-len(y) // buckets)
    rows = -(-len(y) // size)
    padded = np.full(rows * size, np.nan)
    padded[: len(y)] = np.where(np.isfinite(y), y, np.nan)
    table = padded.reshape(rows, size)
    empty = np.isnan(table)
    starts = np.arange(rows) * size
    lowest = starts + np.where(empty, np.inf, table).argmin(axis=1)
    highest = starts + np.where(empty, -np.inf, table).argmax(axis=1)
    return np.unique(np.concatenate((lowest, highest)))


def smoothed(y: ArrayLike, window: int) -> FloatArray:
    """Mean of y (N,) over `window` samples around each, without the lag of an average over past samples alone.

    The window is at most a fifth of the curve. It narrows towards the first sample, so that the curve starts where y
    does; towards the last one it loses its later half, so that the end does not jump. Gaps (NaN, infinities) stay gaps
    and count nowhere.
    """
    values = np.asarray(y, dtype=np.float64)
    if not len(values):
        return values
    finite = np.isfinite(values)
    filled, half = np.where(finite, values, 0.0), min(window // 2, len(values) // 10)
    around = np.ones(2 * half + 1)
    sums, counts = (np.convolve(each, around)[half:][: len(values)] for each in (filled, finite))
    for index in range(min(half, len(values))):
        sums[index], counts[index] = filled[: 2 * index + 1].sum(), finite[: 2 * index + 1].sum()
    means = sums / np.maximum(counts, 1)
    return np.where(finite, means, np.nan)


def recent_mean(y: ArrayLike, window: int) -> float:
    """Mean of the last `window` samples of y (N,) that are finite; NaN where none is."""
    values = np.asarray(y, dtype=np.float64)
    values = values[np.isfinite(values)][-window:]
    return float(values.mean()) if len(values) else math.nan


def geometric_mean(y: ArrayLike, window: int) -> FloatArray:
    """The same average of the logarithms of y: what looks smooth on a logarithmic axis. Values up to 0 become gaps."""
    values = np.asarray(y, dtype=np.float64)
    return np.exp(smoothed(np.log(np.where(values > 0, values, np.nan)), window))
