"""What every architecture is and builds: a net with binary units, its loss per example, and its initial weights."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import ClassVar, Literal, NamedTuple, Self

import torch
import torch.nn.functional as F
from pydantic import model_validator
from torch import Tensor, nn

from lab.data import Images
from lab.estimators import Levels, Shapes
from lab.models.convolutions import ConvLayer
from lab.models.layers import (
    BatchNorm,
    BatchNorm1d,
    BatchNorm2d,
    BinaryUnits,
    Noise,
    Stage,
    Visit,
    no_noise,
)
from lab.models.weights import BinaryWeights, WeightBits
from lab.parts import Part, whole

Weighted = nn.Conv2d | nn.ConvTranspose2d | nn.Linear
KINDS = {nn.Conv2d: "conv", nn.ConvTranspose2d: "transposed conv", nn.Linear: "linear"}
"""Layers that have weights, and what to call them."""
Pixels = Literal["0..1", "-1..1", "standardized"]
WeightInit = Literal["kaiming-uniform", "xavier-normal"]


class BinaryWeight(NamedTuple):
    """A parameter that holds binary weights, or their latent weights."""

    name: str
    parameter: Tensor
    levels: Levels


class Net(nn.Module):
    """A net whose binary units share one stage. Layers are registered in the order in which they run."""

    task: ClassVar[Literal["classification", "reconstruction"]] = "classification"

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage()

    @property
    def sites(self) -> list[BinaryUnits]:
        """The layers of binary units, in the order they run."""
        return [module for module in self.modules() if isinstance(module, BinaryUnits)]

    @property
    def norms(self) -> list[BatchNorm]:
        """The batch norms, in the order they run."""
        return self._norms

    @property
    def random_weights(self) -> list[BinaryWeights]:
        """The layers whose weights are drawn at each step, in the order they run."""
        return self._random_weights

    def layer_weights(self) -> dict[str, Tensor]:
        """The weights of every layer that has a matrix or kernels of them, in the order they run.

        A layer is called by its number and kind, such as 'layer 2 (conv)'.
        """
        layers = [module for module in self.modules() if isinstance(module, Weighted)]
        return {f"layer {i} ({_kind(layer)})": layer.weight for i, layer in enumerate(layers, start=1)}

    def sums(self) -> Iterator[tuple[str, float]]:
        """What each parameter is called, and the sum of its values: no finite number where one of them is none."""
        layers = {id(weight): f"sum of the weights of {layer}" for layer, weight in self.layer_weights().items()}
        for name, parameter in self.named_parameters():
            yield layers.get(id(parameter), f"sum of {name}"), parameter.detach().sum().item()

    @property
    def conv_layers(self) -> list[ConvLayer]:
        """The convolutions with their units, in the order they run; none where a net has none."""
        return []

    def prepare(self) -> None:
        """Note the layers that a pass needs at once. Called when the net is complete."""
        self._norms = [module for module in self.modules() if isinstance(module, BatchNorm1d | BatchNorm2d)]
        binary = (module for module in self.modules() if isinstance(module, BinaryWeights))
        self._random_weights = [layer for layer in binary if layer.bits.stochastic]

    @contextmanager
    def visited(self, visit: Visit, slope: float = 1.0, noise: Noise = no_noise) -> Iterator[None]:
        """Let `visit` decide what the binary units do, and `noise` what else is drawn; real units have the slope."""
        stage = self.stage
        before = stage.visit, stage.slope, stage.noise
        stage.visit, stage.slope, stage.noise = visit, slope, noise
        try:
            yield
        finally:
            stage.visit, stage.slope, stage.noise = before

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Evaluation mode; the mode it had is put back."""
        training = self.training
        self.eval()
        try:
            yield
        finally:
            self.train(training)

    @torch.no_grad()
    def shapes(self, inputs: Tensor) -> Shapes:
        """What one example looks like at the input and at each layer of binary units; runs the net once, unnoticed.

        Args:
            inputs: examples (B, ...) of the right shape.
        """
        sites: list[torch.Size] = []

        def visit(unit: BinaryUnits, x: Tensor) -> Tensor:
            sites.append(x.shape[1:])
            return torch.zeros_like(x)

        with self.evaluating(), self.visited(visit):
            self(inputs)
        return Shapes(inputs.shape[1:], tuple(sites))

    def losses(self, output: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of each example, (B,): cross-entropy in nats, or the mean squared error over its pixels."""
        if self.task == "classification":
            return F.cross_entropy(output.float(), targets, reduction="none")
        return F.mse_loss(output.float(), inputs, reduction="none").flatten(1).mean(1)

    def binary_weights(self) -> list[BinaryWeight]:
        """The parameters that hold binary weights: the `weight` of every layer that binarizes its weights."""
        return [
            BinaryWeight(f"{name}.weight", module.get_parameter("weight"), module.bits.levels)
            for name, module in self.named_modules()
            if isinstance(module, BinaryWeights)
        ]

    def batch_statistics_after_bits(self) -> bool:
        """Whether a batch norm runs after binary units: it couples the examples, so no score function is exact."""
        order = [module for module in self.modules() if isinstance(module, BinaryUnits | BatchNorm1d | BatchNorm2d)]
        first = next((i for i, module in enumerate(order) if isinstance(module, BinaryUnits)), len(order))
        return any(not isinstance(module, BinaryUnits) for module in order[first:])


def _kind(layer: Weighted) -> str:
    return next(name for kind, name in KINDS.items() if isinstance(layer, kind))


class Architecture(Part):
    """A net to be built: its shape, and which of its layers are binary."""

    members: ClassVar[dict[str, type[Architecture]]] = {}
    family = "architecture"

    task: ClassVar[Literal["classification", "reconstruction"]] = "classification"
    weight_init: WeightInit = "kaiming-uniform"
    """How weights are drawn: PyTorch's default, or Glorot's normal distribution."""

    @model_validator(mode="after")
    def _weights_can_be(self) -> Self:
        refusal = None if self.weights is None else self.weights.refusal
        if refusal:
            raise whole(refusal)
        return self

    @property
    def scale(self) -> Pixels:
        """How pixels are presented to the net."""
        raise TypeError(f"{type(self).__name__} does not say how it wants its pixels")

    def normalization(self, images: Images) -> tuple[float, float]:
        """(mean, std) to normalize pixels in [0, 1] with, for what the net wants to see."""
        return {"0..1": (0.0, 1.0), "-1..1": (0.5, 0.5), "standardized": images.scale}[self.scale]

    @property
    def site_names(self) -> tuple[str, ...]:
        """The layers of binary units, in the order they run."""
        raise TypeError(f"{type(self).__name__} does not name its binary layers")

    @property
    def shapes(self) -> Shapes:
        """What one picture looks like at the input and at each layer of binary units."""
        return _shapes(self)

    @property
    def weights(self) -> WeightBits | None:
        """How the weights of the layers that binarize them become bits; None where there is no such layer."""
        return None

    @property
    def has_binary_weights(self) -> bool:
        """Whether any of its layers binarizes its weights."""
        return self.weights is not None

    @property
    def has_batch_norm(self) -> bool:
        """Whether it has batch norm, which needs two images to train on."""
        return False

    @property
    def has_sloped_units(self) -> bool:
        """Whether it has real units that the slope makes steeper."""
        return False

    @property
    def has_shortcuts(self) -> bool:
        """Whether a gradient also reaches what is in front of the bits by a way around them."""
        return False

    @property
    def ends_in_bits(self) -> bool:
        """Whether the output itself is a layer of binary units, so that nothing learns but through them."""
        return False

    def net(self) -> Net:
        """The net, its weights not yet drawn."""
        raise TypeError(f"{type(self).__name__} does not build a net")

    def build(self, seed: int) -> Net:
        """The net with its initial weights, on the CPU. Touches no global random state."""
        net = self.undrawn()
        draw_weights(net, seed, self.weight_init)
        return net

    def undrawn(self) -> Net:
        """The net on the CPU with memory for its weights and buffers, all of which are still to be written."""
        with torch.device("meta"):
            net = self.net()
        net.to_empty(device="cpu")
        net.prepare()
        return net


@lru_cache(maxsize=256)
def _shapes(architecture: Architecture) -> Shapes:
    with torch.device("meta"):
        net = architecture.net()
        net.prepare()
        return net.shapes(torch.zeros(1, 1, 28, 28))


def stream(seed: int, purpose: str) -> int:
    """The seed of one of a run's random streams. Streams of different purpose are independent."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:7])


def draw_weights(net: Net, seed: int, init: WeightInit) -> None:
    """Draw every parameter from (seed, its own name), so that nets which share a layer start with the same one."""
    for name, module in net.named_modules():
        if isinstance(module, BatchNorm1d | BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, Weighted):
            _draw_layer(module, name, seed, init)


def _draw_layer(layer: Weighted, name: str, seed: int, init: WeightInit) -> None:
    def generator(parameter: str) -> torch.Generator:
        return torch.Generator().manual_seed(stream(seed, f"weights/{name}.{parameter}"))

    if init == "xavier-normal":
        nn.init.xavier_normal_(layer.weight, generator=generator("weight"))
    else:
        nn.init.kaiming_uniform_(layer.weight, a=5**0.5, generator=generator("weight"))
    if layer.bias is not None:
        bound = layer.weight[0].numel() ** -0.5
        nn.init.uniform_(layer.bias, -bound, bound, generator=generator("bias"))
