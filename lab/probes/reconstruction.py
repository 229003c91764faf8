"""What an autoencoder makes of pictures, and how far off it is: picture by picture, best and worst, class by class."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from lab.evaluation import EVALUATED_AT_ONCE, predict
from lab.probes.likelier import to_array
from lab.probes.passes import presented
from lab.probes.refusals import NoCodes
from lab.probes.specimen import Specimen

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


class Reconstruction(NamedTuple):
    """Pictures as an autoencoder gives them back."""

    pictures: NDArray[np.float32]
    """(B, 28, 28) in [-1, 1]."""
    errors: Floats
    """Mean squared error of each over its pixels, in [-1, 1] too: (B,). Their mean is the loss of an evaluation."""


class ClassError(NamedTuple):
    """How far off the pictures of one class are."""

    label: int
    pictures: int
    mean: float
    deviation: float
    """Standard deviation over the pictures, of the sample; NaN of a single one."""
    best: int
    """Index of the picture with the smallest error among all."""
    worst: int
    """Index of the picture with the largest."""


@torch.no_grad()
def reconstruct(specimen: Specimen, pictures: NDArray[np.uint8], batch: int = EVALUATED_AT_ONCE) -> Reconstruction:
    """Run pictures (B, 28, 28) through an autoencoder as an evaluation of its run does, with the same noise if any.

    Units that are evaluated by threshold draw none: what comes out then is what the codes of `codes.codes` decode to.

    Raises:
        NoCodes: the net is no autoencoder, or they are no such pictures.
    """
    net, experiment = specimen.net, specimen.experiment
    if net.task != "reconstruction":
        raise NoCodes(
            f"{experiment.architecture.title} gives classes, not pictures: only an autoencoder gives pictures back."
        )
    generator = specimen.generator("evaluation")
    rebuilt, errors = [], []
    with net.evaluating():
        for inputs in presented(specimen, pictures).split(batch):
            output = predict(net, experiment, inputs, specimen.slope, generator)
            rebuilt.append(to_array(output[:, 0]))
            errors.append(to_array((output - inputs).double().square().flatten(1).mean(1)))
    return Reconstruction(np.concatenate(rebuilt), np.concatenate(errors))


def scaled_as_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Bytes of any shape as what an autoencoder gives: 0 is -1, 255 is 1."""
    return pixels.astype(np.float32) / np.float32(127.5) - 1


def best(errors: Floats, count: int) -> Whole:
    """Indices of the pictures with the smallest errors, the smallest first; equals by their index."""
    return np.argsort(errors, kind="stable")[:count]


def worst(errors: Floats, count: int) -> Whole:
    """Indices of the pictures with the largest errors, the largest first; equals by their index."""
    return np.argsort(-errors, kind="stable")[:count]


def by_class(errors: Floats, labels: Whole) -> list[ClassError]:
    """The errors (B,) of each class that there is among the labels (B,), in order."""
    return [_of_class(int(label), errors, np.flatnonzero(labels == label)) for label in np.unique(labels)]


def _of_class(label: int, errors: Floats, indices: Whole) -> ClassError:
    own = errors[indices]
    deviation = float(own.std(ddof=1)) if len(own) > 1 else float("nan")
    lowest, highest = int(indices[own.argmin()]), int(indices[own.argmax()])
    return ClassError(label, len(own), float(own.mean()), deviation, lowest, highest)
