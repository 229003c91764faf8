"""The share delta of the weights whose flips gain most."""

from __future__ import annotations

import torch
from torch import Tensor

from lab.models import BinaryWeight
from lab.optimizers.base import Parameters, Probability, Updates, signs
from lab.optimizers.bits import BitOptimizer, BitUpdates
from lab.schedules import Constant


class TopDelta(BitOptimizer):
    """Flips of the largest gradients."""

    name = "top-delta"
    title = "Top-delta flips"
    summary = (
        "In every tensor, the share δ of the weights with the largest gradients flips, of those whose flip lowers the "
        "loss to first order. The limit of gradient-proportional flips for large powers."
    )
    formula = r"\text{flip the } \delta N \text{ weights with the largest } g_i w_{\pm,i} > 0"
    paper = "a rule of this lab; to flip by the size of the gradient is from Shibuya et al. 2025, BinSFO"

    delta: Probability = Constant(value=1e-3)
    """Share of the weights that flips in a step (δ); where δN is no whole number it is rounded at random, so that its
    mean is kept. Fewer flip where fewer would lower the loss."""

    def start(self, parameters: Parameters, generator: torch.Generator) -> Updates:
        return TopDeltaUpdates(self, parameters, generator)


class TopDeltaUpdates(BitUpdates):
    """Top-delta flips at work."""

    def flips(self, weight: BinaryWeight, gradient: Tensor) -> tuple[Tensor, Tensor]:
        gains = (gradient * signs(weight.parameter)).flatten()
        draw = torch.rand((), generator=self.generator, device=gains.device).item()
        count = min(gains.numel(), int(self.rates["delta"] * gains.numel() + draw))
        largest = gains.topk(count, sorted=False)
        flipped = torch.zeros_like(gains, dtype=torch.bool)
        flipped[largest.indices] = largest.values > 0
        flipped = flipped.view(gradient.shape)
        return flipped, flipped
