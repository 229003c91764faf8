"""What batch norm behind the bits does to a score function that judges each example by its own loss."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from lab.estimators.enumeration import code_table
from lab.estimators.score_function import ScoreFunction

INPUTS = (0.5, -1.0, 2.0, 0.1, -0.4, 1.2)
"""The feature of each example; a batch takes the first so many."""
TARGETS = (0.0, 1.0, 2.0, -1.0, 0.5, -0.3)
MOST_EXAMPLES = len(INPUTS)
"""Two units each: 2^12 = 4 096 codes of the whole batch."""
BELOW, BIAS_BELOW = ((0.9,), (-1.3,)), (0.2, 0.4)
ABOVE, BIAS_ABOVE = (1.1, -0.7), 0.3
EPSILON = 1e-5


class Expected(NamedTuple):
    """The gradient for the weights in front of the bits, both sides summed over all codes of the batch; (2,)."""

    truth: tuple[float, ...]
    """Gradient of the expected loss."""
    score: tuple[float, ...]
    """Expectation of the estimate that multiplies each example's score with its own loss."""
    codes: int
    """How many codes there are."""

    @property
    def error(self) -> float:
        """Length of the difference in units of the length of the truth: bias alone, for nothing is drawn."""
        truth, score = torch.tensor(self.truth), torch.tensor(self.score)
        return float((score - truth).norm() / truth.norm())


@lru_cache(maxsize=64)
def expected_score(norm: bool, examples: int) -> Expected:
    """Truth and expectation for one feature, two logistic units, batch norm or none, and a squared error.

    Args:
        norm: batch norm between the units and the output.
        examples: of the batch, at least 2 with batch norm.
    """
    below = torch.tensor(BELOW, requires_grad=True)
    x = torch.tensor(INPUTS[:examples])[:, None] @ below.T + torch.tensor(BIAS_BELOW)
    p = ScoreFunction().probability(x, 1.0)
    codes = code_table(2 * examples).float().view(-1, examples, 2)
    log_probs = torch.where(codes > 0.5, p, 1 - p).log().sum(2)  # (codes, examples)
    weight = log_probs.sum(1).exp()  # (codes,)
    losses = _losses(codes, norm)
    truth = (weight * losses.mean(1)).sum()
    score = (weight.detach() * (losses * log_probs).mean(1)).sum()
    return Expected(_gradient(truth, below), _gradient(score, below), len(codes))


def _losses(codes: Tensor, norm: bool) -> Tensor:
    """Loss of each example for each code of the batch, (codes, examples)."""
    values = codes
    if norm:
        variance, mean = torch.var_mean(codes, dim=1, correction=0, keepdim=True)
        values = (codes - mean) / (variance + EPSILON).sqrt()
    output = values @ torch.tensor(ABOVE) + BIAS_ABOVE
    return (output - torch.tensor(TARGETS[: codes.shape[1]])).square()


def _gradient(value: Tensor, below: Tensor) -> tuple[float, ...]:
    (gradient,) = torch.autograd.grad(value, below, retain_graph=True)
    return tuple(gradient.flatten().tolist())
