"""The multilayer perceptrons with binary weights of sources 002 and 004."""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator
from torch import Tensor, nn

from lab.estimators import Levels
from lab.estimators.copies import Identity
from lab.models.layers import BatchNorm1d, BinaryUnits, Dropout, PixelBits
from lab.models.net import Architecture, Net, Pixels
from lab.models.weights import BinaryLinear, StochasticWeights, WeightBits, WeightLevels, WeightRule, WeightScale
from lab.parts import whole

CLASSES = 10
PLUS_MINUS = {"levels": "-1/+1", "weight_levels": "-1/+1", "pixels": "standardized"}


class BinaryMLP(Architecture):
    """Binary weights, batch norm and binary units, layer after layer."""

    name = "binary-mlp"
    title = "Binary-weight MLP"
    summary = "Every weight is one bit; batch norm between the layers; binary units after each."
    paper = "sources 002 and 004; Shibuya et al. 2025, Binary Stochastic Flip Optimization"
    recipes: ClassVar[dict[str, dict[str, Any]]] = {
        "784-1024x3-10 (source 004)": {"output": "binarized"},
        **{
            f"784-3x{2048 * ratio} (source 002, infl_ratio {ratio})": {
                **PLUS_MINUS,
                "hidden": 2048 * ratio,
                "depth": 3,
                "head": "none",
                "batch_norm": False,
                "htanh": True,
                "bias": True,
                "binary_input": True,
            }
            for ratio in (1, 3)
        },
        **{
            f"784-3x{2048 * ratio}-10 (source 002 corrected, infl_ratio {ratio})": {
                **PLUS_MINUS,
                "hidden": 2048 * ratio,
                "depth": 4,
                "head": "real",
                "htanh": True,
            }
            for ratio in (1, 3)
        },
    }

    hidden: int = Field(1024, ge=1, le=8192)
    """Units of each hidden layer."""
    depth: int = Field(4, ge=2, le=12)
    """Layers of weights, the output layer included."""
    head: Literal["binary", "real", "none"] = "binary"
    """The output layer: 10 units with binary weights, a real-valued linear classifier, or none. Without one the last
    hidden layer itself is the output, before it is binarized, and the targets are its first ten units (source 002)."""
    output: Literal["real", "binarized"] = "real"
    """Real logits, or binary units after the output layer too, as the gist of source 004 has it: every logit is then
    0 or 1, and the loss cannot fall below 1.4612."""
    levels: Levels = "0/1"
    """Values of a binary unit."""
    batch_norm: bool = True
    """Batch norm behind every layer of binary weights."""
    htanh: bool = Field(False, title="Htanh before the bits")
    """Clip pre-activations to [-1, 1] in front of the bits. A threshold at 0 gives the same bits; beyond ±1 no
    gradient passes, whatever the estimator."""
    bias: bool = Field(False, title="Real bias")
    """Add a real-valued bias to every layer of binary weights. Batch norm takes it away again."""
    weight_levels: WeightLevels = "0/1"
    weight_rule: WeightRule = Identity()
    stochastic_weights: StochasticWeights = False
    weight_scale: WeightScale = "none"
    pixels: Pixels = "0..1"
    """How pixels are presented to the net."""
    binary_input: bool = False
    """Binarize the pixels, too: those above 0, as they are presented, have the upper level of a unit."""
    input_dropout: float = Field(0.0, ge=0, lt=1)
    """Share of the pixels that each step sets to 0."""
    hidden_dropout: float = Field(0.0, ge=0, lt=1)
    """Share of the hidden units that each step sets to 0."""

    @model_validator(mode="after")
    def _every_class_has_a_logit(self) -> Self:
        if self.head == "none" and self.hidden < CLASSES:
            raise whole(
                f"hidden is {self.hidden}, and without a head the hidden units are the logits of {CLASSES} classes; "
                f"allowed are {CLASSES} or more, or a head"
            )
        return self

    @property
    def weights(self) -> WeightBits:
        return WeightBits(self.weight_levels, self.weight_rule, self.weight_scale, self.stochastic_weights)

    @property
    def logits(self) -> int:
        """How many numbers the net gives; the first ten are those of the classes."""
        return self.hidden if self.head == "none" else CLASSES

    @property
    def scale(self) -> Pixels:
        return self.pixels

    @property
    def has_batch_norm(self) -> bool:
        return self.batch_norm

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
    """The net of `BinaryMLP`: (B, 1, 28, 28) to logits (B, 10), or (B, hidden) without a head.

    A layer of weights has the same name whatever stands around it, so that nets that share it start with the same one.
    """

    def __init__(self, shape: BinaryMLP) -> None:
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict({"0": nn.Flatten()})
        if shape.binary_input:
            layers["pixels"] = PixelBits(shape.levels)
        if shape.input_dropout:
            layers["input_dropout"] = Dropout(self.stage, shape.input_dropout)
        widths = [784, *[shape.hidden] * (shape.depth - 1), shape.logits]
        for layer, (inputs, outputs) in enumerate(pairwise(widths), start=1):
            first, is_last = 3 * layer - 2, layer == shape.depth
            is_head = is_last and shape.head != "none"
            if is_head and shape.head == "real":
                layers[f"{first}"] = nn.Linear(inputs, outputs)
            else:
                layers[f"{first}"] = BinaryLinear(inputs, outputs, self.stage, shape.weights, shape.bias)
                if shape.batch_norm:
                    layers[f"{first + 1}"] = BatchNorm1d(outputs)
            if shape.htanh and not (is_head and shape.output == "real"):
                layers[f"htanh {layer}"] = nn.Hardtanh()
            if not is_last or shape.output == "binarized":
                layers[f"{first + 2}"] = BinaryUnits(self.stage, shape.levels, behind_htanh=shape.htanh)
            if shape.hidden_dropout and not is_last:
                layers[f"dropout {layer}"] = Dropout(self.stage, shape.hidden_dropout)
        self.layers = nn.Sequential(layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)
