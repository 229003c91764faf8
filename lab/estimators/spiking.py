"""Surrogate gradients of spiking networks: a step forward, a bell backward, each in the form its library ships."""

from __future__ import annotations

import math

import torch
from pydantic import Field
from torch import Tensor

from lab.estimators.straight_through import StraightThrough


class FastSigmoid(StraightThrough):
    """The derivative of x / (1 + k|x|)."""

    name = "fast-sigmoid"
    title = "Fast sigmoid (SuperSpike)"
    summary = "A sharp peak with long tails: every unit gets a little gradient, however far from its threshold."
    formula = r"b = \mathbb 1[x > 0], \qquad \frac{\partial b}{\partial x} := \frac{a}{(1 + k\,|ax|)^2}"
    paper = "Zenke & Ganguli 2018, SuperSpike; fast_sigmoid in snnTorch"
    is_not = "Not the logistic sigmoid: it is the derivative of x / (1 + k|x|), with longer tails and no exponential."
    color, dash = "#9467BD", "dash"

    sharpness: float = Field(25.0, gt=0, le=1000)
    """How fast the gradient fades (k)."""

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        return slope * x / (1 + self.sharpness * (slope * x).abs())

    def surrogate(self, x: Tensor, slope: float) -> Tensor:
        return slope / (1 + self.sharpness * (slope * x).abs()) ** 2


class ArcTan(StraightThrough):
    """The derivative of an arc tangent."""

    name = "arctan"
    title = "Arc tangent"
    summary = "A bell with tails that fade with the square of the distance."
    formula = (
        r"b = \mathbb 1[x > 0], \qquad \frac{\partial b}{\partial x} := "
        r"\frac{a\alpha / 2}{1 + (\tfrac\pi2 \alpha a x)^2}"
    )
    paper = "Fang et al. 2021; atan in snnTorch"
    is_not = (
        "Not the bare derivative of the arc tangent, 1 / (1 + x²): α sets its width, and its area is 1 for every α."
    )
    color, dash = "#9467BD", "dot"

    sharpness: float = Field(2.0, gt=0, le=1000)
    """How narrow the bell is (α)."""

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        return torch.atan(math.pi / 2 * self.sharpness * slope * x) / math.pi + 0.5


class Triangle(StraightThrough):
    """A triangle around the threshold."""

    name = "triangle"
    title = "Triangle"
    summary = "Falls linearly from 1 at the threshold to 0 at a distance of 1/a."
    formula = r"b = \mathbb 1[x > 0], \qquad \frac{\partial b}{\partial x} := a \max(0,\, 1 - |ax|)"
    paper = "Esser et al. 2016; Bellec et al. 2018"
    is_not = "Not ApproxSign, the same triangle for the sign: twice as high, on levels -1 and +1."
    color, dash = "#D55E00", "dot"

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        x = (slope * x).clamp(-1, 1)
        return x - x * x.abs() / 2

    def surrogate(self, x: Tensor, slope: float) -> Tensor:
        return slope * (1 - (slope * x).abs()).clamp_(min=0)


class Gaussian(StraightThrough):
    """The density of a normal distribution around the threshold."""

    name = "gaussian"
    title = "Gaussian"
    summary = "The exact derivative of a unit with normal noise: a bell that soon is as good as 0."
    formula = (
        r"b = \mathbb 1[x > 0], \qquad \frac{\partial b}{\partial x} := "
        r"\frac{a}{s\sqrt{2\pi}} \exp\Bigl(-\frac{(ax)^2}{2 s^2}\Bigr)"
    )
    paper = "Yin, Corradi & Bohté 2020"
    is_not = "Not exact here: it is the derivative of a unit with normal noise, and these units fire without any."
    color, dash = "#0072B2", "dot"

    width: float = Field(0.5, gt=0, le=100)
    """Standard deviation of the bell (s)."""

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        return torch.special.ndtr(slope * x / self.width)

    def surrogate(self, x: Tensor, slope: float) -> Tensor:
        z = slope * x / self.width
        return slope / (self.width * math.sqrt(2 * math.pi)) * torch.exp(-z * z / 2)
