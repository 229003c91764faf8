"""What every conv layer of a net makes of pictures, before and after its units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.estimators import Levels
from lab.models import ConvLayer
from lab.models.layers import BinaryUnits
from lab.probes.passes import PURPOSE, EvaluatedUnits, Pictures, copied, evaluating, listening, presented
from lab.probes.specimen import Specimen


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """The maps of one conv layer for B pictures."""

    name: str
    before: NDArray[np.float32]
    """What enters its units, or its activation: (B, channels, height, width)."""
    after: NDArray[np.float32]
    """What leaves them, in the layer's levels where they are binary; of the same shape."""
    levels: Levels | None
    """Values of its binary units; None where its units are real."""


@torch.no_grad()
def feature_maps(specimen: Specimen, pictures: Pictures) -> tuple[LayerMaps, ...]:
    """The maps of every conv layer, in the order they run; none where a net has no conv layer.

    The net runs once, as its run evaluates it. Stochastic units have the same noise whenever they are looked at, and it
    is the same for every picture: that of the picture alone. Of an evaluation by the mean of many samples this is the
    first sample.

    Args:
        specimen: the net, which is left as it is.
        pictures: (B, 28, 28) uint8.

    Raises:
        ValueError: the pictures are not of that kind.
    """
    inputs = presented(specimen, pictures)
    return maps_and_output(specimen, inputs)[0] if specimen.net.conv_layers else ()


@torch.no_grad()
def maps_and_output(specimen: Specimen, inputs: Tensor) -> tuple[tuple[LayerMaps, ...], Tensor]:
    """The same for pictures as the net wants them (B, 1, 28, 28), and what the net gives then, (B, ...)."""
    found: list[LayerMaps] = []

    def hear(layer: ConvLayer, before: Tensor, after: Tensor) -> None:
        found.append(LayerMaps(layer.name, copied(before), copied(after), levels_of(layer)))

    units = EvaluatedUnits(specimen, specimen.generator(PURPOSE))
    with evaluating(specimen, units), listening(specimen.net.conv_layers, hear):
        output = specimen.net(inputs)
    return tuple(found), output.float()


def levels_of(layer: ConvLayer) -> Levels | None:
    """The values of a layer's binary units; None where its units are real."""
    return layer.after.levels if isinstance(layer.after, BinaryUnits) else None


def mean_maps(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean over the channels, as source 003 shows it: (B, channels, height, width) to (B, height, width)."""
    return maps.mean(1)
