"""What an optimizer is, and how a net's parameters are split between binary and real ones.

The rule: a parameter is *binary* if it is the weight of a layer that binarizes its weights (`Net.binary_weights`);
every other one is *real*. Each is claimed exactly once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from lab.models import Architecture, BinaryWeight, Net
from lab.parts import Part
from lab.schedules import Progress, Schedule, Within

LearningRate = Annotated[Schedule, Within(0, 100)]
Probability = Annotated[Schedule, Within(0, 1)]


class Parameters(NamedTuple):
    """A net's parameters, split."""

    binary: list[BinaryWeight]
    real: list[nn.Parameter]

    @property
    def matrices(self) -> list[nn.Parameter]:
        """The real weights of layers."""
        return [parameter for parameter in self.real if parameter.dim() > 1]

    @property
    def vectors(self) -> list[nn.Parameter]:
        """The biases, and what batch norm learns."""
        return [parameter for parameter in self.real if parameter.dim() <= 1]


def split(net: Net) -> Parameters:
    """The parameters of a net by the rule above."""
    binary = net.binary_weights()
    claimed = {id(weight.parameter) for weight in binary}
    return Parameters(binary, [parameter for parameter in net.parameters() if id(parameter) not in claimed])


@lru_cache(maxsize=64)
def parameters_of(architecture: Architecture) -> Parameters:
    """The parameters of the net of an architecture, on a device where they take no memory and have no values."""
    with torch.device("meta"):
        return split(architecture.net())


@dataclass(frozen=True)
class Flips:
    """What happened to the binary weights in one update, as shares of all of them."""

    attempted: float | None
    """Chosen to take their target value; None for rules that do not choose."""
    realized: float
    """Changed their value."""
    oscillating: float | None = None
    """Oscillate after it, as `lab.bit_watch` has it; None where nobody watches."""
    age: float | None = None
    """No share, but steps since the last flip, as the mean over the weights; None where nobody watches."""
    strays: int | None = None
    """No share, but how many are neither of their two values; None where nobody looked, or no bits are kept."""


class Memory(NamedTuple):
    """Bits that an optimizer needs from one step to the next. What it needs for a whole net is left out."""

    weight: int
    """For a weight itself."""
    state: int = 0
    """For a weight, beside the weight."""
    tensor: int = 0
    """For a tensor of weights, however many they are."""


class Updates(ABC):
    """An optimizer at work on the parameters of one net."""

    rates: dict[str, float]
    """The scheduled values used by the last step, such as `lr` and `delta`."""

    @abstractmethod
    def step(self, progress: Progress, measure: bool) -> Flips | None:
        """Update the parameters from their gradients; returns the flips, if asked to `measure` any."""

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs, as tensors, numbers and strings."""

    @abstractmethod
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""


class Optimizer(Part):
    """A rule that turns gradients into new parameters."""

    members: ClassVar[dict[str, type[Optimizer]]] = {}
    family = "optimizer"

    needs_binary_weights: ClassVar[bool] = False

    def start(self, parameters: Parameters, generator: torch.Generator) -> Updates:
        """Begin to work on some parameters.

        Args:
            parameters: the binary and the real ones.
            generator: the run's stream for random flips, on the device of the parameters.
        """
        raise TypeError(f"{type(self).__name__} does not define start()")

    def idle_for(self, parameters: Parameters) -> frozenset[str]:
        """The fields that change nothing for a net of such parameters, by their paths below this one."""
        return frozenset()

    def binary_memory(self) -> Memory:
        """What it needs for a binary weight, or for its latent weight."""
        raise TypeError(f"{type(self).__name__} does not define binary_memory()")

    def real_memory(self, matrix: bool) -> Memory:
        """What it needs for a real parameter.

        Args:
            matrix: whether it is one of the weights of a layer, and not of a bias or of batch norm.
        """
        raise TypeError(f"{type(self).__name__} does not define real_memory()")


def signs(weight: Tensor) -> Tensor:
    """-1 for a weight whose bit is 0, +1 for one whose bit is 1."""
    return (weight > 0).to(weight.dtype).mul_(2).sub_(1)


def round_to_levels(binary: list[BinaryWeight]) -> None:
    """Replace latent weights by their bits, for optimizers that keep no latent weight."""
    with torch.no_grad():
        for weight in binary:
            bits = (weight.parameter > 0).to(weight.parameter.dtype)
            weight.parameter.copy_(bits if weight.levels == "0/1" else 2 * bits - 1)
