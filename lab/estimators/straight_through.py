"""What straight-through rules share: bits forward, the derivative of a smooth function backward, and two clips."""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import torch
from pydantic import Field
from torch import Tensor, nn

from lab.estimators.base import Estimator, Unit
from lab.estimators.numbers import factor, number, with_numbers

GREEK = {"α": r"\alpha", "β": r"\beta", "ε": r"\epsilon", "τ": r"\tau", "Δ": r"\Delta"}
"""Letters of fields, as formulas have them."""
_GATE = r"\|x\| \\le [ct]"
"""How a formula tells of its gate."""


class Drawn(NamedTuple):
    """A layer's units as they were in the forward pass, all of one shape."""

    x: Tensor
    slope: float
    noise: Tensor | None
    codes: Tensor


class StraightThrough(Estimator):
    """Rules that send the incoming gradient back through the bits, times the derivative of a smooth function."""

    gradient_clip: float | None = Field(None, gt=0, le=1e6)
    """Clip the incoming gradient to [-c, c]; None leaves it alone."""
    gate: float | None = Field(None, gt=0, le=1e6)
    """No gradient where |x| is above this (c); None lets all of it pass."""

    def letters(self, unit: Unit) -> dict[str, float]:
        """What the letters of the formula stand for, by their LaTeX: a field's letter is in parentheses in its text."""
        known = {"x": unit.x, "a": unit.slope, "b": unit.code, "g": unit.incoming}
        for name, field in type(self).model_fields.items():
            symbol = re.search(r"\((\w)\)", field.description or "")
            if symbol:
                value = getattr(self, name)
                known[GREEK.get(symbol[1], symbol[1])] = math.inf if value is None else value
        return known if unit.p is None else known | {"p": unit.p}

    def clipped(self, gradient: float) -> float:
        """An incoming gradient after its clip."""
        return gradient if self.gradient_clip is None else max(-self.gradient_clip, min(self.gradient_clip, gradient))

    def worked(self, unit: Unit, state: nn.Module | None) -> list[str]:
        assert unit.factor is not None
        if self.gate is not None and abs(unit.x) > self.gate and not re.search(_GATE, self.equation):
            return [rf"g \cdot \mathbb 1[|x| \le {number(self.gate)}] = {factor(unit.incoming)} \cdot 0 = 0"]
        last = self.equation.rpartition(r"\qquad")[2].strip()
        quotient, equals, surrogate = re.split(r"\s*(:?=)\s*", last.partition(r",\;")[0], maxsplit=1)
        surrogate = with_numbers(surrogate, self.letters(unit))
        if "L" in quotient:
            return [f"{quotient} {equals} {surrogate} = {number(unit.sent_back)}"]
        # On codes b = (b± + 1) / 2, half of what arrives is meant for a factor that is published for -1 and +1.
        half, arrived = (r"\tfrac12 \cdot", unit.incoming / 2) if self.levels == "-1/+1" else ("", unit.incoming)
        letter, shown, lines = f"{half} g", f"{half} {factor(unit.incoming)}", []
        if self.gradient_clip is not None:
            limit, arrived = number(self.gradient_clip), self.clipped(arrived)
            clip = rf"\operatorname{{clip}}({shown}, -{limit}, {limit})"
            lines.append(rf"g_c = {clip} = {number(arrived)}")
            letter, shown = "g_c", factor(arrived)
        found = unit.sent_back / arrived if arrived else unit.factor
        if surrogate != number(found):
            lines.append(f"{quotient} {equals} {surrogate} = {number(found)}")
        return [*lines, rf"{letter}\, {quotient} = {shown} \cdot {factor(found)} = {number(unit.sent_back)}"]

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        """The function whose derivative stands in for the derivative of the bits."""
        return self.probability(x, slope)

    def surrogate(self, x: Tensor, slope: float) -> Tensor:
        """The factor on the incoming gradient: the derivative of `smooth`, which a rule may state in closed form."""
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            (slopes,) = torch.autograd.grad(self.smooth(x, slope).sum(), x)
        return slopes

    def backward(self, gradient: Tensor, drawn: Drawn) -> Tensor:
        """What is sent back for an incoming gradient, all of the shape of `x`."""
        if self.gradient_clip is not None:
            gradient = gradient.clamp(-self.gradient_clip, self.gradient_clip)
        gradient = self.sent_back(gradient, drawn)
        # Inclusive: latent weights clipped to [-c, c] would otherwise freeze at the wall.
        return gradient if self.gate is None else gradient * (drawn.x.abs() <= self.gate)

    def sent_back(self, gradient: Tensor, drawn: Drawn) -> Tensor:
        """The rule itself, between the two clips."""
        return gradient * self.surrogate(drawn.x, drawn.slope)

    def codes(self, x: Tensor, slope: float, noise: Tensor | None) -> Tensor:
        """What the layers above see while training, without gradient: the bits, or what a rule puts in their place."""
        return self.bits(x, slope, noise)

    def binarize(self, x: Tensor, slope: float, noise: Tensor | None) -> Tensor:
        with torch.no_grad():
            codes = self.codes(x, slope, noise)
        return _CodesWithSurrogate.apply(x, codes, noise, self, slope)


class _CodesWithSurrogate(torch.autograd.Function):
    """Codes forward, a rule's surrogate backward."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, codes: Tensor, noise: Tensor | None, rule: StraightThrough, slope: float
    ) -> Tensor:
        ctx.save_for_backward(x, codes, noise)
        ctx.rule, ctx.slope = rule, slope
        return codes

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None, None]:
        x, codes, noise = ctx.saved_tensors
        return ctx.rule.backward(gradient, Drawn(x, ctx.slope, noise, codes)), None, None, None, None
