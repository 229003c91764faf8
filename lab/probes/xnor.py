"""Units of a packed net one by one: the bits that meet, what is counted of them, and the same product in floats."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from lab.packed import Layer, PackedNet
from lab.packed.chain import Stage, stages, steps
from lab.packed.folding import Tail, weights_of
from lab.packed.runner import LEVELS
from lab.probes.passes import presented
from lab.probes.specimen import Specimen

Bits = NDArray[np.bool_]
Array = NDArray[Any]


class Meeting(NamedTuple):
    """What one output of a layer reads, its weights, and what comes of them."""

    layer: Layer
    unit: int
    place: tuple[int, int]
    """Row and column of the output; (0, 0) of a linear layer."""
    inputs: Array
    """Bits (K,), or bytes (K,) of pixels; nothing where `there` is not."""
    there: Bits
    """Which of them lie within the borders of the picture."""
    weights: Bits
    """(K,)."""
    dot: float
    """By counting: an integer, but of pixels."""
    float_dot: float
    """The same sum by PyTorch, in float32."""
    fires: bool | None
    """What the packed unit says; None where the layer ends in numbers."""
    net_fires: bool | None
    """What batch norm and units of the net itself say of their own sum."""

    @property
    def planes(self) -> Bits:
        """The inputs as rows of bits, (1, K); of pixels the bits of each byte, the highest first, (8, K)."""
        if self.layer.reads != "pixels":
            return self.inputs[None]
        return np.unpackbits(self.inputs[None], axis=0).view(np.bool_)

    @property
    def alike(self) -> Bits:
        """XNOR of bits and weights, within the borders."""
        return (self.planes == self.weights) & self.there

    @property
    def popcounts(self) -> list[int]:
        """How many are on that are alike, for each row of bits."""
        return [int(count) for count in self.alike.sum(1)]

    @property
    def sums(self) -> list[int]:
        """w.b of each row of bits, from its popcount alone and how many bits and weights are on."""
        ones, length = int((self.weights & self.there).sum()), int(self.there.sum())
        on = (self.planes & self.there).sum(1).tolist()
        differing = [length - count for count in self.popcounts]
        if self.layer.weights == "-1/+1":
            signed = self.layer.reads == "-1/+1"
            return [length - 2 * each if signed else ones - each for each in differing]
        if self.layer.reads == "-1/+1":
            return [own - each for own, each in zip(on, differing, strict=True)]
        return [(ones + own - each) // 2 for own, each in zip(on, differing, strict=True)]

    @property
    def threshold(self) -> float | None:
        """From where on it fires, or up to where; None of a layer that ends in numbers."""
        return float(self.layer.threshold[self.unit]) if self.layer.gives in LEVELS else None

    @property
    def flipped(self) -> bool:
        """Whether it fires below the threshold."""
        return bool(self.layer.flip[self.unit]) if self.layer.gives in LEVELS else False


def binary_layers(packed: PackedNet) -> list[Layer]:
    """Those whose weights are bits."""
    return [layer for layer in packed.layers if layer.weights in LEVELS]


@torch.no_grad()
def meeting(
    specimen: Specimen, packed: PackedNet, pixels: NDArray[np.uint8], name: str, unit: int, place: tuple[int, int]
) -> Meeting:
    """What meets in a unit for a picture.

    Args:
        specimen: the net.
        packed: its packed form.
        pixels: (28, 28).
        name: of a layer whose weights are bits.
        unit: of that layer, or the channel.
        place: row and column of the output, before pooling.
    """
    at = next(i for i, layer in enumerate(packed.layers) if layer.name == name)
    layer, values = packed.layers[at], packed.inputs(pixels[None])
    for before in packed.layers[:at]:
        values = before.bits(values)
    inputs, there = layer.rows(values)[0][place], layer.rows(np.ones_like(values, np.bool_))[0][place]
    _, found = stages(steps(specimen.net, presented(specimen, pixels[None])))
    dot = layer.products(values)[0][place][unit]
    on = _net_fires(specimen, found[at], unit, place) if layer.gives in LEVELS else None
    return Meeting(
        layer=layer,
        unit=unit,
        place=place,
        inputs=inputs,
        there=there.astype(np.bool_),
        weights=layer.weight_bits[unit],
        dot=float(dot),
        float_dot=float(_float_product(found[at], layer.weights)[(0, *place, unit)]),
        fires=None if on is None else bool((dot >= layer.threshold[unit]) != layer.flip[unit]),
        net_fires=on,
    )


def _float_product(stage: Stage, levels: str) -> Tensor:
    """w.x of all outputs by PyTorch, (1, rows, columns, units)."""
    module, x = stage.weights.module, stage.weights.inputs
    low, high = LEVELS[levels]
    weight = weights_of(module).values.to(x.dtype) * (high - low) + low
    if isinstance(module, nn.Conv2d):
        return F.conv2d(x, weight, None, module.stride, module.padding).permute(0, 2, 3, 1)
    return F.linear(x, weight)[:, None, None]


def _net_fires(specimen: Specimen, stage: Stage, unit: int, place: tuple[int, int]) -> bool:
    outputs = stage.weights.outputs
    rows = outputs.permute(0, 2, 3, 1) if outputs.dim() == 4 else outputs[:, None, None]
    with specimen.net.evaluating():
        on = Tail(stage, specimen.experiment.estimator).on(rows[(0, *place)].cpu().numpy()[None])
    return bool(on[0, unit])
