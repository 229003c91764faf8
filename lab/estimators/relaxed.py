"""Rules that relax the bit: something between 0 and 1 takes its place, forward, backward or both."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, sigmoid

from lab.estimators.base import Unit
from lab.estimators.straight_through import Drawn, StraightThrough
from lab.estimators.units import logistic, logistic_noise


class Relaxed(StraightThrough):
    """A branch: logistic units with noise, softened by a temperature. The slope divides the temperature."""

    stochastic = True

    def probability(self, x: Tensor, slope: float) -> Tensor:
        return logistic(x, 1.0)

    def soft(self, x: Tensor, slope: float, noise: Tensor | None) -> Tensor:
        """The relaxed bit, in (0, 1): above 1/2 exactly where the noise gives a 1."""
        assert noise is not None
        return sigmoid((x.float() + logistic_noise(noise)) * self.sharpness(slope))

    def sharpness(self, slope: float) -> float:
        """How steep the relaxation is: a / τ."""
        raise TypeError(f"{type(self).__name__} has no temperature")


class Concrete(Relaxed):
    """The binary Concrete distribution, also called Gumbel-sigmoid."""

    name = "concrete"
    title = "Binary Concrete (Gumbel-sigmoid)"
    summary = (
        "Trains on values between 0 and 1 instead of bits, whose gradient is exact for that softened loss. Evaluated "
        "with bits. A larger slope means a lower temperature: less bias, more variance."
    )
    formula = (
        r"y = \sigma\Bigl(\tfrac{a}{\tau}\bigl(x + \log\tfrac{1-u}{u}\bigr)\Bigr), \qquad "
        r"\frac{\partial y}{\partial x} = \tfrac{a}{\tau}\, y\,(1 - y)"
    )
    paper = "Maddison, Mnih & Teh 2017; Jang, Gu & Poole 2017"
    is_not = "Not a binary unit while training: the layers after it see values between 0 and 1."
    aliases = ("Gumbel-sigmoid",)
    forward = "soft"
    objective = "the expected loss of relaxed bits"
    color, dash = "#E69F00", "dot"

    temperature: float = Field(2 / 3, gt=0, le=100)
    """Softness of the relaxed bit (τ)."""

    def sharpness(self, slope: float) -> float:
        return slope / self.temperature

    def letters(self, unit: Unit) -> dict[str, float]:
        return super().letters(unit) | {"y": unit.code}

    def codes(self, x: Tensor, slope: float, noise: Tensor | None) -> Tensor:
        return self.soft(x, slope, noise).to(x.dtype)

    def sent_back(self, gradient: Tensor, drawn: Drawn) -> Tensor:
        return gradient * (drawn.codes * (1 - drawn.codes)) * self.sharpness(drawn.slope)


class StraightThroughConcrete(Relaxed):
    """Straight-through Gumbel-sigmoid."""

    name = "st-concrete"
    title = "Straight-through Gumbel-sigmoid"
    summary = "Samples bits, and sends the gradient through the relaxed bit of the same noise."
    formula = (
        r"b = \mathbb 1\bigl[x + \log\tfrac{1-u}{u} > 0\bigr], \qquad \frac{\partial b}{\partial x} := "
        r"\tfrac{a}{\tau}\, y\,(1 - y),\; y = \sigma\Bigl(\tfrac{a}{\tau}\bigl(x + \log\tfrac{1-u}{u}\bigr)\Bigr)"
    )
    paper = "Jang, Gu & Poole 2017"
    is_not = "Not binary Concrete: the layers after it see bits, and only what is sent back comes from relaxed ones."
    color, dash = "#E69F00", "dashdot"

    temperature: float = Field(1.0, gt=0, le=100)
    """Softness of the relaxed bit (τ)."""

    def letters(self, unit: Unit) -> dict[str, float]:
        y = self.soft(torch.tensor(unit.x), unit.slope, torch.tensor(unit.noise))
        return super().letters(unit) | {"y": y.item()}

    def sharpness(self, slope: float) -> float:
        return slope / self.temperature

    def sent_back(self, gradient: Tensor, drawn: Drawn) -> Tensor:
        y = self.soft(drawn.x, drawn.slope, drawn.noise)
        return gradient * (y * (1 - y) * self.sharpness(drawn.slope)).to(gradient.dtype)


class MeanField(StraightThrough):
    """The probability itself in place of the bit."""

    name = "mean-field"
    title = "Mean field (no sampling)"
    summary = "Trains on the probability instead of a bit: no noise, exact gradient, but of another net's loss."
    formula = r"b := p = \sigma(ax), \qquad \frac{\partial b}{\partial x} = a\,p\,(1-p)"
    paper = "the real-valued baseline"
    is_not = "Not a binary unit while training; evaluated with bits, it has never seen one."
    stochastic = True
    forward = "soft"
    objective = "the loss of the mean code"
    color, dash = "#8C564B", "dot"

    def probability(self, x: Tensor, slope: float) -> Tensor:
        return logistic(x, slope)

    def codes(self, x: Tensor, slope: float, noise: Tensor | None) -> Tensor:
        return self.probability(x, slope).to(x.dtype)
