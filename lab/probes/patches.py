"""The patches of pictures that excite a channel of a conv layer most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.base import SIDE
from lab.models import ConvLayer
from lab.probes.passes import AT_ONCE, EvaluatedUnits, Pictures, copied, evaluating, listening, presented
from lab.probes.receptive_fields import Chain, chains, field
from lab.probes.specimen import Specimen

BACKGROUND = 0
"""The pixel shown where a receptive field reaches beyond the picture, into the padding."""


@dataclass(frozen=True, eq=False)
class Patches:
    """The K patches that excite a channel most, one of a picture at most, the strongest first."""

    pictures: NDArray[np.int64]
    """Which pictures they are from: (K,)."""
    activations: NDArray[np.float32]
    """What enters the unit, or the activation, where that is largest: (K,)."""
    patches: NDArray[np.uint8]
    """What that position sees: (K, height, width), with background where it is padding. The whole picture, where it
    sees as much as that."""


@dataclass(frozen=True, eq=False)
class LayerPeaks:
    """Where each channel of a conv layer is excited most in each of N pictures."""

    name: str
    activations: NDArray[np.float32]
    """The largest value that enters its units, or its activation: (N, channels)."""
    positions: NDArray[np.int64]
    """Row and column of it, the first of several: (N, channels, 2)."""
    chains: tuple[Chain, Chain]
    """What lies between picture and layer, vertically and horizontally."""

    def patches(self, pictures: Pictures, channel: int, count: int = 9) -> Patches:
        """The patches that excite a channel most; of equals the first.

        Args:
            pictures: those that the peaks are of, (N, 28, 28) uint8.
            channel: of the layer.
            count: how many, at most.

        Raises:
            ValueError: there is no such channel, or the pictures are others.
        """
        images, channels = self.activations.shape
        if not 0 <= channel < channels:
            raise ValueError(f"layer {self.name!r} has no channel {channel}; allowed are 0 to {channels - 1}")
        if len(pictures) != images:
            raise ValueError(f"the peaks are those of {images} pictures, and there are {len(pictures)}")
        best = np.argsort(-self.activations[:, channel], kind="stable")[:count]
        shown = np.stack([np.asarray(pictures[int(index)]) for index in best])
        patches = _cut(shown, self.chains, self.positions[best, channel])
        return Patches(best, self.activations[best, channel], patches)


@torch.no_grad()
def peaks(specimen: Specimen, pictures: Pictures) -> tuple[LayerPeaks, ...]:
    """Where each channel of every conv layer is excited most in pictures (N, 28, 28) uint8; nothing where a net has no
    conv layer.

    The net runs as its run evaluates it, every picture with noise of its own.

    Raises:
        ValueError: the pictures are not of that kind.
    """
    inputs, layers = presented(specimen, pictures), specimen.net.conv_layers
    highest: dict[str, list[Tensor]] = {layer.name: [] for layer in layers}
    places: dict[str, list[Tensor]] = {layer.name: [] for layer in layers}

    def hear(layer: ConvLayer, before: Tensor, after: Tensor) -> None:
        values, at = before.flatten(2).max(2)
        highest[layer.name].append(values)
        places[layer.name].append(torch.stack([at // before.shape[3], at % before.shape[3]], 2))

    if not layers:
        return ()
    units = EvaluatedUnits(specimen, specimen.generator("patches"), alike=False)
    with evaluating(specimen, units), chains(specimen.net) as behind, listening(layers, hear):
        for chunk in inputs.split(AT_ONCE):
            specimen.net(chunk)
    return tuple(
        LayerPeaks(name, copied(torch.cat(highest[name])), torch.cat(places[name]).cpu().numpy(), behind[name])
        for name in highest
    )


def _cut(pictures: NDArray[np.uint8], of: tuple[Chain, Chain], positions: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The patch of each picture (K, 28, 28) that a position of it sees."""
    spans = [[field(of[axis], int(place)) for place in positions[:, axis]] for axis in (0, 1)]
    sides = [max(span.length for span in along) for along in spans]
    height, width = (min(side, SIDE) for side in sides)
    starts = [[span.first if side < SIDE else 0 for span in along] for along, side in zip(spans, sides, strict=True)]
    framed = np.pad(pictures, ((0, 0), (SIDE, SIDE), (SIDE, SIDE)), constant_values=BACKGROUND)
    return np.stack(
        [
            picture[top + SIDE : top + SIDE + height, left + SIDE : left + SIDE + width]
            for picture, top, left in zip(framed, *starts, strict=True)
        ]
    )
