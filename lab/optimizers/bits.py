"""What optimizers without latent weights share: bits are flipped, real parameters get an optimizer of their own."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from lab.models import BinaryWeight
from lab.optimizers.base import Flips, Memory, Optimizer, Parameters, Updates, round_to_levels
from lab.optimizers.gradient import Adam, GradientOptimizer
from lab.schedules import Progress, Schedule


class BitOptimizer(Optimizer):
    """Optimizers that store the bits of binary weights themselves."""

    needs_binary_weights: ClassVar[bool] = True

    real: GradientOptimizer = Field(Adam(lr=0.01), title="Optimizer of the real parameters")
    """Optimizer of the parameters that are not binary, such as those of batch norm."""

    def idle_for(self, parameters: Parameters) -> frozenset[str]:
        return frozenset({"real.latent_clip" if parameters.real else "real"})

    def binary_memory(self) -> Memory:
        return Memory(weight=1)

    def real_memory(self, matrix: bool) -> Memory:
        return self.real.real_memory(matrix)


class BitUpdates(Updates):
    """Flips the bits of the binary weights, then lets another optimizer update the real parameters."""

    _settings: BitOptimizer

    def __init__(self, optimizer: BitOptimizer, parameters: Parameters, generator: torch.Generator) -> None:
        self._settings = optimizer
        self.binary = parameters.binary
        self.generator = generator
        round_to_levels(self.binary)
        self._real = optimizer.real.start(Parameters([], parameters.real), generator) if parameters.real else None
        self._weights = sum(weight.parameter.numel() for weight in self.binary)
        self.rates = {}

    def scheduled(self, progress: Progress) -> dict[str, float]:
        """The values that the schedules of the rule have at this step, by the names of their fields."""
        fields = {name: getattr(self._settings, name) for name in type(self._settings).model_fields}
        return {name: value.at(progress) for name, value in fields.items() if isinstance(value, Schedule)}

    @abstractmethod
    def flips(self, weight: BinaryWeight, gradient: Tensor) -> tuple[Tensor | None, Tensor]:
        """Which weights the rule chose to set, None if it does not choose, and which of them change: boolean."""

    @torch.no_grad()
    def step(self, progress: Progress, measure: bool) -> Flips | None:
        self.rates = self.scheduled(progress)
        attempted, realized, chooses = 0, 0, False
        for weight in self.binary:
            if weight.parameter.grad is None:
                continue
            chosen, changed = self.flips(weight, weight.parameter.grad)
            opposite = 1 - weight.parameter if weight.levels == "0/1" else -weight.parameter
            torch.where(changed, opposite, weight.parameter, out=weight.parameter.data)
            if measure:
                realized += int(changed.sum())
                if chosen is not None:
                    chooses, attempted = True, attempted + int(chosen.sum())
        if self._real is not None:
            self._real.step(progress, measure=False)
            self.rates = {**self._real.rates, **self.rates}
        if not measure:
            return None
        return Flips(attempted / self._weights if chooses else None, realized / self._weights)

    def state_dict(self) -> dict[str, Any]:
        return {"real": self._real.state_dict() if self._real else {}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if self._real:
            self._real.load_state_dict(state["real"])
