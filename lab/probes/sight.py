"""What a net with conv layers makes of one picture, and the kernels it does that with; small, for every moment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.evaluation import predict, samples_of
from lab.models import Architecture
from lab.models.binary_mlp import CLASSES
from lab.probes.feature_maps import LayerMaps, maps_and_output
from lab.probes.filters import LayerFilters, filters
from lab.probes.passes import PURPOSE, copied, presented
from lab.probes.specimen import Specimen


class ConvSize(NamedTuple):
    """How large a conv layer is."""

    name: str
    channels: int
    inputs: int
    """Channels that come in."""


@lru_cache(maxsize=256)
def conv_sizes(architecture: Architecture) -> tuple[ConvSize, ...]:
    """The conv layers of an architecture, in the order they run; none where it has none. No weights are drawn."""
    with torch.device("meta"):
        layers = architecture.net().conv_layers
    kernels = [(layer.name, layer.convolution) for layer in layers]
    return tuple(ConvSize(name, each.out_channels, each.in_channels) for name, each in kernels)


@dataclass(frozen=True, eq=False)
class Sight:
    """What a net makes of one picture."""

    maps: tuple[LayerMaps, ...]
    """Of every conv layer, in the order they run, for this one picture."""
    probabilities: NDArray[np.float32] | None
    """Of the classes, (10,); None where the net tells none."""
    rebuilt: NDArray[np.float32] | None
    """The picture as the net gives it back, (28, 28) in [-1, 1]; None where it gives none."""

    def of(self, layer: str) -> LayerMaps | None:
        """The maps of the layer of that name; None where there is none."""
        return next((maps for maps in self.maps if maps.name == layer), None)


@torch.no_grad()
def sight(specimen: Specimen, picture: NDArray[np.uint8]) -> Sight:
    """What a net makes of a picture (28, 28) uint8, as its run evaluates it: the same whenever it is asked.

    Raises:
        ValueError: the picture is not of that kind.
    """
    inputs, tells = presented(specimen, picture[None]), specimen.net.task == "classification"
    maps, output = maps_and_output(specimen, inputs)
    if samples_of(specimen.experiment) > 1:
        output = _mean_answer(specimen, inputs)
    elif tells:
        output = output.softmax(1)
    return Sight(maps, copied(output[0, :CLASSES]) if tells else None, None if tells else copied(output[0, 0]))


def _mean_answer(specimen: Specimen, inputs: Tensor) -> Tensor:
    """Probabilities, or pictures, over many samples of the bits, of which the maps are those of the first."""
    net = specimen.net
    with net.evaluating():
        output = predict(net, specimen.experiment, inputs, specimen.slope, specimen.generator(PURPOSE))
    return output.exp() if net.task == "classification" else output


@dataclass(frozen=True, eq=False)
class Kernels:
    """The kernels of a conv layer that stand together on a page."""

    layer: str
    of_channel: int | None
    """The channel whose kernels these are, one for each input; None where each is that of a channel, of one input."""
    latent: NDArray[np.float32]
    """The weights that learn: (kernels, height, width)."""
    binary: NDArray[np.float32] | None
    """The bits in use, without their scale, in the same shape; None where the weights are real."""
    scale: NDArray[np.float32] | None
    """What the bits of each kernel are multiplied by, (kernels,); None where the weights are real."""
    transposed: bool


def kernels(specimen: Specimen, layer: str, channel: int) -> Kernels | None:
    """The kernels of a layer with a single input, one for each channel; of others those of one channel.

    Args:
        specimen: the net.
        layer: its name.
        channel: of the layer, from 0.

    Returns:
        None where the net has no such layer or channel.
    """
    found = next((each for each in filters(specimen) if each.name == layer), None)
    if found is None or not 0 <= channel < len(found.latent):
        return None
    return _of_each(found) if found.latent.shape[1] == 1 else _of_one(found, channel)


def _of_each(layer: LayerFilters) -> Kernels:
    binary = None if layer.binary is None else layer.binary[:, 0]
    return Kernels(layer.name, None, layer.latent[:, 0], binary, layer.scale, layer.transposed)


def _of_one(layer: LayerFilters, channel: int) -> Kernels:
    """Copies, since what they are cut from may be large."""
    binary = None if layer.binary is None else layer.binary[channel].copy()
    scale = None if layer.scale is None else layer.scale[channel].repeat(layer.latent.shape[1])
    return Kernels(layer.name, channel, layer.latent[channel].copy(), binary, scale, layer.transposed)
