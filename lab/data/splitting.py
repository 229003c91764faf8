"""The validation split: which training images a run learns from and which it chooses by."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lab.data.base import DataError, Dataset, Images


@dataclass(frozen=True, eq=False)
class Split:
    """Two disjoint sets of indices into the training images, each (n,) int64 in shuffled order."""

    train: Tensor
    validation: Tensor


def split(dataset: Dataset, images: Images, seed: int, subset: int | None = None) -> Split:
    """Hold out `dataset.validation` training images at random; keep `subset` of the rest, or all of it.

    The validation set depends on the seed alone, and a smaller subset is contained in a larger one.

    Raises:
        DataError: there are fewer training images than asked for.
    """
    count = len(images.train)
    rest = count - dataset.validation
    if rest < 1:
        raise DataError(
            f"{dataset.title} has {count} training images, so {dataset.validation} cannot be held out for validation; "
            f"hold out at most {count - 1}."
        )
    if subset is not None and not 1 <= subset <= rest:
        raise DataError(
            f"A subset of {subset} training images was asked for, but {dataset.title} has {rest} beside its "
            f"{dataset.validation} validation images; take 1 to {rest}."
        )
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    kept = rest if subset is None else subset
    return Split(train=order[dataset.validation :][:kept].clone(), validation=order[: dataset.validation].clone())
