"""An estimator's two curves: what it does forward, and what it multiplies onto the incoming gradient."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.estimators import Drawn, Estimator, Levels, StraightThrough, to_levels

NOISES = 256
"""Values of the noise that curves of sampled units are averaged over, evenly spread."""


class Response(NamedTuple):
    """Arrays of equal length over pre-activations `x`."""

    x: NDArray[np.float32]
    forward: NDArray[np.float32]
    """What a unit gives: its code, or the mean of it over the noise."""
    backward: NDArray[np.float32] | None
    """What is sent back for an incoming gradient of 1, in the mean over the noise; None where the gradient does not
    come through the bits. But for a clip it is the factor on any incoming gradient."""


def response(
    rule: Estimator, slope: float, reach: float = 2.5, points: int = 401, levels: Levels | None = None
) -> Response:
    """The curves of a rule for pre-activations from -reach to reach.

    Args:
        rule: the estimator.
        slope: of the units.
        reach: the largest pre-activation.
        points: how many there are.
        levels: of the layer; None gives codes in {0, 1}, and the factor as the rule is published.
    """
    return response_at(torch.linspace(-reach, reach, points), rule, slope, levels)


@torch.no_grad()
def response_at(x: Tensor, rule: Estimator, slope: float, levels: Levels | None = None) -> Response:
    """What a rule makes of pre-activations `x` (N,), float32; for the rest see `response`."""
    rule = rule.inner
    noise = ((torch.arange(NOISES)[:, None] + 0.5) / NOISES).expand(-1, len(x)) if rule.stochastic else None
    forward: Tensor
    backward: Tensor | None
    tiled = x.expand(1 if noise is None else NOISES, -1)
    if isinstance(rule, StraightThrough):
        codes = rule.codes(tiled, slope, noise)
        arriving = _arriving(codes, rule, levels)
        backward = rule.backward(arriving, Drawn(tiled, slope, noise, codes)).mean(0)
        # The mean of sampled bits is known exactly, and the grid of noises would round it.
        forward = rule.probability(x, slope) if rule.stochastic and rule.forward == "bits" else codes.mean(0)
    else:
        forward = rule.step(x) if noise is None else rule.probability(x, slope)
        backward = torch.zeros_like(x) if rule.zero_gradient else None
    if levels is not None:
        forward = to_levels(forward, levels, rule.levels)
    return Response(x.numpy(), forward.numpy(), None if backward is None else backward.numpy())


def _arriving(codes: Tensor, rule: Estimator, levels: Levels | None) -> Tensor:
    """What arrives at the codes where a gradient of 1 arrives at the values of the layer."""
    if levels is None:
        return torch.ones_like(codes)
    with torch.enable_grad():
        leaves = codes.detach().clone().requires_grad_()
        (gain,) = torch.autograd.grad(to_levels(leaves, levels, rule.levels).sum(), leaves)
    return gain
