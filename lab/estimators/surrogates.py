"""Rules for units that fire by threshold, whose gradient is that of a smooth function in place of the step."""

from __future__ import annotations

import math

import torch
from pydantic import Field
from torch import Tensor

from lab.estimators.base import Unit
from lab.estimators.straight_through import StraightThrough

FAR = 100.0
"""Where the tails of a logistic function have run out, also in double precision against what they are multiplied with.
"""


class SigmoidAdjusted(StraightThrough):
    """Step forward, derivative of the logistic function backward."""

    name = "sigmoid-adjusted"
    title = "Sigmoid-adjusted straight-through"
    summary = "Sends the gradient through a logistic function. No unit is ever cut off, and none gets much."
    formula = (
        r"b = \mathbb 1[x > 0], \qquad \frac{\partial b}{\partial x} := "
        r"a\,\sigma(ax)\,\bigl(1 - \sigma(ax)\bigr)"
    )
    paper = "Bengio, Léonard & Courville 2013"
    is_not = "Not Bernoulli straight-through, which has the same factor and samples its bits."
    color, dash = "#56B4E9", "dash"

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        return torch.sigmoid(slope * x)


class TanhAdjusted(StraightThrough):
    """Sign forward, derivative of tanh backward."""

    name = "tanh-adjusted"
    title = "Tanh-adjusted straight-through"
    summary = "Sends the gradient through tanh, with a small floor if wanted, so that no unit is lost for good."
    formula = (
        r"b_\pm = \operatorname{sign}(x), \qquad \frac{\partial b_\pm}{\partial x} := a\,(1 - \tanh^2(ax)) + \epsilon"
    )
    paper = "Xu et al. 2024, OneBit (its code has 1.001 - tanh², a floor of 0.001)"
    is_not = "Not a shape of its own: without its floor it is the sigmoid-adjusted factor at twice the slope."
    levels = "-1/+1"
    code_at_zero = 1
    color, dash = "#56B4E9", "dot"

    floor: float = Field(0.0, ge=0, le=1)
    """Share of the identity that is always sent back (ε)."""

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        return torch.tanh(slope * x) + self.floor * x


class HardSigmoid(StraightThrough):
    """Deterministic hard-sigmoid straight-through with a slope to anneal."""

    name = "hard-sigmoid"
    title = "Hard-sigmoid straight-through"
    summary = "Sends the gradient through a hard sigmoid. A larger slope brings it closer to the step, and narrows it."
    formula = r"b = \mathbb 1[x > 0], \qquad \frac{\partial b}{\partial x} := \tfrac a2\, \mathbb 1[|ax| < 1]"
    paper = "Chung, Ahn & Bengio 2017; source 003, 'Deterministic ST'"
    is_not = "Not torch.nn.Hardsigmoid, whose slope is 1/6 on [-3, 3]."
    color, dash = "#CC79A7", "solid"

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        return ((slope * x + 1) / 2).clamp(0, 1)

    def surrogate(self, x: Tensor, slope: float) -> Tensor:
        return (x.abs() < 1 / slope).to(x.dtype).mul_(slope / 2)


class ApproxSign(StraightThrough):
    """The triangular surrogate of Bi-Real Net."""

    name = "approx-sign"
    title = "ApproxSign"
    summary = "A triangle instead of a box: most gradient near the threshold. Also called quadratic or polynomial."
    formula = r"b_\pm = \operatorname{sign}(x), \qquad \frac{\partial b_\pm}{\partial x} := \max(0,\, 2 - 2|x|)"
    paper = "Liu et al. 2018, Bi-Real Net"
    is_not = "Not the triangle of spiking nets, which narrows with the slope: this one always reaches from -1 to 1."
    aliases = ("polynomial straight-through", "quadratic straight-through")
    levels = "-1/+1"
    code_at_zero = 1
    uses_slope = False
    color, dash = "#E69F00", "solid"

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        x = x.clamp(-1, 1)
        return 2 * x - x * x.abs()

    def surrogate(self, x: Tensor, slope: float) -> Tensor:
        return (2 - 2 * x.abs()).clamp_(min=0)


class TwoLevelSign(StraightThrough):
    """ApproxSign in two steps, which fit into two bits a unit."""

    name = "two-level-sign"
    title = "Two-level sign"
    summary = "ApproxSign made cheap: full gradient within 1/2 of the threshold, half of it up to 1, nothing beyond."
    formula = (
        r"b_\pm = \operatorname{sign}(x), \qquad \frac{\partial b_\pm}{\partial x} := "
        r"\tfrac12\,\mathbb 1[|x| \le \tfrac12] + \tfrac12\,\mathbb 1[|x| \le 1]"
    )
    paper = "BinSFO, memory-efficient code; after Liu et al. 2018"
    is_not = "Not ApproxSign rounded: at the threshold it is half as high, and its area is three quarters as large."
    levels = "-1/+1"
    code_at_zero = 1
    uses_slope = False
    color, dash = "#E69F00", "dash"

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        return (x.clamp(-0.5, 0.5) + x.clamp(-1, 1)) / 2

    def surrogate(self, x: Tensor, slope: float) -> Tensor:
        return ((x.abs() <= 0.5).to(x.dtype) + (x.abs() <= 1).to(x.dtype)) / 2


class SwishSign(StraightThrough):
    """The derivative of a sign made of two swish functions."""

    name = "swish-sign"
    title = "SwishSign"
    summary = "A bell with negative sides: units a little beyond the threshold are sent the opposite gradient."
    formula = (
        r"b_\pm = \operatorname{sign}(x), \qquad \frac{\partial b_\pm}{\partial x} := "
        r"\frac{\beta a\,\bigl(2 - \beta a x \tanh(\beta a x / 2)\bigr)}{1 + \cosh(\beta a x)}"
    )
    paper = "Darabi et al. 2018, BNN+; SwishSign in larq"
    is_not = "Not the swish activation: the forward pass is the sign, and swish only shapes what is sent back."
    levels = "-1/+1"
    code_at_zero = 1
    color, dash = "#009E73", "dot"

    beta: float = Field(5.0, gt=0, le=100)
    """How narrow the bell is (β)."""

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        z = (self.beta * slope * x).clamp(-FAR, FAR)
        sigmoid = torch.sigmoid(z)
        return 2 * sigmoid * (1 + z * (1 - sigmoid)) - 1

    def surrogate(self, x: Tensor, slope: float) -> Tensor:
        sharpness = self.beta * slope
        z = (sharpness * x).clamp(-FAR, FAR)
        # 1 / (1 + cosh z) as a product of sigmoids: cosh itself overflows.
        return sharpness * (2 - z * torch.tanh(z / 2)) * 2 * torch.sigmoid(z) * torch.sigmoid(-z)


class EDE(StraightThrough):
    """The error decay estimator of IR-Net: from the identity to the step over training."""

    name = "ede"
    title = "EDE (IR-Net)"
    summary = (
        "A tanh that sharpens while training: its sharpness is the slope, and the geometric schedule "
        "takes it from 0.1, nearly the identity, to 10, nearly the step."
    )
    formula = (
        r"b_\pm = \operatorname{sign}(x), \qquad \frac{\partial b_\pm}{\partial x} := "
        r"k\,t\,(1 - \tanh^2(t x)),\; t = a,\; k = \max(1/t, 1)"
    )
    paper = "Qin et al. 2020, IR-Net"
    is_not = "Not all of IR-Net: its forward pass also standardizes the weights (Libra-PB)."
    levels = "-1/+1"
    code_at_zero = 1
    color, dash = "#CC79A7", "dot"

    def letters(self, unit: Unit) -> dict[str, float]:
        return super().letters(unit) | {"t": unit.slope, "k": max(1 / unit.slope, 1.0)}

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        return max(1 / slope, 1.0) * torch.tanh(slope * x)


class ReSTE(StraightThrough):
    """The rectified straight-through estimator: a power function between the identity and the sign."""

    name = "reste"
    title = "ReSTE"
    summary = (
        "A power |x|^(1/o) in place of the sign: o is the slope, 1 gives the identity and more comes closer to the "
        "sign. The paper lets it grow linearly from 1 to 3."
    )
    formula = (
        r"b_\pm = \operatorname{sign}(x), \qquad \frac{\partial b_\pm}{\partial x} := "
        r"\tfrac1o \max(|x|, m)^{\frac{1-o}{o}}\, \mathbb 1[|x| \le t],\; o = \max(a, 1)"
    )
    paper = "Wu et al. 2023, Estimator Meets Equilibrium Perspective"
    is_not = "Not the identity even at o = 1: the gate t still cuts off what lies beyond it."
    levels = "-1/+1"
    code_at_zero = 1
    color, dash = "#A6761D", "dash"

    gate: float | None = Field(1.5, gt=0, le=1e6)
    """No gradient where |x| is above this (t); None lets all of it pass."""
    cap: float = Field(0.1, gt=0, le=1)
    """Below this |x| the gradient grows no further (m)."""

    def letters(self, unit: Unit) -> dict[str, float]:
        return super().letters(unit) | {"o": max(unit.slope, 1.0)}

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        o = max(slope, 1.0)
        beyond = x.abs().clamp(min=self.cap) ** (1 / o) - self.cap ** (1 / o)
        return x.clamp(-self.cap, self.cap) * self._steepest(o) + torch.sign(x) * beyond

    def surrogate(self, x: Tensor, slope: float) -> Tensor:
        o = max(slope, 1.0)
        return x.abs().clamp(min=self.cap) ** ((1 - o) / o) / o

    def _steepest(self, o: float) -> float:
        return math.pow(self.cap, (1 - o) / o) / o
