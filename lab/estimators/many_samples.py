"""Rules that take many samples: another objective, or less noise."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field, field_validator
from torch import Tensor, nn

from lab.estimators.base import Estimator, Shapes, Unit
from lab.estimators.leave_one_out import judged, samples_of
from lab.estimators.numbers import factor, number
from lab.estimators.score_function import BlackBox
from lab.estimators.stochastic import BernoulliStraightThrough

if TYPE_CHECKING:
    from lab.models.rollout import Pass, Rollout


class VIMCO(BlackBox):
    """Variational inference for Monte Carlo objectives."""

    name = "vimco"
    title = "VIMCO"
    summary = "Trains the mean likelihood of K samples, each judged by what the bound would be without it."
    formula = (
        r"\hat L = -\log \tfrac1K \sum_k e^{-L_k}, \qquad \widehat{\nabla} = \sum_k \bigl(\hat L - \hat L_{-k}\bigr) "
        r"\nabla \log P(b_k) + \sum_k \tilde w_k \nabla L_k,\; \tilde w_k \propto e^{-L_k}"
    )
    paper = "Mnih & Rezende 2016"
    is_not = "Not an estimator of the expected loss: its objective is a tighter bound, which K samples share."
    objective = "the K-sample bound, -log of the mean of exp(-L)"
    cost = "K"
    color, dash = "#9467BD", "longdash"

    samples: int = Field(5, ge=2, le=64)
    """Sets of bits drawn per example (K)."""

    def passes(self, shapes: Shapes) -> int:
        return self.samples

    @property
    def draws_in_objective(self) -> int:
        return self.samples

    def combined(self, losses: Tensor) -> Tensor:
        return math.log(self.samples) - torch.logsumexp(-losses, 0)

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        drawn = rollout.tiled(self.samples)()
        return (self.combined(drawn.loss) + (self._signals(drawn) * drawn.log_prob).sum(0)).mean()

    def _signals(self, drawn: Pass) -> Tensor:
        """How much each sample changes the bound: (K, B)."""
        losses = drawn.loss.detach()
        # Without sample k its likelihood is taken to be the geometric mean of the others'.
        others = (losses.sum(0) - losses) / (self.samples - 1)
        own = torch.eye(self.samples, dtype=torch.bool, device=others.device)[..., None]
        replaced = torch.where(own, others[None], losses[:, None])  # (sample, left out, B)
        return self.combined(losses) - self.combined(replaced)

    def worked(self, unit: Unit, state: nn.Module | None) -> list[str]:
        drawn = unit.step().tiled(self.samples)()
        return [
            samples_of(drawn),
            r"\sum_k \bigl(\hat L - \hat L_{-k}\bigr)\, \nabla \log P(b_k)",
            rf"= {judged(unit, drawn, self._signals(drawn))} = {number(unit.sent_back)}",
        ]


class MonteCarlo(Estimator):
    """Another rule, averaged over many draws of each example's bits."""

    name = "monte-carlo"
    title = "Monte Carlo average"
    summary = "Averages another rule over M draws: its variance falls by M, its bias stays."
    formula = r"\widehat{\nabla} = \tfrac1M \sum_{m=1}^M \widehat{\nabla}_m"
    paper = "by definition"
    is_not = "Not a rule of its own: what it averages decides what it is."
    stochastic = True
    wraps = True
    cost = "M times that of the rule"
    color, dash = "#8C564B", "dashdot"

    rule: Estimator = BernoulliStraightThrough()
    """The rule that is averaged."""
    samples: int = Field(4, ge=2, le=1000)
    """Draws of each example's bits (M)."""

    @field_validator("rule")
    @classmethod
    def _samples_its_bits(cls, rule: Estimator) -> Estimator:
        if not rule.stochastic or rule.exact or rule.wraps:
            raise ValueError("must sample its bits, not be exact already, and wrap no other rule")
        return rule

    @property
    def inner(self) -> Estimator:
        return self.rule

    # Facts of the rule that is averaged; of this class they are none.

    @property
    def unbiased(self) -> bool:  # type: ignore[override]
        return self.rule.unbiased

    @property
    def zero_gradient(self) -> bool:  # type: ignore[override]
        return self.rule.zero_gradient

    @property
    def uses_slope(self) -> bool:  # type: ignore[override]
        return self.rule.uses_slope

    @property
    def levels(self) -> Any:  # type: ignore[override]
        return self.rule.levels

    @property
    def code_at_zero(self) -> int:  # type: ignore[override]
        return self.rule.code_at_zero

    @property
    def forward(self) -> Any:  # type: ignore[override]
        return self.rule.forward

    @property
    def objective(self) -> str:  # type: ignore[override]
        return self.rule.objective

    def probability(self, x: Tensor, slope: float) -> Tensor:
        return self.rule.probability(x, slope)

    def bits(self, x: Tensor, slope: float, noise: Tensor | None) -> Tensor:
        return self.rule.bits(x, slope, noise)

    def passes(self, shapes: Shapes) -> int:
        return self.samples * self.rule.passes(shapes)

    def refusal(self, shapes: Shapes) -> str | None:
        return self.rule.refusal(shapes)

    @property
    def draws_in_objective(self) -> int:
        return self.rule.draws_in_objective

    def combined(self, losses: Tensor) -> Tensor:
        return self.rule.combined(losses)

    def new_state(self, shapes: Shapes) -> nn.Module | None:
        return self.rule.new_state(shapes)

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        return self.rule.loss(rollout.by(self.rule).tiled(self.samples), state)

    def worked(self, unit: Unit, state: nn.Module | None) -> list[str]:
        step = unit.step()
        loss = self.loss(step, state)
        assert step.first is not None
        (each,) = torch.autograd.grad(loss, step.first.sites[0].x, allow_unused=True, materialize_grads=True)
        by_draw = each.view(-1, self.samples).sum(0) * self.samples  # a draw may be several samples of the rule
        terms = " + ".join(map(factor, by_draw.tolist()))
        return [
            r"\tfrac1M \sum_m \widehat{\nabla}_m",
            rf"= \tfrac1{{{self.samples}}} \bigl({terms}\bigr) = {number(unit.sent_back)}",
        ]
