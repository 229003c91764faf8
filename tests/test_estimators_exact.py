"""Estimators against exact enumeration: unbiased rules on many small nets, biased ones against their own expectation,
variances against the reference table. Draws are rows of one batch; seeds are fixed."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
import torch
from torch import Tensor

from lab.estimators import Estimator
from lab.estimators.score_function import Reinforce
from lab.oracle import MOST_BITS, exact_gradient
from tests.toys import gradients_by_draw, rollout_of, toy, toy1, toy4

DRAWS = 20_000
BOUND = 5.0
"""Standard errors. About 5 000 comparisons are made; by chance one of them is beyond with a probability of .003."""


def variants(member: type[Estimator]) -> Iterator[Estimator]:
    """A rule with its defaults, with every other value of each field that is a choice, and around every other rule."""
    yield member()
    for name, field in member.model_fields.items():
        if get_origin(field.annotation) is Literal:
            yield from (member(**{name: value}) for value in get_args(field.annotation) if value != field.default)
        elif field.annotation is bool:
            yield member(**{name: not field.default})
        elif field.annotation is Estimator:
            others = [
                other()
                for other in Estimator.members.values()
                if other().stochastic and not (other.exact or other.wraps)
            ]
            yield from (member(**{name: other}) for other in others if other != field.default)


EVERY = [rule for member in Estimator.members.values() for rule in variants(member)]
UNBIASED = [rule for rule in EVERY if rule.unbiased and (not rule.wraps or isinstance(rule.rule, Reinforce))]  # type: ignore[attr-defined]
"""An average has its rule's mean by definition; one that remembers stands for all of them."""


def enumerable(rule: Estimator, bits: int) -> Estimator:
    """The rule with as many samples in its objective as can be gone through."""
    if rule.wraps:
        return rule.changed(rule=enumerable(rule.rule, bits).model_dump(), samples=2)  # type: ignore[attr-defined]
    return rule if rule.draws_in_objective * bits <= MOST_BITS else rule.changed(samples=MOST_BITS // bits)


def label(rule: Estimator) -> str:
    changed = {k: v for k, v in rule.model_dump().items() if k != "name" and v != type(rule).model_fields[k].default}
    return "-".join([rule.name, *map(str, changed.values())])


def estimates(net: Any, rule: Estimator, slope: float = 1.0, seed: int = 0) -> dict[str, Tensor]:
    """Gradients by draw, those of a rule that remembers after it has seen one batch."""
    state = rule.new_state(rollout_of(net, rule).shapes)
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
    slope, rule = 0.8, enumerable(rule, bits=5)
    exact = exact_gradient(rollout_of(toy(sites, skip, loss), rule, slope))
    drawn = estimates(toy(sites, skip, loss, DRAWS), rule, slope)
    assert drawn.keys() == exact.keys()
    off = {name: standard_errors_off(drawn[name], exact[name]) for name in exact}
    assert max(off.values()) <= BOUND, off


@pytest.mark.parametrize("rule", [rule for rule in UNBIASED if "samples" in type(rule).model_fields], ids=label)
def test_unbiased_for_every_number_of_samples(rule: Estimator) -> None:
    for samples in (2, 3):
        fewer = enumerable(rule.changed(samples=samples), bits=5)
        exact = exact_gradient(rollout_of(toy(2, True, "quartic"), fewer))
        drawn = estimates(toy(2, True, "quartic", DRAWS), fewer)
        assert max(standard_errors_off(drawn[name], exact[name]) for name in exact) <= BOUND


BIASED = [rule for rule in EVERY if rule.stochastic and not rule.unbiased]


@pytest.mark.parametrize("rule", BIASED, ids=label)
def test_biased_rules_are_told_from_unbiased_ones(rule: Estimator) -> None:
    # The same comparison must be able to fail. A quartic loss, because ReinMax is exact for a quadratic one; and a
    # large one, because what is divided by the spread of the losses is divided by 1 at least.
    exact = exact_gradient(rollout_of(toy4("quartic", target=3.0), rule))
    drawn = estimates(toy4("quartic", DRAWS, target=3.0), rule)
    assert "first" not in drawn or standard_errors_off(drawn["first"], exact["first"]) > 1.5 * BOUND


@pytest.mark.parametrize("name", ["bernoulli", "stochastic-hard-sigmoid"])
def test_straight_through_is_exact_for_a_linear_loss(name: str) -> None:
    rule = Estimator.members[name]()
    net = toy4(draws=DRAWS)
    net.losses = lambda output, inputs, targets: output[:, 0] * 3  # type: ignore[method-assign]
    single = toy4()
    single.losses = net.losses  # type: ignore[method-assign]
    exact = exact_gradient(rollout_of(single, rule))["first"]
    torch.testing.assert_close(estimates(net, rule)["first"].mean(0), exact[0], atol=1e-5, rtol=1e-4)


def test_reinmax_is_exact_for_a_quadratic_loss() -> None:
    rule = Estimator.members["reinmax"]()
    exact = exact_gradient(rollout_of(toy4(), rule))["first"]
    assert standard_errors_off(estimates(toy4(draws=DRAWS), rule)["first"], exact) <= BOUND


def test_straight_through_is_far_off_on_the_single_unit() -> None:
    # True gradient .000298; the mean of the straight-through estimate is .0949, three hundred times as much.
    drawn = estimates(toy1(1.5, DRAWS), Estimator.members["bernoulli"]())["first"]
    assert drawn.mean().item() == pytest.approx(0.0949, abs=5 * drawn.std().item() / DRAWS**0.5 + 1e-4)


VARIANCES: dict[str, tuple[dict[str, Any], tuple[float, ...]]] = {
    "score-function": ({}, (0.106, 0.097, 0.109, 0.114)),
    "reinforce": ({}, (0.060, 0.055, 0.065, 0.060)),
    "rloo": ({"samples": 2}, (0.060, 0.055, 0.054, 0.060)),
    "arm": ({}, (0.0255, 0.0252, 0.0243, 0.0299)),
    "disarm": ({}, (0.0212, 0.0218, 0.0178, 0.0222)),
    "local-expectation": ({}, (0.046, 0.019, 0.026, 0.009)),
    "rebar": ({"tune": False}, (0.107, 0.056, 0.086, 0.046)),
    "bernoulli": ({}, (0.104, 0.021, 0.035, 0.010)),
    "reinmax": ({}, (0.104, 0.024, 0.057, 0.010)),
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


def test_a_learned_baseline_divides_by_the_spread_of_what_it_leaves() -> None:
    whole, divided = (Estimator.members["input-baseline"](divide=divide) for divide in (False, True))
    net = toy4(draws=DRAWS, target=3.0)
    spread = rollout_of(net, whole, seed=1)().loss.std(unbiased=False)
    assert spread > 1.5
    first, second = (estimates(toy4(draws=DRAWS, target=3.0), rule)["first"] for rule in (whole, divided))
    torch.testing.assert_close(first / spread, second, rtol=1e-3, atol=1e-5)


def test_a_learned_baseline_keeps_the_mean_of_what_it_leaves() -> None:
    rule = Estimator.members["input-baseline"](decay=0.0)
    state = rule.new_state(rollout_of(toy4(), rule).shapes)
    gradients_by_draw(toy4(draws=DRAWS), rule, state, seed=1)
    losses = rollout_of(toy4(draws=DRAWS), rule, seed=1)().loss
    torch.testing.assert_close(state.constant, losses.mean())  # the net itself starts at 0
    drawn = gradients_by_draw(toy4(draws=DRAWS), rule, state)["first"]
    plain = estimates(toy4(draws=DRAWS), Estimator.members["score-function"]())["first"]
    assert drawn.var(0).sum() < 0.7 * plain.var(0).sum()


def test_the_optimal_baseline_leaves_a_single_unit_no_variance() -> None:
    best, plain = (
        estimates(toy1(1.5, DRAWS), Estimator.members[name]())["first"]
        for name in ("optimal-baseline", "score-function")
    )
    assert best.var() < plain.var() / 1000


POOR_STARTS: dict[str, dict[str, Any]] = {
    "input-baseline": {},
    "relax": {},
    "rebar": {"strength": 0.3, "temperature": 4.0},
}


@pytest.mark.parametrize("name", POOR_STARTS)
def test_what_learns_grows_less_noisy(name: str) -> None:
    rule, draws = Estimator.members[name](learning_rate=0.05, **POOR_STARTS[name]), 250
    net = toy4(draws=draws)
    state = rule.new_state(rollout_of(net, rule).shapes)
    before = gradients_by_draw(toy4(draws=DRAWS), rule, copy.deepcopy(state))["first"].var(0).sum()
    for seed in range(60):
        gradients_by_draw(net, rule, state, seed=seed)
    after = gradients_by_draw(toy4(draws=DRAWS), rule, state)["first"].var(0).sum()
    assert after < 0.8 * before


def test_zero_gradient_rules_estimate_zero() -> None:
    for rule in EVERY:
        if rule.zero_gradient:
            drawn = gradients_by_draw(toy(2, False, "quartic", 50), rule, None)
            assert "first" not in drawn or not drawn["first"].any(), rule.name
            assert drawn["readout"].any()
