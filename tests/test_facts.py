"""What the lab says about an experiment must be right: each remark against what the net and the rule really do."""

from __future__ import annotations

import re

import pytest
import torch

from lab.data.digits import Digits
from lab.estimators import Estimator
from lab.experiment import Experiment
from lab.facts import Remark, couples_examples, passes_of_a_step, remarks
from lab.models import Architecture
from lab.models.convnet import ConvNet
from lab.models.mlp import MLP
from lab.presets import PRESETS
from tests.small import fitting, small

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
    assert saying(experiment, "no binary units: the estimator and the slope have nothing to act on")
    assert not saying(experiment, "biased|Each update costs")


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
