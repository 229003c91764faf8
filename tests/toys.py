"""Nets small enough to enumerate, whose parameters have a row for every draw: one backward pass then gives the gradient
of each draw by itself, and many thousand draws cost one batch."""

from __future__ import annotations

from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lab.estimators import Estimator
from lab.models import Net, Rollout
from lab.models.layers import BinaryUnits

Loss = Literal["quadratic", "quartic", "cross-entropy"]


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
        levels: Literal["0/1", "-1/+1"] = "0/1",
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
        if self.loss_name == "cross-entropy":
            return F.cross_entropy(output, targets, reduction="none")
        power = 2 if self.loss_name == "quadratic" else 4
        return (output.sum(1) - self.target) ** power


def _times(rows: Tensor, matrices: Tensor) -> Tensor:
    return torch.bmm(rows[:, None], matrices)[:, 0]


def toy(
    sites: int, skip: bool, loss: Loss, draws: int = 1, units: tuple[int, int] = (3, 2), dtype: Any = torch.float32
) -> ToyNet:
    """A net with fixed weights: the same for every number of draws."""
    generator = torch.Generator().manual_seed(17)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)

    below, last = (units[0], units[1]) if sites == 2 else (units[0], units[0])
    outputs = 3 if loss == "cross-entropy" else 1
    return ToyNet(
        first=normal(below) * 0.7,
        second=normal(below + 1, last) if sites == 2 else None,
        skip=normal(below, outputs) * 0.5 if skip else None,
        readout=normal(last, outputs),
        loss=loss,
        target=0.4,
        draws=draws,
    )


def rollout_of(net: ToyNet, rule: Estimator, slope: float = 1.0, seed: int = 0) -> Rollout:
    """A step of a toy net, an example for each of its draws."""
    inputs, targets = torch.zeros(net.draws, 1), torch.zeros(net.draws, dtype=torch.int64)
    return Rollout(net, inputs, targets, rule, slope, torch.Generator().manual_seed(seed))


def gradients_by_draw(
    net: ToyNet, rule: Estimator, state: nn.Module | None, slope: float = 1.0, seed: int = 0
) -> dict[str, Tensor]:
    """The gradient estimate of each draw: (draws, ...) by parameter."""
    net.zero_grad()
    rule.loss(rollout_of(net, rule, slope, seed), state).backward()
    # The loss is a mean over the draws, and each row belongs to one of them.
    return {name: p.grad * net.draws for name, p in net.named_parameters() if p.grad is not None}


TOY4_WEIGHTS = torch.tensor([1.0, -0.5, 0.8, 0.3])
TOY4_LOGITS = torch.tensor([0.3, -0.7, 1.2, 0.0])


def toy4(loss: Loss = "quadratic", draws: int = 1) -> ToyNet:
    """(w.b - 1)^2 or ^4, the toy of the reference tables."""
    return ToyNet(TOY4_LOGITS, TOY4_WEIGHTS[:, None], loss, draws=draws)


def toy1(logit: float, draws: int = 1) -> ToyNet:
    """(b - .499)^2: the toy of REBAR."""
    return ToyNet(torch.tensor([logit]), torch.ones(1, 1), target=0.499, draws=draws)
