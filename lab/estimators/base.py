"""What a gradient estimator is: how a layer's pre-activations become bits, and what is sent back in return.

Formulas are for codes b in {0, 1}; a layer maps them to its own levels. Knows no model, data, optimizer or device.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

import torch
from torch import Tensor, nn

from lab.parts import Part

if TYPE_CHECKING:
    from lab.models.rollout import Rollout

Levels = Literal["0/1", "-1/+1"]


class Shapes(NamedTuple):
    """What one example looks like in a net: at its input, and at each layer of binary units in the order they run."""

    inputs: torch.Size
    sites: tuple[torch.Size, ...]

    @property
    def bits(self) -> int:
        """Binary units of one example."""
        return sum(site.numel() for site in self.sites)


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
    loss: float
    """L(b), also of a value b that is no bit."""
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
    """The bit a unit takes at its threshold, where it fires or is evaluated by threshold."""
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
    def equation(self) -> str:
        """The formula at these settings (LaTeX)."""
        return self.formula

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
    return scaled + (codes.detach() * (span - gain)).add_(low)
