"""Binary weights with gradients, what flips of them, and how far frequencies may be from probabilities."""

from __future__ import annotations

import math
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from lab.estimators import Levels
from lab.models import BinaryWeight
from lab.optimizers import Flips, Optimizer, Parameters, Updates
from lab.schedules import Progress

NOW = Progress(0, 100, 0, 10)
FALSE_ALARMS = 1e-6
"""How often all comparisons of one test together may fail by chance."""

both_levels = pytest.mark.parametrize("levels", get_args(Levels))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def with_gradient(signs: Tensor, gradient: Tensor, levels: Levels = "-1/+1", name: str = "w") -> BinaryWeight:
    """Binary weights that are as some signs say, with a gradient."""
    parameter = nn.Parameter((signs > 0).float() if levels == "0/1" else signs.clone())
    parameter.grad = gradient.clone()
    return BinaryWeight(name, parameter, levels)


def started(optimizer: Optimizer, *weights: BinaryWeight, seed: int = 0) -> Updates:
    return optimizer.start(Parameters([*weights], []), generator(seed))


def measured(updates: Updates, progress: Progress = NOW) -> Flips:
    flips = updates.step(progress, measure=True)
    assert flips is not None
    return flips


def random_signs(*shape: int, seed: int = 3) -> Tensor:
    return torch.randint(2, shape, generator=generator(seed)) * 2.0 - 1


def changed(weight: BinaryWeight, signs: Tensor) -> Tensor:
    return (weight.parameter > 0) != (signs > 0)


def allowed(probability: Tensor, count: int) -> Tensor:
    """How far frequencies in so many draws may be from their probabilities: Bernstein's bound, for all together."""
    log = math.log(2 * probability.numel() / FALSE_ALARMS)
    return (2 * log * probability * (1 - probability) / count).sqrt() + 2 * log / (3 * count)
