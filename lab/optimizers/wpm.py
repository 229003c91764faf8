"""BinSFO's most probable mask: a bit flips where SGD would more likely than not carry its latent weight across 0."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from lab.optimizers.base import LearningRate, Parameters, Updates
from lab.optimizers.gaussian_latent import GaussianLatent, GaussianLatentUpdates
from lab.schedules import Constant

HALF = 0.4769362762044699
"""Where the error function is 1/2: a reach of .6745 σ."""


class WPM(GaussianLatent):
    """The deterministic magnitude-aware mask of BinSFO."""

    name = "binsfo-wpm"
    title = "BinSFO WPM"
    summary = (
        "As EWM, but without chance: a bit flips where a step of SGD would carry its latent weight across 0 with a "
        "probability of at least 1/2. Where σ has outgrown the steps, nothing flips any more."
    )
    formula = (
        r"\text{flip if }\; g w_\pm > 0 \;\text{ and }\; \operatorname{erf}(T |g|) \ge \tfrac12, \qquad "
        r"T = \frac{\eta}{\sqrt 2\,\sigma}, \qquad \sigma^2 \leftarrow \sigma^2 + \eta^2 \operatorname{std}(g)^2"
    )
    paper = "Shibuya et al. 2025, Binary Stochastic Flip Optimization"

    lr: LearningRate = Field(Constant(value=100.0), title="Learning rate")
    """Size of the steps of the imagined latent weights (η). Where they are small against σ₀, nothing flips at all."""

    def start(self, parameters: Parameters, generator: torch.Generator) -> Updates:
        return WPMUpdates(self, parameters, generator)


class WPMUpdates(GaussianLatentUpdates):
    """WPM at work."""

    def mask(self, reach: Tensor) -> Tensor:
        return reach >= HALF
