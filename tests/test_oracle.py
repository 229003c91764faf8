"""The oracle against closed forms and against finite differences of the enumerated expectation."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lab.estimators import Estimator
from lab.models import Net, Rollout
from lab.models.layers import BatchNorm1d, BinaryUnits
from lab.oracle import (
    MOST_BITS,
    NotEnumerable,
    Spread,
    bias_and_variance,
    code_table,
    exact_gradient,
    expected_loss,
)
from tests.toys import ToyNet, rollout_of, toy, toy1, toy4

REINFORCE = Estimator.members["reinforce"]()

DOUBLE: Any = SimpleNamespace(
    stochastic=True,
    draws_in_objective=1,
    levels="0/1",
    probability=lambda x, slope: torch.sigmoid(slope * x),
    binarize=lambda x, slope, noise: (noise < torch.sigmoid(slope * x)).to(x.dtype),
)
"""Logistic units in double precision, which those of the lab are not."""


def test_code_table_has_every_code_once() -> None:
    table = code_table(5)
    assert table.shape == (32, 5)
    assert {tuple(row) for row in table.tolist()} == set(itertools.product((0, 1), repeat=5))


@pytest.mark.parametrize(("logit", "gradient"), [(0.0, 0.0005), (1.5, 0.000298)])
def test_oracle_value_of_the_single_unit(logit: float, gradient: float) -> None:
    exact = exact_gradient(rollout_of(toy1(logit), REINFORCE))["first"]
    assert exact.item() == pytest.approx(gradient, abs=5e-7)


@pytest.mark.parametrize(
    ("loss", "gradient"),
    [
        ("quadratic", (0.048361, -0.019791, -0.011802, 0.026003)),
        ("quartic", (0.02383, -0.01018, -0.05267, 0.03889)),
    ],
)
def test_oracle_values_of_the_four_unit_toy(loss: Any, gradient: tuple[float, ...]) -> None:
    exact = exact_gradient(rollout_of(toy4(loss), REINFORCE))["first"][0]
    torch.testing.assert_close(exact, torch.tensor(gradient), atol=6e-6, rtol=0)


def test_expectation_by_hand() -> None:
    net = toy4()
    weights, p = net.readout[0, :, 0].detach(), torch.sigmoid(net.first[0].detach())
    mean, variance = (weights * p).sum(), (weights**2 * p * (1 - p)).sum()
    by_hand = ((mean - 1) ** 2 + variance).item()
    assert expected_loss(rollout_of(net, REINFORCE)).item() == pytest.approx(by_hand, rel=1e-5)


@pytest.mark.parametrize(("sites", "skip"), [(1, False), (1, True), (2, False), (2, True)])
@pytest.mark.parametrize("loss", ["quadratic", "quartic", "cross-entropy"])
def test_gradient_is_the_finite_difference_of_the_expectation(sites: int, skip: bool, loss: Any) -> None:
    net, slope = toy(sites, skip, loss, dtype=torch.float64), 1.7

    def value() -> float:
        return expected_loss(rollout_of(net, DOUBLE, slope)).item()

    exact = exact_gradient(rollout_of(net, DOUBLE, slope))
    for name, parameter in net.named_parameters():
        flat, step = parameter.data.view(-1), 1e-5
        for i in range(flat.numel()):
            before = flat[i].item()
            flat[i] = before + step
            above = value()
            flat[i] = before - step
            below = value()
            flat[i] = before
            assert exact[name].flatten()[i].item() == pytest.approx((above - below) / (2 * step), rel=1e-6, abs=1e-8)


def test_examples_of_a_batch_are_averaged() -> None:
    net = toy(2, True, "cross-entropy", draws=3)
    net.first.data += torch.tensor([[0.0], [0.5], [-0.5]])
    rollout = rollout_of(net, REINFORCE)
    whole = exact_gradient(rollout)
    assert not torch.allclose(whole["first"][0], whole["first"][1])
    for row in range(3):
        single = toy(2, True, "cross-entropy")
        single.first.data[:] = net.first.data[row]
        alone = exact_gradient(rollout_of(single, REINFORCE))
        for name, gradient in alone.items():
            torch.testing.assert_close(whole[name][row] * 3, gradient[0], atol=1e-6, rtol=1e-5)


class NormedNet(Net):
    """One feature to two units, batch norm or not, and a quadratic loss."""

    def __init__(self, norm: bool) -> None:
        super().__init__()
        self.below = nn.Linear(1, 2)
        self.units = BinaryUnits(self.stage)
        self.norm = BatchNorm1d(2) if norm else nn.Identity()
        self.above = nn.Linear(2, 1)
        with torch.no_grad():
            self.below.weight[:] = torch.tensor([[0.9], [-1.3]])
            self.below.bias[:] = torch.tensor([0.2, 0.4])
            self.above.weight[:] = torch.tensor([[1.1, -0.7]])
            self.above.bias[:] = 0.3
        self.prepare()

    def forward(self, x: Tensor) -> Tensor:
        return self.above(self.norm(self.units(self.below(x))))

    def losses(self, output: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
        return (output[:, 0] - targets) ** 2


def normed_rollout(norm: bool) -> Rollout:
    inputs, targets = torch.tensor([[0.5], [-1.0], [2.0]]), torch.tensor([0.0, 1.0, 2.0])
    return Rollout(NormedNet(norm), inputs, targets, REINFORCE, 1.0, torch.Generator().manual_seed(0))


def test_joint_enumeration_agrees_with_the_single_one_where_examples_are_independent() -> None:
    rollout = normed_rollout(norm=False)
    alone, joint = exact_gradient(rollout), exact_gradient(rollout, joint=True)
    for name in alone:
        torch.testing.assert_close(alone[name], joint[name], atol=1e-6, rtol=1e-5)


def score_function_error(norm: bool) -> float:
    """Relative error of the expected per-example score estimate, itself summed over all codes of the batch."""
    rollout = normed_rollout(norm)
    net, examples, units = rollout.net, 3, 2
    exact = exact_gradient(rollout, joint=True)["below.weight"]
    expected = torch.zeros_like(exact)
    for code in code_table(examples * units).float():
        fresh = Rollout(net, rollout.inputs, rollout.targets, REINFORCE, 1.0, torch.Generator())
        drawn = fresh(at={0: code.view(examples, units)}, derivative=True)
        loss = REINFORCE.loss(lambda drawn=drawn: drawn, REINFORCE.new_state(rollout.shapes))  # type: ignore[misc, arg-type]
        (gradient,) = torch.autograd.grad(loss, [net.below.weight])
        expected += drawn.log_prob.sum().exp().detach() * gradient
    return ((expected - exact).norm() / exact.norm()).item()


def test_batch_norm_after_the_bits_makes_the_score_function_wrong() -> None:
    # Why `batch_statistics_after_bits` exists: each example's bits move the loss of the others, and the per-example
    # advantage does not see it. The expectation is exact here, so this is bias and not noise.
    assert score_function_error(norm=False) < 1e-5
    assert score_function_error(norm=True) > 0.1


def test_refuses_coupled_examples_unless_enumerated_jointly() -> None:
    with pytest.raises(NotEnumerable, match="couple the examples"):
        expected_loss(normed_rollout(norm=True))
    assert expected_loss(normed_rollout(norm=True), joint=True).isfinite()
    evaluated = normed_rollout(norm=True)
    evaluated.net.eval()
    assert expected_loss(evaluated).isfinite()


def test_refuses_more_bits_than_can_be_enumerated() -> None:
    net = ToyNet(torch.zeros(MOST_BITS + 1), torch.ones(MOST_BITS + 1, 1))
    with pytest.raises(NotEnumerable, match=rf"{MOST_BITS + 1} bits .* at most {MOST_BITS}"):
        expected_loss(rollout_of(net, REINFORCE))


def test_refuses_units_that_are_not_sampled() -> None:
    with pytest.raises(NotEnumerable, match="'identity' does not sample"):
        expected_loss(rollout_of(toy4(), Estimator.members["identity"]()))


def test_leaves_no_trace() -> None:
    rollout = normed_rollout(norm=True)
    before = {name: buffer.clone() for name, buffer in rollout.net.named_buffers()}
    noise, world = rollout.generator.get_state(), torch.random.get_rng_state()
    bias_and_variance(rollout, 2, torch.Generator().manual_seed(1), joint=True)
    assert rollout.first is None
    assert torch.equal(rollout.generator.get_state(), noise)
    assert torch.equal(torch.random.get_rng_state(), world)
    assert before
    for name, buffer in rollout.net.named_buffers():
        assert torch.equal(buffer, before[name])
    assert all(parameter.grad is None for parameter in rollout.net.parameters())


def test_bias_and_variance_of_an_unbiased_and_of_a_biased_rule() -> None:
    draws = 600

    def spread(name: str) -> Spread:
        rollout = rollout_of(toy4(), Estimator.members[name]())
        return bias_and_variance(rollout, draws, torch.Generator().manual_seed(2))["first"]

    unbiased, biased = spread("disarm"), spread("bernoulli")
    assert (unbiased.bias.abs() <= 5 * unbiased.standard_error).all()
    assert (biased.bias.abs() > 5 * biased.standard_error).any()
    # Reference table: .0212/.0218/.0178/.0222; 600 draws know a variance to about 10 %.
    torch.testing.assert_close(
        unbiased.variance[0].float(), torch.tensor([0.0212, 0.0218, 0.0178, 0.0222]), rtol=0.4, atol=0
    )


def test_bias_and_variance_are_mean_and_variance_of_the_draws() -> None:
    net, rule, draws, warm_up = toy(2, True, "quartic"), REINFORCE, 7, 3
    spreads = bias_and_variance(rollout_of(net, rule), draws, torch.Generator().manual_seed(5), warm_up)
    generator, state, gradients = torch.Generator().manual_seed(5), rule.new_state(rollout_of(net, rule).shapes), []
    for _ in range(warm_up + draws):
        single = rollout_of(net, rule)
        single.generator = generator
        net.zero_grad()
        rule.loss(single, state).backward()
        gradients.append(net.second.grad.double())  # type: ignore[union-attr]
    sample = torch.stack(gradients[warm_up:])
    torch.testing.assert_close(spreads["second"].mean, sample.mean(0))
    torch.testing.assert_close(spreads["second"].variance, sample.var(0))
    torch.testing.assert_close(spreads["second"].standard_error, sample.std(0) / draws**0.5)
    with pytest.raises(ValueError, match="at least 2"):
        bias_and_variance(rollout_of(net, rule), 1, generator)
