"""Whether a packed net does what its net does: bit by bit, and logit by logit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.batches import normalized
from lab.estimators import to_levels
from lab.experiment import Experiment
from lab.models import Net
from lab.models.layers import BinaryUnits
from lab.packed.chain import Stage, stages, steps
from lab.packed.folding import Tail, weights_of
from lab.packed.runner import LEVELS, BitLayer, Layer, PackedNet

Bits = NDArray[np.bool_]
AT_ONCE = 500
REACH = 2.0**-22
"""How far rounding takes a sum of float32 numbers, in units of the sum of their sizes: a few times its last digit."""


class LayerAgreement(NamedTuple):
    """A layer alone: it is given the bits that the net itself has in front of it."""

    name: str
    bits: int
    """How many were compared."""
    differing: int
    ties: int
    """Of those that differ, how many have a sum of real numbers, such as pixels, scaled bits or a bias, that is at its
    threshold but for its rounding. Sums of bits alone have no rounding, and so no ties."""


class Agreement(NamedTuple):
    """A packed net beside its net."""

    images: int
    layers: tuple[LayerAgreement, ...]
    same: int
    """Images of which every hidden bit is the same, from the pixels on."""
    logits: float
    """The largest difference of a logit, among these."""
    largest: float
    """The largest logit of the net, without its sign, on all images."""
    classes: int
    """Images that both give the same class; of logits that are equal but for rounding, either may be the largest."""

    @property
    def exact(self) -> bool:
        """Whether all bits are the same, but for ties."""
        return all(layer.differing == layer.ties for layer in self.layers)

    @property
    def whole(self) -> LayerAgreement:
        """All layers together."""
        counts = (sum(getattr(layer, name) for layer in self.layers) for name in ("bits", "differing", "ties"))
        return LayerAgreement("all layers", *counts)

    @classmethod
    def together(cls, parts: Sequence[Agreement]) -> Agreement:
        """That on the images of all parts, of which there is one at least."""
        each = zip(*(part.layers for part in parts), strict=True)
        layers = (
            LayerAgreement(layer[0].name, *np.sum([part[1:] for part in layer], axis=0).tolist()) for layer in each
        )
        images, same, classes = (sum(getattr(part, name) for part in parts) for name in ("images", "same", "classes"))
        logits, largest = (max(getattr(part, name) for part in parts) for name in ("logits", "largest"))
        return cls(images, tuple(layers), same, logits, largest, classes)


def agreement(experiment: Experiment, net: Net, packed: PackedNet, images: Tensor) -> Agreement:
    """Compare a net in evaluation with its packed form.

    Args:
        experiment: that the net is of.
        net: left as it is.
        packed: what `pack` made of it.
        images: (N, 28, 28) uint8, one at least.
    """
    return Agreement.together(list(agreements(experiment, net, packed, images)))


def agreements(experiment: Experiment, net: Net, packed: PackedNet, images: Tensor) -> Iterator[Agreement]:
    """The same, some images after the other."""
    scale, device = experiment.architecture.normalization(experiment.dataset.images()), next(net.parameters()).device
    _, whole = stages(steps(net, normalized(images[:2], *scale, device)))
    for chunk in images.split(AT_ONCE):
        yield _part(experiment, net, packed, whole, chunk, scale)


@torch.no_grad()
def _part(
    experiment: Experiment, net: Net, packed: PackedNet, whole: list[Stage], images: Tensor, scale: tuple[float, float]
) -> Agreement:
    pixels, found = images.numpy(), []
    alike = np.ones(len(pixels), np.bool_)
    bits, logits = packed.bits(pixels), packed.logits(pixels)
    layers = [layer for layer in packed.layers if layer.gives in LEVELS]
    with net.evaluating():
        expected, output = _run(experiment, net, normalized(images, *scale, next(net.parameters()).device))
        read = [packed.inputs(pixels), *expected]
        for layer, stage, values, right in zip(layers, whole, read, expected, strict=False):
            differing = layer.bits(values) != right
            ties = differing & _ties(layer, stage, experiment, values) if differing.any() else differing
            found.append(LayerAgreement(layer.name, differing.size, int(differing.sum()), int(ties.sum())))
            alike &= (bits[layer.name] == _as_torch(right, layer)).reshape(len(pixels), -1).all(1)
    furthest, largest = float(np.abs(logits - output)[alike].max(initial=0)), float(np.abs(output).max())
    classes = int((logits.argmax(1) == output.argmax(1)).sum())
    return Agreement(len(pixels), tuple(found), int(alike.sum()), furthest, largest, classes)


def _run(experiment: Experiment, net: Net, inputs: Tensor) -> tuple[list[Bits], NDArray[np.float32]]:
    """The bits of each layer of a net, as packed ones have them, (N, height, width, channels); and its logits."""
    found: list[Bits] = []

    def visit(unit: BinaryUnits, x: Tensor) -> Tensor:
        codes = experiment.estimator.step(x)
        on = codes.cpu().numpy() > 0.5
        found.append(on.transpose(0, 2, 3, 1) if on.ndim == 4 else on[:, None, None])
        return to_levels(codes, unit.levels, unit.levels)

    with net.visited(visit):
        output = net(inputs)
    return found, output.float().cpu().numpy()


def _ties(layer: Layer, stage: Stage, experiment: Experiment, values: NDArray[Any]) -> Bits:
    """Where rounding decides what a unit is."""
    weights, tail = weights_of(stage.weights.module), Tail(stage, experiment.estimator)
    z = weights.scale * layer.products(values) + weights.bias
    if isinstance(layer, BitLayer):
        rounded = (weights.scale != 1) | (weights.bias != 0)
        sizes = rounded * (weights.scale * layer.length + np.abs(weights.bias))
    else:
        slope, offset, _ = layer.pixels
        sums = layer.rows(np.abs(values * slope + offset)) @ np.abs(layer.weight_values.T.astype(np.float64))
        sizes = weights.scale * sums + np.abs(weights.bias)
    below, above = (tail.on((z + side * REACH * sizes).astype(np.float32)) for side in (-1, 1))
    return layer.pooled(below != above)


def _as_torch(bits: Bits, layer: Layer) -> Bits:
    return bits.transpose(0, 3, 1, 2) if layer.window else bits.reshape(len(bits), -1)
