"""Convolutions to a single pixel and from one. They are matrix products, and take a fraction of the time as such."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class ToPixel(nn.Conv2d):
    """A convolution whose kernel fits into its padded input in one place only: (B, C, H, W) to (B, D, 1, 1)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, padding: int) -> None:
        super().__init__(inputs, outputs, kernel, stride=stride, padding=padding)

    def forward(self, x: Tensor) -> Tensor:
        assert isinstance(self.padding, tuple)
        (kernel, _), (stride, _), (padding, _) = self.kernel_size, self.stride, self.padding
        if any(not 0 <= side + 2 * padding - kernel < stride for side in x.shape[2:]):
            raise ValueError(f"a kernel of {kernel} with stride {stride} has not one place in {tuple(x.shape[2:])}")
        x = x[:, :, : kernel - padding, : kernel - padding]
        height, width = x.shape[2:]
        met = self.weight[:, :, padding : padding + height, padding : padding + width]
        return F.linear(x.flatten(1), met.flatten(1), self.bias)[:, :, None, None]


class FromPixel(nn.ConvTranspose2d):
    """A transposed convolution of a single pixel, (B, C, 1, 1): its kernel, less what the padding cuts off."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, padding: int) -> None:
        if 2 * padding >= kernel:
            raise ValueError(f"a padding of {padding} leaves nothing of a kernel of {kernel}")
        super().__init__(inputs, outputs, kernel, stride=stride, padding=padding)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        assert isinstance(self.padding, tuple)
        assert self.bias is not None
        (size, _), (cut, _) = self.kernel_size, self.padding
        kept = self.weight[:, :, cut : size - cut, cut : size - cut]
        bias = self.bias.repeat_interleave(kept[0, 0].numel())
        return F.linear(x.flatten(1), kept.flatten(1).T, bias).unflatten(1, kept.shape[1:])
