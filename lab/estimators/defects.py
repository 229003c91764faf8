"""Mistakes in the code of the sources, kept as rules of their own: what they do can be seen beside the mended ones."""

from __future__ import annotations

import math

import torch
from pydantic import Field
from torch import Tensor

from lab.estimators.base import Estimator, Unit
from lab.estimators.copies import Copy
from lab.estimators.straight_through import Drawn


class InPlaceAlias(Estimator):
    """Source 000's detach trick, written with two names for one tensor."""

    name = "in-place-alias"
    title = "In-place alias (source 000)"
    summary = (
        "The detach trick y = x_b + (x_f - x_b).detach() after a step made in place: both names stand for the same "
        "tensor, whose every element was overwritten by a constant. The value is right, and nothing is sent back."
    )
    formula = r"b = \mathbb 1[x > 0], \qquad \frac{\partial b}{\partial x} = 0"
    paper = "source 000, the question's own code"
    is_not = (
        "Not ReLU backward, which it was written to be: that is r - r.detach() + b. Today's PyTorch refuses the "
        "original with 'modified by an inplace operation'; where nothing checks, it trains, without this gradient."
    )
    defect_of = "source 000"
    zero_gradient = True
    uses_slope = False
    color, dash = "#7F7F7F", "longdash"

    def binarize(self, x: Tensor, slope: float, noise: Tensor | None) -> Tensor:
        overwritten = self.step(x.detach())  # every element is a constant now, so x is forgotten
        forward = backward = overwritten
        return backward + (forward - backward).detach()


class InPlaceClamp(Copy):
    """Source 002's LBSign, which clips the gradient that it was handed instead of a copy."""

    name = "in-place-clamp"
    title = "In-place clamp (source 002)"
    summary = (
        "Clips the incoming gradient in its own memory. A shortcut around the units shares that memory, and has its "
        "gradient clipped too, without an error or a warning."
    )
    formula = (
        r"b = \mathbb 1[x > 0], \qquad \frac{\partial L}{\partial x} := \operatorname{clip}(g, -c, c),\; "
        r"g \leftarrow \frac{\partial L}{\partial x} \text{ wherever } g \text{ is used}"
    )
    paper = "source 002: grad_output.clamp_(-1, 1)"
    is_not = "Not value-clipped straight-through, which clips a copy: where no branch shares the gradient they agree."
    defect_of = "source 002"
    levels = None
    color, dash = "#0072B2", "longdash"

    gradient_clip: float | None = Field(1.0, gt=0, le=1e6)
    """Clip the incoming gradient to [-c, c], in place; None leaves it alone."""

    def letters(self, unit: Unit) -> dict[str, float]:
        return super().letters(unit) | {"c": math.inf if self.gradient_clip is None else self.gradient_clip}

    def backward(self, gradient: Tensor, drawn: Drawn) -> Tensor:
        # PyTorch refuses to write where several elements share one place, as after sum(): the source fails there.
        if self.gradient_clip is not None and not _elements_overlap(gradient):
            gradient.clamp_(-self.gradient_clip, self.gradient_clip)
        return super().backward(gradient, drawn)


def _elements_overlap(tensor: Tensor) -> bool:
    return any(size > 1 and stride == 0 for size, stride in zip(tensor.shape, tensor.stride(), strict=True))


class SignWithZero(Copy):
    """torch.sign as it is, with three values."""

    name = "sign-with-zero"
    title = "Sign with a zero (source 002)"
    summary = (
        "torch.sign(0) is 0, halfway between the two levels: a third value that nobody asked for and no bit can hold. "
        "Rare behind a linear layer, and half of all units behind a ReLU."
    )
    formula = (
        r"b_\pm = \operatorname{sign}(x),\; \operatorname{sign}(0) = 0, \qquad \frac{\partial b_\pm}{\partial x} := 1"
    )
    paper = "source 002: input.sign(); BinaryNet.pytorch"
    is_not = "Not a binary rule: packed into bits, its zeros become something else, and the net another net."
    defect_of = "source 002"
    forward = "ternary"
    levels = "-1/+1"
    color, dash = "#D55E00", "longdash"

    def step(self, x: Tensor) -> Tensor:
        return (torch.sign(x) + 1) / 2
