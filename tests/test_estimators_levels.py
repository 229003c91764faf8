"""Both levels, for every rule: a net on -1/+1 and the net on 0/1 that computes the same are sent the same gradient."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from lab.estimators import Estimator, StraightThrough, to_levels
from lab.oracle import exact_gradient
from lab.probes.response import NOISES, response_at
from lab.toy import Loss, ToyNet
from tests.test_estimators_exact import EVERY, enumerable, label
from tests.toys import gradients_by_draw, rollout_of

DRAWS = 500
SLOPE = 0.8
by_net = pytest.mark.parametrize(("sites", "loss"), [(1, "quadratic"), (1, "quartic"), (2, "quartic")])


def normal(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def twins(sites: int, loss: Loss, draws: int = 1) -> tuple[ToyNet, ToyNet]:
    """A net on -1/+1, and one on 0/1 that gives the same output: with b± = 2b - 1, w.b± = 2w.b - sum(w)."""
    first, second, readout = normal(3), normal(4, 2), normal(2 if sites == 2 else 3, 1)
    doubled = torch.cat([2 * second[:-1], second[-1:] - second[:-1].sum(0)])
    signed, plain = (second, doubled) if sites == 2 else (None, None)
    target = 0.4
    return (
        ToyNet(first, readout, loss, signed, target=target, draws=draws, levels="-1/+1"),
        ToyNet(first, 2 * readout, loss, plain, target=target + readout.sum().item(), draws=draws),
    )


def free(rule: Estimator) -> Estimator:
    """The rule without a clip of the incoming gradient, whose size is another on the other levels."""
    return rule.changed(gradient_clip=None) if "gradient_clip" in type(rule).model_fields else rule


@by_net
@pytest.mark.parametrize("rule", EVERY, ids=label)
def test_the_same_gradient_draw_by_draw(rule: Estimator, sites: int, loss: Any) -> None:
    rule = enumerable(free(rule), bits=5)
    found = []
    for net in twins(sites, loss, DRAWS):
        state = rule.new_state(rollout_of(net, rule).shapes)
        for seed in range(2):
            drawn = gradients_by_draw(net, rule, state, SLOPE, seed=seed)
        found.append(drawn.get("first", torch.zeros(DRAWS, 3)))
    signed, plain = found
    # A rule that copies the same to either level is sent twice as much for each layer of 0/1 and doubled weights.
    surplus = 0.5**sites if rule.levels is None else 1.0
    torch.testing.assert_close(signed, plain * surplus, rtol=2e-3, atol=2e-4)


@pytest.mark.parametrize("clip", [None, 0.1, 0.7])
@pytest.mark.parametrize("levels", ["0/1", "-1/+1"])
@pytest.mark.parametrize("name", [name for name, m in Estimator.members.items() if issubclass(m, StraightThrough)])
def test_the_curves_are_what_is_sent_back_for_a_gradient_of_one(name: str, levels: Any, clip: float | None) -> None:
    rule = Estimator.members[name](gradient_clip=clip)
    x = torch.linspace(-1.9, 1.9, 39)
    noise = ((torch.arange(NOISES)[:, None] + 0.5) / NOISES).expand(-1, len(x)) if rule.stochastic else None
    leaves = x.expand(1 if noise is None else NOISES, -1).clone().requires_grad_()
    to_levels(rule.binarize(leaves, SLOPE, noise), levels, rule.levels).backward(torch.ones_like(leaves))
    assert leaves.grad is not None
    backward = response_at(x, rule, SLOPE, levels).backward
    assert backward is not None
    torch.testing.assert_close(torch.from_numpy(backward), leaves.grad.mean(0), rtol=1e-4, atol=1e-5)


@by_net
@pytest.mark.parametrize("units", ["logistic", "hard-sigmoid"])
def test_the_same_truth(units: str, sites: int, loss: Any) -> None:
    rule = Estimator.members["rloo"](units=units)
    signed, plain = (exact_gradient(rollout_of(net, rule, SLOPE))["first"] for net in twins(sites, loss))
    torch.testing.assert_close(signed, plain, rtol=1e-4, atol=1e-5)
    assert signed.abs().max() > 0.01
