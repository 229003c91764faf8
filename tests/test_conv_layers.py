"""What nets say of their convolutions, against a pass that is listened to."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lab.models import Architecture
from lab.models.layers import BinaryUnits
from tests.small import SHAPES

SHAPED: list[tuple[str, dict[str, Any]]] = [
    *((name, SHAPES.get(name, {})) for name in Architecture.members),
    ("convnet", {"pooling": "stride", "binary_layers": [2]}),
    ("convnet", {"binary_layers": [], "binary_weights": ["conv1", "conv2"]}),
    ("autoencoder", {"code_bits": 8, "relu": False}),
]
CONVOLUTIONS = nn.Conv2d | nn.ConvTranspose2d


@pytest.mark.parametrize(("name", "shape"), SHAPED)
@torch.no_grad()
def test_they_are_all_there_are_in_the_order_they_run(name: str, shape: dict[str, Any]) -> None:
    net = Architecture.members[name](**shape).build(0).eval()
    layers, ran = net.conv_layers, list[nn.Module]()
    seen: dict[nn.Module, tuple[Tensor, Tensor]] = {}

    def see(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        ran.append(module)
        seen[module] = inputs[0], output

    for module in net.modules():
        if not list(module.children()):
            module.register_forward_hook(see)
    net(torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0)))
    assert [layer.convolution for layer in layers] == [module for module in ran if isinstance(module, CONVOLUTIONS)]
    assert len({layer.name for layer in layers}) == len(layers)
    assert [layer.after for layer in layers if layer.binary] == [site for site in net.sites if seen[site][0].dim() == 4]
    for layer in layers:
        entered, left = seen[layer.after]
        assert entered is seen[layer.before][1]
        assert entered.shape == left.shape
        assert left.shape[1] == layer.convolution.out_channels
        between = ran[ran.index(layer.convolution) + 1 : ran.index(layer.after)]
        assert not any(isinstance(module, CONVOLUTIONS | BinaryUnits) for module in between)


@pytest.mark.parametrize(("name", "shape"), SHAPED)
def test_layers_with_bits_are_called_as_elsewhere(name: str, shape: dict[str, Any]) -> None:
    architecture = Architecture.members[name](**shape)
    binary = [layer.name for layer in architecture.build(0).conv_layers if layer.binary]
    assert binary == [site for site in architecture.site_names if site in binary]
