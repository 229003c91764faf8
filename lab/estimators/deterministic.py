"""Rules for units that fire by threshold: the derivative of the step is 0, so each puts another in its place."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor

from lab.estimators.base import Estimator, StraightThrough


class ZeroGradient(Estimator):
    """What automatic differentiation really gives for a step."""

    name = "zero-gradient"
    title = "Zero gradient"
    summary = "The step as autograd sees it, as in relu(sign(x)) or round(x): its derivative is 0."
    formula = r"b = \mathbb 1[x > 0], \qquad \frac{\partial b}{\partial x} := 0"
    paper = "source 000, third answer"
    defect_of = "source 000"
    zero_gradient = True
    uses_slope = False
    color, dash = "#7F7F7F", "dot"


class Identity(StraightThrough):
    """The original straight-through estimator."""

    name = "identity"
    title = "Identity straight-through"
    summary = "Copies the incoming gradient as if the step were not there."
    formula = r"b = \mathbb 1[x > 0], \qquad \frac{\partial b}{\partial x} := 1"
    paper = "Hinton 2012, lecture 15b; Bengio, Léonard & Courville 2013"
    levels = None
    uses_slope = False
    color, dash = "#0072B2", "solid"

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        return x

    def sent_back(self, gradient: Tensor, x: Tensor, slope: float) -> Tensor:
        return gradient


class ValueClipped(StraightThrough):
    """Identity straight-through whose incoming gradient is clipped."""

    name = "value-clipped"
    title = "Value-clipped straight-through"
    summary = (
        "Clips the incoming gradient's value, then copies it. With a loss averaged over a batch the gradients are so "
        "small that the clip never acts."
    )
    formula = r"b = \mathbb 1[x > 0], \qquad \frac{\partial L}{\partial x} := \operatorname{clip}(g, -c, c)"
    paper = "source 001: hardtanh(grad_output)"
    levels = None
    uses_slope = False
    color, dash = "#0072B2", "dash"

    gradient_clip: float | None = Field(1.0, gt=0, le=1e6)
    """Clip the incoming gradient to [-c, c]; None leaves it alone."""

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        return x

    def sent_back(self, gradient: Tensor, x: Tensor, slope: float) -> Tensor:
        return gradient


class Saturated(StraightThrough):
    """Straight-through with a gate on the pre-activation."""

    name = "saturated"
    title = "Saturated straight-through (Htanh)"
    summary = "Copies the incoming gradient where |x| is within the gate and blocks it elsewhere."
    formula = r"b_\pm = \operatorname{sign}(x), \qquad \frac{\partial b_\pm}{\partial x} := \mathbb 1[|x| \le c]"
    paper = "Hubara, Courbariaux et al. 2016, Binarized Neural Networks; SteSign in larq"
    levels = "-1/+1"
    code_at_zero = 1
    uses_slope = False
    color, dash = "#D55E00", "solid"

    gate: float | None = Field(1.0, gt=0, le=1e6)
    """No gradient where |x| is above this; None lets all of it pass."""

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        return x

    def sent_back(self, gradient: Tensor, x: Tensor, slope: float) -> Tensor:
        return gradient


class ReluBackward(StraightThrough):
    """Step forward, ReLU backward: what source 000 asked for."""

    name = "relu-backward"
    title = "ReLU backward"
    summary = "Copies the gradient to units that fired. A unit that is off gets nothing and can stay off for ever."
    formula = r"b = \mathbb 1[x > 0], \qquad \frac{\partial b}{\partial x} := \mathbb 1[x > 0]"
    paper = "source 000, the question"
    uses_slope = False
    color, dash = "#009E73", "solid"

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        return x.relu()

    def surrogate(self, x: Tensor, slope: float) -> Tensor:
        return (x > 0).to(x.dtype)


class HardSigmoid(StraightThrough):
    """Deterministic hard-sigmoid straight-through with a slope to anneal."""

    name = "hard-sigmoid"
    title = "Hard-sigmoid straight-through"
    summary = "Sends the gradient through a hard sigmoid. A larger slope brings it closer to the step, and narrows it."
    formula = r"b = \mathbb 1[x > 0], \qquad \frac{\partial b}{\partial x} := \tfrac a2\, \mathbb 1[|ax| < 1]"
    paper = "Chung, Ahn & Bengio 2017; source 003, 'Deterministic ST'"
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
    levels = "-1/+1"
    code_at_zero = 1
    uses_slope = False
    color, dash = "#E69F00", "solid"

    def smooth(self, x: Tensor, slope: float) -> Tensor:
        x = x.clamp(-1, 1)
        return 2 * x - x * x.abs()

    def surrogate(self, x: Tensor, slope: float) -> Tensor:
        return (2 - 2 * x.abs()).clamp_(min=0)
