"""Flips whose probability grows with what they gain, so that a share delta of the weights flips in each step."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from lab.models import BinaryWeight
from lab.optimizers.base import Parameters, Probability, Updates, signs
from lab.optimizers.bits import BitOptimizer, BitUpdates
from lab.schedules import Constant

FLOOR = 1e-3
"""Of the usual size of a gradient. Where it is far smaller, such as at pixels that never change, it is no signal."""


class Proportional(BitOptimizer):
    """Flips proportional to a power of the gradient."""

    name = "proportional"
    title = "Gradient-proportional flips"
    summary = (
        "Only weights whose flip lowers the loss to first order may flip, each with a probability proportional to a "
        "power of what that gains. In every tensor a share δ of all weights flips on average: batch norm makes the "
        "gradients of different layers incomparable, so none is to take the flips of another. For the same reason "
        "gains may be in units of their usual size at a unit and at an input."
    )
    formula = (
        r"p_{ui} = \min\Bigl(1,\; c\,\Bigl[\frac{g_{ui} w_{\pm,ui}}{r_u s_i}\Bigr]_+^{\,k}\Bigr), \qquad "
        r"c \;\text{ such that }\; \overline{p} = \delta"
    )
    paper = (
        "a rule of this lab; to flip by the size of the gradient is from Shibuya et al. 2025, BinSFO, and its usual "
        "size by rows and columns from Shazeer and Stern 2018, Adafactor"
    )

    delta: Probability = Constant(value=1e-3)
    """Share of the weights that flips in a step on average (δ); fewer where fewer would lower the loss."""
    power: float = Field(4.0, ge=0, le=16)
    """How much more likely large gradients flip a weight (k): 0 treats all alike, large powers take the largest."""
    in_units_of: Literal["nothing", "unit", "unit and input"] = "nothing"
    """What gradients are divided by before they are compared: nothing (r = s = 1); the root mean square r over the
    weights of their unit; or that, and then the root mean square s of what it leaves, over the weights of an input."""

    def start(self, parameters: Parameters, generator: torch.Generator) -> Updates:
        return ProportionalUpdates(self, parameters, generator)


class ProportionalUpdates(BitUpdates):
    """Gradient-proportional flips at work."""

    _settings: Proportional

    def flips(self, weight: BinaryWeight, gradient: Tensor) -> tuple[Tensor, Tensor]:
        gains = (self._comparable(gradient) * signs(weight.parameter)).clamp_(min=0)
        chances = probabilities(gains, self._settings.power, self.rates["delta"])
        flipped = torch.rand(gains.shape, generator=self.generator, device=gains.device) < chances
        return flipped, flipped

    def _comparable(self, gradient: Tensor) -> Tensor:
        dims = {"nothing": (), "unit": (1,), "unit and input": (1, 0)}[self._settings.in_units_of]
        for dim in dims:
            matrix = gradient.flatten(1)  # a row for each unit
            if min(matrix.shape) > 1:  # else all would be of one size
                gradient = in_units_of_size(matrix, dim).view(gradient.shape)
        return gradient


def in_units_of_size(gradient: Tensor, dim: int) -> Tensor:
    """A matrix whose lines along a dimension have a root mean square of 1, but for those that are near 0."""
    size = gradient.square().mean(dim, keepdim=True).sqrt()
    floor = FLOOR * size.square().mean().sqrt()
    return gradient / (size + floor).clamp(min=torch.finfo(size.dtype).tiny)


def probabilities(gains: Tensor, power: float, delta: float) -> Tensor:
    """min(1, c gain^power) for positive gains and 0 for the others, with the mean delta.

    What cannot rise above 1 is made up for by the others. Where fewer than a share delta of the gains are positive, all
    of those have probability 1.

    Args:
        gains: of any shape; none is negative.
        power: not negative.
        delta: the mean, between 0 and 1.
    """
    wanted, gainful = delta * gains.numel(), gains > 0
    if wanted == 0:
        return torch.zeros_like(gains)
    if wanted >= int(gainful.sum()):
        return gainful.to(gains.dtype)
    # In units of the largest, so that no power is too large or too small for the arithmetic.
    scores = (gains / gains.max()).pow_(power) if power else gainful.to(gains.dtype)
    factor, sure = wanted / scores.sum().item(), 0
    while True:
        certain = scores >= 1 / max(factor, 0.5)  # no score is above 1
        count, rest = int(certain.sum()), scores.masked_fill(certain, 0).sum().item()
        if count <= sure or count >= wanted or rest == 0:
            return (scores * factor).clamp_(max=1)
        factor, sure = (wanted - count) / rest, count  # larger than before, so that more of them may be certain
