"""Second-order Bop: bits flipped by a moving average of their gradient, in units of its recent size."""

from __future__ import annotations

from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from lab.models import BinaryWeight
from lab.optimizers.base import Memory, Parameters, Probability, Updates, signs
from lab.optimizers.bits import BitOptimizer, BitUpdates
from lab.schedules import Constant, Progress


class SecondOrderBop(BitOptimizer):
    """The binary optimizer of Suarez-Ramirez et al."""

    name = "second-order-bop"
    title = "Second-order Bop"
    summary = (
        "Bop with the average gradient divided by its recent size, as in Adam: the threshold then no longer depends on "
        "the scale of the loss or of a layer."
    )
    formula = (
        r"m \leftarrow (1 - \gamma) m + \gamma g, \quad v \leftarrow (1 - \sigma) v + \sigma g^2, \quad "
        r"w_\pm \leftarrow -w_\pm \;\text{ if }\; \frac{m\, w_\pm}{\sqrt v + \epsilon} > \tau"
    )
    paper = "Suarez-Ramirez et al. 2021, Bop and Beyond: A Second Order Optimizer for Binarized Neural Networks"

    gamma: Probability = Constant(value=1e-6)
    """How fast the average m follows the gradient (γ)."""
    sigma: Probability = Constant(value=1e-2)
    """How fast the average v follows the squared gradient (σ)."""
    threshold: float = Field(1e-6, gt=0, le=100)
    """How large the average must be for a flip (τ), in units of the gradient's recent size."""
    epsilon: float = Field(1e-10, gt=0, le=1)
    """Added to √v (ε): a weight whose gradient has always been 0 never flips. The default is that of the authors."""
    bias_correction: bool = False
    """Divide m and v by what they have of the gradients so far, as Adam does: the variant the authors call unbiased."""

    def binary_memory(self) -> Memory:
        return Memory(weight=1, state=64)

    def start(self, parameters: Parameters, generator: torch.Generator) -> Updates:
        return SecondOrderBopUpdates(self, parameters, generator)


class SecondOrderBopUpdates(BitUpdates):
    """Second-order Bop at work."""

    _settings: SecondOrderBop

    def __init__(self, optimizer: SecondOrderBop, parameters: Parameters, generator: torch.Generator) -> None:
        super().__init__(optimizer, parameters, generator)
        self._means = {weight.name: torch.zeros_like(weight.parameter) for weight in self.binary}
        self._squares = {weight.name: torch.zeros_like(weight.parameter) for weight in self.binary}
        self._left = {"gamma": 1.0, "sigma": 1.0}
        """How much the averages still have of the 0 that they began with."""

    def scheduled(self, progress: Progress) -> dict[str, float]:
        rates = super().scheduled(progress)
        self._left = {name: left * (1 - rates[name]) for name, left in self._left.items()}
        return rates

    def flips(self, weight: BinaryWeight, gradient: Tensor) -> tuple[None, Tensor]:
        mean, square = self._means[weight.name], self._squares[weight.name]
        mean.lerp_(gradient, self.rates["gamma"])
        square.lerp_(gradient.square(), self.rates["sigma"])
        scale = square.sqrt()
        threshold = self._settings.threshold
        if self._settings.bias_correction:
            of_mean, of_square = (1 - self._left[name] or 1.0 for name in ("gamma", "sigma"))
            scale /= of_square**0.5
            threshold *= of_mean
        return None, mean * signs(weight.parameter) > threshold * (scale + self._settings.epsilon)

    def state_dict(self) -> dict[str, Any]:
        averages = {"means": self._means, "squares": self._squares}
        return {**super().state_dict(), **averages, "left": self._left}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self._left = dict(state["left"])
        for kept, saved in ((self._means, state["means"]), (self._squares, state["squares"])):
            for name, average in kept.items():
                average.copy_(saved[name])
