"""Does it matter whether a pre-activation is divided by a positive scale before its sign is taken?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from lab.estimators.defects import SignWithZero
from lab.estimators.stochastic import StochasticSign

Array = NDArray[np.float64]


class Scaled(NamedTuple):
    """What becomes of pre-activations (N,) that are divided by s before, and multiplied by it after; all (N,)."""

    sign: Array
    """sign(x / s) of the deterministic unit."""
    p: Array
    """P(+1) of the stochastic one, which rounds x / s at random to -1 or +1."""
    mean: Array
    """E[s b] of the stochastic one."""


def scaled(x: ArrayLike, scale: float) -> Scaled:
    """Both units for pre-activations (N,) and a positive scale."""
    divided = torch.as_tensor(np.asarray(x, dtype=np.float64) / scale)
    sign = 2 * SignWithZero().step(divided) - 1
    p = StochasticSign().probability(divided, 1.0).double()
    return Scaled(sign.numpy(), p.numpy(), (scale * (2 * p - 1)).numpy())
