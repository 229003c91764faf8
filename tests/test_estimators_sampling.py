"""The probabilities of sampled bits, of every estimator of the registry that has some."""

from __future__ import annotations

import pytest
import torch

from lab.estimators import Estimator
from lab.estimators.relaxed import Relaxed

STOCHASTIC = [member for member in Estimator.members.values() if member.stochastic]
DETERMINISTIC = [member for member in Estimator.members.values() if not member.stochastic]


def some(members: list[type[Estimator]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("member", members, ids=lambda member: member.name)


@some(STOCHASTIC)
def test_frequency_of_ones_is_the_probability(member: type[Estimator]) -> None:
    rule, draws, slope = member(), 200_000, 1.3
    x = torch.tensor([-5.0, -0.6, -0.1, 0.0, 0.2, 0.7, 5.0])
    noise = torch.rand(draws, len(x), generator=torch.Generator().manual_seed(11))
    frequency = rule.bits(x.expand(draws, -1), slope, noise).double().mean(0)
    p = rule.probability(x, slope).double()
    # Five standard errors and a count of five, for draws of a probability of 1e-6.
    assert ((frequency - p).abs() <= 5 * (p * (1 - p) / draws).sqrt() + 5 / draws).all()


@some(STOCHASTIC)
def test_probability_stays_off_zero_and_one_and_is_flat_there(member: type[Estimator]) -> None:
    x = torch.tensor([-1e6, -30.0, -0.3, 0.0, 0.3, 30.0, 1e6], dtype=torch.float64, requires_grad=True)
    p = member().probability(x, 1.0)
    assert p.dtype == torch.float32
    assert p.min().item() == pytest.approx(1e-6, rel=1e-3)
    assert 1 - p.double().max().item() == pytest.approx(1e-6, rel=0.05)
    assert (p.diff() >= 0).all()
    assert p[3].item() == pytest.approx(0.5)
    p.log().sum().backward()
    assert x.grad is not None
    assert (x.grad[[0, 1, 5, 6]] == 0).all()
    assert (x.grad[2:5] > 0).all()


@some(STOCHASTIC)
def test_a_larger_slope_means_less_noise(member: type[Estimator]) -> None:
    x = torch.tensor([0.3])
    gentle, steep = (member().probability(x, slope).item() for slope in (1.0, 2.0))
    assert gentle > 0.5
    # Where the slope is not the noise's, it is a temperature's, or nothing at all.
    assert gentle < steep or (gentle == steep and (issubclass(member, Relaxed) or not member().uses_slope))


@some(DETERMINISTIC)
def test_deterministic_units_have_no_probability(member: type[Estimator]) -> None:
    with pytest.raises(TypeError, match="deterministic"):
        member().probability(torch.zeros(1), 1.0)
