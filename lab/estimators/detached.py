"""Bits that send nothing back: what autograd gives for a step, and what source 003 and its parent call REINFORCE."""

from __future__ import annotations

from torch import Tensor

from lab.estimators.base import Estimator
from lab.estimators.units import hard_sigmoid


class ZeroGradient(Estimator):
    """What automatic differentiation really gives for a step."""

    name = "zero-gradient"
    title = "Zero gradient"
    summary = "The step as autograd sees it, as in relu(sign(x)) or round(x): its derivative is 0."
    formula = r"b = \mathbb 1[x > 0], \qquad \frac{\partial b}{\partial x} := 0"
    paper = "source 000, third answer"
    aliases = ("relu(sign(x))", "round", "torch.sign", "x > 0")
    is_not = "Not an error: sign and round have a gradient, which is exactly 0, so nothing warns."
    defect_of = "source 000"
    zero_gradient = True
    uses_slope = False
    color, dash = "#7F7F7F", "dot"


class DetachedSample(Estimator):
    """Stochastic source-003 'REINFORCE'."""

    name = "detached-sample"
    title = "Detached sample (source 003's 'REINFORCE')"
    summary = (
        "Samples from a hard sigmoid and sends nothing back: the log-probability is defined in the source and never "
        "used. Everything in front of the bits stays as it was drawn; only the layers after them learn."
    )
    formula = (
        r"b \sim \mathrm{Bernoulli}(p),\; p = \operatorname{clip}(\tfrac{ax+1}2, 0, 1), \qquad "
        r"\frac{\partial b}{\partial x} = 0"
    )
    paper = "source 003 and Wizaron/binary-stochastic-neurons"
    is_not = "Not REINFORCE: no log-probability is ever multiplied by a loss."
    defect_of = "source 003"
    stochastic = True
    zero_gradient = True
    color, dash = "#7F7F7F", "solid"

    def probability(self, x: Tensor, slope: float) -> Tensor:
        return hard_sigmoid(x, slope)


class DetachedRound(Estimator):
    """Deterministic source-003 'REINFORCE'."""

    name = "detached-round"
    title = "Detached round (source 003's deterministic 'REINFORCE')"
    summary = (
        "Rounds the hard sigmoid and sends nothing back. A deterministic bit has no distribution, so its score is 0: "
        "REINFORCE through it does not exist."
    )
    formula = r"b = \mathbb 1[x > 0], \qquad \frac{\partial b}{\partial x} = 0"
    paper = "source 003 and Wizaron/binary-stochastic-neurons"
    is_not = "Not REINFORCE with little noise: where nothing is sampled, no log-probability can be learned from."
    defect_of = "source 003"
    uses_slope = False
    zero_gradient = True
    color, dash = "#7F7F7F", "dash"
