"""How wrong a net is on each image: against its own evaluation, and without a trace."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch

from lab.data import Dataset
from lab.estimators import Estimator
from lab.evaluation import evaluate
from lab.models import Architecture
from lab.probes import Specimen
from lab.probes.mistakes import Judged, judge
from lab.training import Training
from tests.small import small

TEST = Dataset.members["digits"]().images()


def specimen(architecture: str, **fields: Any) -> Specimen:
    """A small net after some steps."""
    training = Training(small(architecture, **fields))
    for _ in training.events():
        pass
    return training.specimen()


@pytest.mark.parametrize("architecture", Architecture.members)
def test_the_losses_are_those_of_the_evaluation_and_the_net_stays_as_it_was(architecture: str) -> None:
    looked_at = specimen(architecture)
    images, labels = TEST.test[:60], TEST.test_labels[:60]
    before = copy.deepcopy(looked_at.net.state_dict())
    looked_at.net.train()
    judged = judge(looked_at, images, labels)
    scores = evaluate(looked_at.net, looked_at.experiment, images, labels, looked_at.scale, looked_at.slope)
    if not looked_at.experiment.estimator.stochastic:
        assert judged.losses.mean() == pytest.approx(scores.loss, rel=1e-4)
    if judged.guesses is None:
        assert scores.accuracy is None
    else:
        assert (judged.guesses == labels.numpy()).mean() == scores.accuracy
    assert looked_at.net.training
    assert all(torch.equal(value, before[name]) for name, value in looked_at.net.state_dict().items())


@pytest.mark.parametrize("estimator", [name for name, rule in Estimator.members.items() if rule.stochastic][:3])
def test_rules_that_sample_judge_alike_every_time(estimator: str) -> None:
    looked_at = specimen("mlp", estimator=estimator, evaluation="sample")
    one, two = (judge(looked_at, TEST.test[:40], TEST.test_labels[:40]) for _ in range(2))
    assert np.array_equal(one.losses, two.losses)
    assert one.step == looked_at.step


def test_confident_mistakes_come_first_and_nan_last() -> None:
    losses = np.array([0.1, 9.0, np.nan, 2.0, 9.0], dtype=np.float32)
    assert Judged(losses, None, 0).worst.tolist() == [1, 4, 3, 0, 2]
