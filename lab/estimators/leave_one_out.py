"""The score function where several samples of one example are each other's baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field
from torch import Tensor, nn

from lab.estimators.base import Shapes, Unit
from lab.estimators.numbers import factor, number, numbers
from lab.estimators.score_function import BlackBox

if TYPE_CHECKING:
    from lab.models.rollout import Pass, Rollout


class LeaveOneOut(BlackBox):
    """REINFORCE with the other samples' mean loss as baseline."""

    name = "rloo"
    title = "Leave-one-out (RLOO)"
    summary = "Draws K sets of bits per example; each is judged against the mean loss of the others. Unbiased."
    formula = r"\widehat{\nabla} = \frac1K \sum_k \Bigl(L_k - \frac{1}{K-1}\sum_{j \ne k} L_j\Bigr) \nabla \log P(b_k)"
    paper = "Kool, van Hoof & Welling 2019; VarGrad: Richter et al. 2020"
    is_not = "Not the 'REINFORCE++' of language models, which normalizes advantages over a batch."
    aliases = ("VarGrad", "REINFORCE leave-one-out")
    cost = "K"
    color, dash = "#9467BD", "solid"

    samples: int = Field(4, ge=2, le=64)
    """Sets of bits drawn per example (K)."""

    def passes(self, shapes: Shapes) -> int:
        return self.samples

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        drawn = rollout.tiled(self.samples)()  # loss and log_prob: (K, B)
        return (drawn.loss + self._advantages(drawn) * drawn.log_prob).mean()

    def _advantages(self, drawn: Pass) -> Tensor:
        """Each loss less the mean of the other samples': (K, B)."""
        losses = drawn.loss.detach()
        return losses - (losses.sum(0) - losses) / (self.samples - 1)

    def worked(self, unit: Unit, state: nn.Module | None) -> list[str]:
        drawn = unit.step().tiled(self.samples)()
        total = judged(unit, drawn, self._advantages(drawn))
        return [
            samples_of(drawn),
            rf"\tfrac1{{{self.samples}}} \sum_k (L_k - \bar L_{{-k}})\, \nabla \log P(b_k)",
            rf"= \tfrac1{{{self.samples}}} \bigl({total}\bigr) = {number(unit.sent_back)}",
        ]


def samples_of(drawn: Pass) -> str:
    """The bits of a unit in each sample, and their losses (LaTeX)."""
    codes, losses = (values.flatten().tolist() for values in (drawn.sites[0].codes, drawn.loss))
    return rf"b = {numbers(codes)}, \quad L = {numbers(losses)}"


def judged(unit: Unit, drawn: Pass, advantages: Tensor) -> str:
    """The sum over samples of advantage times score (LaTeX)."""
    codes = drawn.sites[0].codes.flatten().tolist()
    pairs = zip(advantages.flatten().tolist(), map(unit.score_of, codes), strict=True)
    return " + ".join(rf"{factor(advantage)} \cdot {factor(score)}" for advantage, score in pairs)
