"""The multilayer perceptron with binary weights of source 004."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar, Literal

from pydantic import Field
from torch import Tensor, nn

from lab.estimators import Levels, StraightThrough
from lab.estimators.copies import Identity
from lab.models.layers import BatchNorm1d, BinaryLinear, BinaryUnits
from lab.models.net import Architecture, Net, Pixels


class BinaryMLP(Architecture):
    """Binary weights, batch norm and binary units, layer after layer."""

    name = "binary-mlp"
    title = "Binary-weight MLP"
    summary = "Every weight is one bit; batch norm between the layers; binary units after each."
    paper = "source 004; Shibuya et al. 2025, Binary Stochastic Flip Optimization"
    has_binary_weights: ClassVar[bool] = True
    has_batch_norm: ClassVar[bool] = True

    hidden: int = Field(1024, ge=1, le=8192)
    """Units of each hidden layer."""
    depth: int = Field(4, ge=2, le=12)
    """Layers of weights, the output layer included."""
    output: Literal["real", "binarized"] = "real"
    """Real logits, or binary units after the output layer too, as the gist of source 004 has it: every logit is then
    0 or 1, and the loss cannot fall below 1.4612."""
    levels: Levels = "0/1"
    """Values of a binary unit."""
    weight_levels: Levels = "0/1"
    """Values of a binary weight. Without -1 nothing but batch norm can inhibit a unit."""
    weight_rule: StraightThrough = Identity()
    """How gradients reach the weights; matters for latent weights alone."""
    pixels: Pixels = "0..1"
    """How pixels are presented to the net."""

    @property
    def scale(self) -> Pixels:
        return self.pixels

    @property
    def ends_in_bits(self) -> bool:
        return self.output == "binarized"

    @property
    def site_names(self) -> tuple[str, ...]:
        hidden = tuple(f"hidden {layer}" for layer in range(1, self.depth))
        return (*hidden, "output") if self.output == "binarized" else hidden

    def net(self) -> Net:
        return BinaryMLPNet(self)


class BinaryMLPNet(Net):
    """The net of `BinaryMLP`: (B, 1, 28, 28) to logits (B, 10)."""

    def __init__(self, shape: BinaryMLP) -> None:
        super().__init__()
        widths = [784, *[shape.hidden] * (shape.depth - 1), 10]
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, outputs in pairwise(widths):
            layers.append(BinaryLinear(inputs, outputs, shape.weight_levels, shape.weight_rule))
            layers.append(BatchNorm1d(outputs))
            layers.append(BinaryUnits(self.stage, shape.levels))
        if shape.output == "real":
            layers.pop()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)
