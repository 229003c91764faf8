"""What BinSFO's magnitude-aware masks share: real weights that are imagined behind the bits, one spread per tensor."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor

from lab.models import BinaryWeight
from lab.optimizers.base import LearningRate, Memory, Parameters, signs
from lab.optimizers.bits import BitOptimizer, BitUpdates
from lab.schedules import Constant


class GaussianLatent(BitOptimizer):
    """Flips bits as SGD on latent weights would, of which nothing is known but their sign and their spread σ."""

    lr: LearningRate = Field(Constant(value=1.0), title="Learning rate")
    """Size of the steps of the imagined latent weights (η). The published code multiplies it with √(batch / 96)."""
    sigma: float = Field(0.01, ge=1e-6, le=1e3, title="Initial sigma")
    """Spread of the imagined latent weights of a tensor at the start (σ₀)."""
    scheduler: Literal["gaussian", "scaled-gaussian"] = "gaussian"
    """Whether the imagined net computes with the bits themselves, or with bits times the mean size of the latent
    weights, α = σ√(2/π), as XNOR-Net does: their gradient is then the one of the bits divided by α."""

    def binary_memory(self) -> Memory:
        return Memory(weight=1, tensor=64)


class GaussianLatentUpdates(BitUpdates):
    """One of these rules at work. It keeps a number for each tensor, the variance of its imagined latent weights."""

    _settings: GaussianLatent

    def __init__(self, optimizer: GaussianLatent, parameters: Parameters, generator: torch.Generator) -> None:
        super().__init__(optimizer, parameters, generator)
        self._variances = {
            weight.name: torch.tensor(optimizer.sigma**2, dtype=torch.float64, device="cpu") for weight in self.binary
        }

    @abstractmethod
    def mask(self, reach: Tensor) -> Tensor:
        """Which weights a step would carry across 0, boolean.

        Args:
            reach: how far it moves each of them towards 0, in units of √2 σ; T|g| in the paper.
        """

    def flips(self, weight: BinaryWeight, gradient: Tensor) -> tuple[Tensor, Tensor]:
        variance = self._variances[weight.name]
        sigma = math.sqrt(variance.item())
        step = self.rates["lr"]
        if self._settings.scheduler == "scaled-gaussian":
            step /= sigma * math.sqrt(2 / math.pi)
        if gradient.numel() > 1:  # one weight alone tells nothing of a spread
            variance += (step * gradient.std().item()) ** 2
        reach = (gradient * signs(weight.parameter)).mul_(step / (math.sqrt(2) * sigma)).clamp_(min=0)
        flipped = self.mask(reach)
        return flipped, flipped

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "variances": self._variances}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        for name, variance in self._variances.items():
            variance.copy_(state["variances"][name])
