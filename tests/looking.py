"""Nets to look into, away from where a mistake could hide: with biases, and batch norms that do something."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lab.data import normalized
from lab.evaluation import predict
from lab.probes import Specimen
from lab.probes.passes import PURPOSE
from tests.small import small

SCALE = (0.2, 0.5)
SLOPE = 1.4
WEIGHTS: dict[str, dict[str, Any]] = {
    "real": {},
    "signs": {"binary_weights": ["conv1", "conv2"]},
    "steps": {"binary_weights": ["conv1", "conv2"], "weight_levels": "0/1", "weight_scale": "mean"},
    "drawn": {
        "binary_weights": ["conv1", "conv2", "classifier"],
        "weight_rule": {"name": "stochastic-sign"},
        "stochastic_weights": True,
        "weight_scale": "max",
    },
}
"""Fields of the conv net for each kind of weights."""


def pictures(count: int, seed: int = 5) -> np.ndarray:
    """Blots on background: (count, 28, 28) uint8."""
    random = np.random.default_rng(seed)
    blots = random.integers(0, 256, (count, 28, 28)) * (random.random((count, 28, 28)) < 0.5)
    blots[:, :5] = blots[:, :, 24:] = 0
    return blots.astype(np.uint8)


def looked_at(architecture: str, shape: dict[str, Any] | None = None, **fields: Any) -> Specimen:
    """A fresh net at step 7 of its run."""
    experiment = small(architecture, shape, **fields)
    net = experiment.architecture.build(experiment.seed)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.dim() == 1:
                parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
        for name, buffer in net.named_buffers():
            if name.endswith("running_mean"):
                buffer += 0.1 * torch.randn(buffer.shape, generator=generator)
            elif name.endswith("running_var"):
                buffer *= 0.5 + torch.rand(buffer.shape, generator=generator)
    images = torch.from_numpy(pictures(20, seed=1))
    return Specimen(experiment, net, images, torch.zeros(20, dtype=torch.int64), SCALE, SLOPE, 7)


def inputs_of(images: np.ndarray) -> Tensor:
    """Pictures as the net wants them."""
    return normalized(torch.from_numpy(images), *SCALE, "cpu")


@torch.no_grad()
def predicted(specimen: Specimen, image: np.ndarray) -> Tensor:
    """What an evaluation makes of one picture alone (28, 28), with the noise of all looks."""
    net, generator = specimen.net, specimen.generator(PURPOSE)
    with net.evaluating():
        return predict(net, specimen.experiment, inputs_of(image[None]), specimen.slope, generator)[0]
