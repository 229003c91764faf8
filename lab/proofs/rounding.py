"""REINFORCE through a bit that is drawn, and through one that is rounded."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from lab.estimators.score_function import ScoreFunction


class OneUnit(NamedTuple):
    """What REINFORCE gives for one logistic unit with the loss (b - t)², at a pre-activation x."""

    p: float
    """P(b = 1)."""
    exact: float
    """d E[L] / dx = p' (L(1) - L(0))."""
    sampled: float
    """Mean of L(b) d log P(b) / dx over both values of a bit that is drawn."""
    rounded: float
    """L(b) d log P(b) / dx of the rounded bit, which has probability 1 wherever x moves a little."""
    mistaken: float
    """L(b) d log p_b / dx of the rounded bit: as if it had been drawn, which it was not."""


def one_unit(x: float, slope: float, target: float) -> OneUnit:
    """The unit at a pre-activation, for a slope of its probability and the target t of its loss."""
    unit = ScoreFunction()
    leaf = torch.tensor(x, requires_grad=True)
    p = unit.probability(leaf, slope)
    bits = torch.tensor([0.0, 1.0])
    probabilities = torch.stack([1 - p, p])
    losses = (bits - target).square()
    scores = torch.stack([_derivative(probability.log(), leaf) for probability in probabilities])
    rounded = int(p > 0.5)
    law_of_rounding = (bits == unit.step(leaf)).float()
    return OneUnit(
        p=float(p.detach()),
        exact=float(_derivative((probabilities * losses).sum(), leaf)),
        sampled=float((probabilities.detach() * losses * scores).sum()),
        rounded=float(losses[rounded] * _derivative(law_of_rounding[rounded].log(), leaf)),
        mistaken=float(losses[rounded] * scores[rounded]),
    )


def _derivative(value: Tensor, leaf: Tensor) -> Tensor:
    """d value / d leaf; 0 for a constant, which has no graph."""
    if not value.requires_grad:
        return torch.zeros_like(leaf)
    (slope,) = torch.autograd.grad(value, leaf, retain_graph=True)
    return slope
