"""Rules that sample their bits and send the gradient through the probability: low variance, biased."""

from __future__ import annotations

from torch import Tensor

from lab.estimators.base import StraightThrough, hard_sigmoid, logistic


class BernoulliStraightThrough(StraightThrough):
    """Bernoulli straight-through with logistic units."""

    name = "bernoulli"
    title = "Bernoulli straight-through"
    summary = "Samples each bit with probability p and sends the gradient through p. Exact for a loss linear in b."
    formula = r"b \sim \mathrm{Bernoulli}(p),\; p = \sigma(ax), \qquad \frac{\partial b}{\partial x} := a\,p\,(1-p)"
    paper = "Bengio, Léonard & Courville 2013"
    stochastic = True
    color, dash = "#56B4E9", "solid"

    def probability(self, x: Tensor, slope: float) -> Tensor:
        return logistic(x, slope)


class StochasticHardSigmoid(StraightThrough):
    """Stochastic hard-sigmoid straight-through with a slope to anneal."""

    name = "stochastic-hard-sigmoid"
    title = "Stochastic hard-sigmoid"
    summary = "Samples from a hard sigmoid. The slope also changes the forward pass: a larger one means less noise."
    formula = (
        r"b \sim \mathrm{Bernoulli}(p),\; p = \operatorname{clip}(\tfrac{ax+1}2, 0, 1), \qquad "
        r"\frac{\partial b}{\partial x} := \tfrac a2\, \mathbb 1[|ax| < 1]"
    )
    paper = "Chung, Ahn & Bengio 2017; source 003, 'Stochastic ST'"
    stochastic = True
    color, dash = "#CC79A7", "dash"

    def probability(self, x: Tensor, slope: float) -> Tensor:
        return hard_sigmoid(x, slope)

    def surrogate(self, x: Tensor, slope: float) -> Tensor:
        return (x.abs() < 1 / slope).to(x.dtype).mul_(slope / 2)
