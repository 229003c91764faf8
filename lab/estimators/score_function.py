"""Unbiased rules that treat the loss as a black box: bits are rewarded by how their example's loss turned out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from lab.estimators.base import Estimator, Shapes, Unit
from lab.estimators.numbers import factor, number
from lab.estimators.units import Units, unit_probability

if TYPE_CHECKING:
    from lab.models.rollout import Rollout


class BlackBox(Estimator):
    """A branch: sampled, detached bits of logistic or hard-sigmoid units; the gradient comes from the losses alone."""

    stochastic: ClassVar[bool] = True
    unbiased: ClassVar[bool] = True

    units: Units = "logistic"
    """The unit's P(b = 1) as a function of its pre-activation."""

    def probability(self, x: Tensor, slope: float) -> Tensor:
        return unit_probability(self.units, x, slope)


class Baselined(BlackBox):
    """A branch: the loss less a baseline, times the score."""

    def expected(self, rollout: Rollout, state: nn.Module | None, site: int = 0) -> Tensor:
        """The baseline, which knows no bits of this step: a number, one for each example, or one for each unit of a
        site."""
        raise TypeError(f"{type(self).__name__} does not say what loss it expects")

    def worked(self, unit: Unit, state: nn.Module | None) -> list[str]:
        baseline = self.expected(unit.step(), state).item()
        return [
            rf"(L - B)\, \nabla \log P(b) = ({number(unit.loss)} - {factor(baseline)}) \cdot "
            rf"{factor(unit.score)} = {number(unit.sent_back)}"
        ]


class ScoreFunction(Baselined):
    """The score-function estimator, plain or with a constant baseline."""

    name = "score-function"
    title = "REINFORCE, plain"
    summary = "Raises the log-probability of bits in proportion to how low their loss was. Unbiased, noisiest of all."
    formula = r"\widehat{\nabla} = (L - B)\, \nabla \log P(b) + \nabla L"
    paper = "Williams 1992"
    is_not = "Not the rule with a moving baseline: nothing is subtracted from the loss unless a constant B is set."
    aliases = ("score function", "likelihood ratio", "log-derivative trick")
    color, dash = "#A6761D", "longdash"

    baseline: float = Field(0.0, ge=-1e6, le=1e6)
    """A constant subtracted from the loss (B)."""

    def expected(self, rollout: Rollout, state: nn.Module | None, site: int = 0) -> Tensor:
        return torch.tensor(self.baseline)

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        drawn = rollout()
        return (drawn.loss + (drawn.loss.detach() - self.expected(rollout, state)) * drawn.log_prob).mean()


class Reinforce(Baselined):
    """The score-function estimator with a moving-average baseline."""

    name = "reinforce"
    title = "REINFORCE, moving-average baseline"
    summary = "Raises the log-probability of bits whose example did better than usual. Unbiased, high variance."
    formula = (
        r"\widehat{\nabla} = (L - B)\, \nabla \log P(b) + \nabla L, \qquad B \leftarrow \beta B + (1 - \beta)\, \bar L"
    )
    paper = "Williams 1992"
    is_not = "Not a baseline of each input or unit: all have the same one, a running mean of earlier losses."
    color, dash = "#A6761D", "solid"

    decay: float = Field(0.95, ge=0, lt=1)
    """How slowly the baseline B follows the loss (β)."""

    def new_state(self, shapes: Shapes) -> nn.Module:
        return MovingAverage(self.decay, [()])

    def expected(self, rollout: Rollout, state: nn.Module | None, site: int = 0) -> Tensor:
        assert isinstance(state, MovingAverage)
        return state.value(0)

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        assert isinstance(state, MovingAverage)
        drawn = rollout()
        losses = drawn.loss.detach()
        advantage = losses - self.expected(rollout, state)
        state.update(0, losses.mean())  # after its use: a baseline that knew these bits would bias the gradient
        return (drawn.loss + advantage * drawn.log_prob).mean()


class OptimalBaseline(Baselined):
    """The score-function estimator with the constant of least variance for every unit."""

    name = "optimal-baseline"
    title = "REINFORCE, optimal baseline per unit"
    summary = "Each unit has the baseline that makes its own gradient least noisy, estimated as it goes. Unbiased."
    formula = (
        r"\widehat{\nabla_{\theta_i}} = (L - B_i)(b_i - p_i), \qquad "
        r"B_i = \frac{\mathbb E[(b_i - p_i)^2 L]}{\mathbb E[(b_i - p_i)^2] + 10^{-4}}"
    )
    paper = "Bengio, Léonard & Courville 2013; R2RT 2016"
    is_not = "Not a mean loss: each unit weighs the losses by (b - p)², so that its own gradient is least noisy."
    color, dash = "#A6761D", "dashdot"

    decay: float = Field(0.95, ge=0, lt=1)
    """How slowly the two means behind each baseline follow (β)."""

    def new_state(self, shapes: Shapes) -> nn.Module:
        return MovingAverage(self.decay, [shape for site in shapes.sites for shape in (site, site)])

    def expected(self, rollout: Rollout, state: nn.Module | None, site: int = 0) -> Tensor:
        assert isinstance(state, MovingAverage)
        return state.value(2 * site) / (state.value(2 * site + 1) + 1e-4)

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        assert isinstance(state, MovingAverage)
        drawn = rollout()
        total, losses = drawn.loss.mean(), drawn.loss.detach().flatten()
        for index, site in enumerate(drawn.sites):
            by_unit = losses.view(-1, *[1] * (site.x.dim() - 1))
            advantage = by_unit - self.expected(rollout, state, index)
            total = total + (advantage * site.log_probs).flatten(1).sum(1).mean()
            squares = (site.codes - site.p).detach().square()
            state.update(2 * index, (squares * by_unit).mean(0))
            state.update(2 * index + 1, squares.mean(0))
        return total


class MovingAverage(nn.Module):
    """Exponential moving averages of some shapes, corrected for their start at 0; 0 before the first update."""

    def __init__(self, decay: float, shapes: Sequence[tuple[int, ...]]) -> None:
        super().__init__()
        self.decay = decay
        for index, shape in enumerate(shapes):
            self.register_buffer(f"total{index}", torch.zeros(shape))
            self.register_buffer(f"weight{index}", torch.zeros(()))

    def value(self, index: int) -> Tensor:
        """The average so far."""
        return self.get_buffer(f"total{index}") / self.get_buffer(f"weight{index}").clamp(min=1e-12)

    def update(self, index: int, value: Tensor) -> None:
        """Take in one more value."""
        self.get_buffer(f"total{index}").mul_(self.decay).add_(value, alpha=1 - self.decay)
        self.get_buffer(f"weight{index}").mul_(self.decay).add_(1 - self.decay)
