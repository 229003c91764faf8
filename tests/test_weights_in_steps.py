"""Binary weights within the steps of a run, and what cannot be."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from lab.estimators import Estimator, StraightThrough
from lab.estimators.copies import Identity
from lab.experiment import Experiment, InvalidExperiment
from lab.limits.demands import demands
from lab.models import Architecture, Rollout
from lab.models.layers import Dropout, Stage
from lab.models.rollout import Site
from lab.models.weights import BinaryWeights
from lab.oracle import NotEnumerable, bias_and_variance, exact_gradient
from lab.probes.gradients import compare_gradients
from lab.probes.health import passed_back
from lab.training import Training
from tests.small import curves, small, steps

pytestmark = pytest.mark.usefixtures("no_data_folder", "threads_kept")

SAMPLED = [
    name
    for name, rule in StraightThrough.choices().items()
    if rule.stochastic and rule().forward in ("bits", "scaled bits")
]
SHAPE: dict[str, Any] = {"weight_rule": "bernoulli", "stochastic_weights": True}
CONV: dict[str, Any] = {"binary_weights": ["conv1", "conv2", "classifier"], **SHAPE}


class TestSteps:
    """What is drawn within a step of a run, and what is not outside of it."""

    def rollout(self, name: str, shape: dict[str, Any], rule: str = "disarm") -> Rollout:
        experiment = small(name, shape, estimator=rule)
        net = experiment.architecture.build(0)
        inputs = torch.rand(8, 1, 28, 28, generator=torch.Generator().manual_seed(1))
        generator = torch.Generator().manual_seed(2)
        return Rollout(net, inputs, torch.arange(8), experiment.estimator, 1.0, generator)

    def weights_seen(self, rollout: Rollout) -> list[list[Tensor]]:
        """The weights in use, by pass."""
        seen: list[Tensor] = []
        for layer in rollout.net.random_weights:
            plain = layer.binary_weight

            def watched(plain: Any = plain) -> Tensor:
                seen.append(plain().detach())
                return seen[-1]

            layer.binary_weight = watched  # type: ignore[method-assign]
        layers = len(rollout.net.random_weights)
        first = rollout()
        rollout()
        rollout(fresh=True)
        rollout(at={0: first.sites[0].codes})
        rollout.tiled(3)()
        rollout.tiled(2)(fresh=True)
        rollout.by(Estimator.members["bernoulli"]())()
        return [seen[start : start + layers] for start in range(0, len(seen), layers)]

    @pytest.mark.parametrize(("name", "shape", "layers"), [("binary-mlp", SHAPE, 3), ("convnet", CONV, 3)])
    def test_weights_are_drawn_once_for_all_passes(self, name: str, shape: dict[str, Any], layers: int) -> None:
        rollout = self.rollout(name, shape)
        passes = self.weights_seen(rollout)
        assert len(passes) == 7
        assert all(len(weights) == layers for weights in passes)
        assert all(torch.equal(a, b) for weights in passes[1:] for a, b in zip(passes[0], weights, strict=True))
        likelier = [layer.bits.of(layer.weight) for layer in rollout.net.random_weights]
        assert not any(torch.equal(a, b) for a, b in zip(passes[0], likelier, strict=True))
        other = Rollout(rollout.net, rollout.inputs, rollout.targets, rollout.rule, 1.0, rollout.generator)
        assert not torch.equal(self.weights_seen(other)[0][0], passes[0][0]), "another step draws others"

    def test_outside_of_steps_they_are_the_likelier_bits(self) -> None:
        for name, shape in (("binary-mlp", SHAPE), ("convnet", CONV)):
            net = small(name, shape).architecture.build(0)
            plain = small(name, {**shape, "stochastic_weights": False}).architecture.build(0)
            for layer, other in zip(net.modules(), plain.modules(), strict=True):
                if isinstance(layer, BinaryWeights) and isinstance(other, BinaryWeights):
                    assert torch.equal(layer.binary_weight(), other.binary_weight())

    def test_every_gradient_of_a_step_reaches_the_latent_weights(self) -> None:
        for name, shape in (("binary-mlp", SHAPE), ("convnet", CONV)):
            rollout = self.rollout(name, shape)
            rollout.rule.loss(rollout, None).backward()
            for weight in rollout.net.binary_weights():
                assert weight.parameter.grad is not None
                assert weight.parameter.grad.abs().sum() > 0

    def test_dropout_is_that_of_the_step_unless_fresh(self) -> None:
        rollout = self.rollout("binary-mlp", {"hidden_dropout": 0.5, "input_dropout": 0.4, "batch_norm": False})
        first, again, fresh, tiled = rollout(), rollout(), rollout(fresh=True), rollout.tiled(2)()
        assert torch.equal(first.output, again.output)
        assert not torch.equal(first.output, fresh.output)
        assert not torch.equal(tiled.output[:8], tiled.output[8:]), "every copy has masks of its own"
        assert torch.equal(rollout().output, first.output), "a fresh pass leaves the step's masks alone"

    def test_dropout_keeps_the_mean_and_drops_its_share(self) -> None:
        stage, share = Stage(), 0.3
        layer = Dropout(stage, share)
        assert torch.equal(layer(torch.ones(5)), torch.ones(5)), "nothing is dropped outside of a step"
        stage.noise = lambda _, like: torch.rand(like.shape, generator=torch.Generator().manual_seed(0))
        dropped = layer(torch.ones(20_000))
        assert dropped.unique().tolist() == pytest.approx([0, 1 / 0.7])
        assert dropped.mean().item() == pytest.approx(1, abs=5 * (0.3 / 0.7 / 20_000) ** 0.5)
        layer.eval()
        assert torch.equal(layer(torch.ones(5)), torch.ones(5))

    def test_a_run_draws_other_weights_at_each_step_and_evaluates_the_same(self) -> None:
        experiment = small("binary-mlp", SHAPE, optimizer={"name": "sgd", "lr": 0})
        training = Training(experiment)
        losses = {step.loss for step in steps(curves(experiment))}
        assert len(losses) == 4, "four batches, four draws"
        assert training.net.random_weights


@pytest.mark.parametrize("architecture", ["binary-mlp", "convnet"])
class TestRefusals:
    def refused(self, architecture: str, shape: dict[str, Any], **fields: Any) -> str:
        layers = {"binary_weights": ["conv2"]} if architecture == "convnet" else {}
        with pytest.raises(InvalidExperiment) as caught:
            small(architecture, {**layers, **shape}, **fields)
        return str(caught.value)

    def test_weights_cannot_be_drawn_by_a_rule_without_a_probability(self, architecture: str) -> None:
        told = self.refused(architecture, {"stochastic_weights": True})
        assert told.startswith(
            "architecture.stochastic_weights is set, and weight_rule 'identity' does not sample bits"
        )
        named = told.partition("allowed: ")[2].rstrip(".").split(", ")
        assert named == SAMPLED
        for name in named:
            layers = {"binary_weights": ["conv2"]} if architecture == "convnet" else {}
            small(architecture, {**layers, "weight_rule": name, "stochastic_weights": True})

    def test_relaxed_weights_need_noise(self, architecture: str) -> None:
        told = self.refused(architecture, {"weight_rule": "st-concrete"})
        assert told == "architecture.weight_rule 'st-concrete' needs noise, and stochastic_weights is not set."

    def test_two_scales_are_one_too_many(self, architecture: str) -> None:
        rule = {"name": "stochastic-sign", "allow_scale": True}
        assert "has a scale of its own" in self.refused(architecture, {"weight_rule": rule, "weight_scale": "max"})

    @pytest.mark.parametrize("optimizer", ["hypermask", "bop"])
    def test_bits_that_an_optimizer_keeps_have_no_scale_and_are_not_drawn(
        self, architecture: str, optimizer: str
    ) -> None:
        for scale in ("max", "mean"):
            told = self.refused(architecture, {"weight_scale": scale}, optimizer=optimizer)
            assert re.match(rf"optimizer '{optimizer}' keeps the bits themselves, whose scale is 1; set arch", told)
        told = self.refused(architecture, SHAPE, optimizer=optimizer)
        assert told.startswith(
            f"optimizer '{optimizer}' keeps the bits themselves, and none is drawn; set architecture"
        )


class TestTruth:
    """Enumeration and comparison of rules, where weights are drawn, too."""

    NET: dict[str, Any] = {**SHAPE, "batch_norm": False, "hidden": 3, "depth": 2, "weight_levels": "-1/+1"}

    def rollout(self, shape: dict[str, Any], rule: str = "bernoulli", seed: int = 2) -> Rollout:
        experiment = small("binary-mlp", shape, estimator=rule)
        inputs = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(1))
        generator = torch.Generator().manual_seed(seed)
        net = experiment.architecture.build(0)
        return Rollout(net, inputs, torch.arange(4), experiment.estimator, 1.0, generator)

    def test_the_exact_gradient_is_that_of_one_draw_of_the_weights(self) -> None:
        one, other = (exact_gradient(self.rollout(self.NET, seed=seed)) for seed in (2, 3))
        together = exact_gradient(self.rollout(self.NET), joint=True)
        for name, gradient in one.items():
            assert torch.equal(gradient, other[name]), "whatever the noise of the rollout it is asked for"
            torch.testing.assert_close(gradient, together[name], atol=1e-6, rtol=1e-4)

    @pytest.mark.parametrize("rule", ["disarm", "rloo"])
    def test_an_unbiased_rule_is_so_for_the_weights_drawn(self, rule: str) -> None:
        rollout = self.rollout(self.NET, rule)
        found = bias_and_variance(rollout, 300, torch.Generator().manual_seed(5))
        spread = found["layers.1.weight"]
        off = (spread.bias.abs() / spread.standard_error.clamp(min=1e-12)).nan_to_num()
        assert (spread.variance > 0).any()
        assert off[spread.variance > 0].max() < 5.5, "over 2352 weights"

    def test_dropout_cannot_be_enumerated(self) -> None:
        with pytest.raises(NotEnumerable, match="dropout"):
            exact_gradient(self.rollout({**self.NET, "hidden_dropout": 0.2}))

    @pytest.mark.parametrize("shape", [SHAPE, {"hidden_dropout": 0.5, "input_dropout": 0.5}])
    def test_rules_are_compared_at_the_same_weights_and_with_all_units(self, shape: dict[str, Any]) -> None:
        training = Training(small("binary-mlp", shape, estimator="identity"))
        reference = Estimator.members["identity"]()
        first, second = (
            next(compare_gradients(training.specimen().copied(), [], reference, batch=16)) for _ in range(2)
        )
        assert first == second
        for agreement in first:
            assert agreement.cosine == pytest.approx(1, abs=1e-6)
            assert agreement.noise == 0


def test_a_step_with_drawn_and_scaled_weights_takes_no_more_than_is_estimated() -> None:
    shape = {"hidden": 300, "weight_rule": "stochastic-sign", "stochastic_weights": True, "weight_scale": "max"}
    for rule in ("identity", "rloo"):
        experiment = small("binary-mlp", shape, estimator=rule, batch_size=4)
        training = Training(experiment, checkups=False)
        kept: dict[int, int] = {}
        known = {value.untyped_storage().data_ptr() for value in training.net.parameters()}

        def keep(value: Tensor, kept: dict[int, int] = kept) -> Tensor:
            kept[value.untyped_storage().data_ptr()] = value.untyped_storage().nbytes()
            return value

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value):
            training._train(*next(training.batches.epoch()))
        step = sum(size for place, size in kept.items() if place not in known)
        assert step <= demands(experiment.with_changes(["dataset.validation=1", "evaluation=sample"])).working


@pytest.mark.parametrize("scale", ["none", "max", "mean"])
def test_the_pictures_of_first_layer_weights_are_those_in_use(scale: str) -> None:
    experiment = small("binary-mlp", {**SHAPE, "weight_levels": "-1/+1", "weight_scale": scale})
    training = Training(experiment)
    layer = training.net.random_weights[0]
    expected = layer.bits.of(layer.weight).detach().view(-1, 28, 28)
    shown = training.frame().filters
    difference = np.abs(shown.array() - expected[: len(shown)].numpy())
    assert difference.max() <= (0 if scale == "none" else (shown.high - shown.low) / 500)


def test_settings_of_weights_that_are_not_binary_refuse_nothing() -> None:
    small("convnet", {"stochastic_weights": True, "weight_scale": "max"})


def test_an_optimizer_of_bits_says_how_the_conv_net_gets_some() -> None:
    with pytest.raises(InvalidExperiment, match=r"or architecture\.binary_weights with at least one layer"):
        small("convnet", optimizer="bop")
    small("convnet", {"binary_weights": ["classifier"]}, optimizer="bop")


@pytest.mark.parametrize(
    "name", [name for name in Architecture.members if "weight_rule" in Architecture.members[name].model_fields]
)
def test_recipes_are_nets_of_binary_weights(name: str) -> None:
    member = Architecture.members[name]
    assert member.recipes
    for fields in member.recipes.values():
        shape = member.model_validate(fields)
        assert shape.has_binary_weights
        assert Experiment.parse({"dataset": "digits", "architecture": shape})


def test_units_behind_a_htanh_pass_nothing_beyond_it() -> None:
    x = torch.tensor([-1.5, -1.0, -0.5, 0.5, 1.0, 2.0]).clamp(-1, 1)
    assert passed_back(Site(Identity(), 1.0, x, None, behind_htanh=True)).tolist() == [0, 0, 1, 1, 0, 0]
    assert passed_back(Site(Identity(), 1.0, x, None)).tolist() == [1] * 6
