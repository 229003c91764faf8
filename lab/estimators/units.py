"""Units that sample their bits: the probability of a 1 as a function of the pre-activation, and the noise behind it."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Units = Literal["logistic", "hard-sigmoid"]

PROBABILITY_FLOOR = 1e-6
NOISE_FLOOR = 1e-6


def logistic(x: Tensor, slope: float) -> Tensor:
    """P(b = 1) of logistic units, sigmoid(slope x): float32, away from 0 and 1 by 1e-6."""
    return torch.sigmoid(slope * x.float()).clamp(PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)


def hard_sigmoid(x: Tensor, slope: float) -> Tensor:
    """P(b = 1) of hard-sigmoid units, clip((slope x + 1) / 2, 0, 1): float32, away from 0 and 1 by 1e-6.

    This is the hard sigmoid of BinaryConnect and HM-RNN (slope 1/2 on [-1, 1]), not `torch.nn.Hardsigmoid`.
    """
    return ((slope * x.float() + 1) / 2).clamp(PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)


def logistic_noise(noise: Tensor) -> Tensor:
    """Logistic noise from U(0, 1): a logistic unit of logit θ is 1 exactly where θ plus it is above 0."""
    return -torch.logit(noise, NOISE_FLOOR)


def unit_probability(units: Units, x: Tensor, slope: float) -> Tensor:
    """P(b = 1) of units of that kind."""
    return logistic(x, slope) if units == "logistic" else hard_sigmoid(x, slope)
