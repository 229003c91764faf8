"""An estimator's two curves: what it does forward, and what it multiplies onto the incoming gradient."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.estimators import Drawn, Estimator, StraightThrough

NOISES = 256
"""Values of the noise that curves of sampled units are averaged over, evenly spread."""


class Response(NamedTuple):
    """Arrays of equal length over pre-activations `x`."""

    x: NDArray[np.float32]
    forward: NDArray[np.float32]
    """What a unit gives: its code, or the mean of it over the noise."""
    backward: NDArray[np.float32] | None
    """The mean factor on the incoming gradient; None where the gradient does not come through the bits."""


@torch.no_grad()
def response(rule: Estimator, slope: float, reach: float = 2.5, points: int = 401) -> Response:
    """The curves of a rule for pre-activations from -reach to reach."""
    x = torch.linspace(-reach, reach, points)
    noise = ((torch.arange(NOISES)[:, None] + 0.5) / NOISES).expand(-1, points) if rule.stochastic else None
    tiled = x if noise is None else x.expand(NOISES, -1)
    forward = rule.step(x) if noise is None else rule.probability(x, slope)
    backward = torch.zeros_like(x) if rule.zero_gradient else None
    if isinstance(rule, StraightThrough):
        drawn = Drawn(tiled, slope, noise, rule.codes(tiled, slope, noise))
        backward = _mean(rule.backward(torch.ones_like(tiled), drawn))
    return Response(x.numpy(), forward.numpy(), None if backward is None else backward.numpy())


def _mean(values: Tensor) -> Tensor:
    return values.mean(0) if values.dim() == 2 else values
