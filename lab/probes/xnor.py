"""Units of a packed net one by one: the bits that meet, what is counted of them, and the same product in floats."""

from __future__ import annotations

from dataclasses import replace
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
    scale: float
    """What the net multiplies the bits of these weights by; the sums are without it."""
    gives: float
    """What the packed layer says: 1 of a unit that fires and 0 of one that is off, or the number it ends in."""
    net_gives: float
    """What the layers of the net itself say of their own sum."""

    @property
    def has_units(self) -> bool:
        """Whether it fires or not; else it ends in a number."""
        return self.layer.gives in LEVELS

    @property
    def fires(self) -> bool:
        """Whether the packed unit does."""
        return self.has_units and self.gives > 0

    @property
    def net_fires(self) -> bool:
        """Whether that of the net does."""
        return self.has_units and self.net_gives > 0

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
    def meeting(self) -> int:
        """How many places lie within the borders: K, or fewer."""
        return int(self.there.sum())

    @property
    def weights_on(self) -> int:
        """How many of their weights are on."""
        return int((self.weights & self.there).sum())

    @property
    def on(self) -> list[int]:
        """How many are on within the borders, for each row of bits."""
        return [int(count) for count in (self.planes & self.there).sum(1)]

    @property
    def popcounts(self) -> list[int]:
        """How many are on that are alike, for each row of bits."""
        return [int(count) for count in self.alike.sum(1)]

    @property
    def sums(self) -> list[int]:
        """w.b of each row of bits, from its popcount alone and how many bits and weights are on."""
        differing = [self.meeting - count for count in self.popcounts]
        if self.layer.weights == "-1/+1":
            signed = self.layer.reads == "-1/+1"
            return [self.meeting - 2 * each if signed else self.weights_on - each for each in differing]
        if self.layer.reads == "-1/+1":
            return [own - each for own, each in zip(self.on, differing, strict=True)]
        return [(self.weights_on + own - each) // 2 for own, each in zip(self.on, differing, strict=True)]

    @property
    def weight_sum(self) -> int:
        """What the weights within the borders are together."""
        return 2 * self.weights_on - self.meeting if self.layer.weights == "-1/+1" else self.weights_on

    @property
    def threshold(self) -> float | None:
        """From where on it fires, or up to where; None of a layer that ends in numbers."""
        return float(self.layer.threshold[self.unit]) if self.has_units else None

    @property
    def reach(self) -> tuple[float, float]:
        """The least and the largest sum that there can be here, whatever it reads."""
        least, largest = _reach(self.layer, np.array(self.weights_on), self.meeting)
        return float(least), float(largest)

    @property
    def flipped(self) -> bool:
        """Whether it fires below the threshold."""
        return bool(self.layer.flip[self.unit]) if self.has_units else False


def binary_layers(packed: PackedNet) -> list[Layer]:
    """Those whose weights are bits."""
    return [layer for layer in packed.layers if layer.weights in LEVELS]


def first_that_turns(layer: Layer) -> int:
    """The first unit that is on for some inputs and off for others, far from all borders; 0 where there is none."""
    if layer.gives not in LEVELS:
        return 0
    least, largest = _reach(layer, layer.weight_bits.sum(1), layer.length)
    return int(np.argmax((least < layer.threshold) & (layer.threshold <= largest)))


def _reach(layer: Layer, weights_on: Array, meeting: int) -> tuple[Array, Array]:
    """The least and the largest sum of units, of whose weights so many meet what they read, and so many are on."""
    plus, minus = weights_on, meeting - weights_on if layer.weights == "-1/+1" else 0 * weights_on
    if layer.reads == "-1/+1":
        return -(plus + minus), plus + minus
    if layer.reads == "0/1":
        return -minus, plus
    slope, offset, _ = layer.pixels
    return slope * 255 * -minus + offset * (plus - minus), slope * 255 * plus + offset * (plus - minus)


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
    of_all = _net_units(specimen, found[at], place) if layer.gives in LEVELS else _rows(_end(found[at]))[0][place]
    return Meeting(
        layer=layer,
        unit=unit,
        place=place,
        inputs=inputs,
        there=there.astype(np.bool_),
        weights=layer.weight_bits[unit],
        dot=float(layer.products(values)[0][place][unit]),
        float_dot=float(_float_product(found[at], layer.weights)[(0, *place, unit)]),
        scale=float(weights_of(found[at].weights.module).scale[unit]),
        gives=float(_given(layer, values)[0][place][unit]),
        net_gives=float(of_all[unit]),
    )


def _given(layer: Layer, values: Array) -> Array:
    """What a packed layer gives at each place, before pooling."""
    return replace(layer, pool=None).bits(values) if layer.gives in LEVELS else layer.numbers(values)


def _float_product(stage: Stage, levels: str) -> Tensor:
    """w.x of all outputs by PyTorch, (1, rows, columns, units)."""
    module, x = stage.weights.module, stage.weights.inputs
    low, high = LEVELS[levels]
    weight = weights_of(module).values.to(x.dtype) * (high - low) + low
    if isinstance(module, nn.Conv2d):
        return _rows(F.conv2d(x, weight, None, module.stride, module.padding))
    return _rows(F.linear(x, weight))


def _net_units(specimen: Specimen, stage: Stage, place: tuple[int, int]) -> Bits:
    """Which units of a place are on."""
    with specimen.net.evaluating():
        sums = _rows(stage.weights.outputs)[0][place].cpu().numpy()
        return Tail(stage, specimen.experiment.estimator).on(sums[None])[0]


def _rows(outputs: Tensor) -> Tensor:
    """Outputs of a layer as packed ones have them, (N, rows, columns, units)."""
    return outputs.permute(0, 2, 3, 1) if outputs.dim() == 4 else outputs[:, None, None]


def _end(stage: Stage) -> Tensor:
    """What comes of a layer of weights and all that follows."""
    return stage.following[-1].outputs if stage.following else stage.weights.outputs
