"""Small nets with fixed weights, and the gradient estimates of each of their draws."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from lab.estimators import Estimator
from lab.models import Rollout
from lab.toy import Loss, ToyNet


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


def toy4(loss: Loss = "quadratic", draws: int = 1, target: float = 1.0) -> ToyNet:
    """(w.b - t)^2 or ^4; with t = 1 the toy of the reference tables."""
    return ToyNet(TOY4_LOGITS, TOY4_WEIGHTS[:, None], loss, target=target, draws=draws)


def toy1(logit: float, draws: int = 1) -> ToyNet:
    """(b - .499)^2: the toy of REBAR."""
    return ToyNet(torch.tensor([logit]), torch.ones(1, 1), target=0.499, draws=draws)
