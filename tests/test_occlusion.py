"""Occlusion maps: what a loop over squares finds that runs the net for one picture at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from lab.data.base import SIDE
from lab.estimators import to_levels
from lab.evaluation import samples_of, unit_noise
from lab.models import Architecture
from lab.models.layers import BinaryUnits
from lab.probes import Specimen
from lab.probes.occlusion import occlusion
from lab.probes.passes import PURPOSE
from lab.probes.targets import CannotExplain, ClassScore, Reconstruction, Target
from tests.looking import inputs_of, looked_at, pictures, predicted

IMAGE = pictures(1)[0]
SENSITIVE: dict[str, dict[str, Any]] = {
    "autoencoder": {"code_bits": 64, "relu": False},
    "binary-mlp": {"hidden": 64, "depth": 2},
}
"""Fields of nets whose few bits would be the same for all covered pictures."""


def by_hand(image: np.ndarray, score: Callable[[np.ndarray], float], size: int, stride: int) -> np.ndarray:
    """The falls of a score, square by square and pixel by pixel."""
    centers = range(0, SIDE, stride)
    falls = np.zeros((len(centers), len(centers)))
    for row, y in enumerate(centers):
        for column, x in enumerate(centers):
            covered = image.copy()
            for i in range(SIDE):
                for j in range(SIDE):
                    if 0 <= i - y + size // 2 < size and 0 <= j - x + size // 2 < size:
                        covered[i, j] = 0
            falls[row, column] = score(image) - score(covered)
    return falls


@torch.no_grad()
def logits(specimen: Specimen, image: np.ndarray) -> Tensor:
    """Those of an evaluation of one picture alone, the mean over its samples, with the noise of all looks."""
    experiment, generator = specimen.experiment, specimen.generator(PURPOSE)
    rule = experiment.estimator

    def visit(unit: BinaryUnits, x: Tensor) -> Tensor:
        bits = rule.bits(x, specimen.slope, unit_noise(experiment, x, generator))
        return to_levels(bits, unit.levels, rule.levels)

    with specimen.net.evaluating(), specimen.net.visited(visit, specimen.slope):
        samples = [specimen.net(inputs_of(image[None]))[0] for _ in range(samples_of(experiment))]
    return torch.stack(samples).mean(0)


def scored(specimen: Specimen, label: int) -> Callable[[np.ndarray], float]:
    """The logit of a class, or minus the error against the whole picture, of one picture alone."""

    def score(image: np.ndarray) -> float:
        if specimen.net.task == "classification":
            return float(logits(specimen, image)[label])
        return -float((predicted(specimen, image) - inputs_of(IMAGE[None])[0]).square().mean())

    return score


@pytest.mark.parametrize("evaluation", ["threshold", "sample", "mean"])
@pytest.mark.parametrize("name", Architecture.members)
def test_is_what_a_loop_finds(name: str, evaluation: str) -> None:
    specimen = looked_at(name, SENSITIVE.get(name), estimator="bernoulli", evaluation=evaluation, evaluation_samples=3)
    if name == "autoencoder":  # whose bits are the same for all pictures until its batch norms know some
        with torch.no_grad():
            for _ in range(20):
                specimen.net.train()(inputs_of(specimen.images.numpy()))
    label = 6
    target: Target = ClassScore(label) if specimen.net.task == "classification" else Reconstruction()
    found = occlusion(specimen, IMAGE, target, size=8, stride=9)
    score = scored(specimen, label)
    expected = by_hand(IMAGE, score, 8, 9)
    assert found.score == pytest.approx(score(IMAGE), abs=1e-5)
    np.testing.assert_allclose(found.falls, expected, atol=2e-5)
    assert np.abs(expected).max() > 1e-4
    np.testing.assert_array_equal(found.centers, [0, 9, 18, 27])
    assert (found.size, found.stride) == (8, 9)


def test_of_the_logit_of_the_class_that_the_net_gives() -> None:
    specimen = looked_at("convnet", estimator="identity")
    label = int(logits(specimen, IMAGE).argmax())
    found = occlusion(specimen, IMAGE, stride=13)
    assert found.label == label
    np.testing.assert_allclose(
        found.falls, by_hand(IMAGE, lambda image: float(logits(specimen, image)[label]), 5, 13), atol=1e-4
    )


def test_many_squares_are_those_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    specimen = looked_at("convnet", estimator="bernoulli", evaluation="mean", evaluation_samples=2)
    fine, coarse = (occlusion(specimen, IMAGE, ClassScore(1), stride=stride) for stride in (3, 9))
    assert fine.falls.shape == (10, 10)
    np.testing.assert_allclose(fine.falls[::3, ::3], coarse.falls, atol=1e-4)
    monkeypatch.setattr("lab.probes.occlusion.AT_ONCE", 3)
    np.testing.assert_allclose(occlusion(specimen, IMAGE, ClassScore(1), stride=9).falls, coarse.falls, atol=1e-4)


def test_a_square_over_background_alone_changes_nothing_at_all() -> None:
    specimen = looked_at("convnet", estimator="bernoulli")
    falls = occlusion(specimen, IMAGE, size=5, stride=1).falls
    assert not falls[:3].any(), "the first five rows are background"
    assert not falls[:, 26:].any(), "so are the last four columns"
    assert falls[3:, :26].all() or (falls[3:, :26] != 0).mean() > 0.9
    assert not occlusion(specimen, np.zeros((SIDE, SIDE), np.uint8)).falls.any()


@pytest.mark.filterwarnings("error")
def test_a_picture_may_be_read_only() -> None:
    kept = IMAGE.copy()
    kept.flags.writeable = False
    assert occlusion(looked_at("mlp"), kept, stride=14).falls.any()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"size": 0}, "size is 0; allowed are 1 to 28"),
        ({"stride": 29}, "stride is 29; allowed are 1 to 28"),
        ({"picture": np.zeros((3, 28, 28), np.uint8)}, "the pictures are"),
    ],
)
def test_what_cannot_be_is_said(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        occlusion(looked_at("mlp"), **{"picture": IMAGE, **arguments})


def test_a_target_of_another_net_is_refused() -> None:
    with pytest.raises(CannotExplain, match="tells classes"):
        occlusion(looked_at("mlp"), IMAGE, Reconstruction())
