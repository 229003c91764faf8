"""Flips whose probability grows with what they gain, so that a share delta of the weights flips in each step."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from lab.models import BinaryWeight
from lab.optimizers.base import Parameters, Probability, Updates, signs
from lab.optimizers.bits import BitOptimizer, BitUpdates
from lab.schedules import Constant


class Proportional(BitOptimizer):
    """Flips proportional to a power of the gradient."""

    name = "proportional"
    title = "Gradient-proportional flips"
    summary = (
        "Only weights whose flip lowers the loss to first order may flip, each with a probability proportional to a "
        "power of what that gains. In every tensor a share δ of all weights flips on average: batch norm makes the "
        "gradients of different layers incomparable, so none is to take the flips of another."
    )
    formula = (
        r"p_i = \min\bigl(1,\; c\,[g_i w_{\pm,i}]_+^{\,k}\bigr), \qquad c \;\text{ such that }\; "
        r"\tfrac1N \textstyle\sum_i p_i = \delta"
    )
    paper = "a rule of this lab; to flip by the size of the gradient is from Shibuya et al. 2025, BinSFO"

    delta: Probability = Constant(value=1e-3)
    """Share of the weights that flips in a step on average (δ); fewer where fewer would lower the loss."""
    power: float = Field(4.0, ge=0, le=16)
    """How much more likely large gradients flip a weight (k): 0 treats all alike, large powers take the largest."""

    def start(self, parameters: Parameters, generator: torch.Generator) -> Updates:
        return ProportionalUpdates(self, parameters, generator)


class ProportionalUpdates(BitUpdates):
    """Gradient-proportional flips at work."""

    _settings: Proportional

    def flips(self, weight: BinaryWeight, gradient: Tensor) -> tuple[Tensor, Tensor]:
        gains = (gradient * signs(weight.parameter)).clamp_(min=0)
        chances = probabilities(gains, self._settings.power, self.rates["delta"])
        flipped = torch.rand(gains.shape, generator=self.generator, device=gains.device) < chances
        return flipped, flipped


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
