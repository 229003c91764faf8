"""Surrogates at their limits: far from the threshold, at very large slopes, and in double precision."""

from __future__ import annotations

import pytest
import torch

from lab.estimators import Drawn, Estimator, StraightThrough
from lab.estimators.copies import Copy

DECLARED = [
    member
    for member in Estimator.members.values()
    if issubclass(member, StraightThrough) and member.smooth is not StraightThrough.smooth
]
"""Rules that declare a smooth function."""
SLOPED = [
    member for member in DECLARED if member.uses_slope and not member.stochastic and member.name not in ("reste", "ede")
]
"""Rules whose surrogate narrows around the threshold as the slope grows, its area staying the same."""


def some(members: list[type[StraightThrough]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("member", members, ids=lambda member: member.name)


def free(member: type[Estimator]) -> StraightThrough:
    rule = member(gate=None, gradient_clip=None)
    assert isinstance(rule, StraightThrough)
    return rule


@some(DECLARED)
@pytest.mark.parametrize("slope", [0.3, 1.0, 4.0])
def test_smooth_function_passes_gradcheck(member: type[StraightThrough], slope: float) -> None:
    # Away from kinks, which lie at 0 and at simple fractions.
    x = torch.tensor([-2.31, -0.73, -0.137, 0.0619, 0.381, 0.877, 1.613], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: free(member).smooth(x, slope), (x,))


@some(SLOPED)
def test_a_large_slope_narrows_the_surrogate_and_keeps_its_area(member: type[StraightThrough]) -> None:
    rule = free(member)
    x = torch.linspace(-1, 1, 2_000_001, dtype=torch.float64)
    areas = []
    for slope in (50.0, 500.0):
        factor = rule.surrogate(x, slope)
        assert factor[x.abs() > 0.3].abs().max() < 0.02 * factor.abs().max()
        areas.append(torch.trapezoid(factor, x).item())
    assert areas[1] == pytest.approx(areas[0], rel=0.05)


@some(DECLARED)
def test_far_from_the_threshold_a_surrogate_has_ended_or_says_it_copies(member: type[StraightThrough]) -> None:
    far = free(member).surrogate(torch.tensor([-1e4, 1e4], dtype=torch.float64), 1.0)
    assert far.isfinite().all()
    if issubclass(member, Copy):
        assert (far == 1).all()
    elif member.name == "relu-backward":
        assert far.tolist() == [0, 1]
    elif member.name == "reste":
        assert (far == 1).all(), "at slope 1 it is the identity, which its gate ends"
    else:
        assert (far.abs() < 1e-6).all()


def test_ede_and_reste_begin_as_the_identity_and_end_as_a_peak() -> None:
    x = torch.tensor([-0.9, -0.2, 0.3, 0.8], dtype=torch.float64)
    ede, reste = (free(Estimator.members[name]) for name in ("ede", "reste"))
    torch.testing.assert_close(ede.surrogate(x, 0.1), torch.ones(4, dtype=torch.float64), atol=0.01, rtol=0)
    torch.testing.assert_close(reste.surrogate(x, 1.0), torch.ones(4, dtype=torch.float64))
    assert ede.surrogate(x, 10.0)[0] < 1e-5
    steep = reste.surrogate(x, 1000.0)
    assert steep[0] < 0.01
    assert (steep * x.abs() * 1000).std() < 0.01, "close to 1 / (o |x|), the derivative of a power near 0"


@pytest.mark.parametrize(("name", "active"), [("hard-sigmoid", 38.3), ("saturated", 68.3)])
def test_active_fraction_of_normal_pre_activations(name: str, active: float) -> None:
    x = torch.randn(400_000, generator=torch.Generator().manual_seed(0))
    factor = Estimator.members[name]().backward(torch.ones_like(x), Drawn(x, 2.0, None, (x > 0).float()))  # type: ignore[attr-defined]
    assert 100 * (factor != 0).float().mean().item() == pytest.approx(active, abs=0.3)
