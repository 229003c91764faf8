"""A net to be looked into, and how to run it without leaving a trace."""

from __future__ import annotations

import copy
from typing import NamedTuple

import torch
from torch import Tensor

from lab.data.batches import normalized
from lab.experiment import Experiment
from lab.models import Net, stream


class Specimen(NamedTuple):
    """A net at one moment of its run, with what it takes to run it. Whoever changes anything copies the net first."""

    experiment: Experiment
    net: Net
    images: Tensor
    """Validation images (N, 28, 28) uint8."""
    labels: Tensor
    """Their classes (N,)."""
    scale: tuple[float, float]
    """(mean, std) of the pixels for this net."""
    slope: float
    """Of its units, at this moment."""
    step: int
    test_images: Tensor = torch.empty((0, 28, 28), dtype=torch.uint8)
    """Test images (M, 28, 28) uint8, to look at; no choice is made by them."""
    test_labels: Tensor = torch.empty(0, dtype=torch.int64)
    """Their classes (M,)."""

    @property
    def device(self) -> torch.device:
        """Where the net is."""
        return next(self.net.parameters()).device

    def batch(self, size: int) -> tuple[Tensor, Tensor]:
        """The first validation images as the net wants them (B, 1, 28, 28), and their classes (B,)."""
        inputs = normalized(self.images[:size], *self.scale, self.device)
        return inputs, self.labels[: len(inputs)].to(self.device)

    def generator(self, purpose: str) -> torch.Generator:
        """A random stream of its own, the same every time."""
        return torch.Generator(self.device).manual_seed(stream(self.experiment.seed, purpose))

    def copied(self) -> Specimen:
        """The same with a net of its own."""
        return self._replace(net=copy.deepcopy(self.net))


def initial_net(experiment: Experiment, device: torch.device) -> Net:
    """The net of a run before its first step, on the device where the run computes."""
    return _ready(experiment.architecture.build(experiment.seed), experiment, device)


def net_to_fill(experiment: Experiment, device: torch.device) -> Net:
    """Such a net whose weights are still to come: those that it has are whatever was in memory."""
    return _ready(experiment.architecture.undrawn(), experiment, device)


def _ready(net: Net, experiment: Experiment, device: torch.device) -> Net:
    net.to(device)
    # Convolutions are fastest where the channels of a pixel lie side by side, as they then do in all that follows.
    net.to(memory_format=torch.channels_last)
    net.stage.step = experiment.estimator.step
    return net
