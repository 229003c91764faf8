"""Weights that are bits of a latent weight: what linear and convolutional layers share that have them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from lab.estimators import Levels, StraightThrough, to_levels
from lab.estimators.relaxed import Relaxed
from lab.models.layers import Stage

Scale = Literal["none", "max", "mean"]

WeightLevels = Annotated[
    Levels,
    Field(description="Values of a binary weight. Without -1 nothing but batch norm can inhibit a unit."),
]
WeightRule = Annotated[
    StraightThrough,
    Field(description="How gradients reach the latent weights behind the bits."),
]
StochasticWeights = Annotated[
    bool,
    Field(
        description="Draw every weight at each step, with the probability that its rule gives it, as BinaryConnect "
        "does; else, and in every evaluation, it is the bit on whose side of the threshold its latent weight is. "
        "Latent weights begin near the threshold, so it takes a large learning rate, such as 0.03 of Adam."
    ),
]
WeightScale = Annotated[
    Scale,
    Field(
        description="What bits are multiplied by: nothing; the largest |w| of the layer, by which latent weights are "
        "divided before (source 002's allow_scale); or, filter by filter, what comes closest to the latent weights: "
        "the mean of |w| for -1 and +1 (XNOR-Net)."
    ),
]
"""Fields of architectures whose layers can have binary weights."""

SMALLEST_SCALE = 1e-12
"""Stands for the largest of weights that are all 0, so that they are divided by something and still have two values."""


class WeightBits(NamedTuple):
    """How the weights of a layer become bits of its latent weights.

    Scaled by `max`, a stochastic sign (Courbariaux et al. 2016) rounds w / s at random, s = max |w|: no weight is
    beyond ±s, so the mean of s b is w for every one of them. The identity, which sends g back as g, is then exactly
    the derivative of that mean. s itself gets no gradient: all of it would go to the one weight that is the largest.

    Scaled by `mean`, α b is the multiple of the bits that is closest to the weights: α = w·b / b·b for each filter,
    which is the mean of |w| for bits of -1 and +1 (Rastegari et al. 2016). α gets its own gradient, the exact one,
    dα/dw = b / b·b: α is a smooth function of the weights between two flips, and needs no estimator. The paper writes
    only the share of it that a weight's own gradient has, g / n. Where batch norm follows, all of it adds up to 0.
    """

    levels: Levels
    rule: StraightThrough
    scale: Scale = "none"
    stochastic: bool = False

    @property
    def refusal(self) -> str | None:
        """Why there can be no such weights: a sentence without its end that begins with a field. None if there can."""
        if self.stochastic and not _samples_bits(self.rule):
            fitting = [name for name, rule in StraightThrough.choices().items() if _samples_bits(rule())]
            return (
                f"stochastic_weights is set, and weight_rule {self.rule.name!r} does not sample bits; "
                f"allowed: {', '.join(fitting)}"
            )
        if isinstance(self.rule, Relaxed) and not self.stochastic:
            return f"weight_rule {self.rule.name!r} needs noise, and stochastic_weights is not set"
        if self.scale != "none" and self.rule.forward == "scaled bits":
            return (
                f"weight_scale is {self.scale!r}, and weight_rule {self.rule.name!r} has a scale of its own; "
                "set weight_scale to none, or weight_rule.allow_scale to false"
            )
        return None

    def of(self, latent: Tensor, noise: Tensor | None = None) -> Tensor:
        """The weights in use, of the shape of the latent ones (filters, ...), with their gradient attached.

        Args:
            latent: as they are, or the bits themselves, where an optimizer keeps no more of them.
            noise: U(0, 1) of the same shape draws each bit; None takes the likelier one, without a gradient where
                weights are stochastic.
        """
        if self.scale == "max":
            largest = latent.detach().abs().amax().clamp(min=SMALLEST_SCALE)
            bits = self._bits(_InPlaceOf.apply(latent, latent.detach() / largest), noise)
            return _InPlaceOf.apply(bits, bits.detach() * largest)
        bits = self._bits(latent, noise)
        return bits if self.scale == "none" else bits * self._closest(latent)

    def _bits(self, x: Tensor, noise: Tensor | None) -> Tensor:
        draws = noise is not None or not self.stochastic
        codes = self.rule.binarize(x, 1.0, noise) if draws else self.rule.bits(x, 1.0, None)
        return to_levels(codes, self.levels, self.rule.levels)

    def _closest(self, latent: Tensor) -> Tensor:
        """α of each filter, shaped to multiply it."""
        with torch.no_grad():
            bits = to_levels(self.rule.step(latent), self.levels, self.levels).flatten(1)
            among = bits.square().sum(1).clamp(min=1)
        scales = (latent.flatten(1) * bits).sum(1) / among
        return scales.view(-1, *[1] * (latent.dim() - 1))


def _samples_bits(rule: StraightThrough) -> bool:
    return rule.stochastic and rule.forward in ("bits", "scaled bits")


class _InPlaceOf(torch.autograd.Function):
    """A value forward. What arrives goes back as it is, to what the value stands for: so s f(w / s) has the slope
    f'(w / s) to the last digit, where a multiplication and a division would both round."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, value: Tensor) -> Tensor:
        return value

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient, None


class BinaryWeights(nn.Module):
    """A branch: layers whose weights are bits of a latent weight, which `weight` holds, and whose bias stays real.

    Optimizers that need no latent weight keep the bits themselves in `weight`; thresholding then changes nothing.
    Stochastic weights are drawn once for all passes of a step. Evaluations, and whatever looks at the net, take the
    likelier bits: the paper of BinaryConnect takes the latent weights there, which would be no bits.
    """

    weight: Tensor
    bits: WeightBits
    stage: Stage

    def binary_weight(self) -> Tensor:
        """The weights in use, (outputs, ...), two values times their scale, with their gradient attached."""
        noise = self.stage.noise(self, self.weight) if self.bits.stochastic else None
        return self.bits.of(self.weight, noise)


class BinaryLinear(BinaryWeights, nn.Linear):
    """A linear layer with binary weights."""

    def __init__(self, inputs: int, outputs: int, stage: Stage, bits: WeightBits, bias: bool = False) -> None:
        super().__init__(inputs, outputs, bias=bias)
        self.stage, self.bits = stage, bits

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.binary_weight(), self.bias)


class BinaryConv2d(BinaryWeights, nn.Conv2d):
    """A convolution with binary weights. Padding is of zeros, as around real-valued ones."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stage: Stage, bits: WeightBits, stride: int = 1, padding: int = 0
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride=stride, padding=padding)
        self.stage, self.bits = stage, bits

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.binary_weight(), self.bias)
