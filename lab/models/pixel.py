"""Convolutions to a single pixel and from one. They are matrix products, and take a fraction of the time as such."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class ToPixel(nn.Conv2d):
    """A convolution whose kernel fits into its padded input in one place only: (B, C, H, W) to (B, D, 1, 1)."""

    def forward(self, x: Tensor) -> Tensor:
        assert isinstance(self.padding, tuple)
        (height, width), (top, left) = x.shape[2:], self.padding
        met = self.weight[:, :, top : top + height, left : left + width]
        return F.linear(x.flatten(1), met.flatten(1), self.bias)[:, :, None, None]


class FromPixel(nn.ConvTranspose2d):
    """A transposed convolution of a single pixel, (B, C, 1, 1): its kernel, less what the padding cuts off."""

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        assert isinstance(self.padding, tuple)
        assert self.bias is not None
        (height, width), (top, left) = self.kernel_size, self.padding
        kept = self.weight[:, :, top : height - top, left : width - left]
        bias = self.bias.repeat_interleave(kept[0, 0].numel())
        return F.linear(x.flatten(1), kept.flatten(1).T, bias).unflatten(1, kept.shape[1:])
