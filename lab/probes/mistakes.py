"""How wrong a net is on each of many images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.batches import normalized
from lab.evaluation import predict
from lab.probes.specimen import Specimen

AT_ONCE = 250
"""Images that go through the net together."""


class Judged(NamedTuple):
    """What a net makes of N images."""

    losses: NDArray[np.float32]
    """(N,): minus the log-probability of the right class in nats, or the mean squared error of the pixels."""
    guesses: NDArray[np.int64] | None
    """(N,): the class that the net takes each for; None where it tells none."""
    step: int
    """Of the net."""

    @property
    def worst(self) -> NDArray[np.int64]:
        """Indices of all images, highest loss first; equal losses in the order of the images, and NaN last."""
        return np.argsort(-self.losses, kind="stable")


@torch.no_grad()
def judge(specimen: Specimen, images: Tensor, labels: Tensor) -> Judged:
    """The loss of every image (N, 28, 28) uint8 with its label (N,). Rules that sample draw the same every time."""
    net, generator = specimen.net, specimen.generator("mistakes")
    losses, guesses = [], []
    with net.evaluating():
        for chunk, targets in zip(images.split(AT_ONCE), labels.split(AT_ONCE), strict=True):
            inputs = normalized(chunk, *specimen.scale, specimen.device)
            output = predict(net, specimen.experiment, inputs, specimen.slope, generator)
            losses.append(net.losses(output, inputs, targets.to(specimen.device)).float().cpu())
            guesses.append(output.flatten(1).argmax(1).cpu())
    told = torch.cat(guesses).numpy() if net.task == "classification" else None
    return Judged(torch.cat(losses).numpy(), told, specimen.step)
