"""Nets of a few binary units, small enough to enumerate, and what an estimator's gradient is for them.

Parameters have a row for every draw: one backward pass gives the gradient of each draw by itself, and many thousand
draws cost one batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Self

import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from torch import Tensor, nn

from lab.estimators import Estimator, Levels, Shapes
from lab.estimators.stochastic import BernoulliStraightThrough
from lab.models import Net, Rollout
from lab.models.layers import BinaryUnits
from lab.oracle import NotEnumerable, exact_gradient
from lab.parts import Value, whole

Loss = Literal["quadratic", "quartic", "cross-entropy"]

PICTURED = (
    *("score-function", "reinforce", "rloo", "arm", "disarm", "muprop", "rebar", "relax", "local-expectation"),
    *("bernoulli", "reinmax", "fired-only", "concrete", "st-concrete", "sigmoid-adjusted"),
)
"""The fifteen rules of the first picture of bias and noise."""
ENOUGH = 30
"""Times that the rarest bit should be drawn, for means and their errors to be known."""
MOST_UNITS = 12
"""Units of a toy: 2^12 = 4 096 codes for one exact gradient."""
NO_GRADIENT = 1e-7
"""An exact gradient no longer than this is as good as 0."""
LESSONS = 25
"""Batches that rules which learn may learn from before they are measured."""
LESSON_DRAWS = 500
"""Draws in each of those batches."""

Number = Annotated[float, Field(ge=-1e3, le=1e3)]


class Toy(Value):
    """A row of binary units with a weighted sum behind them: L = loss(w.b)."""

    logits: tuple[Number, ...] = (0.3, -0.7, 1.2, 0.0, -1.5, 0.8)
    """Pre-activation of each unit (x)."""
    weights: tuple[Number, ...] = (1.0, -0.5, 0.8, 0.3, 0.6, -0.9)
    """Weight of each unit in the sum (w)."""
    loss: Loss = "quadratic"
    """(w.b - t)², (w.b - t)⁴, or the cross-entropy log(1 + exp(t - w.b))."""
    target: Number = 1.0
    """What the sum is compared with (t)."""

    @model_validator(mode="after")
    def _can_be_enumerated(self) -> Self:
        units = len(self.logits)
        if not 1 <= units <= MOST_UNITS:
            raise whole(
                f"logits has {units} numbers, a unit each: the exact gradient would take 2^{units} codes, "
                f"and a dot for every draw as many losses; allowed are 1 to {MOST_UNITS} units"
            )
        if units != len(self.weights):
            numbers = "1 number" if units == 1 else f"{units} numbers"
            raise whole(f"logits has {numbers} and weights has {len(self.weights)}; every unit needs one of each")
        return self

    @property
    def shapes(self) -> Shapes:
        """What one example looks like; its input is a number that nothing looks at."""
        return Shapes(torch.Size((1,)), (torch.Size((len(self.logits),)),))

    def net(self, draws: int = 1) -> ToyNet:
        """The net, with a row of parameters for every draw."""
        logits, weights = torch.tensor(self.logits), torch.tensor(self.weights)
        return ToyNet(logits, weights[:, None], self.loss, target=self.target, draws=draws)


class ToyNet(Net):
    """Units straight on their pre-activations; optionally a second layer of units, a skip connection, or both.

    Every parameter is (draws, ...). Example i uses row i, in every tile.
    """

    def __init__(
        self,
        first: Tensor,
        readout: Tensor,
        loss: Loss = "quadratic",
        second: Tensor | None = None,
        skip: Tensor | None = None,
        target: float = 1.0,
        draws: int = 1,
        levels: Levels = "0/1",
    ) -> None:
        super().__init__()

        def rows(values: Tensor) -> nn.Parameter:
            return nn.Parameter(values.expand(draws, *values.shape).clone())

        self.loss_name, self.target, self.draws = loss, target, draws
        self.first = rows(first)
        """(draws, units): pre-activations of the first site."""
        self.second = None if second is None else rows(second)
        """(draws, units + 1, units of the second site): weights between the sites, a bias last."""
        self.skip = None if skip is None else rows(skip)
        """(draws, units of the first site or of the input, outputs): around the last site."""
        self.readout = rows(readout)
        """(draws, units of the last site, outputs)."""
        self.units1 = BinaryUnits(self.stage, levels)
        if second is not None:
            self.units2 = BinaryUnits(self.stage, levels)
        self.prepare()

    def forward(self, x: Tensor) -> Tensor:
        copies = len(x) // self.draws

        def tiled(parameter: Tensor) -> Tensor:
            return parameter.repeat(copies, *[1] * (parameter.dim() - 1))

        below = tiled(self.first)
        bits = self.units1(below)
        if self.second is not None:
            weights = tiled(self.second)
            below = bits
            bits = self.units2(_times(bits, weights[:, :-1]) + weights[:, -1])
        output = _times(bits, tiled(self.readout))
        return output if self.skip is None else output + _times(below, tiled(self.skip))

    def losses(self, output: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
        if self.loss_name != "cross-entropy":
            return (output.sum(1) - self.target) ** (2 if self.loss_name == "quadratic" else 4)
        if output.shape[1] == 1:
            return F.softplus(self.target - output[:, 0])
        return F.cross_entropy(output, targets, reduction="none")


def _times(rows: Tensor, matrices: Tensor) -> Tensor:
    return torch.bmm(rows[:, None], matrices)[:, 0]


@dataclass(frozen=True)
class Measured:
    """An estimator's gradient for the logits of a toy beside the exact one; all (units,), float64."""

    exact: Tensor
    """Gradient of the expected loss, under the rule's own probabilities; logistic ones where it has none."""
    mean: Tensor
    """Mean of the draws."""
    variance: Tensor
    """Variance of one draw."""
    noise_variance: float
    """Variance of one draw's squared distance from the mean: how well the noise is known."""
    draws: int
    """How many there were."""
    passes: int
    """Cost of a draw in loss evaluations."""

    @property
    def bias(self) -> float:
        """Distance of the mean from the truth, in units of the length of the truth."""
        return float((self.mean - self.exact).norm() / self._scale)

    @property
    def bias_error(self) -> float:
        """How far off the bias may be with a probability of 5 % at most: 1.96 standard errors of the mean as a whole.

        The error of the mean has no more length along any one direction than it has as a whole.
        """
        return float(1.96 * (self.variance.sum() / self.draws).sqrt() / self._scale)

    @property
    def noise(self) -> float:
        """Standard deviation of one draw over all units, in the same units."""
        return float(self.variance.sum().sqrt() / self._scale)

    @property
    def noise_error(self) -> float:
        """How far off the noise may be: 1.96 standard errors, from the fourth moment of the draws."""
        spread = float(self.variance.sum())
        if not spread:
            return 0.0
        return float(1.96 * (self.noise_variance / self.draws) ** 0.5 / (2 * spread**0.5) / self._scale)

    @property
    def relative(self) -> bool:
        """Whether bias and noise are in units of the exact gradient's length; absolute where that is 0."""
        return float(self.exact.norm()) > NO_GRADIENT

    @property
    def _scale(self) -> float:
        return float(self.exact.norm()) if self.relative else 1.0


def measure(
    toy: Toy, rule: Estimator, slope: float, draws: int, seed: int = 0, state: nn.Module | None = None
) -> Measured:
    """Bias and variance of a rule on a toy.

    Args:
        toy: the net.
        rule: what is measured; one that learns learns first.
        slope: of the units.
        draws: estimates to make.
        seed: of their noise.
        state: what `taught` has given already; None lets the rule learn now.

    Raises:
        NotEnumerable: the rule cannot be used in a net of that size.
    """
    exact = exact_of(toy, rule, slope)
    state = taught(toy, rule, slope, seed) if state is None else state
    has_noise = rule.stochastic and not rule.zero_gradient and not rule.exact
    drawn = _draws(toy, rule, slope, draws if has_noise else 2, seed, state)
    distances = (drawn - drawn.mean(0)).square().sum(1)
    passes = rule.passes(toy.shapes)
    return Measured(exact, drawn.mean(0), drawn.var(0), float(distances.var()), len(drawn), passes)


def taught(toy: Toy, rule: Estimator, slope: float, seed: int = 0) -> nn.Module | None:
    """What a rule remembers or has learned after some batches of a toy; None where it needs nothing."""
    state = rule.new_state(toy.shapes)
    if state is not None:
        lesson = toy.net(LESSON_DRAWS)
        for number in range(LESSONS):
            rule.loss(_rollout(lesson, rule, slope, seed + 1 + number), state)
    return state


def rarest_bit(toy: Toy, rule: Estimator, slope: float) -> float:
    """The smallest probability of either value of a unit that has a gradient; 1/2 where nothing is sampled."""
    if not rule.stochastic:
        return 0.5
    x = torch.tensor(toy.logits, requires_grad=True)
    p = rule.probability(x, slope)
    (slopes,) = torch.autograd.grad(p.sum(), x)
    rarer = torch.minimum(p, 1 - p)[slopes != 0]
    return rarer.min().item() if len(rarer) else 0.5


def exact_of(toy: Toy, rule: Estimator, slope: float) -> Tensor:
    """The gradient of the expected loss for the logits (units,), under the rule's probabilities or logistic ones.

    Raises:
        NotEnumerable: the rule cannot be used in a net of that size.
    """
    law = rule if rule.stochastic else BernoulliStraightThrough()
    refusal = rule.refusal(toy.shapes)
    if refusal:
        raise NotEnumerable(f"{rule.title} {refusal}.")
    return exact_gradient(_rollout(toy.net(), law, slope, 0), own_objective=False)["first"][0].double()


def _draws(toy: Toy, rule: Estimator, slope: float, draws: int, seed: int, state: nn.Module | None) -> Tensor:
    """Gradient estimates for the logits: (draws, units), float64."""
    net = toy.net(draws)
    loss = rule.loss(_rollout(net, rule, slope, seed), state)
    (gradient,) = torch.autograd.grad(loss, [net.first], allow_unused=True, materialize_grads=True)
    return gradient.double() * draws  # the loss is a mean over the draws, and each row belongs to one of them


def _rollout(net: ToyNet, rule: Estimator, slope: float, seed: int) -> Rollout:
    inputs, targets = torch.zeros(net.draws, 1), torch.zeros(net.draws, dtype=torch.int64)
    return Rollout(net, inputs, targets, rule, slope, torch.Generator().manual_seed(seed))
