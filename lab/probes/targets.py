"""What of a net's answer is to be explained: a class or the reconstruction, each as one number a picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lab.models import Net
from lab.models.binary_mlp import CLASSES


@dataclass(frozen=True)
class ClassScore:
    """How much speaks for a class: its logit."""

    label: int | None = None
    """None is the class that the net gives to the picture as it is."""


@dataclass(frozen=True)
class Reconstruction:
    """Minus the mean squared error of the picture's reconstruction, of pixels in [-1, 1]."""


Target = ClassScore | Reconstruction


class CannotExplain(ValueError):
    """A question that does not fit the net, in one sentence: what, where and what is allowed."""


def usual_target(net: Net) -> Target:
    """The class that a classifier gives to a picture, or how well an autoencoder rebuilds it."""
    return ClassScore() if net.task == "classification" else Reconstruction()


def check_target(net: Net, target: Target) -> None:
    """See that a net can be asked for a target.

    Raises:
        CannotExplain: it has no such target.
    """
    if isinstance(target, ClassScore):
        if net.task != "classification":
            raise CannotExplain("This net rebuilds pictures and tells no classes; ask for its reconstruction.")
        if target.label is not None and not 0 <= target.label < CLASSES:
            raise CannotExplain(f"There is no class {target.label}; allowed are 0 to {CLASSES - 1}.")
    elif net.task != "reconstruction":
        raise CannotExplain("This net tells classes and rebuilds no pictures; ask for a class.")


def explained_labels(target: Target, outputs: Tensor) -> Tensor | None:
    """The class to explain for each picture (B,), from the net's outputs (K, B, ...) in K samples of its bits; None
    where no class is asked for."""
    if not isinstance(target, ClassScore):
        return None
    if target.label is not None:
        return torch.full(outputs.shape[1:2], target.label, device=outputs.device)
    return outputs.softmax(2).mean(0)[:, :CLASSES].argmax(1)


def target_scores(target: Target, outputs: Tensor, pictures: Tensor, labels: Tensor | None) -> Tensor:
    """The target as one number a picture, (B,), the mean over K samples of the bits.

    Args:
        target: what is asked for.
        outputs: of the net, (K, B, ...).
        pictures: that are to be rebuilt, (B, 1, 28, 28) as the net wants them.
        labels: (B,), as `explained_labels` gives them.
    """
    if isinstance(target, Reconstruction):
        return -(outputs.mean(0) - pictures).square().flatten(1).mean(1)
    assert labels is not None
    return outputs.mean(0).gather(1, labels[:, None])[:, 0]
