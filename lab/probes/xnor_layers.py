"""What the layers of a net take before and after they are packed, and whether their weights are bits at all."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lab.models.weights import BinaryWeights
from lab.packed import Agreement, Layer, PackedNet, agreement, pack, saved
from lab.packed.chain import Stage, stages, steps
from lab.packed.folding import weights_of
from lab.packed.runner import LEVELS
from lab.probes.specimen import Specimen

WORD = 64
"""Bits of a machine word."""
PLANES = 8
FEWEST, MOST, PRODUCTS = 50, 500, 2e10
"""Test images on which a net is compared with its packed form at once: as many as these products allow, within ends."""


class Cost(NamedTuple):
    """A layer of weights, with all that follows up to the next one."""

    layer: Layer
    weights: int
    bytes_before: int
    """Of weights, biases and batch norm in float32."""
    bytes_after: int
    products: int
    """Multiply-accumulates for an image in float32; as many are left where weights are real."""
    words: int
    """Words of 64 bits in which bits are counted for an image instead; 0 where weights are real."""


class Distinct(NamedTuple):
    """How many different values the weights of a layer have, among all of them."""

    name: str
    latent: int
    """Of the weights that are trained."""
    used: int
    """Of what the layer multiplies by: two, or two for each scale, or all scales and 0."""
    scales: int
    """What its bits are multiplied by; 0 where that is nothing, or where weights are real."""
    per_output: int
    """Of what the layer multiplies by, within one output, at most."""
    packed: int
    """Of the packed bits; 0 where weights stay real."""


class Facts(NamedTuple):
    """What is known of a net and its packed form."""

    packed: PackedNet
    costs: tuple[Cost, ...]
    distinct: tuple[Distinct, ...]
    file_bytes: int


@torch.no_grad()
def facts(specimen: Specimen) -> Facts:
    """Pack a net of which there is a packed form, and look at both.

    Raises:
        Unpackable: there is none of this one.
    """
    packed = pack(specimen.experiment, specimen.net)
    _, found = stages(steps(specimen.net, specimen.batch(2)[0]))
    with specimen.net.evaluating():
        distinct = tuple(_distinct(layer, stage) for layer, stage in zip(packed.layers, found, strict=True))
    costs = tuple(_cost(layer, stage) for layer, stage in zip(packed.layers, found, strict=True))
    return Facts(packed, costs, distinct, len(saved(packed)))


def at_once(packed: PackedNet) -> int:
    """On how many images a net is compared with its packed form at once, so that it takes seconds at most."""
    products = sum(math.prod(layer.places) * layer.outputs * layer.length for layer in packed.layers)
    return max(FEWEST, min(MOST, int(PRODUCTS / products)))


def compared(specimen: Specimen, packed: PackedNet, start: int, stop: int) -> Agreement:
    """Whether both give the same bits and logits for some of the test images, of which there is one at least."""
    return agreement(specimen.experiment, specimen.net, packed, specimen.test_images[start:stop])


def _cost(layer: Layer, stage: Stage) -> Cost:
    modules = [stage.weights.module, *(step.module for step in stage.following)]
    tensors = [tensor for module in modules for tensor in (*module.parameters(), *module.buffers())]
    floats = [tensor.numel() for tensor in tensors if tensor.is_floating_point()]
    arrays = (layer.weight, layer.threshold, np.packbits(layer.flip), layer.scale, layer.offset)
    outputs, planes = math.prod(layer.places) * layer.outputs, PLANES if layer.reads == "pixels" else 1
    return Cost(
        layer=layer,
        weights=layer.outputs * layer.length,
        bytes_before=4 * sum(floats),
        bytes_after=sum(array.nbytes for array in arrays),
        products=outputs * layer.length,
        words=outputs * planes * -(-layer.length // WORD) if layer.weights in LEVELS else 0,
    )


def _distinct(layer: Layer, stage: Stage) -> Distinct:
    module = stage.weights.module
    latent = module.weight
    assert isinstance(latent, Tensor)
    rows = _in_order((module.binary_weight() if isinstance(module, BinaryWeights) else latent).flatten(1))
    begins = _begins(rows)
    return Distinct(
        name=layer.name,
        latent=int(_begins(_in_order(latent.flatten())).sum()),
        used=len(np.unique(rows[begins])),
        scales=_scales(module) if layer.weights in LEVELS else 0,
        per_output=int(begins.sum(1).max()),
        packed=_packed_values(layer.weight_bits) if layer.weights in LEVELS else 0,
    )


def _in_order(weights: Tensor) -> NDArray[np.float32]:
    """Weights along their last axis, which numpy sorts faster than PyTorch."""
    return np.sort(weights.detach().cpu().numpy(), axis=-1)


def _begins(ordered: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where another value begins."""
    changes = ordered[..., 1:] != ordered[..., :-1]
    return np.concatenate([np.ones_like(ordered[..., :1], np.bool_), changes], axis=-1)


def _scales(module: nn.Module) -> int:
    scale = weights_of(module).scale
    scales = np.unique(scale[scale > 0])  # an output whose weights are all 0 has none
    return 0 if (scales == 1).all() else len(scales)


def _packed_values(bits: NDArray[np.bool_]) -> int:
    return int(bits.any()) + int(not bits.all())
