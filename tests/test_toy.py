"""Bias and noise on nets of a few units, against the tables of the reference and against single draws."""

from __future__ import annotations

import re

import pytest
import torch
from pydantic import ValidationError

from lab.estimators import Estimator
from lab.oracle import NotEnumerable
from lab.parts import sentences
from lab.toy import MOST_UNITS, PICTURED, Measured, Toy, exact_of, measure, rarest_bit

TOY4 = Toy(logits=(0.3, -0.7, 1.2, 0.0), weights=(1.0, -0.5, 0.8, 0.3))


def rule(name: str, **fields: object) -> Estimator:
    return Estimator.members[name](**fields)


@pytest.mark.parametrize(
    ("loss", "gradient"),
    [
        ("quadratic", (0.048361, -0.019791, -0.011802, 0.026003)),
        ("quartic", (0.02383, -0.01018, -0.05267, 0.03889)),
    ],
)
def test_exact_gradient_of_the_table(loss: str, gradient: tuple[float, ...]) -> None:
    exact = exact_of(TOY4.model_copy(update={"loss": loss}), rule("rloo"), 1.0)
    torch.testing.assert_close(exact, torch.tensor(gradient, dtype=torch.float64), atol=6e-6, rtol=0)


def test_a_rule_of_the_table() -> None:
    measured = measure(TOY4, rule("disarm"), 1.0, 100_000)
    torch.testing.assert_close(measured.variance.tolist(), [0.0212, 0.0218, 0.0178, 0.0222], rtol=0.04, atol=0.0005)
    assert measured.bias < 1.5 * measured.bias_error
    assert measured.noise == pytest.approx((0.0212 + 0.0218 + 0.0178 + 0.0222) ** 0.5 / 0.0592, rel=0.03)
    assert measured.passes == 2


def test_a_deterministic_rule_has_no_noise_and_the_bias_of_the_table() -> None:
    measured = measure(TOY4, rule("sigmoid-adjusted"), 1.0, 1000)
    assert measured.noise == measured.bias_error == measured.noise_error == 0
    torch.testing.assert_close(measured.mean.tolist(), [0.391, -0.177, 0.228, 0.120], rtol=0, atol=0.0006)


@pytest.mark.parametrize("name", PICTURED)
def test_unbiased_rules_are_where_the_truth_is(name: str) -> None:
    measured = measure(Toy(), rule(name), 1.0, 4000)
    if rule(name).unbiased:
        assert measured.bias < 2 * measured.bias_error
    assert measured.exact.shape == (6,)


def test_a_rule_with_another_objective_is_measured_against_the_expected_loss() -> None:
    measured = measure(TOY4, rule("vimco", samples=4), 1.0, 100_000)
    torch.testing.assert_close(measured.exact, exact_of(TOY4, rule("rloo"), 1.0))
    assert measured.bias > 3 * measured.bias_error


def test_bias_and_noise_are_in_units_of_the_exact_gradient() -> None:
    exact, mean, variance = (torch.tensor(v, dtype=torch.float64) for v in ([3.0, 4.0], [3.0, 5.0], [1.0, 3.0]))
    measured = Measured(exact, mean, variance, 4.0, draws=100, passes=1)
    assert measured.bias == pytest.approx(0.2)
    assert measured.noise == pytest.approx(2 / 5)
    assert measured.bias_error == pytest.approx(1.96 * 0.2 / 5)


def test_the_same_seed_gives_the_same_measure() -> None:
    one, two = (measure(TOY4, rule("relax"), 1.0, 500, seed=3) for _ in range(2))
    assert torch.equal(one.mean, two.mean)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"logits": [0.0] * 13, "weights": [1.0] * 13}, rf"2\^13 codes.*allowed are 1 to {MOST_UNITS} units"),
        ({"logits": [], "weights": []}, "allowed are 1 to"),
        ({"logits": [1.0], "weights": [1.0, 2.0]}, "logits has 1 number and weights has 2"),
        ({"logits": [float("inf")], "weights": [1.0]}, "logits.0 should be a finite number"),
        ({"logits": [float("-inf")], "weights": [1.0]}, "logits.0 should be a finite number"),
        ({"logits": [float("nan")], "weights": [1.0]}, "logits.0 should be a finite number"),
        ({"logits": [1e6], "weights": [1.0]}, "logits.0 should be less than or equal to 1000"),
    ],
)
def test_what_a_toy_cannot_be_is_explained(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Toy.model_validate(fields)
    assert any(re.search(sentence, said) for said in sentences(caught.value)), sentences(caught.value)


def test_a_rule_that_cannot_go_through_so_many_units_says_so() -> None:
    large = Toy(logits=(0.0,) * 12, weights=(1.0,) * 12)
    with pytest.raises(NotEnumerable, match=r"Exact enumeration runs the net once for each of the 2\^12 codes"):
        measure(large, rule("enumeration"), 1.0, 10)


@pytest.mark.parametrize("name", [name for name in PICTURED if Estimator.members[name]().unbiased])
def test_rare_bits_are_drawn_as_often_as_others(name: str) -> None:
    measured = measure(Toy(logits=(-6.0,), weights=(1.0,)), rule(name), 1.0, 20_000)
    assert measured.draws == 20_000
    assert measured.bias <= 2.5 * measured.bias_error + 1e-4


def test_an_exact_gradient_of_zero_is_measured_in_absolute_numbers() -> None:
    measured = measure(Toy(logits=(0.0,), weights=(2.0,)), rule("identity"), 1.0, 1000)
    assert not measured.relative
    assert measured.bias == pytest.approx(4.0), "2 (w.b - t) w at b = 0"


@pytest.mark.parametrize("name", ["bernoulli", "stochastic-identity", "st-concrete", "disarm", "score-function"])
def test_the_interval_of_the_bias_holds_at_least_what_it_says(name: str) -> None:
    many = [measure(TOY4, rule(name), 1.0, 1000, seed=seed) for seed in range(100)]
    truth = 0.0 if rule(name).unbiased else measure(TOY4, rule(name), 1.0, 400_000, seed=1000).bias
    inside = sum(abs(each.bias - truth) <= each.bias_error for each in many)
    assert inside >= 88, "at least 95 of 100 are expected: three standard deviations less"


def test_the_rarest_bit_is_that_of_a_unit_with_a_gradient() -> None:
    toy = Toy(logits=(0.5, 4.0), weights=(1.0, 1.0))
    assert rarest_bit(toy, rule("stochastic-hard-sigmoid"), 1.0) == pytest.approx(0.25)
    assert rarest_bit(toy, rule("bernoulli"), 1.0) == pytest.approx(0.018, abs=0.0001)
    assert rarest_bit(toy, rule("identity"), 1.0) == 0.5
    assert rarest_bit(Toy(logits=(9.0,), weights=(1.0,)), rule("stochastic-hard-sigmoid"), 1.0) == 0.5


@pytest.mark.parametrize("name", ["score-function", "arm", "local-expectation"])
def test_the_interval_of_the_noise_holds_what_it_says(name: str) -> None:
    many = [measure(TOY4, rule(name), 1.0, 1000, seed=seed) for seed in range(80)]
    truth = measure(TOY4, rule(name), 1.0, 400_000).noise
    inside = sum(abs(each.noise - truth) <= each.noise_error for each in many)
    assert 68 <= inside <= 80, "95 % of 80 are 76"
