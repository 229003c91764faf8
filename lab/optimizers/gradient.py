"""Gradient descent on real parameters and on the latent weights of binary ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from lab.models import BinaryWeight
from lab.optimizers.base import Flips, LearningRate, Memory, Optimizer, Parameters, Updates
from lab.schedules import Constant, Progress


class GradientOptimizer(Optimizer):
    """Optimizers that move weights along a gradient; binary weights are moved through their latent weights."""

    lr: LearningRate = Field(Constant(value=0.1), title="Learning rate")
    """Size of the steps (η)."""
    weight_decay: float = Field(0.0, ge=0, le=10)
    """Pull of every weight towards 0, added to its gradient."""
    latent_clip: float | None = Field(1.0, gt=0, le=1e3)
    """After each step, clip the latent weights of binary weights to [-c, c]; None lets them drift."""

    def torch_optimizer(self, parameters: list[Tensor]) -> torch.optim.Optimizer:
        """PyTorch's optimizer with these settings; its learning rate is set at every step."""
        raise TypeError(f"{type(self).__name__} does not define torch_optimizer()")

    def start(self, parameters: Parameters, generator: torch.Generator) -> Updates:
        return GradientUpdates(self, parameters)

    def idle_for(self, parameters: Parameters) -> frozenset[str]:
        return frozenset() if parameters.binary else frozenset({"latent_clip"})

    def binary_memory(self) -> Memory:
        return self.real_memory(matrix=True)


class SGD(GradientOptimizer):
    """Stochastic gradient descent with momentum."""

    name = "sgd"
    title = "SGD with momentum"
    summary = "A step against the gradient, plus what is left of the last one. Latent weights are clipped."
    formula = r"v \leftarrow \mu v + g, \qquad w \leftarrow \operatorname{clip}(w - \eta v, -c, c)"
    paper = "Polyak 1964; latent clipping: Courbariaux et al. 2015, BinaryConnect"

    momentum: float = Field(0.9, ge=0, lt=1)
    """What is left of the last step (μ)."""

    def torch_optimizer(self, parameters: list[Tensor]) -> torch.optim.Optimizer:
        return torch.optim.SGD(
            parameters, lr=0.0, momentum=self.momentum, weight_decay=self.weight_decay, fused=_fused(parameters)
        )

    def real_memory(self, matrix: bool) -> Memory:
        return Memory(weight=32, state=32 if self.momentum else 0)


class Adam(GradientOptimizer):
    """Adam."""

    name = "adam"
    title = "Adam"
    summary = "Steps scaled per weight by the recent size of its gradient. Latent weights are clipped."
    formula = r"w \leftarrow \operatorname{clip}\bigl(w - \eta\, \hat m / (\sqrt{\hat v} + \epsilon), -c, c\bigr)"
    paper = "Kingma & Ba 2015; latent clipping: Courbariaux et al. 2015, BinaryConnect"

    lr: LearningRate = Field(Constant(value=0.001), title="Learning rate")
    """Size of the steps (η)."""
    beta1: float = Field(0.9, ge=0, lt=1, title="Beta 1")
    """Memory of the gradient's mean."""
    beta2: float = Field(0.999, ge=0, lt=1, title="Beta 2")
    """Memory of the gradient's square."""

    def torch_optimizer(self, parameters: list[Tensor]) -> torch.optim.Optimizer:
        return torch.optim.Adam(
            parameters,
            lr=0.0,
            betas=(self.beta1, self.beta2),
            weight_decay=self.weight_decay,
            fused=_fused(parameters),
        )

    def real_memory(self, matrix: bool) -> Memory:
        return Memory(weight=32, state=64, tensor=32)  # PyTorch counts the steps of each tensor


class Latents:
    """The latent weights of binary weights, clipped after every step, and how many of their bits it changes."""

    def __init__(self, weights: list[BinaryWeight], clip: float | None) -> None:
        self.parameters = [weight.parameter for weight in weights]
        self._clip = clip

    def moved(self, step: Callable[[], object], measure: bool) -> Flips | None:
        """Make a step that moves them; returns the flips, if asked to measure any."""
        before = [latent > 0 for latent in self.parameters] if measure else []
        step()
        if self._clip is not None:
            with torch.no_grad():
                for latent in self.parameters:
                    latent.clamp_(-self._clip, self._clip)
        if not before:
            return None
        changed = sum(int(((latent > 0) != bits).sum()) for latent, bits in zip(self.parameters, before, strict=True))
        return Flips(attempted=None, realized=changed / sum(bits.numel() for bits in before))


class GradientUpdates(Updates):
    """SGD or Adam at work on all parameters, binary ones through their latent weights."""

    def __init__(self, optimizer: GradientOptimizer, parameters: Parameters) -> None:
        self._settings = optimizer
        self._latents = Latents(parameters.binary, optimizer.latent_clip)
        self._optimizer = optimizer.torch_optimizer([*self._latents.parameters, *parameters.real])
        self.rates = {}

    def step(self, progress: Progress, measure: bool) -> Flips | None:
        lr = self._settings.lr.at(progress)
        self.rates = {"lr": lr}
        self._optimizer.param_groups[0]["lr"] = lr
        return self._latents.moved(self._optimizer.step, measure)

    def state_dict(self) -> dict[str, Any]:
        return self._optimizer.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        take_up(self._optimizer, state, remembered_of_one(self._settings.torch_optimizer, 2))


def take_up(optimizer: torch.optim.Optimizer, state: dict[str, Any], of_one: dict[str, Tensor]) -> None:
    """Take up what is remembered of each parameter; the settings stay those of the experiment.

    Args:
        optimizer: PyTorch's, with one group of parameters.
        state: that it had once.
        of_one: what it remembers of a parameter: tensors of as many dimensions as the parameter, or of none.

    Raises:
        ValueError: it is not what this optimizer remembers of these parameters.
    """
    own, known = optimizer.state_dict()["param_groups"], state["state"]
    parameters = optimizer.param_groups[0]["params"]
    if not known.keys() <= set(range(len(parameters))):
        raise ValueError("the optimizer remembers other parameters")
    memories = {}
    for place, parameter in enumerate(parameters if known else []):
        # PyTorch's fused SGD cannot go on where it remembers some parameters alone: 0 stands for nothing. In the order
        # of the parameter: fused steps go through memory as it lies, and a file has it in another.
        memory = {name: torch.zeros_like(parameter) if one.dim() else torch.zeros(()) for name, one in of_one.items()}
        if place in known:
            _fill(memory, known[place])
        memories[place] = memory
    optimizer.load_state_dict({"state": memories, "param_groups": own})


def remembered_of_one(make: Callable[[list[Tensor]], torch.optim.Optimizer], *shape: int) -> dict[str, Tensor]:
    """What an optimizer of PyTorch's remembers of a parameter of that shape after a step."""
    parameter = torch.zeros(shape, requires_grad=True)
    parameter.grad = torch.zeros(shape)
    updates = make([parameter])
    updates.step()
    return dict(updates.state[parameter])


def _fill(memory: dict[str, Tensor], saved: dict[str, Any]) -> None:
    if saved.keys() != memory.keys() or not all(isinstance(value, Tensor) for value in saved.values()):
        raise ValueError("the optimizer remembers something else of its parameters")
    for name, value in saved.items():
        if value.shape != memory[name].shape:
            raise ValueError(f"the optimizer's {name} has another shape than its parameter")
        memory[name].copy_(value)


def _fused(parameters: list[Tensor]) -> bool:
    return parameters[0].device.type in ("cpu", "cuda")
