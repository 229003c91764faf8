"""What biased rules estimate, against closed forms of their own expectation on the four-unit toy, for every loss."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, get_args

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from lab.estimators import Estimator
from lab.toy import Loss
from tests.test_estimators_exact import BIASED, BOUND, DRAWS, estimates, label, standard_errors_off
from tests.toys import TOY4_LOGITS, TOY4_WEIGHTS, toy4

SLOPE = 0.9  # of the logits, .3, -.7 and 0 lie inside the window of +-1/.9, and 1.2 outside
X, W = TOY4_LOGITS.double(), TOY4_WEIGHTS.double()
Curve = Callable[[Tensor], Tensor]

LOSSES: dict[Loss, Curve] = {
    "quadratic": lambda s: (s - 1) ** 2,
    "quartic": lambda s: (s - 1) ** 4,
    "cross-entropy": lambda s: F.softplus(1 - s),
}
"""Of the weighted sum of the units."""


class Units(NamedTuple):
    """What independent units may be, on a grid; all (values, 4)."""

    values: Tensor
    """What the sum sees."""
    chances: Tensor
    """How probable that is."""
    factors: Tensor
    """Mean factor on the incoming gradient there."""


def expected(units: Units, loss: Curve) -> Tensor:
    """E[dL/db_i factor_i] (4,) over all combinations of what the units may be."""
    count = units.values.shape[1]
    picks = torch.cartesian_prod(*[torch.arange(len(units.values))] * count)
    values, chances, factors = (table.gather(0, picks) for table in units)
    (slopes,) = torch.autograd.grad(loss(values.requires_grad_() @ W).sum(), values)
    return (chances.prod(1, keepdim=True) * slopes * factors).sum(0)


def bits(p: Tensor, if_zero: Tensor | float, if_one: Tensor | float) -> Callable[[Curve], Tensor]:
    """Of rules that sample bits: P(b = 1), and the mean factor for either value of a unit's own bit."""
    values = torch.stack([torch.zeros_like(p), torch.ones_like(p)])
    factors = torch.stack([torch.zeros_like(p) + if_zero, torch.zeros_like(p) + if_one])
    return partial(expected, Units(values, torch.stack([1 - p, p]), factors))


def relaxed(sharpness: float, step: float) -> Units:
    """Relaxed bits for logistic noise, whose density makes a sum over even steps as good as the integral."""
    noise = torch.arange(-12, 12 + step, step, dtype=torch.float64)[:, None]
    y = torch.sigmoid((X + noise) * sharpness)
    density = torch.sigmoid(noise) * torch.sigmoid(-noise)
    return Units(y, (density * step).expand_as(y), sharpness * y * (1 - y))


def straight_through_concrete() -> Callable[[Curve], Tensor]:
    y, chances, slopes = relaxed(SLOPE / 1.0, step=1e-4)
    p, sent = torch.sigmoid(X), chances * slopes
    return bits(p, (sent * (y < 0.5)).sum(0) / (1 - p), (sent * (y > 0.5)).sum(0) / p)


def scaled_sign() -> Callable[[Curve], Tensor]:
    """Bits scaled by s = max |x| have values (s b± + 1)/2 here, and half the published factor 1."""
    scale = X.abs().max()
    p = window(X / scale)
    values = torch.stack([(1 - scale) / 2, (1 + scale) / 2])[:, None].expand(2, 4)
    return partial(expected, Units(values, torch.stack([1 - p, p]), torch.full((2, 4), 0.5)))


def unbiased(loss: Curve) -> Tensor:
    """The gradient of the expected loss itself."""
    p = SOFT.clone().requires_grad_()
    codes = torch.cartesian_prod(*[torch.tensor([0.0, 1.0]).double()] * 4)
    mean = (torch.where(codes > 0, p, 1 - p).prod(1) * loss(codes @ W)).sum()
    return torch.autograd.grad(mean, p)[0] * RISE


def window(z: Tensor) -> Tensor:
    return ((z + 1) / 2).clamp(1e-6, 1 - 1e-6)


SOFT, HARD = torch.sigmoid(SLOPE * X), window(SLOPE * X)
RISE = SLOPE * SOFT * (1 - SOFT)
"""dp/dx of logistic units."""

CLOSED_FORMS: dict[str, Callable[[Curve], Tensor]] = {
    "bernoulli": bits(SOFT, RISE, RISE),
    "stochastic-hard-sigmoid": bits(HARD, *[SLOPE / 2 * ((SLOPE * X).abs() < 1)] * 2),
    "stochastic-identity": bits(SOFT, 1.0, 1.0),
    "stochastic-identity-hard-sigmoid": bits(HARD, 1.0, 1.0),
    "fired-only": bits(SOFT, 0.0, RISE),
    "fired-only-identity": bits(SOFT, 0.0, 1.0),
    "reinmax": bits(SOFT, SLOPE * SOFT / 2, SLOPE * (1 - SOFT) / 2),
    "stochastic-sign": bits(window(X), 0.5, 0.5),  # published for -1 and +1
    "stochastic-sign-True": scaled_sign(),
    "input-baseline-True": unbiased,  # the losses of this toy spread by less than 1, and are divided by 1
    "concrete": partial(expected, relaxed(SLOPE / (2 / 3), step=0.8)),
    "st-concrete": straight_through_concrete(),
    "mean-field": partial(expected, Units(SOFT[None], torch.ones(1, 4), RISE[None])),
    "detached-sample": bits(HARD, 0.0, 0.0),
}


def own(rule: Estimator) -> Estimator:
    return rule.rule if rule.wraps else rule  # type: ignore[attr-defined]


@pytest.mark.parametrize("loss", get_args(Loss))
@pytest.mark.parametrize("rule", BIASED, ids=label)
def test_biased_rules_against_their_own_expectation(rule: Estimator, loss: Loss) -> None:
    exact = CLOSED_FORMS[label(own(rule))](LOSSES[loss])[None]
    drawn = estimates(toy4(loss, DRAWS), rule, SLOPE).get("first", torch.zeros(DRAWS, 4))
    assert standard_errors_off(drawn, exact) <= BOUND


def test_fired_only_on_the_table() -> None:
    drawn = estimates(toy4(draws=400_000), Estimator.members["fired-only"]())["first"]
    assert drawn[:, 0].mean().item() == pytest.approx(0.1685, abs=5 * drawn[:, 0].std().item() / 400_000**0.5 + 1e-4)
