"""What a gradient estimator is: how a layer's pre-activations become bits, and what is sent back in return.

Formulas are for codes b in {0, 1}; a layer maps them to its own levels. Knows no model, data, optimizer or device.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import torch
from pydantic import Field
from torch import Tensor, nn

from lab.estimators.numbers import factor, number, with_numbers
from lab.parts import Part

if TYPE_CHECKING:
    from lab.models.rollout import Rollout

Levels = Literal["0/1", "-1/+1"]
Units = Literal["logistic", "hard-sigmoid"]

PROBABILITY_FLOOR = 1e-6
NOISE_FLOOR = 1e-6


class Shapes(NamedTuple):
    """What one example looks like in a net: at its input, and at each layer of binary units in the order they run."""

    inputs: torch.Size
    sites: tuple[torch.Size, ...]

    @property
    def bits(self) -> int:
        """Binary units of one example."""
        return sum(site.numel() for site in self.sites)


class Drawn(NamedTuple):
    """A layer's units as they were in the forward pass, all of one shape."""

    x: Tensor
    slope: float
    noise: Tensor | None
    codes: Tensor


class Unit(NamedTuple):
    """One sampled or thresholded unit with a loss of its own bit, in one step of a rule: plain numbers."""

    x: float
    slope: float
    p: float | None
    """P(b = 1); None for units that fire by threshold."""
    slope_of_p: float | None
    """dp/dx; None for units that fire by threshold."""
    noise: float
    code: float
    losses: tuple[float, float]
    """L(0) and L(1)."""
    incoming: float
    """L'(b): what arrives from above."""
    factor: float | None
    """What a straight-through rule multiplies it with; None for the others."""
    sent_back: float
    """What the rule makes of it all."""
    step: Callable[[], Rollout]
    """The same step once more, with the same noise."""

    @property
    def loss(self) -> float:
        """L(b)."""
        return self.losses[int(self.code > 0.5)]

    @property
    def score(self) -> float:
        """d log P(b) / dx of a sampled unit."""
        return self.score_of(self.code)

    def score_of(self, code: float) -> float:
        """d log P(b) / dx of a sampled unit, for another bit b."""
        assert self.p is not None
        assert self.slope_of_p is not None
        return self.slope_of_p / (self.p if code > 0.5 else self.p - 1)


class Estimator(Part):
    """A rule for training through bits: its forward pass, and the gradient it claims for it."""

    members: ClassVar[dict[str, type[Estimator]]] = {}
    family = "estimator"

    stochastic: ClassVar[bool] = False
    """Whether bits are sampled."""
    unbiased: ClassVar[bool] = False
    """Whether the expected gradient is the gradient of the expected loss, where no batch statistics follow the bits."""
    exact: ClassVar[bool] = False
    """Whether its gradient is that of the objective itself, the same in every draw."""
    zero_gradient: ClassVar[bool] = False
    """Whether nothing at all reaches the parameters in front of the bits."""
    uses_slope: ClassVar[bool] = True
    """Whether the slope changes anything."""
    levels: ClassVar[Levels | None] = "0/1"
    """The levels its surrogate is published for; None where it is the same on both."""
    threshold: ClassVar[float] = 0.0
    """The pre-activation that a deterministic unit has to exceed to be 1."""
    code_at_zero: ClassVar[int] = 0
    """The bit a deterministic unit takes at its threshold."""
    forward: ClassVar[Literal["bits", "soft", "ternary", "scaled bits", "several bits"]] = "bits"
    """What the layers after it see while training."""
    objective: ClassVar[str] = "the expected loss"
    """What its gradient is meant to be the gradient of."""
    wraps: ClassVar[bool] = False
    """Whether it is a wrapper around another rule."""
    cost: ClassVar[str] = "1"
    """Loss evaluations of one step: S layers of n units in all, K samples or M draws."""
    is_not: ClassVar[str] = ""
    """What it is easily taken for."""
    aliases: ClassVar[tuple[str, ...]] = ()
    """Other names of the same rule."""

    @property
    def inner(self) -> Estimator:
        """The rule that each draw follows: itself, unless it wraps another."""
        return self

    @property
    def binarizes_only(self) -> bool:
        """Whether `binarize` is all there is to the rule, so that it can also binarize weights."""
        return type(self).loss is Estimator.loss

    def passes(self, shapes: Shapes) -> int:
        """Cost of one step in loss evaluations, for a net of these shapes."""
        return 1

    def refusal(self, shapes: Shapes) -> str | None:
        """Why the rule cannot be used in a net of these shapes, as a sentence without its end; None if it can."""
        return None

    def combined(self, losses: Tensor) -> Tensor:
        """The objective of each example (B,) from the losses (K, B) of the K draws that it takes, by default one."""
        return losses.mean(0)

    @property
    def draws_in_objective(self) -> int:
        """How many independent draws of all bits the objective is the expectation over."""
        return 1

    def probability(self, x: Tensor, slope: float) -> Tensor:
        """P(b = 1) of stochastic units: float32 in [1e-6, 1 - 1e-6], shape of `x`, zero gradient outside."""
        raise TypeError(f"{self.name} is deterministic: its units have no probability")

    def step(self, x: Tensor) -> Tensor:
        """The bits of deterministic units: {0, 1} in the shape and type of `x`."""
        return (x >= self.threshold if self.code_at_zero else x > self.threshold).to(x.dtype)

    def bits(self, x: Tensor, slope: float, noise: Tensor | None) -> Tensor:
        """The bits alone, without gradient: sampled where `noise` < p, or the step where `noise` is None."""
        with torch.no_grad():
            if noise is None:
                return self.step(x)
            return (noise < self.probability(x, slope)).to(x.dtype)

    def binarize(self, x: Tensor, slope: float, noise: Tensor | None) -> Tensor:
        """Codes of `x` with their gradient attached.

        Args:
            x: pre-activations, any shape.
            slope: how steep the smooth function is at 0, relative to its standard form.
            noise: U(0, 1) of the shape of `x` for stochastic units, None for deterministic ones.
        """
        return self.bits(x, slope, noise)

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        """The scalar to back-propagate. Coefficients in it are detached; `rollout()` runs the net on the batch."""
        return rollout().loss.mean()

    def worked(self, unit: Unit, state: nn.Module | None) -> list[str]:
        """The formula with a unit's numbers in the place of its letters; nothing where nothing is sent back.

        Args:
            unit: what to work out.
            state: as it was before the step.

        Returns:
            Lines of LaTeX, of which the last ends with what is sent back.
        """
        return []

    def new_state(self, shapes: Shapes) -> nn.Module | None:
        """What the rule remembers or learns over a run of a net of these shapes; None where it needs nothing."""
        return None


class StraightThrough(Estimator):
    """Rules that send the incoming gradient back through the bits, times the derivative of a smooth function."""

    gradient_clip: float | None = Field(None, gt=0, le=1e6)
    """Clip the incoming gradient to [-c, c]; None leaves it alone."""
    gate: float | None = Field(None, gt=0, le=1e6)
    """No gradient where |x| is above this; None lets all of it pass."""

    def letters(self, unit: Unit) -> dict[str, float]:
        """What the letters of the formula stand for, by their LaTeX."""
        known = {"x": unit.x, "a": unit.slope, "p": unit.p, "b": unit.code, "g": unit.incoming, "c": self.gate}
        return {letter: value for letter, value in known.items() if value is not None}

    def worked(self, unit: Unit, state: nn.Module | None) -> list[str]:
        assert unit.factor is not None
        last = self.formula.rpartition(r"\qquad")[2].strip()
        quotient, equals, surrogate = re.split(r"\s*(:?=)\s*", last.partition(r",\;")[0], maxsplit=1)
        surrogate = with_numbers(surrogate, self.letters(unit))
        if "L" in quotient:
            return [f"{quotient} {equals} {surrogate} = {number(unit.sent_back)}"]
        half, published = (r"\tfrac12 \cdot", 2 * unit.factor) if self.levels == "-1/+1" else ("", unit.factor)
        first = [] if surrogate == number(published) else [f"{quotient} {equals} {surrogate} = {number(published)}"]
        # On codes b = (b± + 1) / 2 a factor that is published for -1 and +1 counts half.
        numbers = rf"{half} {factor(unit.incoming)} \cdot {factor(published)} = {number(unit.sent_back)}"
        return [*first, rf"{half} g\, {quotient} = {numbers}"]

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


def logistic(x: Tensor, slope: float) -> Tensor:
    """P(b = 1) of logistic units, sigmoid(slope x): float32, away from 0 and 1 by 1e-6."""
    return torch.sigmoid(slope * x.float()).clamp(PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)


def hard_sigmoid(x: Tensor, slope: float) -> Tensor:
    """P(b = 1) of hard-sigmoid units, clip((slope x + 1) / 2, 0, 1): float32, away from 0 and 1 by 1e-6.

    This is the hard sigmoid of BinaryConnect and HM-RNN (slope 1/2 on [-1, 1]), not `torch.nn.Hardsigmoid`.
    """
    return ((slope * x.float() + 1) / 2).clamp(PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)


def logistic_noise(noise: Tensor) -> Tensor:
    """Logistic noise from U(0, 1): a logistic unit of logit θ is 1 exactly where θ plus it is above 0."""
    return -torch.logit(noise, NOISE_FLOOR)


def unit_probability(units: Units, x: Tensor, slope: float) -> Tensor:
    """P(b = 1) of units of that kind."""
    return logistic(x, slope) if units == "logistic" else hard_sigmoid(x, slope)


def to_levels(codes: Tensor, levels: Levels, published: Levels | None) -> Tensor:
    """Codes in {0, 1} as values of a layer's levels.

    The gradient of the result is that of a surrogate published for `published` levels, rescaled to `levels` by the
    chain rule (b± = 2b - 1); None: the same surrogate on both.
    """
    low, span = (0.0, 1.0) if levels == "0/1" else (-1.0, 2.0)
    gain = 1.0 if published is None else span / (1.0 if published == "0/1" else 2.0)
    if gain == span:
        return codes if levels == "0/1" else codes * span + low
    # Not multiplied by 1, which would hand the rule a copy of the incoming gradient instead of the gradient itself.
    scaled = codes if gain == 1 else codes * gain
    return scaled + (codes.detach() * (span - gain) + low)
