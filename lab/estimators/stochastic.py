"""Rules that sample their bits and send the gradient straight through them: low variance, biased."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from torch import Tensor

from lab.estimators.copies import Copy
from lab.estimators.straight_through import Drawn, StraightThrough
from lab.estimators.units import Units, hard_sigmoid, logistic, unit_probability


class BernoulliStraightThrough(StraightThrough):
    """Bernoulli straight-through with logistic units."""

    name = "bernoulli"
    title = "Bernoulli straight-through"
    summary = "Samples each bit with probability p and sends the gradient through p. Exact for a loss linear in b."
    formula = r"b \sim \mathrm{Bernoulli}(p),\; p = \sigma(ax), \qquad \frac{\partial b}{\partial x} := a\,p\,(1-p)"
    paper = "Bengio, Léonard & Courville 2013"
    is_not = "Not sigmoid-adjusted straight-through, which has the same factor and fires by threshold."
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
    is_not = "Not hard-sigmoid straight-through, which has the same factor and fires by threshold."
    stochastic = True
    color, dash = "#CC79A7", "dash"

    def probability(self, x: Tensor, slope: float) -> Tensor:
        return hard_sigmoid(x, slope)

    def surrogate(self, x: Tensor, slope: float) -> Tensor:
        return (x.abs() < 1 / slope).to(x.dtype).mul_(slope / 2)


class StochasticIdentity(Copy):
    """Sampled bits, gradient copied to the pre-activation."""

    name = "stochastic-identity"
    title = "Stochastic identity"
    summary = "Samples each bit and copies the gradient past its probability: wrong in scale, and biased besides."
    formula = r"b \sim \mathrm{Bernoulli}(p(ax)), \qquad \frac{\partial b}{\partial x} := 1"
    paper = "Bengio, Léonard & Courville 2013"
    is_not = "Not Bernoulli straight-through: the derivative of the probability is left out of what is sent back."
    stochastic = True
    uses_slope = True
    color, dash = "#0072B2", "dashdot"

    units: Units = "logistic"
    """The unit's P(b = 1) as a function of its pre-activation."""

    def probability(self, x: Tensor, slope: float) -> Tensor:
        return unit_probability(self.units, x, slope)


class FiredOnly(StraightThrough):
    """The straight-through of the R2RT post, whose gradient is multiplied by the bit."""

    name = "fired-only"
    title = "Fired only (R2RT)"
    summary = "Sends gradient to units that fired alone: its code multiplies the gradient by the sampled bit."
    formula = r"b \sim \mathrm{Bernoulli}(p),\; p = \sigma(ax), \qquad \frac{\partial b}{\partial x} := b\,a\,p\,(1-p)"
    paper = "R2RT 2016, Binary Stochastic Neurons in Tensorflow (its code)"
    is_not = "Not the straight-through that the post describes, which sends gradient to every unit."
    stochastic = True
    color, dash = "#A6761D", "dot"

    through: Literal["probability", "identity"] = "probability"
    """What the fired units send the gradient through: their probability, or nothing."""

    @property
    def equation(self) -> str:
        return self.formula if self.through == "probability" else self.formula.replace(r"b\,a\,p\,(1-p)", "b")

    def probability(self, x: Tensor, slope: float) -> Tensor:
        return logistic(x, slope)

    def sent_back(self, gradient: Tensor, drawn: Drawn) -> Tensor:
        fired = gradient * drawn.codes
        return fired if self.through == "identity" else fired * self.surrogate(drawn.x, drawn.slope)


class ReinMax(StraightThrough):
    """ReinMax for binary units: straight-through of second order."""

    name = "reinmax"
    title = "ReinMax"
    summary = "Sends more gradient where the bit was unlikely. Unbiased for a quadratic loss, at no more cost."
    formula = (
        r"b \sim \mathrm{Bernoulli}(p),\; p = \sigma(ax), \qquad \frac{\partial b}{\partial x} := \tfrac a2\,|b - p|"
    )
    paper = "Liu et al. 2023, Bridging Discrete and Backpropagation"
    is_not = "Not unbiased beyond quadratic losses."
    stochastic = True
    color, dash = "#009E73", "longdash"

    def probability(self, x: Tensor, slope: float) -> Tensor:
        return logistic(x, slope)

    def sent_back(self, gradient: Tensor, drawn: Drawn) -> Tensor:
        p = self.probability(drawn.x, drawn.slope)
        return gradient * ((drawn.codes - p).abs() * (drawn.slope / 2)).to(gradient.dtype)


class StochasticSign(Copy):
    """The stochastic binarization of BinaryNet."""

    name = "stochastic-sign"
    title = "Stochastic sign (BinaryNet)"
    summary = "Rounds to -1 or +1 at random: the mean is x where |x| is at most s. Copies the gradient, also beyond."
    formula = (
        r"P(b_\pm = 1) = \operatorname{clip}\bigl(\tfrac{x/s + 1}2, 0, 1\bigr), \qquad "
        r"\frac{\partial b_\pm}{\partial x} := 1"
    )
    paper = "Courbariaux et al. 2016; BinaryNet.pytorch, Binarize(quant_mode='stoch')"
    is_not = "Not gated unless a gate is set: beyond s a bit is as good as certain, and its gradient copied still."
    stochastic = True
    levels = "-1/+1"
    code_at_zero = 1
    color, dash = "#D55E00", "dashdot"

    allow_scale: bool = Field(False)
    """Divide by s = max |x| of the whole tensor before rounding, and multiply the result by it; else s = 1."""

    @property
    def forward(self) -> Any:  # type: ignore[override]
        return "scaled bits" if self.allow_scale else "bits"

    def probability(self, x: Tensor, slope: float) -> Tensor:
        return hard_sigmoid(x / self._scale(x), 1.0)

    def bits(self, x: Tensor, slope: float, noise: Tensor | None) -> Tensor:
        codes = super().bits(x, slope, noise)
        return codes if not self.allow_scale else (self._scale(x) * (2 * codes - 1) + 1) / 2

    def _scale(self, x: Tensor) -> Tensor | float:
        return x.detach().abs().max().clamp(min=1e-12) if self.allow_scale else 1.0
