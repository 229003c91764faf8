"""Checkups of a first gradient without a run around it, on nets that are built once."""

from __future__ import annotations

from functools import cache

import torch

from lab.events import Health
from lab.experiment import Experiment
from lab.models import Architecture, Net, Rollout
from lab.probes.health import Checkup


@cache
def _built(architecture: Architecture) -> Net:
    return architecture.build(0)


def fresh(architecture: Architecture) -> Net:
    """A net as it was built, for tests that do not change its weights."""
    net = _built(architecture)
    net.zero_grad(set_to_none=True)
    return net


def health_of(experiment: Experiment, net: Net | None = None, batch: int = 8) -> Health:
    """A checkup of the first gradient of a run, without the run."""
    rule, architecture = experiment.estimator, experiment.architecture
    net = (architecture.build(experiment.seed) if net is None else net).train()
    net.stage.step = rule.step
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(batch, 1, 28, 28, generator=generator)
    rollout = Rollout(net, images, torch.arange(batch) % 10, rule, 1.0, generator)
    rule.loss(rollout, rule.new_state(architecture.shapes)).backward()
    checkup = Checkup(net, rollout, architecture.site_names)
    return Health(1, 0.25, checkup.layers(), checkup.sites)
