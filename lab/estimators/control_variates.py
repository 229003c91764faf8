"""Unbiased rules that subtract what a smooth stand-in for the loss predicts, and add its gradient back.

They work on one layer at a time: bits before it stay as drawn, layers after it are relaxed like the layer itself.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from lab.estimators.base import Shapes, Unit
from lab.estimators.learned_baseline import Learner, small_net
from lab.estimators.numbers import factor, number
from lab.estimators.score_function import BlackBox
from lab.estimators.units import NOISE_FLOOR, logistic_noise

if TYPE_CHECKING:
    from lab.models.rollout import Fixed, Pass, Rollout, Site


class MuProp(BlackBox):
    """A first-order Taylor expansion of the loss around the mean code."""

    name = "muprop"
    title = "MuProp"
    summary = "Subtracts what a linear model of the loss at the mean code predicts. Unbiased; needs a smooth loss."
    formula = (
        r"\widehat{\nabla_{\theta}} = \bigl(L(b) - L(p) - L'(p)^\top (b - p)\bigr)\, \nabla_\theta \log P(b) "
        r"+ L'(p)^\top \nabla_\theta\, p"
    )
    paper = "Gu et al. 2016"
    is_not = "Not a straight-through rule, though it uses L'(p): the score makes up for what that alone gets wrong."
    cost = "1 + S"
    color, dash = "#F0A3C0", "solid"

    def passes(self, shapes: Shapes) -> int:
        return 1 + len(shapes.sites)

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        drawn = rollout()
        total, losses = drawn.loss.mean(), drawn.loss.detach().flatten()
        for index, site in enumerate(drawn.sites):
            mean, slope = self._at_the_mean(rollout, drawn, index)
            linear = mean + (slope * (site.codes - site.p).detach()).flatten(1).sum(1)
            total = total + ((losses - linear) * site.log_prob + (slope * site.p).flatten(1).sum(1)).mean()
        return total

    def _at_the_mean(self, rollout: Rollout, drawn: Pass, index: int) -> tuple[Tensor, Tensor]:
        """Loss of each example (B,) with the mean code at one layer and after it, and its gradient for that layer."""
        p = drawn.sites[index].p.detach().requires_grad_()
        mean = _relaxed_from(rollout, drawn, index, p, lambda x, p, noise: p).loss.flatten()
        (slope,) = torch.autograd.grad(mean.sum(), p)
        return mean.detach(), slope

    def worked(self, unit: Unit, state: nn.Module | None) -> list[str]:
        assert unit.p is not None
        assert unit.slope_of_p is not None
        step = unit.step()
        mean, slope = (value.item() for value in self._at_the_mean(step, step(), 0))
        return [
            rf"L(p) = {number(mean)}, \quad L'(p) = {number(slope)}",
            r"\bigl(L(b) - L(p) - L'(p)(b - p)\bigr)\, \nabla \log P(b) + L'(p)\, p'",
            rf"= \bigl({number(unit.loss)} - {number(mean)} - {factor(slope)} \cdot ({unit.code:g} - {number(unit.p)})"
            rf"\bigr) \cdot {factor(unit.score)} + {factor(slope)} \cdot {factor(unit.slope_of_p)} "
            rf"= {number(unit.sent_back)}",
        ]


class Concreted(BlackBox):
    """A branch: a smooth function of the relaxed sample z predicts the loss, before and after the bits are known."""

    cost: ClassVar[str] = "1 + 2 S"
    stand_in: ClassVar[str]
    """The function of z that predicts the loss (LaTeX)."""

    learning_rate: float = Field(0.01, gt=0, le=1)
    """Of Adam, for what makes the estimate less noisy."""

    def predictions(self, rollout: Rollout, drawn: Pass, index: int, z: Tensor, state: nn.Module | None) -> Tensor:
        """The stand-in for the loss of each example (B,), from the relaxed logits z of one layer."""
        raise TypeError(f"{type(self).__name__} does not say what stands in for the loss")

    def learns(self) -> bool:
        """Whether the stand-in is tuned."""
        return True

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        drawn = rollout()
        total, losses = drawn.loss.mean(), drawn.loss.detach().flatten()
        noisiness = torch.zeros_like(total)
        for index, site in enumerate(drawn.sites):
            logits = torch.logit(site.p)
            score = (site.codes - site.p).detach()
            after, of_before, of_after = self._stand_in(rollout, drawn, index, site, state)
            by_unit = (losses - after).view(-1, *[1] * (score.dim() - 1))
            estimate = by_unit * score + of_before - of_after
            noisiness = noisiness + estimate.square().flatten(1).sum(1).mean()
            total = total + (estimate.detach() * logits).flatten(1).sum(1).mean()
        if self.learns():
            assert isinstance(state, Learner)
            state.fit(noisiness)
        return total

    def _stand_in(
        self, rollout: Rollout, drawn: Pass, index: int, site: Site, state: nn.Module | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The prediction that knows the bits (B,), and the gradients for the logits without that knowledge and with."""
        assert site.noise is not None
        logits = torch.logit(site.p.detach()).requires_grad_()
        p, codes = torch.sigmoid(logits), site.codes.detach().float()
        free = logits + logistic_noise(site.noise)
        again = rollout.uniform(site.noise)
        known = codes * (1 - p + again * p) + (1 - codes) * again * (1 - p)
        # Not by the eps of `torch.logit`, whose second derivative is NaN where the noise is exactly 0.
        tied = logits + torch.logit(known.clamp(NOISE_FLOOR, 1 - NOISE_FLOOR))
        before = self.predictions(rollout, drawn, index, free, state)
        after = self.predictions(rollout, drawn, index, tied, state)
        keep = self.learns()
        (of_before,) = torch.autograd.grad(before.sum(), logits, create_graph=keep, retain_graph=True)
        (of_after,) = torch.autograd.grad(after.sum(), logits, create_graph=keep, retain_graph=keep)
        return after if keep else after.detach(), of_before, of_after

    def worked(self, unit: Unit, state: nn.Module | None) -> list[str]:
        assert unit.p is not None
        step = unit.step()
        drawn = step()
        after, of_before, of_after = (v.item() for v in self._stand_in(step, drawn, 0, drawn.sites[0], state))
        to_x = unit.score / (unit.code - unit.p)
        return [
            rf"c(\tilde z) = {number(after)}, \quad \nabla c(z) = {number(of_before * to_x)}, \quad "
            rf"\nabla c(\tilde z) = {number(of_after * to_x)}, \quad c = {self.stand_in}",
            r"\bigl(L(b) - c(\tilde z)\bigr)\, \nabla \log P(b) + \nabla c(z) - \nabla c(\tilde z)",
            rf"= \bigl({number(unit.loss)} - {factor(after)}\bigr) \cdot {factor(unit.score)} + "
            rf"{factor(of_before * to_x)} - {factor(of_after * to_x)} = {number(unit.sent_back)}",
        ]


class REBAR(Concreted):
    """The loss of a relaxed sample as control variate."""

    name = "rebar"
    title = "REBAR"
    summary = "Subtracts the loss of a relaxed sample, and adds its exact gradient back. Unbiased, tunes itself."
    formula = (
        r"\widehat{\nabla_\theta} = \bigl(L(b) - \eta L(\sigma_\tau(\tilde z))\bigr) \nabla_\theta \log P(b) "
        r"+ \eta \nabla_\theta L(\sigma_\tau(z)) - \eta \nabla_\theta L(\sigma_\tau(\tilde z))"
    )
    paper = "Tucker et al. 2017"
    is_not = "Not a gradient for relaxed bits: they only lessen the noise, and its mean is the gradient for hard ones."
    stand_in = r"\eta\, L(\sigma_\tau(\cdot))"
    color, dash = "#F0A3C0", "dash"

    strength: float = Field(1.0, gt=0, le=10)
    """Share of the relaxed loss that is subtracted, at the start (η)."""
    temperature: float = Field(0.5, gt=0, le=10)
    """Softness of the relaxed bits, at the start (τ)."""
    tune: bool = True
    """Tune both while training, to make the estimate less noisy."""

    def passes(self, shapes: Shapes) -> int:
        return 1 + 2 * len(shapes.sites)

    def learns(self) -> bool:
        return self.tune

    def new_state(self, shapes: Shapes) -> nn.Module:
        return Dials(self.strength, self.temperature, self.learning_rate)

    def predictions(self, rollout: Rollout, drawn: Pass, index: int, z: Tensor, state: nn.Module | None) -> Tensor:
        assert isinstance(state, Dials)
        temperature = state.log_temperature.exp()

        def relax(x: Tensor, p: Tensor, noise: Tensor) -> Tensor:
            return torch.sigmoid((torch.logit(p) + logistic_noise(noise)) / temperature)

        relaxed = _relaxed_from(rollout, drawn, index, torch.sigmoid(z / temperature), relax)
        return state.log_strength.exp() * relaxed.loss.flatten()


class Dials(Learner):
    """What REBAR tunes."""

    def __init__(self, strength: float, temperature: float, learning_rate: float) -> None:
        super().__init__()
        self.log_strength = nn.Parameter(torch.tensor(math.log(strength)))
        self.log_temperature = nn.Parameter(torch.tensor(math.log(temperature)))
        self.optimizer = torch.optim.Adam(self.parameters(), learning_rate)


class RELAX(Concreted):
    """A free net as control variate."""

    name = "relax"
    title = "RELAX"
    summary = "Like REBAR, but a small net for each layer learns what to subtract. Unbiased, for any loss."
    formula = (
        r"\widehat{\nabla_\theta} = \bigl(L(b) - c_\phi(\tilde z)\bigr) \nabla_\theta \log P(b) "
        r"+ \nabla_\theta c_\phi(z) - \nabla_\theta c_\phi(\tilde z)"
    )
    paper = "Grathwohl et al. 2018"
    is_not = "Not REBAR with a net added to it: the net stands alone, and the loss need not be smooth in the bits."
    stand_in = r"c_\phi"
    cost = "1"
    color, dash = "#F0A3C0", "dot"

    hidden: int = Field(32, ge=1, le=4096)
    """Hidden units of the net that predicts the loss."""

    def new_state(self, shapes: Shapes) -> nn.Module:
        return Critics([site.numel() for site in shapes.sites], self.hidden, self.learning_rate)

    def predictions(self, rollout: Rollout, drawn: Pass, index: int, z: Tensor, state: nn.Module | None) -> Tensor:
        assert isinstance(state, Critics)
        return state.nets[index](z.flatten(1))[:, 0]


class Critics(Learner):
    """A small net for each layer, from its relaxed logits to the loss."""

    def __init__(self, units: list[int], hidden: int, learning_rate: float) -> None:
        super().__init__()
        self.nets = nn.ModuleList(small_net(count, hidden) for count in units)
        self.optimizer = torch.optim.Adam(self.parameters(), learning_rate)


def _relaxed_from(rollout: Rollout, drawn: Pass, index: int, values: Tensor, relax: Fixed) -> Pass:
    """A pass with the drawn bits before a layer, `values` at it, and relaxed ones after it; with its graph."""
    before = {earlier: drawn.sites[earlier].codes.detach() for earlier in range(index)}
    after = {later: relax for later in range(index + 1, len(drawn.sites))}
    return rollout(at=before | {index: values} | after, derivative=True)
