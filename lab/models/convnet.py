"""The two-layer convolutional net of source 003: 29 034 parameters."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import torch
from pydantic import Field, field_validator
from torch import Tensor, nn

from lab.estimators import Levels
from lab.estimators.copies import Identity
from lab.models.convolutions import ConvLayer, conv_layers
from lab.models.layers import BatchNorm2d, BinaryUnits, HardSigmoid
from lab.models.net import Architecture, Net, Pixels
from lab.models.weights import (
    BinaryConv2d,
    BinaryLinear,
    StochasticWeights,
    WeightBits,
    WeightLevels,
    WeightRule,
    WeightScale,
)

Weighted = Literal["conv1", "conv2", "classifier"]
LAYERS: tuple[Weighted, ...] = ("conv1", "conv2", "classifier")


class ConvNet(Architecture):
    """Two 5×5 convolutions and a linear layer; binary units after either convolution, both or neither."""

    name = "convnet"
    title = "Two-layer conv net"
    summary = (
        "Conv 16 – batch norm – pool – units – conv 32 – batch norm – pool – units – linear, as in source 003. Weights "
        "are real or binary."
    )
    paper = "source 003"
    recipes: ClassVar[dict[str, dict[str, Any]]] = {
        "binary weights and units": {"binary_weights": LAYERS, "levels": "-1/+1"},
        "binary weights and units, scaled as in XNOR-Net": {
            "binary_weights": LAYERS,
            "levels": "-1/+1",
            "weight_scale": "mean",
        },
    }

    binary_layers: tuple[Literal[1, 2], ...] = Field((1, 2), max_length=2)
    """Which convolutions are followed by binary units; the others have hard-sigmoid units."""
    pooling: Literal["max", "stride"] = "max"
    """Halve the picture by max pooling or by the stride of the convolution."""
    levels: Levels = "0/1"
    """Values of a binary unit."""
    binary_weights: tuple[Weighted, ...] = Field((), max_length=3)
    """Which layers have binary weights; the others have real ones. A bias is real everywhere."""
    weight_levels: WeightLevels = "-1/+1"
    weight_rule: WeightRule = Identity()
    stochastic_weights: StochasticWeights = False
    weight_scale: WeightScale = "none"
    pixels: Pixels = "standardized"
    """How pixels are presented to the net."""

    @field_validator("binary_layers")
    @classmethod
    def _each_once_in_order(cls, layers: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(set(layers)))

    @field_validator("binary_weights")
    @classmethod
    def _each_once_as_they_run(cls, layers: tuple[Weighted, ...]) -> tuple[Weighted, ...]:
        return tuple(layer for layer in LAYERS if layer in layers)

    @property
    def idle(self) -> frozenset[str]:
        of_units = [] if self.binary_layers else ["levels"]
        of_weights = (
            [] if self.binary_weights else ["weight_levels", "weight_rule", "stochastic_weights", "weight_scale"]
        )
        return frozenset([*of_units, *of_weights])

    @property
    def weights(self) -> WeightBits | None:
        if not self.binary_weights:
            return None
        return WeightBits(self.weight_levels, self.weight_rule, self.weight_scale, self.stochastic_weights)

    @property
    def scale(self) -> Pixels:
        return self.pixels

    @property
    def has_batch_norm(self) -> bool:
        return True

    @property
    def has_sloped_units(self) -> bool:
        return len(self.binary_layers) < 2

    @property
    def site_names(self) -> tuple[str, ...]:
        return tuple(f"conv {layer}" for layer in self.binary_layers)

    def net(self) -> Net:
        return ConvNetNet(self)


class ConvNetNet(Net):
    """The net of `ConvNet`: (B, 1, 28, 28) to logits (B, 10)."""

    def __init__(self, shape: ConvNet) -> None:
        super().__init__()
        bits = shape.weights
        stride = 2 if shape.pooling == "stride" else 1
        pool = nn.Identity if shape.pooling == "stride" else lambda: nn.MaxPool2d(2)

        def units(layer: int) -> nn.Module:
            return BinaryUnits(self.stage, shape.levels) if layer in shape.binary_layers else HardSigmoid(self.stage)

        def conv(layer: int, inputs: int, outputs: int) -> nn.Conv2d:
            if bits is not None and f"conv{layer}" in shape.binary_weights:
                return BinaryConv2d(inputs, outputs, 5, self.stage, bits, stride=stride, padding=2)
            return nn.Conv2d(inputs, outputs, 5, stride=stride, padding=2)

        self.conv1 = conv(1, 1, 16)
        self.norm1 = BatchNorm2d(16)
        self.pool1 = pool()
        self.units1 = units(1)
        self.conv2 = conv(2, 16, 32)
        self.norm2 = BatchNorm2d(32)
        self.pool2 = pool()
        self.units2 = units(2)
        features = 32 * 7 * 7
        self.classifier = (
            BinaryLinear(features, 10, self.stage, bits, bias=True)
            if bits is not None and "classifier" in shape.binary_weights
            else nn.Linear(features, 10)
        )

    def feature_maps(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What the units after each convolution give: (B, 16, 14, 14) and (B, 32, 7, 7)."""
        x = x.contiguous(memory_format=torch.channels_last)
        first = self.units1(self.pool1(self.norm1(self.conv1(x))))
        return first, self.units2(self.pool2(self.norm2(self.conv2(first))))

    @property
    def conv_layers(self) -> list[ConvLayer]:
        return conv_layers(("conv 1", "conv 2"), list(self.children())[:-1])

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.feature_maps(x)[1].flatten(1))
