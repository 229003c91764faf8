"""What of a net's answer is to be explained: a class, the reconstruction, or a bit, each as one number a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from lab.models import Net
from lab.models.binary_mlp import CLASSES
from lab.probes.specimen import Specimen


@dataclass(frozen=True)
class ClassScore:
    """How much speaks for a class."""

    label: int | None = None
    """None is the class that the net gives to the picture as it is."""
    scale: Literal["logit", "probability"] = "logit"


@dataclass(frozen=True)
class Reconstruction:
    """Minus the mean squared error of the picture's reconstruction, of pixels in [-1, 1]."""


@dataclass(frozen=True)
class Bit:
    """The pre-activation of a binary unit, for a 1."""

    site: str
    """The layer, by its name among the architecture's `site_names`."""
    unit: int
    """Which of its units, counted through the flattened layer (channels, height, width)."""


Target = ClassScore | Reconstruction | Bit


class CannotExplain(ValueError):
    """A question that does not fit the net, in one sentence: what, where and what is allowed."""


def usual_target(net: Net) -> Target:
    """The class that a classifier gives to a picture, or how well an autoencoder rebuilds it."""
    return ClassScore() if net.task == "classification" else Reconstruction()


def check_target(specimen: Specimen, target: Target) -> None:
    """See that a net can be asked for a target.

    Raises:
        CannotExplain: it has no such target.
    """
    task, architecture = specimen.net.task, specimen.experiment.architecture
    if isinstance(target, ClassScore):
        if task != "classification":
            raise CannotExplain("This net rebuilds pictures and tells no classes; ask for its reconstruction or a bit.")
        if target.label is not None and not 0 <= target.label < CLASSES:
            raise CannotExplain(f"There is no class {target.label}; allowed are 0 to {CLASSES - 1}.")
    elif isinstance(target, Reconstruction):
        if task != "reconstruction":
            raise CannotExplain("This net tells classes and rebuilds no pictures; ask for a class or a bit.")
    else:
        names = architecture.site_names
        if target.site not in names:
            allowed = f"there are: {', '.join(names)}" if names else "this net has none"
            raise CannotExplain(f"There is no layer of binary units called {target.site!r}; {allowed}.")
        units = architecture.shapes.sites[names.index(target.site)].numel()
        if not 0 <= target.unit < units:
            raise CannotExplain(f"Layer {target.site!r} has no unit {target.unit}; allowed are 0 to {units - 1}.")


def explained_labels(target: Target, outputs: Tensor) -> Tensor | None:
    """The class to explain for each picture (B,), from the net's outputs (K, B, ...) in K samples of its bits; None
    where no class is asked for."""
    if not isinstance(target, ClassScore):
        return None
    if target.label is not None:
        return torch.full(outputs.shape[1:2], target.label, device=outputs.device)
    return outputs.softmax(2).mean(0)[:, :CLASSES].argmax(1)


def target_scores(
    target: Target, outputs: Tensor, entered: Tensor | None, pictures: Tensor, labels: Tensor | None
) -> Tensor:
    """The target as one number a picture, (B,), the mean over K samples of the bits.

    Args:
        target: what is asked for.
        outputs: of the net, (K, B, ...).
        entered: for a bit, its pre-activations, (K, B).
        pictures: that are to be rebuilt, (B, 1, 28, 28) as the net wants them.
        labels: (B,), as `explained_labels` gives them.
    """
    if isinstance(target, Bit):
        assert entered is not None
        return entered.mean(0)
    if isinstance(target, Reconstruction):
        return -(outputs.mean(0) - pictures).square().flatten(1).mean(1)
    assert labels is not None
    scores = outputs.softmax(2) if target.scale == "probability" else outputs
    return scores.mean(0).gather(1, labels[:, None])[:, 0]
