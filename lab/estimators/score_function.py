"""Unbiased rules that treat the loss as a black box: bits are rewarded by how their example's loss turned out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from lab.estimators.base import Estimator, Shapes, Unit, Units, unit_probability
from lab.estimators.numbers import factor, number, numbers

if TYPE_CHECKING:
    from lab.models.rollout import Pass, Rollout


class BlackBox(Estimator):
    """A branch: sampled, detached bits of logistic or hard-sigmoid units; the gradient comes from the losses alone."""

    stochastic: ClassVar[bool] = True
    unbiased: ClassVar[bool] = True

    units: Units = "logistic"
    """The unit's P(b = 1) as a function of its pre-activation."""

    def probability(self, x: Tensor, slope: float) -> Tensor:
        return unit_probability(self.units, x, slope)


class Baselined(BlackBox):
    """A branch: the loss less a baseline, times the score."""

    def expected(self, rollout: Rollout, state: nn.Module | None, site: int = 0) -> Tensor:
        """The baseline, which knows no bits of this step: a number, one for each example, or one for each unit of a
        site."""
        raise TypeError(f"{type(self).__name__} does not say what loss it expects")

    def worked(self, unit: Unit, state: nn.Module | None) -> list[str]:
        baseline = self.expected(unit.step(), state).item()
        return [
            rf"(L - B)\, \nabla \log P(b) = ({number(unit.loss)} - {factor(baseline)}) \cdot "
            rf"{factor(unit.score)} = {number(unit.sent_back)}"
        ]


class ScoreFunction(Baselined):
    """The score-function estimator, plain or with a constant baseline."""

    name = "score-function"
    title = "REINFORCE, plain"
    summary = "Raises the log-probability of bits in proportion to how low their loss was. Unbiased, noisiest of all."
    formula = r"\widehat{\nabla} = (L - B)\, \nabla \log P(b) + \nabla L"
    paper = "Williams 1992"
    is_not = "Not the rule with a moving baseline: nothing is subtracted from the loss unless a constant B is set."
    aliases = ("score function", "likelihood ratio", "log-derivative trick")
    color, dash = "#A6761D", "longdash"

    baseline: float = Field(0.0, ge=-1e6, le=1e6)
    """A constant subtracted from the loss (B)."""

    def expected(self, rollout: Rollout, state: nn.Module | None, site: int = 0) -> Tensor:
        return torch.tensor(self.baseline)

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        drawn = rollout()
        return (drawn.loss + (drawn.loss.detach() - self.baseline) * drawn.log_prob).mean()


class Reinforce(Baselined):
    """The score-function estimator with a moving-average baseline."""

    name = "reinforce"
    title = "REINFORCE, moving-average baseline"
    summary = "Raises the log-probability of bits whose example did better than usual. Unbiased, high variance."
    formula = (
        r"\widehat{\nabla} = (L - B)\, \nabla \log P(b) + \nabla L, \qquad B \leftarrow \beta B + (1 - \beta)\, \bar L"
    )
    paper = "Williams 1992"
    is_not = "Not a baseline of each input or unit: all have the same one, a running mean of earlier losses."
    color, dash = "#A6761D", "solid"

    decay: float = Field(0.95, ge=0, lt=1)
    """How slowly the baseline B follows the loss (β)."""

    def new_state(self, shapes: Shapes) -> nn.Module:
        return MovingAverage(self.decay, [()])

    def expected(self, rollout: Rollout, state: nn.Module | None, site: int = 0) -> Tensor:
        assert isinstance(state, MovingAverage)
        return state.value(0)

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        assert isinstance(state, MovingAverage)
        drawn = rollout()
        losses = drawn.loss.detach()
        advantage = losses - self.expected(rollout, state)
        state.update(0, losses.mean())  # after its use: a baseline that knew these bits would bias the gradient
        return (drawn.loss + advantage * drawn.log_prob).mean()


class OptimalBaseline(Baselined):
    """The score-function estimator with the constant of least variance for every unit."""

    name = "optimal-baseline"
    title = "REINFORCE, optimal baseline per unit"
    summary = "Each unit has the baseline that makes its own gradient least noisy, estimated as it goes. Unbiased."
    formula = (
        r"\widehat{\nabla_{\theta_i}} = (L - B_i)(b_i - p_i), \qquad "
        r"B_i = \frac{\mathbb E[(b_i - p_i)^2 L]}{\mathbb E[(b_i - p_i)^2]}"
    )
    paper = "Bengio, Léonard & Courville 2013; R2RT 2016"
    is_not = "Not a mean loss: each unit weighs the losses by (b - p)², so that its own gradient is least noisy."
    color, dash = "#A6761D", "dashdot"

    decay: float = Field(0.95, ge=0, lt=1)
    """How slowly the two means behind each baseline follow (β)."""

    def new_state(self, shapes: Shapes) -> nn.Module:
        return MovingAverage(self.decay, [shape for site in shapes.sites for shape in (site, site)])

    def expected(self, rollout: Rollout, state: nn.Module | None, site: int = 0) -> Tensor:
        assert isinstance(state, MovingAverage)
        return state.value(2 * site) / (state.value(2 * site + 1) + 1e-4)

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        assert isinstance(state, MovingAverage)
        drawn = rollout()
        total, losses = drawn.loss.mean(), drawn.loss.detach().flatten()
        for index, site in enumerate(drawn.sites):
            by_unit = losses.view(-1, *[1] * (site.x.dim() - 1))
            advantage = by_unit - self.expected(rollout, state, index)
            total = total + (advantage * site.log_probs).flatten(1).sum(1).mean()
            squares = (site.codes - site.p).detach().square()
            state.update(2 * index, (squares * by_unit).mean(0))
            state.update(2 * index + 1, squares.mean(0))
        return total


class MovingAverage(nn.Module):
    """Exponential moving averages of some shapes, corrected for their start at 0; 0 before the first update."""

    def __init__(self, decay: float, shapes: Sequence[tuple[int, ...]]) -> None:
        super().__init__()
        self.decay = decay
        for index, shape in enumerate(shapes):
            self.register_buffer(f"total{index}", torch.zeros(shape))
            self.register_buffer(f"weight{index}", torch.zeros(()))

    def value(self, index: int) -> Tensor:
        """The average so far."""
        return self.get_buffer(f"total{index}") / self.get_buffer(f"weight{index}").clamp(min=1e-12)

    def update(self, index: int, value: Tensor) -> None:
        """Take in one more value."""
        self.get_buffer(f"total{index}").mul_(self.decay).add_(value, alpha=1 - self.decay)
        self.get_buffer(f"weight{index}").mul_(self.decay).add_(1 - self.decay)


class InputBaseline(Baselined):
    """The score-function estimator with a baseline learned from the input, as in NVIL."""

    name = "input-baseline"
    title = "REINFORCE, learned baseline (NVIL)"
    summary = "A small net learns what loss to expect of each input, and bits are judged against that. Unbiased."
    formula = (
        r"\widehat{\nabla} = (L - B_\psi(\text{input}) - c)\, \nabla \log P(b) + \nabla L, \qquad "
        r"\psi \text{ minimizes } (L - B_\psi - c)^2,\; c \leftarrow \alpha c + (1 - \alpha)\, "
        r"\overline{L - B_\psi}"
    )
    paper = "Mnih & Gregor 2014, NVIL"
    is_not = "Not unbiased in length where it divides by the signal's spread, as the paper does: only in direction."
    color, dash = "#CC79A7", "longdash"

    hidden: int = Field(100, ge=1, le=4096)
    """Hidden units of the net behind the baseline."""
    learning_rate: float = Field(0.001, gt=0, le=1)
    """Of Adam, for that net."""
    decay: float = Field(0.8, ge=0, lt=1)
    """How slowly the constant c and the spread of the signal follow (α)."""
    divide: bool = False
    """Divide the signal by its spread, a running standard deviation, where that is above 1."""

    @property
    def unbiased(self) -> bool:  # type: ignore[override]
        return not self.divide

    def new_state(self, shapes: Shapes) -> nn.Module:
        return LearnedBaseline(shapes.inputs.numel(), self.hidden, self.learning_rate, self.decay)

    def expected(self, rollout: Rollout, state: nn.Module | None, site: int = 0) -> Tensor:
        assert isinstance(state, LearnedBaseline)
        return state(rollout.inputs) + state.constant

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        assert isinstance(state, LearnedBaseline)
        drawn = rollout()
        losses = drawn.loss.detach()
        signal = losses - self.expected(rollout, state).view_as(losses)
        advantage = signal.detach() / (state.spread if self.divide else 1.0)
        state.learn(signal)
        return (drawn.loss + advantage * drawn.log_prob).mean()

    def worked(self, unit: Unit, state: nn.Module | None) -> list[str]:
        if not self.divide:
            return super().worked(unit, state)
        assert isinstance(state, LearnedBaseline)
        spread, baseline = float(state.spread), self.expected(unit.step(), state).item()
        return [
            rf"\frac{{L - B - c}}{{\max(1, s)}}\, \nabla \log P(b) = "
            rf"\frac{{{number(unit.loss)} - {factor(baseline)}}}{{{number(spread)}}} \cdot "
            rf"{factor(unit.score)} = {number(unit.sent_back)}"
        ]


class Learner(nn.Module):
    """A state that learns: `fit` takes a step of its own optimizer, after what it said has been used."""

    optimizer: torch.optim.Optimizer

    def fit(self, loss: Tensor) -> None:
        """Take a step down the gradient of a scalar."""
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        self.optimizer.step()
        self.optimizer.zero_grad()


class LearnedBaseline(Learner):
    """A net with one hidden layer from inputs (B, ...) to the loss to expect (B,), and what it leaves. Starts at 0."""

    def __init__(self, inputs: int, hidden: int, learning_rate: float, decay: float) -> None:
        super().__init__()
        self.net = small_net(inputs, hidden)
        self.optimizer = torch.optim.Adam(self.parameters(), learning_rate)
        self.left = MovingAverage(decay, [(), ()])

    def forward(self, inputs: Tensor) -> Tensor:
        return self.net(inputs.flatten(1).float())[:, 0]

    @property
    def constant(self) -> Tensor:
        """The mean of what the net has left of the losses so far."""
        return self.left.value(0)

    @property
    def spread(self) -> Tensor:
        """The standard deviation of it, at least 1."""
        return self.left.value(1).sqrt().clamp(min=1)

    def learn(self, signal: Tensor) -> None:
        """Take in what is left of a batch of losses, the constant subtracted too; it carries the graph of the net."""
        self.fit(signal.square().mean())
        left = signal.detach()
        self.left.update(0, left.mean() + self.constant)
        self.left.update(1, left.var(unbiased=False))


def small_net(inputs: int, hidden: int) -> nn.Sequential:
    """Inputs to one number by a hidden layer of tanh units. It starts as 0, and touches no global random state."""
    net = nn.utils.skip_init(nn.Linear, inputs, hidden), nn.utils.skip_init(nn.Linear, hidden, 1)
    nn.init.xavier_normal_(net[0].weight, generator=torch.Generator().manual_seed(0))
    for parameter in (net[0].bias, *net[1].parameters()):
        nn.init.zeros_(parameter)
    return nn.Sequential(net[0], nn.Tanh(), net[1])


class LeaveOneOut(BlackBox):
    """REINFORCE with the other samples' mean loss as baseline."""

    name = "rloo"
    title = "Leave-one-out (RLOO)"
    summary = "Draws K sets of bits per example; each is judged against the mean loss of the others. Unbiased."
    formula = r"\widehat{\nabla} = \frac1K \sum_k \Bigl(L_k - \frac{1}{K-1}\sum_{j \ne k} L_j\Bigr) \nabla \log P(b_k)"
    paper = "Kool, van Hoof & Welling 2019; VarGrad: Richter et al. 2020"
    is_not = "Not the 'REINFORCE++' of language models, which normalizes advantages over a batch."
    aliases = ("VarGrad", "REINFORCE leave-one-out")
    cost = "K"
    color, dash = "#9467BD", "solid"

    samples: int = Field(4, ge=2, le=64)
    """Sets of bits drawn per example (K)."""

    def passes(self, shapes: Shapes) -> int:
        return self.samples

    def loss(self, rollout: Rollout, state: nn.Module | None) -> Tensor:
        drawn = rollout.tiled(self.samples)()  # loss and log_prob: (K, B)
        return (drawn.loss + self._advantages(drawn) * drawn.log_prob).mean()

    def _advantages(self, drawn: Pass) -> Tensor:
        """Each loss less the mean of the other samples': (K, B)."""
        losses = drawn.loss.detach()
        return losses - (losses.sum(0) - losses) / (self.samples - 1)

    def worked(self, unit: Unit, state: nn.Module | None) -> list[str]:
        drawn = unit.step().tiled(self.samples)()
        total = judged(unit, drawn, self._advantages(drawn))
        return [
            samples_of(drawn),
            rf"\tfrac1{{{self.samples}}} \sum_k (L_k - \bar L_{{-k}})\, \nabla \log P(b_k)",
            rf"= \tfrac1{{{self.samples}}} \bigl({total}\bigr) = {number(unit.sent_back)}",
        ]


def samples_of(drawn: Pass) -> str:
    """The bits of a unit in each sample, and their losses (LaTeX)."""
    codes, losses = (values.flatten().tolist() for values in (drawn.sites[0].codes, drawn.loss))
    return rf"b = {numbers(codes)}, \quad L = {numbers(losses)}"


def judged(unit: Unit, drawn: Pass, advantages: Tensor) -> str:
    """The sum over samples of advantage times score (LaTeX)."""
    codes = drawn.sites[0].codes.flatten().tolist()
    pairs = zip(advantages.flatten().tolist(), map(unit.score_of, codes), strict=True)
    return " + ".join(rf"{factor(advantage)} \cdot {factor(score)}" for advantage, score in pairs)
