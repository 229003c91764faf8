"""Convolutions to and from a single pixel are those of PyTorch, forwards and backwards."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from lab.models.pixel import FromPixel, ToPixel

Sizes = tuple[int, int, int, int, int]
"""Channels that come in and go out, kernel, stride and padding."""


@st.composite
def sizes(draw: st.DrawFn) -> Sizes:
    """A padding that leaves something of the kernel."""
    padding = draw(st.integers(0, 2))
    kernel = draw(st.integers(1, 5)) + 2 * padding
    return draw(st.integers(1, 3)), draw(st.integers(1, 3)), kernel, draw(st.integers(1, 3)), padding


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


@given(sizes=sizes(), images=st.integers(1, 3), spare=st.tuples(st.integers(0, 2), st.integers(0, 2)))
def test_a_convolution_to_one_pixel(sizes: Sizes, images: int, spare: tuple[int, int]) -> None:
    channels, _, kernel, stride, padding = sizes
    room = [kernel - 2 * padding + min(more, stride - 1) for more in spare]
    check(ToPixel(*sizes), nn.Conv2d(*sizes), torch.randn(images, channels, *room))


@given(sizes=sizes(), images=st.integers(1, 3))
def test_a_transposed_convolution_from_one_pixel(sizes: Sizes, images: int) -> None:
    check(FromPixel(*sizes), nn.ConvTranspose2d(*sizes), torch.randn(images, sizes[0], 1, 1))


@pytest.mark.parametrize("side", [1, 4, 9])
def test_a_kernel_that_has_none_or_many_places_is_refused(side: int) -> None:
    with pytest.raises(ValueError, match="not one place"):
        ToPixel(1, 1, 4, 2, 1)(torch.zeros(1, 1, side, side))


def test_a_padding_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="leaves nothing"):
        FromPixel(1, 1, 4, 2, 2)
