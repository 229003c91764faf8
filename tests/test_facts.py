"""What the lab says about an experiment must be right: each remark against what the net and the rule really do."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch

from lab.data.digits import Digits
from lab.estimators import Estimator
from lab.experiment import Experiment
from lab.facts import Remark, couples_examples, passes_of_a_step, remarks
from lab.models import Architecture
from lab.models.convnet import ConvNet
from lab.models.mlp import MLP
from lab.models.weights import WeightBits
from lab.presets import PRESETS
from tests.small import fitting, small

BITS = ("identity", "saturated", "hard-sigmoid", "approx-sign", "sigmoid-adjusted", "swish-sign", "reste", "dorefa")
every_estimator = pytest.mark.parametrize("name", Estimator.members)
every_architecture = pytest.mark.parametrize("architecture", Architecture.members)


def texts(experiment: Experiment, level: str | None = None) -> list[str]:
    return [remark.text for remark in remarks(experiment) if level in (None, remark.level)]


def saying(experiment: Experiment, words: str) -> Remark | None:
    return next((remark for remark in remarks(experiment) if re.search(words, remark.text)), None)


@every_architecture
@every_estimator
def test_a_rule_without_gradient_is_warned_of_and_no_other(name: str, architecture: str) -> None:
    experiment = fitting(architecture, name)
    rule, last = experiment.estimator, experiment.architecture.site_names[-1]
    remark = saying(experiment, "No gradient reaches anything")
    assert (remark is not None) == rule.zero_gradient
    if remark is not None:
        assert remark.level == "warning"
        assert remark == remarks(experiment)[0], "the most important first"
        assert f"in front of the units of {last}: {rule.title} sends nothing back" in remark.text


@every_architecture
@every_estimator
def test_unbiased_is_said_only_where_it_is_true(name: str, architecture: str) -> None:
    experiment = fitting(architecture, name)
    rule = experiment.estimator
    norms_follow = experiment.architecture.build(0).batch_statistics_after_bits()
    claimed = saying(experiment, r"is unbiased here")
    assert (claimed is not None) == (rule.unbiased and not norms_follow)
    denied = saying(experiment, r"is not unbiased in this net: batch norm follows the bits")
    assert (denied is not None) == (rule.unbiased and norms_follow)
    biased = saying(experiment, r"is biased: ")
    assert (biased is not None) == (not rule.unbiased and not rule.zero_gradient)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (ConvNet(binary_layers=(2,)), False),
        (ConvNet(binary_layers=(1,)), True),
        (ConvNet(binary_layers=()), False),
        (MLP(), False),
    ],
)
def test_where_batch_norm_couples_the_examples(shape: Architecture, expected: bool) -> None:
    assert couples_examples(shape) == expected


def test_a_net_without_bits_says_that_the_estimator_does_nothing() -> None:
    experiment = PRESETS["source-003-float"].experiment(Digits())
    assert saying(experiment, "no binary units: the estimator has nothing to act on")
    assert not saying(experiment, "biased|Each update costs")


def test_the_slope_does_nothing_where_no_unit_has_one() -> None:
    def said(architecture: dict[str, Any], estimator: str) -> bool:
        fields = {"dataset": "digits", "architecture": architecture, "estimator": estimator, "slope": 2.0}
        return bool(saying(Experiment.parse(fields), "does not use the slope|estimator and the slope have nothing"))

    assert said({"name": "mlp", "binary_layers": ()}, "hard-sigmoid")
    assert not said({"name": "mlp", "binary_layers": (), "activation": "hard-sigmoid"}, "hard-sigmoid")
    assert said({"name": "convnet"}, "identity")
    assert not said({"name": "convnet", "binary_layers": (2,)}, "identity")
    assert not said({"name": "convnet"}, "hard-sigmoid")


class TestReluBeforeBits:
    @every_estimator
    def test_is_said_where_it_stands_and_only_there(self, name: str) -> None:
        words = "ReLU stands right before the binarizer"
        assert saying(fitting("autoencoder", name), words)
        assert not saying(small("autoencoder", {"relu": False}, estimator=name), words)
        assert not saying(fitting("mlp", name), words)

    @every_estimator
    def test_what_is_said_of_the_bits_is_true(self, name: str) -> None:
        rule = Estimator.members[name]()
        rectified = torch.linspace(-2, 2, 101).relu()
        experiment = fitting("autoencoder", name)
        if rule.stochastic:
            assert saying(experiment, "no bit is 1 with a probability below 1/2")
            assert rule.probability(rectified, 1.3).min() == 0.5
            return
        if rule.forward == "ternary":
            assert set(rule.step(rectified).tolist()) == {0.5, 1.0}
            assert saying(experiment, "keeps 0 as a third value: a unit has the upper level or the middle of the two")
            return
        always_on = bool((rule.step(rectified) == 1).all())
        remark = saying(experiment, "every bit of the code is 1, whatever the picture")
        assert (remark is not None) == always_on
        assert remark is None or remark.level == "warning"
        assert (saying(experiment, "a unit below 0 gets no gradient") is not None) == (not always_on)


def test_the_floor_of_binarized_logits_is_said() -> None:
    best = torch.cat((torch.ones(1), torch.zeros(9)))
    floor = torch.nn.functional.cross_entropy(best[None], torch.tensor([0])).item()
    assert saying(PRESETS["source-004"].experiment(Digits()), re.escape(f"{floor:.4f}"))
    assert not saying(small("binary-mlp"), "logits are binarized")


@pytest.mark.parametrize("levels", ["0/1", "-1/+1"])
@pytest.mark.parametrize("head", ["binary", "real", "none"])
@pytest.mark.parametrize("htanh", [False, True])
@pytest.mark.parametrize("output", ["real", "binarized"])
def test_the_floor_of_bounded_logits_is_the_loss_of_the_best_of_them(
    levels: str, head: str, htanh: bool, output: str
) -> None:
    shape = {"levels": levels, "head": head, "htanh": htanh, "output": output, "batch_norm": False}
    experiment = small("binary-mlp", shape)
    net = experiment.architecture.build(0)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(1000)
    logits = net(100 * torch.rand(40, 1, 28, 28, generator=torch.Generator().manual_seed(0)))
    low, high = (0.0, 1.0) if levels == "0/1" and output == "binarized" else (-1.0, 1.0)
    bounded = bool((logits >= low).all() and (logits <= high).all())
    remark = saying(experiment, "the loss cannot fall below")
    assert (remark is not None) == bounded
    if remark is not None:
        best = torch.full((1, logits.shape[1]), low)
        best[0, 3] = high
        floor = torch.nn.functional.cross_entropy(best, torch.tensor([3])).item()
        assert f"= {floor:.4f}." in remark.text


class TestBinaryWeights:
    SIGNS = {"levels": "-1/+1", "weight_levels": "-1/+1"}

    def test_logits_without_a_class_are_counted(self) -> None:
        remark = saying(
            small("binary-mlp", {"head": "none", "hidden": 24}), "the 24 units of the last layer are the logits"
        )
        assert remark is not None
        assert "and 14 have no class" in remark.text
        assert not saying(small("binary-mlp", {"head": "none", "hidden": 10}), "no class")
        assert not saying(small("binary-mlp", {"head": "real"}), "no class")

    @pytest.mark.parametrize("hidden", [400, 1024])
    def test_the_share_of_sums_within_a_htanh_is_what_it_is(self, hidden: int) -> None:
        shape = {**self.SIGNS, "htanh": True, "batch_norm": False, "bias": True, "hidden": hidden}
        remark = saying(small("binary-mlp", shape), "about .* of the units lie within")
        assert remark is not None
        assert remark.level == "warning"
        told = float(re.findall(r"about ([\d.]+)% of", remark.text)[0]) / 100
        generator = torch.Generator().manual_seed(0)
        signs = torch.rand(2, 3000, hidden, generator=generator).sub(0.5).sign()
        sums = (signs[0] @ signs[1].T).flatten() + torch.rand(9_000_000, generator=generator) - 0.5
        assert (sums.abs() <= 1).float().mean().item() == pytest.approx(told, abs=6e-4)
        assert not saying(small("binary-mlp", {**shape, "batch_norm": True}), "units lie within")

    @pytest.mark.parametrize("name", BITS)
    @pytest.mark.parametrize("clip", [None, 1.0])
    @pytest.mark.parametrize("scale", ["none", "max", "mean"])
    def test_drift_is_warned_of_where_nothing_ends_it(self, name: str, clip: float | None, scale: str) -> None:
        shape = {"weight_rule": name, "weight_scale": scale}
        experiment = small("binary-mlp", shape, optimizer={"name": "sgd", "latent_clip": clip})
        far = torch.full((1,), 100.0, requires_grad=True)
        WeightBits("-1/+1", Estimator.members[name]()).of(far).sum().backward()  # type: ignore[arg-type]
        near = torch.full((1,), -100.0, requires_grad=True)
        WeightBits("-1/+1", Estimator.members[name]()).of(near).sum().backward()  # type: ignore[arg-type]
        drifts = clip is None and scale != "max" and bool(far.grad or near.grad)
        assert (saying(experiment, "neither clipped nor gated") is not None) == drifts

    def test_how_they_are_drawn_and_scaled(self) -> None:
        drawn = {"weight_rule": "bernoulli", "stochastic_weights": True}
        assert saying(small("binary-mlp", drawn), "Weights are drawn at each step")
        assert saying(small("binary-mlp", {"weight_rule": "bernoulli"}), "Weights are not drawn, though Bernoulli")
        assert saying(small("binary-mlp", {"weight_rule": "sign-with-zero"}), "weights that are no bits")
        assert saying(small("binary-mlp", {"weight_scale": "mean"}), "divides the scale .* next to nothing")
        assert not saying(small("binary-mlp", {"weight_scale": "mean", "batch_norm": False}), "divides the scale")
        assert saying(small("binary-mlp", {"weight_scale": "mean", "weight_levels": "0/1"}), "all 0 has scale 0")
        assert not saying(small("binary-mlp", {"weight_scale": "mean", "weight_levels": "-1/+1"}), "all 0 has scale 0")
        convs = {"binary_weights": ["conv1", "conv2"], "weight_scale": "max"}
        assert saying(small("convnet", convs), "divides the scale")
        assert not saying(small("convnet", {**convs, "binary_weights": ["classifier"]}), "divides the scale")
        assert not saying(small("convnet", {"weight_rule": "sign-with-zero"}), "weights")

    def test_unbiased_is_not_said_of_latent_weights(self) -> None:
        experiment = small("binary-mlp", {"batch_norm": False}, estimator="disarm")
        assert saying(experiment, "unbiased for the weights in use, and what reaches latent weights is a surrogate")
        assert not saying(experiment, "is unbiased here")


@every_estimator
def test_the_cost_of_an_update_is_said_where_it_is_more_than_one_pass(name: str) -> None:
    experiment = small("mlp", {"hidden": (8,)}, estimator=name)
    passes = experiment.estimator.passes(experiment.architecture.shapes)
    remark = saying(experiment, r"Each update costs")
    assert (remark is not None) == (passes > 1)
    assert remark is None or f"costs {passes} evaluations of the loss" in remark.text


def test_the_cost_of_a_plain_rule_is_known_without_the_shapes_of_the_net(monkeypatch: pytest.MonkeyPatch) -> None:
    # A page would wait for them: the first in a process take more than a second.
    experiment = small("mlp")
    monkeypatch.setattr("lab.models.net._shapes", None)
    assert passes_of_a_step(experiment) == 1


@every_estimator
@pytest.mark.parametrize(
    ("evaluation", "words"), [("threshold", "likelier"), ("sample", "one sample"), ("mean", "16 samples")]
)
def test_how_sampled_bits_are_evaluated_is_never_silent(name: str, evaluation: str, words: str) -> None:
    experiment = Experiment.parse(fitting("mlp", name).model_dump() | {"evaluation": evaluation})
    remark = saying(experiment, "images are evaluated")
    assert (remark is not None) == experiment.estimator.stochastic
    assert remark is None or words in remark.text


@pytest.mark.parametrize("name", PRESETS)
def test_every_remark_is_a_sentence_and_warnings_come_first(name: str) -> None:
    found = remarks(PRESETS[name].experiment(Digits()))
    assert all(remark.text.endswith(".") and remark.text[0].isupper() for remark in found)
    levels = [remark.level for remark in found]
    assert levels == sorted(levels, key=lambda level: level != "warning")
    assert len({remark.text for remark in found}) == len(found)
