"""Estimators against exact enumeration: unbiased rules on many small nets, biased ones against their own expectation,
variances against the reference table. Draws are rows of one batch; seeds are fixed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
import torch
from torch import Tensor

from lab.estimators import Estimator
from lab.oracle import exact_gradient
from tests.toys import TOY4_LOGITS, TOY4_WEIGHTS, gradients_by_draw, rollout_of, toy, toy1, toy4

DRAWS = 20_000
BOUND = 5.0
"""Standard errors. About 1 500 comparisons are made; by chance one of them is beyond with a probability of .0009."""


def variants(member: type[Estimator]) -> Iterator[Estimator]:
    """A rule with its defaults, and with every other value of each field that is a choice."""
    yield member()
    for name, field in member.model_fields.items():
        if get_origin(field.annotation) is Literal:
            yield from (member(**{name: value}) for value in get_args(field.annotation) if value != field.default)


UNBIASED = [rule for member in Estimator.members.values() if member.unbiased for rule in variants(member)]


def label(rule: Estimator) -> str:
    changed = {k: v for k, v in rule.model_dump().items() if k != "name" and v != type(rule).model_fields[k].default}
    return "-".join([rule.name, *map(str, changed.values())])


def estimates(net: Any, rule: Estimator, slope: float = 1.0, seed: int = 0) -> dict[str, Tensor]:
    """Gradients by draw, those of a rule that remembers after it has seen one batch."""
    state = rule.new_state()
    if state is not None:
        gradients_by_draw(net, rule, state, slope, seed=seed + 1)
    return gradients_by_draw(net, rule, state, slope, seed=seed)


def standard_errors_off(draws: Tensor, exact: Tensor) -> float:
    """The largest |mean - exact| of all coordinates, in standard errors; float32 rounding is allowed for."""
    draws = draws.double()
    error = (draws.mean(0) - exact[0]).abs()
    tolerance = (draws.var(0) / len(draws)).sqrt() + 2e-6
    return (error / tolerance).max().item()


def test_there_are_unbiased_rules() -> None:
    assert {"reinforce", "rloo", "disarm"} <= {rule.name for rule in UNBIASED}


@pytest.mark.parametrize(("sites", "skip"), [(1, False), (1, True), (2, False), (2, True)])
@pytest.mark.parametrize("loss", ["quadratic", "quartic", "cross-entropy"])
@pytest.mark.parametrize("rule", UNBIASED, ids=label)
def test_unbiased_rules_against_all_codes(rule: Estimator, sites: int, skip: bool, loss: Any) -> None:
    slope = 0.8
    exact = exact_gradient(rollout_of(toy(sites, skip, loss), rule, slope))
    drawn = estimates(toy(sites, skip, loss, DRAWS), rule, slope)
    assert drawn.keys() == exact.keys()
    off = {name: standard_errors_off(drawn[name], exact[name]) for name in exact}
    assert max(off.values()) <= BOUND, off


@pytest.mark.parametrize("rule", [rule for rule in UNBIASED if "samples" in type(rule).model_fields], ids=label)
def test_unbiased_for_every_number_of_samples(rule: Estimator) -> None:
    for samples in (2, 3):
        fewer = rule.changed(samples=samples)
        exact = exact_gradient(rollout_of(toy(2, True, "quartic"), fewer))
        drawn = estimates(toy(2, True, "quartic", DRAWS), fewer)
        assert max(standard_errors_off(drawn[name], exact[name]) for name in exact) <= BOUND


@pytest.mark.parametrize("name", ["bernoulli", "stochastic-hard-sigmoid"])
def test_straight_through_is_told_from_an_unbiased_rule(name: str) -> None:
    # The same comparison must be able to fail.
    rule = Estimator.members[name]()
    exact = exact_gradient(rollout_of(toy4(), rule))
    assert standard_errors_off(estimates(toy4(draws=DRAWS), rule)["first"], exact["first"]) > 20


@pytest.mark.parametrize("name", ["bernoulli", "stochastic-hard-sigmoid"])
def test_straight_through_is_exact_for_a_linear_loss(name: str) -> None:
    rule = Estimator.members[name]()
    net = toy4(draws=DRAWS)
    net.losses = lambda output, inputs, targets: output[:, 0] * 3  # type: ignore[method-assign]
    single = toy4()
    single.losses = net.losses  # type: ignore[method-assign]
    exact = exact_gradient(rollout_of(single, rule))["first"]
    torch.testing.assert_close(estimates(net, rule)["first"].mean(0), exact[0], atol=1e-5, rtol=1e-4)


def test_bernoulli_straight_through_against_its_own_expectation() -> None:
    # E[2 (w.b - 1) w_i p_i'] = 2 (w.p - 1) w_i p_i (1 - p_i)
    p = torch.sigmoid(TOY4_LOGITS)
    expected = 2 * ((TOY4_WEIGHTS * p).sum() - 1) * TOY4_WEIGHTS * p * (1 - p)
    drawn = estimates(toy4(draws=DRAWS), Estimator.members["bernoulli"]())["first"]
    assert standard_errors_off(drawn, expected[None]) <= BOUND


def test_stochastic_hard_sigmoid_against_its_own_expectation() -> None:
    slope = 0.9  # -.7, .3 and 0 lie inside the window of +-1/.9, and 1.2 outside
    p = ((slope * TOY4_LOGITS + 1) / 2).clamp(1e-6, 1 - 1e-6)
    inside = (TOY4_LOGITS.abs() < 1 / slope) * slope / 2
    expected = 2 * ((TOY4_WEIGHTS * p).sum() - 1) * TOY4_WEIGHTS * inside
    drawn = estimates(toy4(draws=DRAWS), Estimator.members["stochastic-hard-sigmoid"](), slope)["first"]
    assert standard_errors_off(drawn, expected[None]) <= BOUND
    assert (drawn[:, 2] == 0).all()


def test_straight_through_is_far_off_on_the_single_unit() -> None:
    # True gradient .000298; the mean of the straight-through estimate is .0949, three hundred times as much.
    drawn = estimates(toy1(1.5, DRAWS), Estimator.members["bernoulli"]())["first"]
    assert drawn.mean().item() == pytest.approx(0.0949, abs=5 * drawn.std().item() / DRAWS**0.5 + 1e-4)


VARIANCES = {
    "rloo": ({"samples": 2}, (0.060, 0.055, 0.054, 0.060)),
    "disarm": ({}, (0.0212, 0.0218, 0.0178, 0.0222)),
    "reinforce": ({}, (0.060, 0.055, 0.065, 0.060)),
    "bernoulli": ({}, (0.104, 0.021, 0.035, 0.010)),
}
"""Variance per coordinate on the four-unit toy, from 4e5 draws; REINFORCE is the row of the constant baseline."""


@pytest.mark.parametrize("name", VARIANCES)
def test_variance_against_the_reference_table(name: str) -> None:
    fields, expected = VARIANCES[name]
    draws = 400_000
    variance = estimates(toy4(draws=draws), Estimator.members[name](**fields))["first"].double().var(0)
    # 400 000 draws know a variance to .5 %, and the table has two or three digits.
    torch.testing.assert_close(variance, torch.tensor(expected, dtype=torch.float64), rtol=0.03, atol=0.0006)


def test_more_samples_have_less_variance() -> None:
    def spread(samples: int) -> float:
        rule = Estimator.members["rloo"](samples=samples)
        return estimates(toy4(draws=DRAWS), rule)["first"].var(0).sum().item()

    two, eight = spread(2), spread(8)
    assert eight < two / 4


def test_zero_gradient_rules_estimate_zero() -> None:
    for member in Estimator.members.values():
        if member.zero_gradient:
            drawn = gradients_by_draw(toy(2, False, "quartic", 50), member(), None)
            assert "first" not in drawn or not drawn["first"].any(), member.name
            assert drawn["readout"].any()
