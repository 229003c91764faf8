"""Rules for units that fire by threshold, which copy the incoming gradient, everywhere or within a window."""

from __future__ import annotations

import math
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from lab.estimators.base import Unit
from lab.estimators.straight_through import Drawn, StraightThrough


class Copy(StraightThrough):
    """A branch: rules that send the incoming gradient back as it is, but for their gate and clip."""

    uses_slope = False

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        return x

    def sent_back(self, gradient: Tensor, drawn: Drawn) -> Tensor:
        return gradient


class Identity(Copy):
    """The original straight-through estimator."""

    name = "identity"
    title = "Identity straight-through"
    summary = "Copies the incoming gradient as if the step were not there."
    formula = r"b = \mathbb 1[x > 0], \qquad \frac{\partial b}{\partial x} := 1"
    paper = "Hinton 2012, lecture 15b; Bengio, Léonard & Courville 2013"
    aliases = ("copy", "detach trick x + (b - x).detach()")
    is_not = (
        "Not exact where the detach trick is written x + (b - x).detach(): for |x| beyond 1e7 its forward pass rounds "
        "the bit away. Here the bit is exact for every x."
    )
    levels = None
    color, dash = "#0072B2", "solid"


class ValueClipped(Copy):
    """Identity straight-through whose incoming gradient is clipped."""

    name = "value-clipped"
    title = "Value-clipped straight-through"
    summary = (
        "Clips the incoming gradient's value, then copies it. With a loss averaged over a batch the gradients are so "
        "small that the clip never acts."
    )
    formula = r"b = \mathbb 1[x > 0], \qquad \frac{\partial L}{\partial x} := \operatorname{clip}(g, -c, c)"
    paper = "source 001: hardtanh(grad_output)"
    is_not = "Not a gate: it limits how much is sent back, never from where. A saturated unit stays trainable."
    levels = None
    color, dash = "#0072B2", "dash"

    gradient_clip: float | None = Field(1.0, gt=0, le=1e6)
    """Clip the incoming gradient to [-c, c]; None leaves it alone."""

    def letters(self, unit: Unit) -> dict[str, float]:
        return super().letters(unit) | {"c": math.inf if self.gradient_clip is None else self.gradient_clip}


class Saturated(Copy):
    """Straight-through with a gate on the pre-activation."""

    name = "saturated"
    title = "Saturated straight-through (Htanh)"
    summary = "Copies the incoming gradient where |x| is within the gate and blocks it elsewhere."
    formula = r"b_\pm = \operatorname{sign}(x), \qquad \frac{\partial b_\pm}{\partial x} := \mathbb 1[|x| \le c]"
    paper = "Hubara, Courbariaux et al. 2016, Binarized Neural Networks; SteSign in larq"
    aliases = ("SteSign", "Htanh straight-through", "clipped identity", "Hardtanh followed by identity")
    is_not = "Not a clip of the gradient: a unit beyond the gate gets nothing at all."
    levels = "-1/+1"
    code_at_zero = 1
    color, dash = "#D55E00", "solid"

    gate: float | None = Field(1.0, gt=0, le=1e6)
    """No gradient where |x| is above this (c); None lets all of it pass."""


class SaturatedStep(Copy):
    """The saturated rule for units of {0, 1}, with its gradient as larq has it."""

    name = "saturated-step"
    title = "Saturated step (SteHeaviside)"
    summary = "The saturated rule on {0, 1}, with a factor of 1 where the derivative of the hard sigmoid has 1/2."
    formula = r"b = \mathbb 1[x > 0], \qquad \frac{\partial b}{\partial x} := \mathbb 1[|x| \le c]"
    paper = "SteHeaviside in larq"
    aliases = ("SteHeaviside",)
    is_not = "Not the saturated sign carried over to {0, 1}, whose factor would be halved."
    color, dash = "#D55E00", "dash"

    gate: float | None = Field(1.0, gt=0, le=1e6)
    """No gradient where |x| is above this (c); None lets all of it pass."""


class ReluBackward(StraightThrough):
    """Step forward, ReLU backward: what source 000 asked for."""

    name = "relu-backward"
    title = "ReLU backward"
    summary = "Copies the gradient to units that fired. A unit that is off gets nothing and can stay off for ever."
    formula = r"b = \mathbb 1[x > 0], \qquad \frac{\partial b}{\partial x} := \mathbb 1[x > 0]"
    paper = "source 000, the question"
    is_not = "Not a window around 0, as the saturated rule has: it cuts off all units below 0 and none above."
    aliases = ("identity behind a ReLU", "what source 001 computes")
    uses_slope = False
    color, dash = "#009E73", "solid"

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        return x.relu()

    def surrogate(self, x: Tensor, slope: float) -> Tensor:
        return (x > 0).to(x.dtype)


class DoReFa(StraightThrough):
    """DoReFa with one bit or more: the window of the gradient lies to the right of 0."""

    name = "dorefa"
    title = "DoReFa"
    summary = "Rounds clip(x, 0, 1): with one bit the threshold is 1/2. Gradient passes from 0 to 1 only."
    formula = (
        r"b = \frac{\operatorname{round}((2^k - 1) \operatorname{clip}(x, 0, 1))}{2^k - 1}, \qquad "
        r"\frac{\partial b}{\partial x} := \mathbb 1[0 \le x \le 1]"
    )
    paper = "Zhou et al. 2016, DoReFa-Net; DoReFa in larq"
    is_not = "Not centered on 0 like the other steps: a unit with x in (0, 1/2] is off. Not binary for k above 1."
    uses_slope = False
    threshold = 0.5
    color, dash = "#B8A800", "solid"

    bit_width: int = Field(1, ge=1, le=8)
    """Bits of a unit (k): it has 2^k values, evenly spread from 0 to 1."""

    @property
    def forward(self) -> Any:  # type: ignore[override]
        return "bits" if self.bit_width == 1 else "several bits"

    def step(self, x: Tensor) -> Tensor:
        intervals = 2**self.bit_width - 1
        return torch.round(x.clamp(0, 1) * intervals) / intervals

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        return x.clamp(0, 1)

    def surrogate(self, x: Tensor, slope: float) -> Tensor:
        return ((x >= 0) & (x <= 1)).to(x.dtype)
