"""Occlusion maps: what an answer loses where a square of the picture is covered (Zeiler & Fergus 2014)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.base import SIDE
from lab.evaluation import samples_of
from lab.probes.passes import AT_ONCE, PURPOSE, EvaluatedUnits, evaluating, presented
from lab.probes.specimen import Specimen
from lab.probes.targets import (
    Target,
    check_target,
    explained_labels,
    target_scores,
    usual_target,
)

BACKGROUND = 0
"""The pixel that a square is filled with."""


@dataclass(frozen=True, eq=False)
class Occlusion:
    """How much a target falls for each place of the square."""

    falls: NDArray[np.float32]
    """Its value for the whole picture less that with the square on it, (rows, columns); below 0 where it rises."""
    centers: NDArray[np.int64]
    """Of the squares, in pixels along either side of the picture: (rows,). A square of even size reaches one pixel less
    far to the right and down; all are cut off at the border."""
    size: int
    """Side of the square in pixels."""
    stride: int
    """Pixels from one square to the next."""
    score: float
    """The target's value for the whole picture."""
    label: int | None
    """The class asked for; None where the target is no class."""


@torch.no_grad()
def occlusion(
    specimen: Specimen,
    picture: NDArray[np.uint8],
    target: Target | None = None,
    size: int = 5,
    stride: int = 1,
) -> Occlusion:
    """What a target loses where a square of the picture is set to the background; works for every net.

    The net runs as its run evaluates it. With stochastic units, all covered pictures meet the noise of the whole one,
    so that nothing but the square makes a difference. A reconstruction is compared with the whole picture.

    Args:
        specimen: the net, which is left as it is.
        picture: (28, 28) uint8.
        target: what to ask for; by default the class that the net gives, or the reconstruction.
        size: side of the square in pixels.
        stride: pixels from one square to the next.

    Raises:
        CannotExplain: the net has no such target.
        ValueError: the picture or a number is not of that kind.
    """
    _check(size, stride)
    target = usual_target(specimen.net) if target is None else target
    check_target(specimen.net, target)
    whole = torch.tensor(picture)  # of its own: a picture may be read-only
    original = presented(specimen, whole[None])
    outputs = _answers(specimen, original)
    label = explained_labels(target, outputs)
    score = float(target_scores(target, outputs, original, label))

    covered = torch.where(_squares(size, stride), BACKGROUND, whole).to(torch.uint8)
    changed = (covered != whole).flatten(1).any(1)  # around a digit most squares cover nothing but background
    falls = torch.zeros(len(covered))
    if changed.any():
        inputs = presented(specimen, covered[changed])
        outputs = _answers(specimen, inputs)
        labels = None if label is None else label.expand(len(inputs))
        falls[changed] = score - target_scores(target, outputs, original, labels).cpu()
    centers = np.arange(0, SIDE, stride)
    shaped = falls.view(len(centers), len(centers)).numpy()
    return Occlusion(shaped, centers, size, stride, score, None if label is None else int(label))


def _check(size: int, stride: int) -> None:
    for name, value in (("size", size), ("stride", stride)):
        if not 1 <= value <= SIDE:
            raise ValueError(f"{name} is {value}; allowed are 1 to {SIDE}")


def _squares(size: int, stride: int) -> Tensor:
    """The pixels that each square covers: (squares, 28, 28), row by row."""
    first = torch.arange(0, SIDE, stride)[:, None] - size // 2
    along = (torch.arange(SIDE) >= first) & (torch.arange(SIDE) < first + size)
    return (along[:, None, :, None] & along[None, :, None, :]).flatten(0, 1)


def _answers(specimen: Specimen, inputs: Tensor) -> Tensor:
    """What the net gives, (K, B, ...) for K samples of its bits."""
    samples, outputs = samples_of(specimen.experiment), []
    for chunk in inputs.split(AT_ONCE):
        units = EvaluatedUnits(specimen, specimen.generator(PURPOSE))  # each chunk begins with the same noise
        with evaluating(specimen, units):
            outputs.append(torch.stack([specimen.net(chunk).float() for _ in range(samples)]))
    return torch.cat(outputs, 1)
