"""How often each position of each channel of a conv layer fires."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.estimators import Levels
from lab.models import ConvLayer
from lab.probes.feature_maps import levels_of
from lab.probes.passes import AT_ONCE, EvaluatedUnits, Pictures, copied, evaluating, listening, presented
from lab.probes.specimen import Specimen


@dataclass(frozen=True, eq=False)
class LayerFiring:
    """How often the units of one conv layer are on."""

    name: str
    rates: NDArray[np.float32]
    """Share of the pictures for which each unit is on, (channels, height, width): a binary unit above the middle of its
    levels, a real one above 0."""
    levels: Levels | None
    """Values of its binary units; None where its units are real."""
    pictures: int
    """How many were counted."""

    @property
    def mean(self) -> NDArray[np.float32]:
        """The mean over the channels: (height, width)."""
        return self.rates.mean(0)


@torch.no_grad()
def firing(specimen: Specimen, pictures: Pictures) -> tuple[LayerFiring, ...]:
    """How often every conv layer's units fire over pictures (N, 28, 28) uint8; nothing where a net has no conv layer.

    The net runs as its run evaluates it, every picture with noise of its own.

    Raises:
        ValueError: the pictures are not of that kind.
    """
    inputs, layers = presented(specimen, pictures), specimen.net.conv_layers
    counts: dict[str, Tensor] = {}

    def hear(layer: ConvLayer, before: Tensor, after: Tensor) -> None:
        middle = 0.5 if levels_of(layer) == "0/1" else 0.0
        on = (after > middle).sum(0)
        counts[layer.name] = counts[layer.name] + on if layer.name in counts else on

    if layers:
        units = EvaluatedUnits(specimen, specimen.generator("firing"), alike=False)
        with evaluating(specimen, units), listening(layers, hear):
            for chunk in inputs.split(AT_ONCE):
                specimen.net(chunk)
    number = len(inputs)
    return tuple(
        LayerFiring(layer.name, copied(counts[layer.name].cpu().double() / number), levels_of(layer), number)
        for layer in layers
    )
