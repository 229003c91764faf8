"""Small nets to look into, with pictures of large blocks, and a check that looking left them as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lab.experiment import Experiment
from lab.models import stream
from lab.probes import Specimen
from tests.small import small

_BLOCKS = np.random.default_rng(5).integers(0, 256, (12, 4, 4), dtype=np.uint8)
PICTURES: NDArray[np.uint8] = _BLOCKS.repeat(7, axis=1).repeat(7, axis=2)
LABELS: NDArray[np.int64] = np.arange(12) % 3
SLOPE = 1.4


def specimen_of(experiment: Experiment) -> Specimen:
    """A net as it begins, moved away from where batch norm and biases of 0 would hide a mistake."""
    net = experiment.architecture.build(experiment.seed)
    generator = torch.Generator().manual_seed(stream(experiment.seed, "moved"))
    net.stage.step = experiment.estimator.step  # as a run sets it
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    scale = (0.5, 0.5) if experiment.architecture.scale == "-1..1" else (0.4, 0.3)
    return Specimen(experiment, net, torch.tensor(PICTURES), torch.tensor(LABELS), scale, SLOPE, 7)


def specimen(architecture: str, shape: dict[str, Any] | None = None, **fields: Any) -> Specimen:
    """The small net of an architecture."""
    return specimen_of(small(architecture, shape, **fields))


@contextmanager
def left_as_it_was(looked_at: Specimen) -> Iterator[None]:
    """Whatever is done inside changes nothing in the net, in its pictures, or in anybody's random numbers."""
    net, stage = looked_at.net, looked_at.net.stage
    net.train()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    hooks = [len(module._forward_hooks) for module in net.modules()]
    behavior = (stage.visit, stage.noise, stage.slope, stage.step)
    world, numbers = torch.get_rng_state(), str(np.random.get_state(legacy=False))
    images = looked_at.images.clone()
    yield
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert all(module.training for module in net.modules())
    assert all(parameter.grad is None for parameter in net.parameters())
    assert [len(module._forward_hooks) for module in net.modules()] == hooks
    assert (stage.visit, stage.noise, stage.slope, stage.step) == behavior
    assert torch.equal(torch.get_rng_state(), world)
    assert str(np.random.get_state(legacy=False)) == numbers
    assert torch.equal(looked_at.images, images)
