"""Ternary units, as the contrast: what changes when 0 is allowed."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor

from lab.estimators.copies import Copy


class Ternary(Copy):
    """The ternary straight-through estimator."""

    name = "ternary"
    title = "Ternary straight-through (SteTern)"
    summary = (
        "Small pre-activations give 0, halfway between the two levels. Not a binary rule: each unit takes 1.6 bits."
    )
    formula = (
        r"b_\pm = \operatorname{sign}(x)\,\mathbb 1[|x| > \Delta], \qquad "
        r"\frac{\partial b_\pm}{\partial x} := \mathbb 1[|x| \le c]"
    )
    paper = "Li, Zhang & Liu 2016, Ternary Weight Networks; SteTern in larq"
    is_not = "Not the sign with sign(0) = 0: a whole range of pre-activations, up to Δ, gives 0."
    forward = "ternary"
    levels = "-1/+1"
    color, dash = "#7F7F7F", "dashdot"

    gate: float | None = Field(1.0, gt=0, le=1e6)
    """No gradient where |x| is above this (c); None lets all of it pass."""
    dead_zone: float | None = Field(0.05, ge=0, le=1e6)
    """Pre-activations up to this give 0 (Δ); None takes 0.7 times the mean of |x| over the whole tensor."""

    def step(self, x: Tensor) -> Tensor:
        reach = 0.7 * x.abs().mean() if self.dead_zone is None else self.dead_zone
        return ((x > reach).to(x.dtype) + (x >= -reach).to(x.dtype)) / 2
