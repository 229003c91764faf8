"""The two-layer convolutional net of source 003: 29 034 parameters."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from pydantic import Field, field_validator
from torch import Tensor, nn

from lab.estimators import Levels
from lab.models.layers import BatchNorm2d, BinaryUnits, HardSigmoid
from lab.models.net import Architecture, Net, Pixels


class ConvNet(Architecture):
    """Two 5×5 convolutions and a linear layer; binary units after either convolution, both or neither."""

    name = "convnet"
    title = "Two-layer conv net"
    summary = "Conv 16 – batch norm – pool – units – conv 32 – batch norm – pool – units – linear, as in source 003."
    paper = "source 003"
    has_batch_norm: ClassVar[bool] = True

    binary_layers: tuple[Literal[1, 2], ...] = Field((1, 2), max_length=2)
    """Which convolutions are followed by binary units; the others have hard-sigmoid units."""
    pooling: Literal["max", "stride"] = "max"
    """Halve the picture by max pooling or by the stride of the convolution."""
    levels: Levels = "0/1"
    """Values of a binary unit."""
    pixels: Pixels = "standardized"
    """How pixels are presented to the net."""

    @field_validator("binary_layers")
    @classmethod
    def _each_once_in_order(cls, layers: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(set(layers)))

    @property
    def scale(self) -> Pixels:
        return self.pixels

    @property
    def site_names(self) -> tuple[str, ...]:
        return tuple(f"conv {layer}" for layer in self.binary_layers)

    def net(self) -> Net:
        return ConvNetNet(self)


class ConvNetNet(Net):
    """The net of `ConvNet`: (B, 1, 28, 28) to logits (B, 10)."""

    def __init__(self, shape: ConvNet) -> None:
        super().__init__()
        stride = 2 if shape.pooling == "stride" else 1
        pool = nn.Identity if shape.pooling == "stride" else lambda: nn.MaxPool2d(2)

        def units(layer: int) -> nn.Module:
            return BinaryUnits(self.stage, shape.levels) if layer in shape.binary_layers else HardSigmoid()

        self.conv1 = nn.Conv2d(1, 16, 5, stride=stride, padding=2)
        self.norm1 = BatchNorm2d(16)
        self.pool1 = pool()
        self.units1 = units(1)
        self.conv2 = nn.Conv2d(16, 32, 5, stride=stride, padding=2)
        self.norm2 = BatchNorm2d(32)
        self.pool2 = pool()
        self.units2 = units(2)
        self.classifier = nn.Linear(32 * 7 * 7, 10)

    def feature_maps(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What the units after each convolution give: (B, 16, 14, 14) and (B, 32, 7, 7)."""
        x = x.contiguous(memory_format=torch.channels_last)
        first = self.units1(self.pool1(self.norm1(self.conv1(x))))
        return first, self.units2(self.pool2(self.norm2(self.conv2(first))))

    @property
    def map_layers(self) -> dict[str, nn.Module]:
        return {"conv 1": self.units1, "conv 2": self.units2}

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.feature_maps(x)[1].flatten(1))
