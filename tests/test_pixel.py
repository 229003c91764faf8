"""Convolutions to and from a single pixel are those of PyTorch, forwards and backwards."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from lab.models.pixel import FromPixel, ToPixel

Shape = tuple[int, int, int, int]


@st.composite
def kernels(draw: st.DrawFn) -> Shape:
    """Sizes and paddings that leave something of the kernel."""
    sides, pads = st.integers(1, 5), st.integers(0, 2)
    pad_y, pad_x = draw(pads), draw(pads)
    return draw(sides) + 2 * pad_y, draw(sides) + 2 * pad_x, pad_y, pad_x


def check(ours: nn.Module, theirs: nn.Module, x: Tensor) -> None:
    """The same output, and the same gradients of the weights, the bias and the input."""
    theirs.load_state_dict(ours.state_dict())
    found = []
    for layer in (ours.double(), theirs.double()):
        given_x = x.double().requires_grad_()
        output = layer(given_x)
        weight = torch.linspace(-1, 1, output.numel()).double().reshape(output.shape)
        found.append((output, *torch.autograd.grad((output * weight).sum(), (given_x, *layer.parameters()))))
    for mine, reference in zip(*found, strict=True):
        torch.testing.assert_close(mine, reference)


@given(kernel=kernels(), channels=st.integers(1, 3), images=st.integers(1, 3), spare=st.integers(0, 1))
def test_a_convolution_to_one_pixel(kernel: Shape, channels: int, images: int, spare: int) -> None:
    height, width, *padding = kernel
    sizes = (channels, 2, (height, width), 2, tuple(padding))
    room = [side - 2 * pad + (spare if pad else 0) for side, pad in zip((height, width), padding, strict=True)]
    check(ToPixel(*sizes), nn.Conv2d(*sizes), torch.randn(images, channels, *room))


@given(kernel=kernels(), channels=st.integers(1, 3), images=st.integers(1, 3))
def test_a_transposed_convolution_from_one_pixel(kernel: Shape, channels: int, images: int) -> None:
    height, width, *padding = kernel
    sizes = (channels, 2, (height, width), 2, tuple(padding))
    check(FromPixel(*sizes), nn.ConvTranspose2d(*sizes), torch.randn(images, channels, 1, 1))
