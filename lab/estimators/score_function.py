"""Unbiased rules that treat the loss as a black box: bits are rewarded by how their example's loss turned out."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from lab.estimators.base import Estimator, hard_sigmoid, logistic

if TYPE_CHECKING:
    from lab.models.rollout import Rollout


class BlackBox(Estimator):
    """Sampled, detached bits of logistic or hard-sigmoid units; the gradient comes from the losses alone."""

    stochastic: ClassVar[bool] = True
    unbiased: ClassVar[bool] = True

    units: Literal["logistic", "hard-sigmoid"] = "logistic"
    """The unit's P(b = 1) as a function of its pre-activation."""

    def probability(self, x: Tensor, slope: float) -> Tensor:
        return (logistic if self.units == "logistic" else hard_sigmoid)(x, slope)


class Reinforce(BlackBox):
    """The score-function estimator with a moving-average baseline."""

    name = "reinforce"
    title = "REINFORCE, moving-average baseline"
    summary = "Raises the log-probability of bits whose example did better than usual. Unbiased, high variance."
    formula = (
        r"\widehat{\nabla} = (L - B)\, \nabla \log P(b) + \nabla L, \qquad B \leftarrow \beta B + (1 - \beta)\, \bar L"
    )
    paper = "Williams 1992"
    color, dash = "#A6761D", "solid"

    decay: float = Field(0.95, ge=0, lt=1)
    """How slowly the baseline B follows the loss (β)."""

    def new_state(self) -> nn.Module:
        return MovingAverage(self.decay)

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        assert isinstance(state, MovingAverage)
        drawn = rollout()
        losses = drawn.loss.detach()
        advantage = losses - state.value()
        state.update(losses.mean())  # after its use: a baseline that knew these bits would bias the gradient
        return (drawn.loss + advantage * drawn.log_prob).mean()


class MovingAverage(nn.Module):
    """An exponential moving average, corrected for its start at 0; 0 before the first update."""

    total: Tensor
    weight: Tensor

    def __init__(self, decay: float) -> None:
        super().__init__()
        self.decay = decay
        self.register_buffer("total", torch.zeros(()))
        self.register_buffer("weight", torch.zeros(()))

    def value(self) -> Tensor:
        """The average so far."""
        return self.total / self.weight.clamp(min=1e-12)

    def update(self, value: Tensor) -> None:
        """Take in one more value."""
        self.total.mul_(self.decay).add_(value, alpha=1 - self.decay)
        self.weight.mul_(self.decay).add_(1 - self.decay)


class LeaveOneOut(BlackBox):
    """REINFORCE with the other samples' mean loss as baseline."""

    name = "rloo"
    title = "Leave-one-out (RLOO)"
    summary = "Draws K sets of bits per example; each is judged against the mean loss of the others. Unbiased."
    formula = r"\widehat{\nabla} = \frac1K \sum_k \Bigl(L_k - \frac{1}{K-1}\sum_{j \ne k} L_j\Bigr) \nabla \log P(b_k)"
    paper = "Kool, van Hoof & Welling 2019; VarGrad: Richter et al. 2020"
    color, dash = "#9467BD", "solid"

    samples: int = Field(4, ge=2, le=64)
    """Sets of bits drawn per example (K)."""

    def passes(self, sites: int) -> int:
        return self.samples

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        drawn = rollout.tiled(self.samples)()  # loss and log_prob: (K, B)
        losses = drawn.loss.detach()
        others = (losses.sum(0) - losses) / (self.samples - 1)
        return (drawn.loss + (losses - others) * drawn.log_prob).mean()
