"""What enters the binary units of a net, on some validation images."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.estimators import to_levels
from lab.models.layers import BinaryUnits
from lab.probes.specimen import Specimen

IMAGES = 64
MOST = 100_000
"""Pre-activations kept of each layer, evenly spread over its units and images."""


@torch.no_grad()
def pre_activations(specimen: Specimen) -> dict[str, NDArray[np.float32]]:
    """A sample of the pre-activations of each layer of binary units (N,), by its name."""
    rule, generator = specimen.experiment.estimator, specimen.generator("pre-activations")
    inputs, _ = specimen.batch(IMAGES)
    seen: list[Tensor] = []

    def visit(unit: BinaryUnits, x: Tensor) -> Tensor:
        seen.append(x.float().flatten()[:: max(1, x.numel() // MOST)])
        noise = torch.rand(x.shape, generator=generator, device=x.device) if rule.stochastic else None
        return to_levels(rule.bits(x, specimen.slope, noise), unit.levels, rule.levels)

    with specimen.net.evaluating(), specimen.net.visited(visit, specimen.slope):
        specimen.net(inputs)
    names = specimen.experiment.architecture.site_names
    return {name: x.cpu().numpy() for name, x in zip(names, seen, strict=True)}
