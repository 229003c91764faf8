"""Scores against plain forward passes: every way to evaluate stochastic units, in chunks, and without a trace."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import lab.evaluation
from lab.data import normalized
from lab.estimators import Estimator
from lab.evaluation import EVEN, evaluate
from lab.experiment import Experiment
from lab.models import Net, stream
from lab.models.mlp import MLP
from tests.small import small

SCALE = (0.1, 0.4)
IMAGES = torch.randint(256, (50, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(3))
LABELS = torch.arange(50) % 10


def built(experiment: Experiment) -> Net:
    net = experiment.architecture.build(experiment.seed)
    return net.train()


def bits_then_logits(net: Net, inputs: Tensor, on: Any) -> Tensor:
    """The forward pass of the small perceptron, written out; `on` says which units fire."""
    below, _, above = list(net.get_submodule("layers"))[1:]
    return above(on(below(inputs.flatten(1))).float())


class TestAgainstAPlainPass:
    INPUTS = normalized(IMAGES, *SCALE, "cpu")

    def scored(self, **fields: Any) -> tuple[Net, Any]:
        experiment = small("mlp", **fields)
        net = built(experiment)
        return net, evaluate(net, experiment, IMAGES, LABELS, SCALE, 1.7)

    @torch.no_grad()
    def test_deterministic_units(self) -> None:
        net, scores = self.scored(estimator="hard-sigmoid")
        logits = bits_then_logits(net, self.INPUTS, lambda x: x > 0)
        assert scores.loss == pytest.approx(F.cross_entropy(logits, LABELS).item(), rel=1e-5)
        assert scores.accuracy == (logits.argmax(1) == LABELS).double().mean().item()

    @torch.no_grad()
    def test_stochastic_units_by_threshold(self) -> None:
        net, scores = self.scored(estimator="bernoulli", evaluation="threshold")
        logits = bits_then_logits(net, self.INPUTS, lambda x: x > 0)
        assert scores.loss == pytest.approx(F.cross_entropy(logits, LABELS).item(), rel=1e-5)

    @pytest.mark.parametrize("member", [m for m in Estimator.members.values() if m.stochastic], ids=lambda m: m.name)
    def test_a_probability_of_one_half_by_threshold_is_the_bit_at_zero(self, member: type[Estimator]) -> None:
        rule, signs = member(), member().levels == "-1/+1"
        x = torch.zeros(2) if rule.probability(torch.zeros(2), 1.0)[0] == 0.5 else torch.full((2,), 0.5)
        assert rule.bits(x, 1.0, torch.full_like(x, EVEN[rule.code_at_zero])).tolist() == [float(signs)] * 2

    @torch.no_grad()
    @pytest.mark.parametrize(("evaluation", "samples"), [("sample", 1), ("mean", 6)])
    def test_stochastic_units_by_samples(self, evaluation: str, samples: int) -> None:
        net, scores = self.scored(estimator="bernoulli", evaluation=evaluation, evaluation_samples=6)
        generator = torch.Generator().manual_seed(stream(0, "evaluation"))
        total = torch.zeros(50, 10)
        for _ in range(samples):
            noise = torch.rand(50, 16, generator=generator)
            total += bits_then_logits(net, self.INPUTS, lambda x, u=noise: u < torch.sigmoid(1.7 * x)).softmax(1)
        assert scores.loss == pytest.approx(F.nll_loss((total / samples).log(), LABELS).item(), rel=1e-5)
        assert scores.accuracy == (total.argmax(1) == LABELS).double().mean().item()

    @torch.no_grad()
    def test_an_autoencoder_by_its_squared_error(self) -> None:
        experiment = small("autoencoder")
        net = built(experiment)
        scores = evaluate(net, experiment, IMAGES, LABELS, (0.5, 0.5), 1.0)
        inputs = normalized(IMAGES, 0.5, 0.5, "cpu")
        assert scores.loss == pytest.approx(F.mse_loss(net.eval()(inputs), inputs).item(), rel=1e-4)
        assert scores.accuracy is None


def test_chunks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = small("convnet", estimator="identity")
    net = built(experiment)
    whole = evaluate(net, experiment, IMAGES, LABELS, SCALE, 1.0)
    monkeypatch.setattr(lab.evaluation, "EVALUATED_AT_ONCE", 7)
    parts = evaluate(net, experiment, IMAGES, LABELS, SCALE, 1.0)
    assert parts.loss == pytest.approx(whole.loss, rel=1e-5)
    assert parts.accuracy == pytest.approx(whole.accuracy)


@pytest.mark.parametrize("architecture", ["convnet", "binary-mlp"])
def test_leaves_no_trace(architecture: str) -> None:
    experiment = small(architecture, estimator="bernoulli")
    net = built(experiment)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    world = torch.get_rng_state()
    first = evaluate(net, experiment, IMAGES, LABELS, SCALE, 1.0)
    assert net.training
    assert all(module.training for module in net.modules())
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), world)
    assert evaluate(net, experiment, IMAGES, LABELS, SCALE, 1.0) == first, "the same noise every time"
    assert all(parameter.grad is None for parameter in net.parameters())
    net.eval()
    evaluate(net, experiment, IMAGES, LABELS, SCALE, 1.0)
    assert not net.training


@torch.no_grad()
@pytest.mark.parametrize("evaluation", ["sample", "mean"])
def test_a_confident_mistake_has_a_finite_loss(evaluation: str) -> None:
    # Logits a few hundred apart are nothing unusual early on; their softmax is 0 in float32, and its logarithm is not.
    experiment = small("mlp", estimator="bernoulli", evaluation=evaluation)
    assert isinstance(experiment.architecture, MLP)
    net = built(experiment)
    net.get_parameter("layers.3.weight").zero_()
    net.get_parameter("layers.3.bias").copy_(torch.tensor([500.0, *[0.0] * 9]))
    scores = evaluate(net, experiment, IMAGES, torch.ones(50, dtype=torch.int64), SCALE, 1.0)
    assert scores.loss == pytest.approx(500)
    assert scores.accuracy == 0


def test_more_samples_come_nearer_to_the_expectation() -> None:
    experiment = small("mlp", estimator="bernoulli", evaluation="mean")
    net = built(experiment)

    def spread(samples: int) -> float:
        """Variance of the loss over the noise of eight seeds, the weights being the same."""
        drawn = [experiment.with_changes([f"evaluation_samples={samples}", f"seed={seed}"]) for seed in range(8)]
        losses = [evaluate(net, other, IMAGES, LABELS, SCALE, 1.0).loss for other in drawn]
        return torch.tensor(losses).var().item()

    assert spread(64) < spread(2) / 4
