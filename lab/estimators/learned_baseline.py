"""The score function with a baseline that is learned from the input, and what it takes to learn beside a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field
from torch import Tensor, nn

from lab.estimators.base import Shapes, Unit
from lab.estimators.numbers import factor, number
from lab.estimators.score_function import Baselined, MovingAverage

if TYPE_CHECKING:
    from lab.models.rollout import Rollout


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

    def get_extra_state(self) -> dict[str, Any]:
        """What the optimizer remembers: PyTorch keeps it with the weights."""
        return self.optimizer.state_dict()

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Take up what an optimizer remembered."""
        self.optimizer.load_state_dict(state)

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
