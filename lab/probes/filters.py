"""The kernels of every conv layer: the latent weights, and the bits that the net computes with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lab.models.weights import SMALLEST_SCALE, BinaryWeights
from lab.probes.passes import copied
from lab.probes.specimen import Specimen


@dataclass(frozen=True, eq=False)
class LayerFilters:
    """The kernels of one conv layer: (outputs, inputs, height, width).

    A kernel of a convolution is the pattern that it looks for, one of a transposed convolution the pattern that it
    paints; either is shown as it lies on the picture. Where a layer ends in a single pixel or starts from one, the rows
    and columns of its kernels that lie on the padding are never used.
    """

    name: str
    latent: NDArray[np.float32]
    """The weights that learn. Where an optimizer keeps the bits alone, they are these."""
    binary: NDArray[np.float32] | None
    """The bits in use, without their scale; None where the weights are real."""
    scale: NDArray[np.float32] | None
    """What the bits of each filter are multiplied by: (outputs,). None where the weights are real."""
    transposed: bool

    @property
    def in_use(self) -> NDArray[np.float32]:
        """The weights that the net computes with."""
        if self.binary is None or self.scale is None:
            return self.latent
        return self.binary * self.scale[:, None, None, None]


@torch.no_grad()
def filters(specimen: Specimen) -> tuple[LayerFilters, ...]:
    """The kernels of every conv layer, in the order they run; none where a net has no conv layer.

    Stochastic weights are the likelier bits, as in every evaluation.
    """
    found = []
    for layer in specimen.net.conv_layers:
        kernels = layer.convolution
        transposed = isinstance(kernels, nn.ConvTranspose2d)
        latent = kernels.weight.transpose(0, 1) if transposed else kernels.weight
        binary, scale = _bits(kernels) if isinstance(kernels, BinaryWeights) else (None, None)
        found.append(LayerFilters(layer.name, copied(latent), binary, scale, transposed))
    return tuple(found)


def _bits(layer: BinaryWeights) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The bits without their scale, and the scale of each filter."""
    latent, bits, in_use = layer.weight, layer.bits, layer.binary_weight()
    filters_of = len(latent)
    if bits.scale == "mean":
        plain = bits._replace(scale="none").of(latent)
        # A filter without a single 1 among bits of 0 and 1 has a scale of 0.
        scale = _largest(in_use) / _largest(plain).clamp(min=SMALLEST_SCALE)
        return copied(plain), copied(scale)
    largest = latent.abs().amax().clamp(min=SMALLEST_SCALE) if bits.scale == "max" else torch.ones(())
    return copied(in_use / largest), copied(largest.expand(filters_of))


def _largest(kernels: Tensor) -> Tensor:
    """The largest magnitude in each filter: (filters,)."""
    return kernels.abs().flatten(1).amax(1)
