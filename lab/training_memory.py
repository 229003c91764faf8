"""How much memory training takes: what an optimizer needs for each weight, and what this implementation stores.

For a tensor of N weights, in bits:

    needed = N (weight + state) + tensor    from one step to the next, by what the optimizer says of itself
           + 32 N                           for the gradient, a float32 for each weight while a step lasts
    stored = the same, with float32 in place of every bit

So plain SGD needs 64 bits for a weight, with momentum 96, as Muon does, and Adam 128, also where the weight is the
latent one of a bit; Bop needs 1 + 32 + 32, second-order Bop 1 + 64 + 32, and the rules that keep nothing but bits
1 + 32, of which 32 are the gradient's and can be given back tensor by tensor. What a net takes beside its parameters is
left out: activations, running statistics, the float32 copy of the bits that a step makes of latent weights and keeps
until its gradients are there, what Muon computes in between, the best weights, and what is written to disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from lab.experiment import Experiment
from lab.optimizers import Memory, parameters_of

FLOAT = 32
"""Bits of a float32."""


@dataclass(frozen=True)
class Share:
    """What training takes for some parameters of a net."""

    parameters: int
    tensors: int
    per_parameter: Memory
    """What the optimizer needs for each, beside its gradient."""

    @property
    def needed(self) -> int:
        """Bits that are needed while a step lasts."""
        return self._bits(self.per_parameter.weight)

    @property
    def stored(self) -> int:
        """Bits that this implementation stores while a step lasts."""
        return self._bits(FLOAT)

    def _bits(self, weight: int) -> int:
        each = weight + FLOAT + self.per_parameter.state
        return self.parameters * each + self.tensors * self.per_parameter.tensor


@dataclass(frozen=True)
class TrainingMemory:
    """What training takes for the parameters of a net."""

    binary: Share
    """Binary weights, or their latent weights."""
    real: Share
    """Real weights."""
    vectors: Share
    """Biases, and what batch norm learns."""

    @property
    def parameters(self) -> int:
        """How many there are."""
        return sum(share.parameters for share in self._shares)

    @property
    def needed(self) -> int:
        """Bits that are needed while a step lasts."""
        return sum(share.needed for share in self._shares)

    @property
    def stored(self) -> int:
        """Bits that this implementation stores while a step lasts."""
        return sum(share.stored for share in self._shares)

    @property
    def _shares(self) -> tuple[Share, ...]:
        return self.binary, self.real, self.vectors


def training_memory(experiment: Experiment) -> TrainingMemory:
    """What an experiment takes for its parameters; builds no net that takes memory itself."""
    parameters, optimizer = parameters_of(experiment.architecture), experiment.optimizer
    return TrainingMemory(
        _share([weight.parameter for weight in parameters.binary], optimizer.binary_memory()),
        _share(parameters.matrices, optimizer.real_memory(matrix=True)),
        _share(parameters.vectors, optimizer.real_memory(matrix=False)),
    )


def _share(tensors: Sequence[Tensor], each: Memory) -> Share:
    return Share(sum(tensor.numel() for tensor in tensors), len(tensors), each)
