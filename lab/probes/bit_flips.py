"""What flipping bits inside a net does to what comes out of it: the classes of a classifier, most of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.probes.codes import checked_bits, places, site_index
from lab.probes.likelier import run, to_array
from lab.probes.passes import presented
from lab.probes.refusals import NoCodes
from lab.probes.specimen import Specimen

AT_ONCE = 250
"""Copies of a picture that go through the net at a time."""


class ClassEffects(NamedTuple):
    """What flipping bits of a layer one by one does to the probabilities of the classes, all float64."""

    before: NDArray[np.float64]
    """With the bits as they are: (classes,)."""
    after: NDArray[np.float64]
    """With one bit flipped each: (bits, classes)."""

    @property
    def sizes(self) -> NDArray[np.float64]:
        """Total variation distance of each from `before`, half of all that moved: (bits,), 0 to 1."""
        return np.abs(self.after - self.before).sum(axis=1) / 2


def logits_with(
    specimen: Specimen, picture: NDArray[np.uint8], site: str, flipped: Sequence[Sequence[int]]
) -> NDArray[np.float32]:
    """Logits (n, classes or more) for one picture with some bits of a layer flipped, once for each list of bits.

    A flipped unit of more values than two takes the value as far on the other side of the middle; in the middle itself
    it is off, and takes the upper one. Layers in front of it do not change, and all that follow see what it gives.

    Args:
        specimen: a classifier.
        picture: (28, 28).
        site: name of the layer.
        flipped: bits of it, by their number in the flattened layer; an empty list leaves them all as they are.

    Raises:
        NoCodes: the net is no classifier, or has no such layer or bit.
    """
    if specimen.net.task != "classification":
        raise NoCodes("This net gives pictures, not classes; its code can be decoded instead.")
    index, units = site_index(specimen, site), int(np.prod(places(specimen)[site]))
    mask = np.zeros((len(flipped), units), dtype=bool)
    for row, bits in zip(mask, flipped, strict=True):
        row[checked_bits(bits, units)] = True
    inputs = presented(specimen, picture[None])

    def flip(chunk: Tensor, codes: Tensor) -> Tensor:
        others = torch.where(codes == 0.5, torch.ones_like(codes), 1 - codes)
        return torch.where(chunk.view(codes.shape), others, codes)

    def logits(chunk: Tensor) -> NDArray[np.float32]:
        copies = inputs.expand(len(chunk), -1, -1, -1)
        return to_array(run(specimen, copies, {index: lambda codes: flip(chunk, codes)}).output)

    return np.concatenate([logits(chunk) for chunk in torch.tensor(mask, device=specimen.device).split(AT_ONCE)])


def effect_on_classes(specimen: Specimen, picture: NDArray[np.uint8], site: str, bits: Sequence[int]) -> ClassEffects:
    """What each of some bits of a layer does to the classes of a picture (28, 28), one flipped at a time.

    Raises:
        NoCodes: as `logits_with`.
    """
    logits = logits_with(specimen, picture, site, [[], *([bit] for bit in bits)])
    probabilities = softmax(logits)
    return ClassEffects(probabilities[0], probabilities[1:])


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probabilities of the classes, of the same shape."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)
