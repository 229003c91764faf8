"""What is found out about the gradients of a trained net, and about one unit."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import numpy as np
import pytest
import torch

from lab.estimators import Estimator, StraightThrough
from lab.models import Rollout
from lab.probes import Specimen
from lab.probes.forward import fitted, same_forward
from lab.probes.gradients import AGAIN, Agreement, CannotCompare, compare_gradients
from lab.probes.neuron import look
from lab.probes.pre_activations import pre_activations
from lab.training import Training
from tests.latex import value_of
from tests.small import small


def specimen(architecture: str = "mlp", **fields: object) -> Specimen:
    training = Training(small(architecture, **fields))
    for _ in zip(range(4), training.events(), strict=False):
        pass
    return training.specimen()


def rule(name: str, **fields: object) -> Estimator:
    return Estimator.members[name](**fields)


def of(found: list[Agreement], name: str, layer: str) -> Agreement:
    (agreement,) = [each for each in found if (each.rule, each.layer) == (name, layer)]
    return agreement


def compared(net_of: Specimen, *arguments: Any, **settings: Any) -> list[Agreement]:
    return list(itertools.chain.from_iterable(compare_gradients(net_of, *arguments, **settings)))


def test_a_rule_agrees_with_itself() -> None:
    found = compared(specimen(), [rule("identity")], rule("identity"), batch=16)
    assert {agreement.rule for agreement in found} == {"identity", AGAIN}
    for agreement in found:
        assert agreement.cosine == pytest.approx(1, abs=1e-6)
        assert agreement.ratio == pytest.approx(1, abs=1e-6)
        assert (agreement.signs, agreement.noise) == (1.0, 0.0)


def test_against_gradients_by_hand() -> None:
    net_of, one, two = specimen(), rule("identity"), rule("hard-sigmoid")
    inputs, targets = net_of.batch(16)
    by_hand = []
    for each in (one, two):
        copied = net_of.copied().net.train()
        rollout = Rollout(copied, inputs, targets, each, net_of.slope, torch.Generator())
        each.loss(rollout, None).backward()
        by_hand.append(copied.get_parameter("layers.1.weight").grad.double().flatten())  # type: ignore[union-attr]
    truth, other = by_hand
    agreement = of(compared(net_of, [two], one, batch=16), "hard-sigmoid", "layer 1 (linear)")
    assert agreement.cosine == pytest.approx(float(truth @ other / truth.norm() / other.norm()), abs=1e-6)
    assert agreement.ratio == pytest.approx(float(other.norm() / truth.norm()), rel=1e-5)
    assert agreement.zero == pytest.approx(float((other == 0).double().mean()))


def test_a_rule_without_gradient_has_no_direction() -> None:
    found = compared(specimen(), [rule("zero-gradient")], rule("identity"), batch=16)
    front, last = of(found, "zero-gradient", "layer 1 (linear)"), of(found, "zero-gradient", "layer 2 (linear)")
    assert front.zero == 1
    assert math.isnan(front.cosine)
    assert last.cosine == pytest.approx(1, abs=1e-6), "what follows the bits learns as ever"


def test_many_draws_of_an_unbiased_rule_agree_with_another_one() -> None:
    found = compared(specimen(estimator="rloo"), [rule("disarm")], rule("rloo"), 16, draws=60, reference_draws=60)
    assert of(found, "disarm", "layer 1 (linear)").cosine > 0.7
    assert of(found, "disarm", "layer 1 (linear)").noise > 0
    assert 0.5 < of(found, AGAIN, "layer 1 (linear)").cosine < 1, "the reference has noise of its own"


@pytest.mark.parametrize("name", Estimator.members)
def test_every_rule_can_be_compared_or_says_why_not(name: str) -> None:
    net = specimen(shape={"hidden": [8]})
    found = compared(net, [rule(name)], rule("identity"), batch=4, draws=2)
    assert {agreement.layer for agreement in found} == set(net.net.layer_weights())
    large = specimen("convnet")
    refusal = rule(name).refusal(large.experiment.architecture.shapes)
    if refusal:
        with pytest.raises(CannotCompare, match="units are allowed"):
            compared(large, [rule(name)], rule("identity"), batch=4, draws=2)


def test_a_net_without_bits_is_refused() -> None:
    with pytest.raises(CannotCompare, match="no binary units"):
        compared(specimen("convnet", shape={"binary_layers": []}), [rule("identity")], rule("identity"))


@pytest.mark.parametrize("trained", ["stochastic-hard-sigmoid", "bernoulli"])
def test_a_reference_that_fits_the_run_has_the_same_bits(trained: str) -> None:
    """What lies behind the last bits is reached without any estimator: all that sample alike agree there."""
    net_of = specimen("mlp", shape={"hidden": [6]}, estimator=trained)
    reference = fitted(rule("enumeration"), rule(trained))
    assert same_forward(reference, rule(trained))
    rows = compared(net_of, [rule(trained), fitted(rule("rloo"), rule(trained))], reference, 16, 256)
    for name in (trained, "rloo"):
        behind = of(rows, name, "layer 2 (linear)")
        assert behind.ratio == pytest.approx(1, abs=0.02)
        assert behind.cosine > 0.99
    others = compared(
        net_of, [rule("rloo", units="hard-sigmoid" if trained == "bernoulli" else "logistic")], reference, 16, 256
    )
    assert of(others, "rloo", "layer 2 (linear)").cosine < 0.99


def test_what_fits_a_run_is_its_own_rule_or_has_its_units() -> None:
    own = rule("saturated", gate=2.0)
    assert fitted(rule("saturated"), own) == own
    assert fitted(rule("rloo"), rule("detached-sample")).units == "hard-sigmoid"  # type: ignore[attr-defined]
    assert fitted(rule("rloo"), own) == rule("rloo")
    assert fitted(rule("reinmax"), rule("stochastic-hard-sigmoid")) == rule("reinmax")


@pytest.mark.parametrize("name", Estimator.members)
def test_rules_have_the_bits_of_their_kind(name: str) -> None:
    assert same_forward(rule(name), rule(name))
    at_zero = rule(name).inner.forward == "bits" and rule(name).step(torch.tensor([-0.1, 0.1])).tolist() == [0, 1]
    assert same_forward(rule(name), rule("identity")) == (at_zero and not rule(name).stochastic)
    assert not (same_forward(rule(name), rule("bernoulli")) and same_forward(rule(name), rule("stochastic-sign")))


def test_leaves_no_trace() -> None:
    net_of = specimen("convnet", estimator="bernoulli")
    before = {name: value.clone() for name, value in net_of.net.state_dict().items()}
    world = torch.random.get_rng_state()
    compared(net_of, [rule("reinforce")], rule("rloo"), batch=4, draws=2, reference_draws=2)
    pre_activations(net_of)
    assert all(torch.equal(value, before[name]) for name, value in net_of.net.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), world)
    assert all(parameter.grad is None for parameter in net_of.net.parameters())
    assert net_of.net.training


def test_pre_activations_of_every_layer() -> None:
    found = pre_activations(specimen("convnet"))
    assert list(found) == ["conv 1", "conv 2"]
    assert all(np.isfinite(x).all() and 1000 < len(x) <= 200_000 for x in found.values())


def other_settings() -> Iterator[tuple[str, str, Any]]:
    """Every choice that a setting of an estimator leaves, but for the default."""
    for name, member in Estimator.members.items():
        for field, info in member.model_fields.items():
            choices = get_args(info.annotation) if get_origin(info.annotation) is Literal else ()
            if info.annotation is bool:
                choices = (True, False)
            yield from ((name, field, choice) for choice in choices if choice != info.default)


class TestNeuron:
    def test_straight_through_by_hand(self) -> None:
        seen = look(rule("bernoulli"), x=0.4, slope=2.0, noise=0.35, target=0.499)
        p = 1 / (1 + math.exp(-0.8))
        assert seen.unit.p == pytest.approx(p)
        assert (seen.unit.code, seen.unit.loss) == (1.0, pytest.approx(0.501**2))
        assert seen.unit.incoming == pytest.approx(2 * 0.501)
        assert seen.unit.factor == pytest.approx(2 * p * (1 - p), rel=1e-4)
        assert seen.unit.sent_back == pytest.approx(seen.unit.incoming * 2 * p * (1 - p), rel=1e-4)
        assert seen.exact == pytest.approx(2 * p * (1 - p) * (0.501**2 - 0.499**2), rel=1e-3)

    def test_score_function_by_hand(self) -> None:
        seen = look(rule("score-function"), x=-0.5, slope=1.0, noise=0.9, target=0.2)
        p = 1 / (1 + math.exp(0.5))
        assert seen.unit.code == 0
        assert seen.unit.factor is None
        assert seen.unit.score == pytest.approx(-p, rel=1e-5)
        assert seen.unit.sent_back == pytest.approx(0.04 * -p, rel=1e-4)

    def test_noise_decides_the_bit(self) -> None:
        p = 1 / (1 + math.exp(-0.4))
        below, above = (look(rule("rloo"), 0.4, 1.0, p + shift, 0.5).unit.code for shift in (-0.01, 0.01))
        assert (below, above) == (1.0, 0.0)

    @pytest.mark.parametrize("name", Estimator.members)
    def test_every_rule_under_the_microscope(self, name: str) -> None:
        seen = look(rule(name), 0.3, 1.0, 0.4, 0.499)
        assert math.isfinite(seen.unit.sent_back)
        assert (seen.unit.p is None) == (not rule(name).stochastic)
        assert seen.unit.loss == pytest.approx((seen.unit.code - 0.499) ** 2)
        if rule(name).unbiased and rule(name).objective == Estimator.objective:
            assert abs(seen.mean - seen.exact) <= 2.5 * seen.mean_error + 1e-5

    def test_a_mean_is_not_known_where_a_bit_is_rare(self) -> None:
        assert look(rule("reinforce"), x=2.0, slope=5.0, noise=0.4, target=0.499).mean_error is None
        assert look(rule("identity"), x=2.0, slope=5.0, noise=0.4, target=0.499).mean_error == 0

    @pytest.mark.parametrize("name", Estimator.members)
    @pytest.mark.parametrize(("x", "noise", "slope"), [(0.3, 0.4, 1.3), (-0.8, 0.2, 0.7), (0.02, 0.9, 2.0)])
    def test_the_numbers_in_a_formula_give_what_is_sent_back(
        self, name: str, x: float, noise: float, slope: float
    ) -> None:
        seen = look(rule(name), x, slope, noise, 0.2)
        assert bool(seen.worked) == (not rule(name).zero_gradient)
        worked_out = [re.split(":?=", line) for line in seen.worked if r"\quad" not in line and line.count("=") == 2]
        for _, numbers, result in worked_out:
            assert value_of(numbers) == pytest.approx(value_of(result), rel=4e-3, abs=1e-3), numbers
        if seen.worked:
            assert value_of(worked_out[-1][-1]) == pytest.approx(seen.unit.sent_back, rel=1e-3)

    @pytest.mark.parametrize("settings", [{"gate": 0.25}, {"gradient_clip": 0.2}, {"gate": None}])
    @pytest.mark.parametrize("name", [name for name, m in Estimator.members.items() if issubclass(m, StraightThrough)])
    def test_the_numbers_are_right_with_a_gate_and_a_clip(self, name: str, settings: dict[str, Any]) -> None:
        for x in (0.2, 0.4):
            seen = look(rule(name, **settings), x, 1.0, 0.35, -0.3)
            worked_out = [re.split(":?=", line) for line in seen.worked if line.count("=") == 2]
            for _, numbers, result in worked_out:
                assert value_of(numbers) == pytest.approx(value_of(result), rel=4e-3, abs=1e-3), seen.worked
            assert value_of(worked_out[-1][-1]) == pytest.approx(seen.unit.sent_back, rel=1e-3)

    @pytest.mark.parametrize(("name", "field", "value"), list(other_settings()))
    def test_the_numbers_are_right_at_every_choice_of_a_setting(self, name: str, field: str, value: Any) -> None:
        for x in (0.3, -0.6):
            seen = look(rule(name, **{field: value}), x, 1.2, 0.35, 0.2)
            worked_out = [
                re.split(":?=", line) for line in seen.worked if r"\quad" not in line and line.count("=") == 2
            ]
            for _, numbers, result in worked_out:
                assert value_of(numbers) == pytest.approx(value_of(result), rel=4e-3, abs=1e-3), seen.worked
            if seen.worked:
                assert value_of(worked_out[-1][-1]) == pytest.approx(seen.unit.sent_back, rel=1e-3)

    @pytest.mark.parametrize("name", [n for n, m in Estimator.members.items() if m.stochastic])
    def test_the_parts_of_an_average(self, name: str) -> None:
        if rule(name).exact or rule(name).wraps:
            pytest.skip("it cannot be averaged")
        average = rule("monte-carlo", rule=name, samples=3)
        seen = look(average, 0.4, 1.0, 0.35, 0.2)
        _, numbers, result = seen.worked[-1].split("=")
        assert value_of(numbers) == pytest.approx(value_of(result), rel=4e-3, abs=1e-3)
        assert value_of(result) == pytest.approx(seen.unit.sent_back, rel=1e-3)

    def test_the_noise_under_the_microscope_is_that_of_the_first_sample(self) -> None:
        below, above = (look(rule("rloo"), 0.0, 1.0, noise, 0.2).worked[0] for noise in (0.4, 0.6))
        assert below.startswith("b = 1,")
        assert above.startswith("b = 0,")
