"""Weights that are bits: their values, their scales, their gradients and their law, against closed forms."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lab.estimators import Estimator, Levels, StraightThrough
from lab.estimators.copies import Identity, Saturated
from lab.estimators.relaxed import Relaxed
from lab.estimators.stochastic import StochasticSign
from lab.models.layers import Stage
from lab.models.weights import BinaryConv2d, BinaryLinear, Scale, WeightBits

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")

THRESHOLDED = [name for name, rule in StraightThrough.choices().items() if not issubclass(rule, Relaxed)]
SAMPLED = [
    name
    for name, rule in StraightThrough.choices().items()
    if rule.stochastic and rule().forward in ("bits", "scaled bits")
]
BITS = [name for name in THRESHOLDED if StraightThrough.choices()[name]().forward in ("bits", "scaled bits")]
every_level = pytest.mark.parametrize("levels", ["0/1", "-1/+1"])
every_scale = pytest.mark.parametrize("scale", ["none", "max", "mean"])
LATENT = torch.randn(6, 5, 3, 3, generator=torch.Generator().manual_seed(3)) / 2
"""Six filters, none of them with a weight at 0."""


def rule_called(name: str) -> StraightThrough:
    rule = Estimator.members[name]()
    assert isinstance(rule, StraightThrough)
    return rule


def of(
    latent: Tensor, levels: Levels, rule: StraightThrough, scale: Scale = "none", noise: Tensor | None = None
) -> Tensor:
    return WeightBits(levels, rule, scale, stochastic=noise is not None).of(latent, noise)


def uniform(shape: Any, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def gradient(bits: WeightBits, latent: Tensor, incoming: Tensor, noise: Tensor | None = None) -> Tensor:
    leaf = latent.clone().requires_grad_()
    (found,) = torch.autograd.grad(bits.of(leaf, noise), leaf, incoming)
    return found


class TestValues:
    @every_level
    @every_scale
    @pytest.mark.parametrize("name", BITS)
    def test_are_two_a_filter_and_those_of_the_threshold(self, name: str, scale: Scale, levels: Levels) -> None:
        rule = rule_called(name)
        weight = of(LATENT, levels, rule, scale)
        low = 0.0 if levels == "0/1" else -1.0
        for values, latent in zip(weight.flatten(1), LATENT.flatten(1), strict=True):
            relative = latent / LATENT.abs().max() if scale == "max" else latent
            upper = values.max()
            assert (values == torch.where(relative > rule.threshold, upper, low * upper)).all()

    @pytest.mark.parametrize("name", BITS)
    def test_of_a_latent_weight_at_0_are_as_the_rule_has_it(self, name: str) -> None:
        rule = rule_called(name)
        at_threshold = of(torch.full((2, 3), rule.threshold), "-1/+1", rule)
        assert (at_threshold == (1.0 if rule.code_at_zero else -1.0)).all()

    @every_level
    @every_scale
    @pytest.mark.parametrize("name", [*BITS, "sign-with-zero"])
    def test_and_gradients_of_nothing_but_zeros_are_numbers(self, name: str, scale: Scale, levels: Levels) -> None:
        for noise in (None, uniform((4, 3))) if name in SAMPLED else (None,):
            leaf = torch.zeros(4, 3, requires_grad=True)
            weight = of(leaf, levels, rule_called(name), scale, noise)
            weight.sum().backward()
            assert weight.isfinite().all()
            assert leaf.grad is not None
            assert leaf.grad.isfinite().all()

    @every_level
    @every_scale
    @pytest.mark.parametrize("name", BITS)
    def test_of_bits_that_an_optimizer_keeps_are_those_bits(self, name: str, scale: Scale, levels: Levels) -> None:
        if levels == "0/1" and rule_called(name).code_at_zero:
            pytest.skip("a sign takes 0 for a 1; the lab warns of it")
        kept = (LATENT > 0).float() if levels == "0/1" else LATENT.sign()
        assert torch.equal(of(kept, levels, rule_called(name), scale), kept)


class TestScales:
    def test_max_is_the_largest_of_the_layer(self) -> None:
        weight = of(LATENT, "-1/+1", Identity(), "max")
        assert (weight.abs() == LATENT.abs().max()).all()
        assert torch.equal(weight.sign(), LATENT.sign())

    def test_mean_is_the_mean_of_each_filter(self) -> None:
        weight = of(LATENT, "-1/+1", Identity(), "mean")
        expected = LATENT.abs().mean((1, 2, 3), keepdim=True) * LATENT.sign()
        torch.testing.assert_close(weight, expected)

    @every_level
    @pytest.mark.parametrize("name", BITS)
    def test_mean_is_the_least_squares_optimum(self, name: str, levels: Levels) -> None:
        if rule_called(name).forward != "bits":
            pytest.skip("scales itself")
        rule, latent = rule_called(name), LATENT.double()
        bits, weight = of(latent, levels, rule), of(latent, levels, rule, "mean")

        def distance(other: Tensor) -> Tensor:
            return (latent - other).square().flatten(1).sum(1)

        for change in (-0.1, -1e-3, 1e-3, 0.1):
            assert (distance(weight) < distance(weight + change * bits)).all()

    @every_level
    def test_bits_of_a_filter_without_any_are_0(self, levels: Levels) -> None:
        latent = LATENT.clone()
        latent[2] = -latent[2].abs()
        weight = of(latent, levels, Identity(), "mean")
        assert (weight[2] == 0).all() == (levels == "0/1")


class TestGradients:
    @pytest.mark.parametrize("noise", [None, uniform(LATENT.shape)])
    def test_the_identity_under_max_sends_back_exactly_what_arrives(self, noise: Tensor | None) -> None:
        incoming = torch.randn(LATENT.shape, generator=torch.Generator().manual_seed(4))
        for rule in [StochasticSign(), *([] if noise is not None else [Identity()])]:
            bits = WeightBits("-1/+1", rule, "max", stochastic=noise is not None)
            assert torch.equal(gradient(bits, LATENT, incoming, noise), incoming)

    @every_level
    @pytest.mark.parametrize("name", THRESHOLDED)
    def test_max_gives_the_surrogate_at_the_relative_weight(self, name: str, levels: Levels) -> None:
        rule, incoming = rule_called(name), uniform(LATENT.shape) - 0.5
        found = gradient(WeightBits(levels, rule, "max"), LATENT, incoming)
        assert torch.equal(found, gradient(WeightBits(levels, rule), LATENT / LATENT.abs().max(), incoming))

    @pytest.mark.parametrize("name", ["sigmoid-adjusted", "fast-sigmoid", "bernoulli", "arctan"])
    def test_max_is_the_derivative_of_the_scaled_smooth_function(self, name: str) -> None:
        """s f(w / s), by finite differences; s is held, as it gets no gradient."""
        rule, latent = rule_called(name), LATENT.double()
        largest = latent.abs().max()
        levels: Levels = rule.levels or "-1/+1"
        found = gradient(WeightBits(levels, rule, "max"), latent, torch.ones_like(latent))

        def smooth(weights: Tensor) -> Tensor:
            return largest * rule.smooth(weights / largest, 1.0).double()

        step = 1e-3
        differences = (smooth(latent + step) - smooth(latent - step)) / (2 * step)
        torch.testing.assert_close(found, differences, atol=1e-3, rtol=1e-2)

    @every_level
    @pytest.mark.parametrize("name", ["identity", "saturated", "hard-sigmoid", "dorefa"])
    def test_mean_adds_the_true_gradient_of_the_scale(self, name: str, levels: Levels) -> None:
        """Between two flips the loss is a smooth function of the scales alone, and finite differences see just that."""
        rule, latent = rule_called(name), LATENT.double()
        incoming = torch.randn(latent.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
        bits = WeightBits(levels, rule, "mean")
        found = gradient(bits, latent, incoming)
        plain = of(latent, levels, rule)
        scales = (of(latent, levels, rule, "mean") * plain).flatten(1).sum(1) / plain.square().flatten(1).sum(1)
        passed = gradient(WeightBits(levels, rule), latent, incoming * scales.view(-1, 1, 1, 1))
        step = 1e-7
        for place in range(0, latent.numel(), 7):
            nudge = torch.zeros_like(latent).view(-1)
            nudge[place] = step
            nudge = nudge.view_as(latent)
            ahead, behind = (of(latent + sign * nudge, levels, rule, "mean") for sign in (1, -1))
            difference = float(((ahead - behind) * incoming).sum() / (2 * step))
            assert float((found - passed).view(-1)[place]) == pytest.approx(difference, abs=1e-6)

    def test_behind_batch_norm_the_mean_scale_changes_no_gradient(self) -> None:
        """What the lab says of it: batch norm divides the scale out, so the loss has no gradient along it."""
        inputs = torch.randn(64, 12, generator=torch.Generator().manual_seed(6), dtype=torch.float64)
        latent = torch.randn(5, 12, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
        target = torch.randn(64, 5, generator=torch.Generator().manual_seed(8), dtype=torch.float64)

        def sent(scale: Scale) -> Tensor:
            leaf = latent.clone().requires_grad_()
            weight = WeightBits("-1/+1", Saturated(), scale).of(leaf)
            normed = nn.functional.batch_norm(inputs @ weight.T, None, None, training=True, eps=1e-14)
            (found,) = torch.autograd.grad((normed - target).pow(4).mean(), leaf)
            return found

        torch.testing.assert_close(sent("mean"), sent("none"), atol=1e-9, rtol=1e-6)


class TestLaw:
    DRAWS = 4000

    def drawn(self, bits: WeightBits, latent: Tensor) -> Tensor:
        generator = torch.Generator().manual_seed(11)
        return torch.stack([bits.of(latent, torch.rand(latent.shape, generator=generator)) for _ in range(self.DRAWS)])

    @pytest.mark.parametrize("name", SAMPLED)
    def test_bits_come_as_often_as_their_rule_says(self, name: str) -> None:
        rule, latent = rule_called(name), LATENT[:2, :2]
        p = rule.probability(latent, 1.0).double()
        often = (self.drawn(WeightBits("-1/+1", rule, stochastic=True), latent) > 0).double().mean(0)
        deviation = (p * (1 - p) / self.DRAWS).sqrt()
        assert ((often - p).abs() <= 5 * deviation + 1e-5).all()

    def test_binary_connect_draws_from_the_hard_sigmoid(self) -> None:
        latent = torch.tensor([[-2.0, -0.5, 0.0, 0.25, 1.0]])
        mean = self.drawn(WeightBits("-1/+1", rule_called("stochastic-hard-sigmoid"), stochastic=True), latent).mean(0)
        expected = latent.clamp(-1, 1)
        bound = 5 * ((1 - expected.square()) / self.DRAWS).sqrt() + 2e-5
        assert ((mean - expected).abs() <= bound).all()

    @pytest.mark.parametrize("factor", [0.01, 1.0, 40.0])
    def test_scaled_by_max_the_mean_is_the_latent_weight_whatever_its_size(self, factor: float) -> None:
        latent = factor * LATENT[:3, :2]
        largest = float(latent.abs().max())
        mean = self.drawn(WeightBits("-1/+1", StochasticSign(), "max", stochastic=True), latent).double().mean(0)
        deviation = ((largest**2 - latent.square()) / self.DRAWS).sqrt()
        assert ((mean - latent).abs() <= 5 * deviation + 3e-6 * largest).all()  # p is kept 1e-6 away from 0 and 1

    def test_unscaled_it_is_not_beyond_1(self) -> None:
        latent = torch.tensor([[1.5, -3.0]])
        mean = self.drawn(WeightBits("-1/+1", StochasticSign(), stochastic=True), latent).mean(0)
        torch.testing.assert_close(mean, torch.tensor([[1.0, -1.0]]), atol=1e-3, rtol=0)


class TestLayers:
    @every_level
    @every_scale
    def test_are_linear_and_convolutional_layers_with_those_weights(self, levels: Levels, scale: Scale) -> None:
        bits = WeightBits(levels, Identity(), scale)
        linear, conv = BinaryLinear(12, 6, Stage(), bits, bias=True), BinaryConv2d(2, 6, 3, Stage(), bits, 2, 1)
        x, pictures = torch.randn(4, 12), torch.randn(4, 2, 9, 9)
        torch.testing.assert_close(linear(x), x @ bits.of(linear.weight).T + linear.bias)
        expected = nn.functional.conv2d(pictures, bits.of(conv.weight), conv.bias, stride=2, padding=1)
        torch.testing.assert_close(conv(pictures), expected)
        assert linear.binary_weight().shape == (6, 12)
        assert conv.binary_weight().shape == (6, 2, 3, 3)
