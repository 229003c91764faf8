"""What follows the products of a layer, folded: batch norm and units into thresholds, or batch norm into a scale."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lab.estimators import Estimator, Levels
from lab.models.layers import BatchNorm1d, BatchNorm2d, BinaryUnits
from lab.models.weights import BinaryWeights
from lab.packed.chain import Stage
from lab.packed.thresholds import LARGEST_FLOAT, Bits, Integers, Thresholds, float_of, thresholds

Floats = NDArray[np.float64]


class Unpackable(ValueError):
    """A net that cannot be packed: a sentence that says why, and what to switch on."""


class Weights(NamedTuple):
    """The weights of a layer in use: what its units get is scale * w.x + bias."""

    levels: Levels | None
    """Of their bits; None where they are real."""
    values: Tensor
    """Bits as booleans, or real weights, (outputs, ...)."""
    scale: Floats
    """Of each output; 0 or more."""
    bias: Floats


def weights_of(module: nn.Module) -> Weights:
    """The weights of a linear layer or a convolution.

    Raises:
        Unpackable: there are more than two of an output.
    """
    assert isinstance(module, nn.Linear | nn.Conv2d)
    values = module.weight.detach()
    none = np.zeros(len(values))
    bias = none if module.bias is None else module.bias.detach().cpu().double().numpy()
    if not isinstance(module, BinaryWeights):
        return Weights(None, values, none + 1, bias)
    used = module.binary_weight().detach()
    levels = module.bits.levels
    scale = used.flatten(1).abs().amax(1)
    each = scale.view(-1, *[1] * (used.dim() - 1))
    low = -each if levels == "-1/+1" else 0 * each
    on = used == each
    if levels == "0/1":  # an output without a 1 has no scale, and needs none
        on &= each > 0
    if not (on | (used == low)).all():
        raise Unpackable("Some of its weights are neither of the two values of their bits, so it has no packed form.")
    return Weights(levels, on, scale.cpu().double().numpy(), bias)


class Tail:
    """The batch norm, the Htanh and the units behind a layer of weights.

    Args:
        stage: of a net in evaluation mode.
        rule: the estimator of its units.
    """

    def __init__(self, stage: Stage, rule: Estimator) -> None:
        modules = [step.module for step in stage.following]
        self._modules: list[nn.Module] = [
            module for module in modules if isinstance(module, BatchNorm1d | BatchNorm2d | nn.Hardtanh)
        ]
        self.levels = next((module.levels for module in modules if isinstance(module, BinaryUnits)), None)
        """Of its units; None where there are none."""
        self.clipped = any(isinstance(module, nn.Hardtanh) for module in modules)
        self._rule = rule
        self._like = stage.weights.outputs

    def on(self, z: NDArray[np.float32]) -> Bits:
        """Which units are on for what they get, (..., units): the layers themselves say it."""
        y = torch.from_numpy(z).to(self._like.device).reshape(-1, z.shape[-1])
        y = y if self._like.dim() == 2 else y[:, :, None, None]
        for module in self._modules:
            y = module(y)
        return (self._rule.step(y) > 0.5).cpu().numpy().reshape(z.shape)

    def of_counts(self, weights: Weights, length: int) -> Thresholds:
        """The thresholds of sums of bits, which are integers between -K and K."""

        def fires(sums: Integers) -> Bits:
            return self.on((weights.scale * sums + weights.bias).astype(np.float32))

        return thresholds(fires, -length, length, len(weights.bias))

    def of_reals(self, weights: Weights) -> tuple[Floats, Bits]:
        """The thresholds of other sums, and where they are turned round."""

        def fires(places: Integers) -> Bits:
            return self.on(float_of(places))

        at, flip = thresholds(fires, -LARGEST_FLOAT, LARGEST_FLOAT, len(weights.bias))
        with np.errstate(divide="ignore", invalid="ignore"):
            bounds = (float_of(at).astype(np.float64) - weights.bias) / weights.scale
        always = self.on(weights.bias.astype(np.float32))
        constant = (at == -LARGEST_FLOAT) | (weights.scale == 0)
        return np.where(constant, -np.inf, bounds), np.where(constant, ~always, flip)

    def affine(self, weights: Weights) -> tuple[Floats, Floats]:
        """Scale and offset of the numbers that a layer without units gives."""
        scale, offset = weights.scale, weights.bias
        for module in self._modules:
            if isinstance(module, BatchNorm1d | BatchNorm2d):
                gamma, beta, mean, variance = (
                    _doubles(tensor) for tensor in (module.weight, module.bias, module.running_mean, module.running_var)
                )
                gain = gamma / np.sqrt(variance + module.eps)
                scale, offset = gain * scale, gain * (offset - mean) + beta
        return scale, offset


def _doubles(tensor: Tensor | None) -> Floats:
    assert tensor is not None
    return tensor.detach().cpu().double().numpy()
