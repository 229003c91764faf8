"""Bop: bits flipped by a moving average of their gradient."""

from __future__ import annotations

from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from lab.models import BinaryWeight
from lab.optimizers.base import Memory, Parameters, Probability, Updates, signs
from lab.optimizers.bits import BitOptimizer, BitUpdates
from lab.schedules import Constant


class Bop(BitOptimizer):
    """The binary optimizer of Helwegen et al."""

    name = "bop"
    title = "Bop"
    summary = "Flips a weight when the moving average of its gradient is strong enough and says that flipping helps."
    formula = (
        r"m \leftarrow (1 - \gamma) m + \gamma g, \qquad "
        r"w_\pm \leftarrow -w_\pm \;\text{ if }\; |m| \ge \tau \text{ and } \operatorname{sign} m = w_\pm"
    )
    paper = "Helwegen et al. 2019, Latent Weights Do Not Exist"

    gamma: Probability = Constant(value=1e-3)
    """How fast the average m follows the gradient."""
    threshold: float = Field(1e-6, gt=0, le=1)
    """How large the average must be for a flip (τ), in units of the gradient."""

    def binary_memory(self) -> Memory:
        return Memory(weight=1, state=32)

    def start(self, parameters: Parameters, generator: torch.Generator) -> Updates:
        return BopUpdates(self, parameters, generator)


class BopUpdates(BitUpdates):
    """Bop at work."""

    _settings: Bop

    def __init__(self, optimizer: Bop, parameters: Parameters, generator: torch.Generator) -> None:
        super().__init__(optimizer, parameters, generator)
        self._averages = {weight.name: torch.zeros_like(weight.parameter) for weight in self.binary}

    def flips(self, weight: BinaryWeight, gradient: Tensor) -> tuple[None, Tensor]:
        average = self._averages[weight.name]
        average.lerp_(gradient, self.rates["gamma"])
        return None, average * signs(weight.parameter) >= self._settings.threshold

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "averages": self._averages}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        for name, average in self._averages.items():
            average.copy_(state["averages"][name])
