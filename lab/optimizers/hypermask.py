"""Hypermask: one bit per weight, each of which takes its target value with probability delta."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from lab.models import BinaryWeight
from lab.optimizers.base import Parameters, Probability, Updates
from lab.optimizers.bits import BitOptimizer, BitUpdates
from lab.schedules import Constant


class Hypermask(BitOptimizer):
    """The update of source 004."""

    name = "hypermask"
    title = "Hypermask (BinSFO RAND)"
    summary = (
        "The target of a weight is the bit that lowers the loss to first order. Each weight takes its target with "
        "probability δ and is kept otherwise: mask 1 means 'take the target'."
    )
    formula = (
        r"m \sim \mathrm{Bernoulli}(\delta), \qquad w \leftarrow m w^\ast + (1 - m) w, \qquad w^\ast = \mathbb 1[g < 0]"
    )
    paper = "Shibuya et al. 2025, Binary Stochastic Flip Optimization; source 004"

    delta: Probability = Constant(value=1e-3)
    """Probability that a weight takes its target."""
    zero_gradient: Literal["keep", "to-one"] = "keep"
    """A weight whose gradient is exactly 0 keeps its bit, or has 1 as its target, as in the gist of source 004: weights
    of pixels that are always black then drift to 1."""

    def start(self, parameters: Parameters, generator: torch.Generator) -> Updates:
        return HypermaskUpdates(self, parameters, generator)


class HypermaskUpdates(BitUpdates):
    """Hypermask at work."""

    _settings: Hypermask

    def flips(self, weight: BinaryWeight, gradient: Tensor) -> tuple[Tensor, Tensor]:
        draws = torch.rand(gradient.shape, generator=self.generator, device=gradient.device)
        chosen = draws < self.rates["delta"]
        one = weight.parameter > 0
        wrong = torch.where(one, gradient > 0, gradient < 0)
        if self._settings.zero_gradient == "to-one":
            wrong |= (gradient == 0) & ~one
        return chosen, chosen & wrong
