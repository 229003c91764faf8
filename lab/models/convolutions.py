"""The convolutions of a net, each with what it sends into its units and what comes out of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from torch import nn

from lab.models.layers import BinaryUnits

Convolution = nn.Conv2d | nn.ConvTranspose2d


class ConvLayer(NamedTuple):
    """A convolution with all that follows it up to its binary units or its activation."""

    name: str
    convolution: Convolution
    before: nn.Module
    """Its output (B, channels, height, width) is what the units, or the activation, get."""
    after: nn.Module
    """The units, or the activation: its output has the same shape."""

    @property
    def binary(self) -> bool:
        """Whether binary units follow."""
        return isinstance(self.after, BinaryUnits)


def conv_layers(names: Iterable[str], modules: Iterable[nn.Module]) -> list[ConvLayer]:
    """The layers of a chain: a convolution and what follows it up to the next one, its units or activation last.

    Args:
        names: one for each.
        modules: the chain as it runs, from a convolution on.
    """
    layers: list[list[nn.Module]] = []
    for module in modules:
        if isinstance(module, Convolution):
            layers.append([])
        layers[-1].append(module)
    return [_layer(name, layer) for name, layer in zip(names, layers, strict=True)]


def _layer(name: str, modules: list[nn.Module]) -> ConvLayer:
    convolution, (before, after) = modules[0], modules[-2:]
    assert isinstance(convolution, Convolution)
    return ConvLayer(name, convolution, before, after)
