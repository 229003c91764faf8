"""Tiny idx files, such as those of MNIST, for tests of everything that reads or downloads them."""

from __future__ import annotations

from pathlib import Path

import torch

from lab.data.idx import FILES

NAMES = [name for pair in FILES.values() for name in pair]


def idx_bytes(values: torch.Tensor, magic: int | None = None) -> bytes:
    header = [0x0800 + values.dim() if magic is None else magic, *values.shape]
    return b"".join(number.to_bytes(4, "big") for number in header) + bytes(values.flatten().tolist())


def tiny_files(train: int = 12, test: int = 5, seed: int = 0) -> dict[str, bytes]:
    generator = torch.Generator().manual_seed(seed)
    files = {}
    for count, (images, labels) in zip((train, test), FILES.values(), strict=True):
        files[images] = idx_bytes(torch.randint(256, (count, 28, 28), generator=generator))
        files[labels] = idx_bytes(torch.arange(count) % 10)
    return files


def write_raw(root: Path, folder: str = "MNIST") -> Path:
    raw = root / folder / "raw"
    raw.mkdir(parents=True)
    for name, content in tiny_files().items():
        (raw / name).write_bytes(content)
    return raw
