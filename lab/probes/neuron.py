"""One unit with a quadratic loss: every number between its pre-activation and what is sent back."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor

from lab.estimators import Drawn, Estimator, StraightThrough, Unit
from lab.models import Rollout
from lab.toy import ENOUGH, Toy, ToyNet, measure, rarest_bit, taught

DRAWS = 4000
"""Draws that the mean over the noise is taken of."""


@dataclass(frozen=True)
class Neuron:
    """A unit with the loss (b - t)² under a rule: at one noise, and averaged over it."""

    unit: Unit
    mean: float
    """What is sent back, averaged over the noise."""
    mean_error: float | None
    """How far off that mean may be: 1.96 standard errors; None where the rarer bit is drawn too seldom to know."""
    exact: float
    """Derivative of the expected loss."""
    worked: list[str]
    """The rule's formula with the numbers of the unit, as lines of LaTeX."""


def look(rule: Estimator, x: float, slope: float, noise: float, target: float) -> Neuron:
    """Look at one unit under a rule.

    Args:
        rule: the estimator.
        x: pre-activation.
        slope: of the unit.
        noise: in (0, 1); the bit is 1 where it is below p. Rules that draw more draw the rest themselves.
        target: t of the loss (b - t)².
    """
    toy = Toy(logits=(x,), weights=(1.0,), target=target)
    net = toy.net()
    state = taught(toy, rule, slope)
    average = measure(toy, rule, slope, DRAWS, state=copy.deepcopy(state))  # for it learns on
    loss = rule.loss(_WithNoise(net, rule, slope, noise), copy.deepcopy(state))
    (gradient,) = torch.autograd.grad(loss, [net.first], allow_unused=True, materialize_grads=True)
    pre = torch.tensor([x])
    u = torch.tensor([noise]) if rule.stochastic else None
    code = rule.codes(pre, slope, u) if isinstance(rule, StraightThrough) else rule.bits(pre, slope, u)
    incoming = 2 * (code - target)
    factor = None
    if isinstance(rule, StraightThrough):
        factor = float(gradient / incoming) if float(incoming) else float(_factor(rule, pre, slope, u, code))
    p, slope_of_p = _probability(rule, x, slope) if rule.stochastic else (None, None)
    unit = Unit(
        x=x,
        slope=slope,
        p=p,
        slope_of_p=slope_of_p,
        noise=noise,
        code=float(code),
        loss=(float(code) - target) ** 2,
        losses=(target**2, (1 - target) ** 2),
        incoming=float(incoming),
        factor=factor,
        sent_back=float(gradient),
        step=lambda: _WithNoise(net, rule, slope, noise),
    )
    known = rule.exact or rarest_bit(toy, rule, slope) * DRAWS >= ENOUGH
    error = 1.96 * float((average.variance / average.draws).sqrt()) if known else None
    return Neuron(unit, float(average.mean), error, float(average.exact), rule.worked(unit, state))


def _factor(rule: StraightThrough, x: Tensor, slope: float, u: Tensor | None, code: Tensor) -> Tensor:
    return rule.backward(torch.ones_like(x), Drawn(x, slope, u, code))


def _probability(rule: Estimator, x: float, slope: float) -> tuple[float, float]:
    """P(b = 1) and its derivative."""
    leaf = torch.tensor([x], requires_grad=True)
    p = rule.probability(leaf, slope)
    (slope_of_p,) = torch.autograd.grad(p.sum(), leaf)
    return p.item(), slope_of_p.item()


class _WithNoise(Rollout):
    """A step of a single unit, the noise of whose first sample is given."""

    def __init__(self, net: ToyNet, rule: Estimator, slope: float, noise: float) -> None:
        generator = torch.Generator().manual_seed(0)
        super().__init__(net, torch.zeros(1, 1), torch.zeros(1, dtype=torch.int64), rule, slope, generator)
        self._given: list[float] = [noise]

    def uniform(self, like: Tensor) -> Tensor:
        drawn = super().uniform(like)
        if self._given:
            drawn[0] = self._given.pop()
        return drawn
