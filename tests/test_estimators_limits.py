"""Surrogates as they were published, and at their limits: far from the threshold, and at very large slopes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from lab.estimators import Estimator, StraightThrough
from tests.test_estimators import GRID, SLOPES, SURROGATES, sent_back
from tests.toys import rollout_of, toy

DECLARED = [
    member
    for member in Estimator.members.values()
    if issubclass(member, StraightThrough) and member.smooth is not StraightThrough.smooth
]
"""Rules that declare a smooth function."""
SLOPED = [member for member in DECLARED if member.uses_slope and not member.stochastic]
"""Those whose surrogate follows the slope."""


def some(members: list[type[StraightThrough]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("member", members, ids=lambda member: member.name)


def free(member: type[Estimator]) -> StraightThrough:
    rule = member(gate=None, gradient_clip=None)
    assert isinstance(rule, StraightThrough)
    return rule


CLOSED_FORMS: dict[str, Callable[[Tensor, float], Tensor]] = {
    "identity": lambda x, a: 1 + 0 * x,
    "value-clipped": lambda x, a: 1 + 0 * x,
    "in-place-clamp": lambda x, a: 1 + 0 * x,
    "sign-with-zero": lambda x, a: 1 + 0 * x,
    "saturated": lambda x, a: (x.abs() <= 1).double(),
    "relu-backward": lambda x, a: (x > 0).double(),
    "hard-sigmoid": lambda x, a: a / 2 * ((a * x).abs() < 1),
    "stochastic-hard-sigmoid": lambda x, a: a / 2 * ((a * x).abs() < 1),
    "approx-sign": lambda x, a: (2 - 2 * x.abs()) * (x.abs() <= 1),
    "saturated-step": lambda x, a: (x.abs() <= 1).double(),
    "dorefa": lambda x, a: ((x >= 0) & (x <= 1)).double(),
    "ternary": lambda x, a: (x.abs() <= 1).double(),
    "sigmoid-adjusted": lambda x, a: a * torch.sigmoid(a * x) * torch.sigmoid(-a * x),
    "tanh-adjusted": lambda x, a: a * (1 - torch.tanh(a * x) ** 2),
    "two-level-sign": lambda x, a: (x.abs() <= 1).double() - 0.5 * ((x.abs() > 0.5) & (x.abs() <= 1)),
    "swish-sign": lambda x, a: 5 * a * (2 - 5 * a * x * torch.tanh(2.5 * a * x)) / (1 + torch.cosh(5 * a * x)),
    "ede": lambda x, a: max(1 / a, 1) * a * (1 - torch.tanh(a * x) ** 2),
    "reste": lambda x, a: x.abs().clamp(min=0.1) ** ((1 - max(a, 1)) / max(a, 1)) / max(a, 1) * (x.abs() <= 1.5),
    "fast-sigmoid": lambda x, a: a / (1 + 25 * (a * x).abs()) ** 2,
    "arctan": lambda x, a: a / (1 + (torch.pi * a * x) ** 2),
    "triangle": lambda x, a: a * (1 - (a * x).abs()).clamp(min=0),
    "gaussian": lambda x, a: a * (2 / torch.pi) ** 0.5 * torch.exp(-2 * (a * x) ** 2),
    "stochastic-identity": lambda x, a: 1 + 0 * x,
    "stochastic-sign": lambda x, a: 1 + 0 * x,
    "bernoulli": lambda x, a: a * torch.sigmoid(a * x) * torch.sigmoid(-a * x),
}
"""The factor on a small incoming gradient, as published, where it depends on the pre-activation alone."""


def test_every_surrogate_has_a_published_form() -> None:
    assert set(CLOSED_FORMS) >= {member.name for member in SURROGATES if member.name != "mean-field"}


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_published_closed_form(name: str, slope: float) -> None:
    gradient = torch.full_like(GRID, 0.01)
    expected = gradient * CLOSED_FORMS[name](GRID, slope)
    actual = sent_back(Estimator.members[name](), GRID, gradient, slope)
    torch.testing.assert_close(actual, expected, atol=1e-8, rtol=1e-5)


@some(DECLARED)
@pytest.mark.parametrize("slope", [0.3, 1.0, 4.0])
def test_smooth_function_passes_gradcheck(member: type[StraightThrough], slope: float) -> None:
    # Away from kinks, which lie at 0 and at simple fractions.
    x = torch.tensor([-2.31, -0.73, -0.137, 0.0619, 0.381, 0.877, 1.613], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: free(member).smooth(x, slope), (x,))


@some(SLOPED)
def test_a_surrogate_becomes_a_peak_of_the_same_area_where_its_smooth_function_becomes_a_step(
    member: type[StraightThrough],
) -> None:
    rule, ends = free(member), torch.tensor([-1.0, 1.0], dtype=torch.float64)
    x = torch.linspace(-1, 1, 2_000_001, dtype=torch.float64)
    rises, peaked = [], []
    for slope in (50.0, 500.0):
        factor = rule.surrogate(x, slope)
        rises.append(rule.smooth(ends, slope).diff().item())
        peaked.append(bool(factor[x.abs() > 0.3].abs().max() < 0.02 * factor.abs().max()))
        assert torch.trapezoid(factor, x).item() == pytest.approx(rises[-1], rel=1e-3)
    # ReSTE's power flattens instead: at large slopes it rises within its cap, and nowhere else.
    keeps_its_rise = rises[1] == pytest.approx(rises[0], rel=0.05)
    assert peaked == [keeps_its_rise] * 2


@some(DECLARED)
@pytest.mark.parametrize("slope", [1.0, 3.0])
def test_far_from_the_threshold_a_surrogate_is_the_derivative_of_the_smooth_function(
    member: type[StraightThrough], slope: float
) -> None:
    rule, step = free(member), 10.0
    far = torch.tensor([-1e4, 1e4], dtype=torch.float64)
    factor = rule.surrogate(far, slope).expand_as(far)
    secant = (rule.smooth(far + step, slope) - rule.smooth(far - step, slope)) / (2 * step)
    torch.testing.assert_close(factor, secant, atol=1e-6, rtol=1e-4)


def test_ede_and_reste_begin_as_the_identity_and_end_as_a_peak() -> None:
    x = torch.tensor([-0.9, -0.2, 0.3, 0.8], dtype=torch.float64)
    ede, reste = (free(Estimator.members[name]) for name in ("ede", "reste"))
    torch.testing.assert_close(ede.surrogate(x, 0.1), torch.ones(4, dtype=torch.float64), atol=0.01, rtol=0)
    torch.testing.assert_close(reste.surrogate(x, 1.0), torch.ones(4, dtype=torch.float64))
    assert ede.surrogate(x, 10.0)[0] < 1e-5
    steep = reste.surrogate(x, 1000.0)
    assert steep[0] < 0.01
    assert (steep * x.abs() * 1000).std() < 0.01, "close to 1 / (o |x|), the derivative of a power near 0"


NORMAL = torch.special.ndtri((torch.arange(200_000, dtype=torch.float64) + 0.5) / 200_000)
"""Evenly spread quantiles, in place of draws."""


def active(factor: Tensor, peak: float) -> float:
    """Percentage of pre-activations that are sent back more than a hundredth of the most that any could be."""
    return 100 * (factor.abs() > 0.01 * peak).double().mean().item()


@pytest.mark.parametrize("slope", [1.0, 2.0, 10.0])
@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_active_fraction_of_normal_pre_activations(name: str, slope: float) -> None:
    published = CLOSED_FORMS[name](NORMAL, slope)
    peak = published.max().item()
    x = NORMAL.float()
    factor = sent_back(Estimator.members[name](), x, torch.ones_like(x), slope)
    assert active(factor, peak) == pytest.approx(active(published, peak), abs=0.01)


@pytest.mark.parametrize(("slope", "percent"), [(1.0, 68.3), (1.64, 45.8), (2.0, 38.3), (5.0, 15.9), (10.0, 8.0)])
def test_active_fraction_of_the_hard_sigmoid_on_the_table(slope: float, percent: float) -> None:
    x = NORMAL.float()
    factor = sent_back(Estimator.members["hard-sigmoid"](), x, torch.ones_like(x), slope)
    assert 100 * (factor != 0).double().mean().item() == pytest.approx(percent, abs=0.06)


@some([member for member in Estimator.members.values() if issubclass(member, StraightThrough)])
def test_nothing_that_is_no_number_comes_back_from_infinitely_far(member: type[StraightThrough]) -> None:
    x = torch.tensor([-torch.inf, torch.inf])
    assert torch.isfinite(sent_back(member(), x, torch.ones(2))).all()


@pytest.mark.parametrize("name", [name for name, member in Estimator.members.items() if member.stochastic])
def test_the_least_and_the_largest_noise_there_is_leave_every_number_finite(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawn(like: Tensor, generator: torch.Generator) -> Tensor:
        return torch.randint(2, like.shape, generator=generator) * (1 - 2**-24)

    monkeypatch.setattr("lab.models.rollout._uniform", drawn)
    net, rule = toy(2, skip=True, loss="cross-entropy", draws=30), Estimator.members[name]()
    rollout = rollout_of(net, rule)
    state = rule.new_state(rollout.shapes)
    for _ in range(2):  # what a state learned in the first step counts in the second
        rule.loss(rollout_of(net, rule), state).backward()
    kept = [] if state is None else [value for value in state.state_dict().values() if isinstance(value, Tensor)]
    gradients = [parameter.grad for parameter in net.parameters() if parameter.grad is not None]
    assert all(torch.isfinite(value).all() for value in (*gradients, *kept))
