"""Noise makes a surrogate exact: the mean of a noisy sign is a smooth function, whose derivative is the surrogate."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from lab.estimators import Drawn
from lab.estimators.copies import Saturated
from lab.estimators.surrogates import TanhAdjusted

Noise = Literal["uniform", "logistic"]
Array = NDArray[np.float64]
CELLS = 100_000
"""Cells of equal probability that the noise is summed over, each by its middle: nothing is drawn."""
STEP = 0.01
"""Half the width of the difference that the derivative is taken by, in units of the noise's width."""


class Smoothed(NamedTuple):
    """A noisy sign beside the surrogate that its noise makes exact, over pre-activations `x`; all (N,)."""

    x: Array
    mean: Array
    """E sign(x + U), summed over the noise."""
    slope: Array
    """Its derivative, by a difference of two such sums."""
    surrogate: Array
    """The factor that the estimator puts on the gradient of a unit without noise."""


def smoothed(noise: Noise, width: float, x: Array) -> Smoothed:
    """The sign under uniform noise on [-width, width], or under logistic noise of scale width / 2.

    The first makes the saturated rule exact, with a gate of `width` and a factor of 1 / width; the second the
    tanh-adjusted one, with a slope of 1 / width.
    """
    cells = (np.arange(CELLS) + 0.5) / CELLS
    ordered = width * (2 * cells - 1 if noise == "uniform" else 0.5 * np.log(cells / (1 - cells)))
    step = STEP * width
    slope = (_mean_sign(x + step, ordered) - _mean_sign(x - step, ordered)) / (2 * step)
    points = torch.from_numpy(x)
    if noise == "uniform":
        drawn = Drawn(points, 1.0, None, torch.sign(points))
        factor = Saturated(gate=width).backward(torch.ones_like(points), drawn) / width
    else:
        factor = TanhAdjusted().surrogate(points, 1 / width)
    return Smoothed(x, _mean_sign(x, ordered), slope, factor.numpy())


def _mean_sign(x: Array, ordered: Array) -> Array:
    """Mean of sign(x + u) over noise u in ascending order: what exceeds -x is +1, the rest -1."""
    above = len(ordered) - np.searchsorted(ordered, -x)
    return 2 * above / len(ordered) - 1
