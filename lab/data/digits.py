"""The handwritten digits embedded in scikit-learn: small, always there, no network."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch.nn import functional as F

from lab.data.base import SIDE, Dataset, Images, OnProgress

TRAINING = 1437
TEST = 360
BRIGHTEST = 16
INNER = 20
"""Side in pixels of the box a digit fills: MNIST's own, so that both look alike."""


class Digits(Dataset):
    """Optical recognition of handwritten digits (UCI), its test part as scikit-learn ships it."""

    name = "digits"
    title = "Digits (8×8, embedded)"
    summary = "1 797 handwritten digits of 8×8 pixels, enlarged to 28×28: small, quick to learn, and always at hand."
    paper = "E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits. UCI Machine Learning Repository, 1998."
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")

    training_images: ClassVar[int] = TRAINING

    validation: int = Field(default=200, ge=1, le=TRAINING - 1, title="Validation images")
    """Training images held out for choosing the epoch, the learning rate or the recipe."""

    def _load(self, progress: OnProgress | None) -> Images:
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split

        bunch = load_digits()
        small = torch.from_numpy(bunch.images).float().unsqueeze(1) / BRIGHTEST
        labels = torch.from_numpy(bunch.target).long()
        large = F.interpolate(small, size=(INNER, INNER), mode="bilinear", align_corners=False)
        framed = F.pad(large, [(SIDE - INNER) // 2] * 4).squeeze(1)
        pixels = (framed * 255).round().clamp(0, 255).to(torch.uint8)
        train, test = train_test_split(range(len(labels)), test_size=TEST, random_state=0, stratify=labels.numpy())
        return Images.measured(pixels[train], labels[train], pixels[test], labels[test])
