"""BinSFO's expected weight mask: a bit flips as often as SGD would carry its latent weight across 0."""

from __future__ import annotations

import torch
from torch import Tensor

from lab.optimizers.base import Parameters, Updates
from lab.optimizers.gaussian_latent import GaussianLatent, GaussianLatentUpdates


class EWM(GaussianLatent):
    """The random magnitude-aware mask of BinSFO."""

    name = "binsfo-ewm"
    title = "BinSFO EWM"
    summary = (
        "Each bit stands for a latent weight of which only the sign is known. It flips with the probability that a "
        "step of SGD would carry that weight across 0, so on average the bits do what SGD would do to latent weights."
    )
    formula = (
        r"P(\text{flip}) = \mathbb 1[g w_\pm > 0]\,\operatorname{erf}(T |g|), \qquad "
        r"T = \frac{\eta}{\sqrt 2\,\sigma}, \qquad \sigma^2 \leftarrow \sigma^2 + \eta^2 \operatorname{std}(g)^2"
    )
    paper = "Shibuya et al. 2025, Binary Stochastic Flip Optimization"

    def start(self, parameters: Parameters, generator: torch.Generator) -> Updates:
        return EWMUpdates(self, parameters, generator)


class EWMUpdates(GaussianLatentUpdates):
    """EWM at work."""

    def mask(self, reach: Tensor) -> Tensor:
        return torch.rand(reach.shape, generator=self.generator, device=reach.device) < reach.erf_()
