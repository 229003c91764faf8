"""Muon: steps that move a matrix of weights as far in every direction."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from lab.optimizers.base import Flips, LearningRate, Memory, Optimizer, Parameters, Updates
from lab.optimizers.gradient import Adam, GradientOptimizer, Latents, remembered_of_one, take_up
from lab.schedules import Constant, Progress


class Muon(Optimizer):
    """Momentum, orthogonalized by Newton and Schulz's iteration."""

    name = "muon"
    title = "Muon"
    summary = (
        "Makes all singular values of a layer's momentum that are not near 0 about 1, so that a step moves its weights "
        "as far in every direction that they learn in. Biases and batch norm have an optimizer of their own. Latent "
        "weights are clipped."
    )
    formula = (
        r"m \leftarrow \mu m + (1 - \mu) g, \qquad W \leftarrow \operatorname{clip}\bigl(W - \tfrac{\eta}{5} "
        r"\sqrt{\max(a, b)}\; \mathrm{NS}(\mu m + (1 - \mu) g), -c, c\bigr)"
    )
    paper = "Jordan et al. 2024, Muon; the scale for a × b weights: Liu et al. 2025, Muon is Scalable for LLM Training"

    lr: LearningRate = Field(Constant(value=0.02), title="Learning rate")
    """Size of the steps (η): a weight moves by a fifth of it at most, as the root of the mean square over its layer."""
    momentum: float = Field(0.95, ge=0, lt=1)
    """What is left of the last momentum (μ)."""
    iterations: int = Field(5, ge=1, le=20)
    """Iterations of Newton and Schulz (NS) at each step: with more, the singular values come closer to 1."""
    latent_clip: float | None = Field(1.0, gt=0, le=1e3)
    """After each step, clip the latent weights of binary weights to [-c, c]; None lets them drift."""
    others: GradientOptimizer = Field(Adam(lr=0.01), title="Optimizer of the other parameters")
    """Optimizer of biases and of what batch norm learns, which are no matrices."""

    def idle_for(self, parameters: Parameters) -> frozenset[str]:
        of_latents = frozenset() if parameters.binary else frozenset({"latent_clip"})
        return of_latents | {"others.latent_clip" if parameters.vectors else "others"}

    def start(self, parameters: Parameters, generator: torch.Generator) -> Updates:
        return MuonUpdates(self, parameters, generator)

    def binary_memory(self) -> Memory:
        return self.real_memory(matrix=True)

    def real_memory(self, matrix: bool) -> Memory:
        return Memory(weight=32, state=32) if matrix else self.others.real_memory(matrix)


class MuonUpdates(Updates):
    """Muon at work on the weights of all layers, binary ones through their latent weights."""

    def __init__(self, optimizer: Muon, parameters: Parameters, generator: torch.Generator) -> None:
        self._settings = optimizer
        self._latents = Latents(parameters.binary, optimizer.latent_clip)
        self._weights = [*self._latents.parameters, *parameters.matrices]
        self._matrices = [_matrix(weight.detach(), weight) for weight in self._weights]
        self._muon = _muon(optimizer, self._matrices) if self._matrices else None
        vectors = Parameters([], parameters.vectors)
        self._others = optimizer.others.start(vectors, generator) if vectors.real else None
        self.rates = {}

    def step(self, progress: Progress, measure: bool) -> Flips | None:
        lr = self._settings.lr.at(progress)
        if self._others is not None:
            self._others.step(progress, measure=False)
        self.rates = {"lr": lr}
        if self._muon is None:
            return None
        self._muon.param_groups[0]["lr"] = lr
        for weight, matrix in zip(self._weights, self._matrices, strict=True):
            matrix.grad = None if weight.grad is None else _matrix(weight.grad, weight)
        flips = self._latents.moved(self._muon.step, measure)
        self._muon.zero_grad()  # or the gradients would outlive the step
        return flips

    def state_dict(self) -> dict[str, Any]:
        parts = {"matrices": self._muon, "others": self._others}
        return {name: part.state_dict() for name, part in parts.items() if part is not None}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if self._muon is not None:
            take_up(self._muon, state["matrices"], remembered_of_one(partial(_muon, self._settings), 1, 1))
        if self._others is not None:
            self._others.load_state_dict(state["others"])


def _matrix(values: Tensor, weight: Tensor) -> Tensor:
    """Values of a layer's weights as a matrix, a row for each channel that comes first: of the weights a view."""
    if weight.is_contiguous():
        return values.flatten(1)
    return values.permute(0, 2, 3, 1).flatten(1)  # channels come last in memory; the order of columns does not matter


def _muon(settings: Muon, matrices: list[Tensor]) -> torch.optim.Muon:
    return torch.optim.Muon(
        matrices,
        lr=0.0,
        weight_decay=0.0,
        momentum=settings.momentum,
        ns_steps=settings.iterations,
        adjust_lr_fn="match_rms_adamw",
    )
