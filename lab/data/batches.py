"""The training images of one run in shuffled batches: kept as bytes, normalized on the device a chunk at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

CPU_CHUNK = 256
"""Images normalized at once on a CPU: few enough to stay in its cache, enough to hide the cost of a call."""
DEVICE_CHUNK = 8192
"""Images normalized at once elsewhere, where calls cost more and no cache is to be spared."""


class Batches:
    """Serves `images[indices]` with their labels, freshly shuffled each epoch; the last batch may be smaller.
    A lone image that would be left over for a last batch is left out: batch norm cannot take one.

    No batch is written again once served, so it may be kept; it then keeps the chunk it is a part of in memory.

    Args:
        images: (N, 28, 28) uint8, copied to the device unless there.
        labels: (N,) int64.
        indices: (n,) int64, the images to serve.
        batch_size: images a batch.
        scale: (mean, std) of the pixels, taken as 0 to 1.
        device: where the batches are wanted.
        generator: a CPU generator, which gives one permutation an epoch and nothing else.
        shift: the most pixels by which an image is moved up or down, and left or right; background comes after it.
        shifts: a CPU generator, which gives the moves of all images of an epoch at once; needed where `shift` is not 0.
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        indices: Tensor,
        batch_size: int,
        scale: tuple[float, float],
        device: torch.device | str,
        generator: torch.Generator,
        shift: int = 0,
        shifts: torch.Generator | None = None,
    ) -> None:
        self._images = images.unsqueeze(1).to(device)
        self._labels = labels.to(device)
        self._indices = indices.cpu()
        self._batch_size = batch_size
        self._generator = generator
        self._shift = shift
        self._shifts = shifts
        lone = batch_size > 1 and len(indices) > 1 and len(indices) % batch_size == 1
        self._served = len(indices) - lone
        self.steps_per_epoch = math.ceil(self._served / batch_size)
        """Batches an epoch."""
        self._affine = _Affine(*scale, self._images.device)
        chunk_images = CPU_CHUNK if self._images.device.type == "cpu" else DEVICE_CHUNK
        self._batches_per_chunk = max(1, chunk_images // batch_size)

    def epoch(self, skip: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Each image once, as (B, 1, 28, 28) float32 with (B,) int64 labels, without the first `skip` batches.

        Order and moves are drawn at the call, not at the first batch: a resumed run restores the generators' states
        from before the call, and skips what it has seen.
        """
        order = self._indices[torch.randperm(len(self._indices), generator=self._generator)[: self._served]]
        return self._serve(order.to(self._images.device), self._corners(), skip)

    def _corners(self) -> Tensor | None:
        """Where each image of an epoch is cut out of its padded self: (2, served), rows and columns."""
        if not self._shift:
            return None
        places = torch.randint(2 * self._shift + 1, (2, self._served), generator=self._shifts)
        return places.to(self._images.device)

    def _serve(self, order: Tensor, corners: Tensor | None, skip: int) -> Iterator[tuple[Tensor, Tensor]]:
        # Chunks begin where they would without skipping, so that a resumed epoch is equal to the last bit.
        skipped_chunks, skipped_batches = divmod(skip, self._batches_per_chunk)
        chunk_size = self._batches_per_chunk * self._batch_size
        for start in range(skipped_chunks * chunk_size, len(order), chunk_size):
            chunk = order[start : start + chunk_size]
            images = self._images.index_select(0, chunk)
            if corners is not None:
                images = _cut_out(images, self._shift, corners[:, start : start + chunk_size])
            pixels = self._affine(images).split(self._batch_size)
            labels = self._labels.index_select(0, chunk).split(self._batch_size)
            yield from zip(pixels[skipped_batches:], labels[skipped_batches:], strict=True)
            skipped_batches = 0


def normalized(images: Tensor, mean: float, std: float, device: torch.device | str) -> Tensor:
    """All images (N, 28, 28) uint8 as (N, 1, 28, 28) float32 on the device: (pixel / 255 - mean) / std."""
    pixels = images.unsqueeze(1).to(device)
    return _Affine(mean, std, pixels.device)(pixels)


def _cut_out(images: Tensor, shift: int, corners: Tensor) -> Tensor:
    """Images (N, 1, 28, 28) out of themselves with a frame of background around them, from a corner (2, N) each."""
    height, width = images.shape[2:]
    framed = F.pad(images[:, 0], [shift] * 4)
    windows = framed.unfold(1, height, 1).unfold(2, width, 1)  # a view: (N, rows, columns, height, width)
    return windows[torch.arange(len(images), device=images.device), corners[0], corners[1]].unsqueeze(1)


class _Affine:
    """(pixel / 255 - mean) / std in two passes over memory: a conversion, and one fused multiply-add in place."""

    def __init__(self, mean: float, std: float, device: torch.device) -> None:
        self._slope = 1 / (255 * std)
        self._offset = torch.full((), -mean / std, dtype=torch.float32, device=device)

    def __call__(self, pixels: Tensor) -> Tensor:
        values = pixels.to(torch.float32)
        return torch.add(self._offset, values, alpha=self._slope, out=values)
