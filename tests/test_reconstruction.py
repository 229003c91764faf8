"""Reconstructions: those of an evaluation of the run, picture by picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lab.evaluation import evaluate
from lab.probes.reconstruction import best, by_class, reconstruct, worst
from tests.specimens import LABELS, PICTURES, left_as_it_was, specimen


@pytest.mark.parametrize("estimator", ["identity", "bernoulli", "ternary"])
@pytest.mark.parametrize("evaluation", ["threshold", "sample", "mean"])
def test_errors_average_to_the_loss_of_an_evaluation(evaluation: str, estimator: str) -> None:
    looked_at = specimen("autoencoder", estimator=estimator, evaluation=evaluation, evaluation_samples=3)
    net, experiment = looked_at.net, looked_at.experiment
    with left_as_it_was(looked_at):
        found = reconstruct(looked_at, PICTURES)
    scores = evaluate(net, experiment, looked_at.images, looked_at.labels, looked_at.scale, looked_at.slope)
    assert found.errors.mean() == pytest.approx(scores.loss, rel=1e-6)
    originals = PICTURES.astype(np.float64) / 127.5 - 1
    np.testing.assert_allclose(found.errors, np.square(found.pictures - originals).mean(axis=(1, 2)), rtol=1e-5)


def test_pictures_are_rebuilt_one_by_one() -> None:
    looked_at = specimen("autoencoder", estimator="identity")
    whole, alone = reconstruct(looked_at, PICTURES), reconstruct(looked_at, PICTURES[4:5])
    np.testing.assert_allclose(whole.pictures[4], alone.pictures[0], atol=1e-5)
    np.testing.assert_allclose(whole.errors, reconstruct(looked_at, PICTURES, batch=5).errors, rtol=1e-5)


def test_a_perfect_net_has_no_error() -> None:
    looked_at = specimen("autoencoder", estimator="identity")
    blank = np.zeros((2, 28, 28), np.uint8)
    with torch.no_grad():
        looked_at.net.get_parameter("decoder.9.weight").zero_()
        looked_at.net.get_parameter("decoder.9.bias").fill_(-100)  # tanh gives -1: black
    assert reconstruct(looked_at, blank).errors.tolist() == [0, 0]


def test_the_best_and_the_worst_come_first() -> None:
    errors = np.array([0.3, 0.1, 0.4, 0.1, 0.4])
    assert best(errors, 3).tolist() == [1, 3, 0]
    assert worst(errors, 3).tolist() == [2, 4, 0]
    assert worst(errors, 9).tolist() == [2, 4, 0, 1, 3]


def test_every_class_has_its_own_figures() -> None:
    errors = np.random.default_rng(0).random(len(LABELS))
    found = by_class(errors, LABELS)
    assert [row.label for row in found] == [0, 1, 2]
    for row in found:
        own = errors[row.label == LABELS]
        assert (row.pictures, row.mean) == (4, pytest.approx(own.mean()))
        assert row.deviation == pytest.approx(own.std(ddof=1))
        assert (errors[row.best], errors[row.worst]) == (own.min(), own.max())
        assert LABELS[row.best] == LABELS[row.worst] == row.label
    assert np.isnan(by_class(errors[:1], LABELS[:1])[0].deviation)
