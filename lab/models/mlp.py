"""The multilayer perceptron of source 000, and of the parent of source 003."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator
from torch import Tensor, nn

from lab.estimators import Levels
from lab.models.layers import Around, BinaryUnits, HardSigmoid
from lab.models.net import Architecture, Net, Pixels, WeightInit
from lab.parts import whole

Width = Annotated[int, Field(ge=1, le=8192)]


class MLP(Architecture):
    """Fully connected layers with binary hidden units."""

    name = "mlp"
    title = "Multilayer perceptron"
    summary = "Fully connected; its hidden layers are binary or real. 784-64-10 is the net of source 000."
    paper = "source 000; Wizaron/binary-stochastic-neurons (784-100-10)"
    recipes: ClassVar[dict[str, dict[str, Any]]] = {
        "784-64-10 (source 000)": {"hidden": (64,)},
        "784-100-10 (Wizaron)": {
            "hidden": (100,),
            "activation": "hard-sigmoid",
            "weight_init": "kaiming-uniform",
            "pixels": "standardized",
        },
    }

    hidden: tuple[Width, ...] = Field((64,), min_length=1, max_length=8)
    """Units of each hidden layer."""
    binary_layers: tuple[Annotated[int, Field(ge=1)], ...] = (1,)
    """Which hidden layers have binary units, counted from 1."""
    activation: Literal["relu", "hard-sigmoid"] = "relu"
    """Activation of the hidden layers that are not binary."""
    levels: Levels = "0/1"
    """Values of a binary unit."""
    shortcut: bool = False
    """Add its pre-activation to what a binary unit gives, y = x + b, as the shortcuts of Bi-Real Net do: what is in
    front then gets a gradient around the bits too."""
    pixels: Pixels = "0..1"
    """How pixels are presented to the net."""
    weight_init: WeightInit = "xavier-normal"
    """How weights are drawn: PyTorch's default, or Glorot's normal distribution."""

    @model_validator(mode="after")
    def _binary_layers_exist(self) -> Self:
        beyond = [layer for layer in self.binary_layers if layer > len(self.hidden)]
        if beyond:
            raise whole(
                f"binary_layers names layer {beyond[0]}, and hidden has {len(self.hidden)}; "
                f"allowed are 1 to {len(self.hidden)}"
            )
        return self

    @field_validator("binary_layers")
    @classmethod
    def _each_once_in_order(cls, layers: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(set(layers)))

    @property
    def idle(self) -> frozenset[str]:
        if not self.binary_layers:
            return frozenset({"levels", "shortcut"})
        return frozenset({"activation"} if len(self.binary_layers) == len(self.hidden) else ())

    @property
    def scale(self) -> Pixels:
        return self.pixels

    @property
    def has_sloped_units(self) -> bool:
        return self.activation == "hard-sigmoid" and len(self.binary_layers) < len(self.hidden)

    @property
    def has_shortcuts(self) -> bool:
        return self.shortcut and bool(self.binary_layers)

    @property
    def site_names(self) -> tuple[str, ...]:
        return tuple(f"hidden {layer}" for layer in self.binary_layers)

    def net(self) -> Net:
        return MLPNet(self)


class MLPNet(Net):
    """The net of `MLP`: (B, 1, 28, 28) to logits (B, 10)."""

    def __init__(self, shape: MLP) -> None:
        super().__init__()
        real = partial(HardSigmoid, self.stage) if shape.activation == "hard-sigmoid" else nn.ReLU
        widths = (784, *shape.hidden)
        layers: list[nn.Module] = [nn.Flatten()]
        for layer in range(1, len(widths)):
            layers.append(nn.Linear(widths[layer - 1], widths[layer]))
            units = BinaryUnits(self.stage, shape.levels)
            binary = Around(units) if shape.shortcut else units
            layers.append(binary if layer in shape.binary_layers else real())
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], 10))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)
