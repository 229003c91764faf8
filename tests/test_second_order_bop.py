"""Second-order Bop against its formula, with and without the correction of its averages."""

from __future__ import annotations

import pytest
import torch

from lab.estimators import Levels
from lab.optimizers import Flips
from lab.optimizers.second_order_bop import SecondOrderBop
from lab.schedules import Linear, Progress
from tests.flips import both_levels, changed, generator, measured, random_signs, started, with_gradient


@both_levels
@pytest.mark.parametrize("corrected", [False, True])
def test_second_order_bop_against_its_formula(levels: Levels, corrected: bool) -> None:
    count, sigma, threshold, epsilon = 400, 0.2, 0.3, 0.01
    gamma = Linear(start=0.3, end=0.1)
    signs = random_signs(count)
    weight = with_gradient(signs, torch.zeros(count), levels)
    rule = SecondOrderBop(gamma=gamma, sigma=sigma, threshold=threshold, epsilon=epsilon, bias_correction=corrected)
    updates = started(rule, weight)
    mean, square, left, flipped = torch.zeros(count).double(), torch.zeros(count).double(), 1.0, 0
    for step in range(12):
        gradient = torch.randn(count, generator=generator(step))
        weight.parameter.grad = gradient.clone()
        progress = Progress(step, 12, 0, 1)
        rate = gamma.at(progress)
        flips = measured(updates, progress)
        mean, square, left = (
            (1 - rate) * mean + rate * gradient,
            (1 - sigma) * square + sigma * gradient**2,
            left * (1 - rate),
        )
        hat = (mean / (1 - left), square / (1 - (1 - sigma) ** (step + 1))) if corrected else (mean, square)
        flip = hat[0] * signs / (hat[1].sqrt() + epsilon) > threshold
        signs = torch.where(flip, -signs, signs)
        assert torch.equal(weight.parameter > 0, signs > 0)
        assert flips == Flips(attempted=None, realized=pytest.approx(flip.float().mean().item()))
        flipped += int(flip.sum())
    assert flipped > count / 2


def test_second_order_bop_does_not_depend_on_the_scale_of_the_loss() -> None:
    signs, results = random_signs(500), []
    for scale in (1.0, 2.0**-20):
        weight = with_gradient(signs, torch.zeros(500))
        updates = started(SecondOrderBop(gamma=0.1, sigma=0.1, threshold=0.2, epsilon=1e-30), weight)
        for step in range(6):
            weight.parameter.grad = torch.randn(500, generator=generator(step)) * scale
            measured(updates)
        results.append(weight.parameter.detach().clone())
    assert torch.equal(*results)
    assert changed(weight, signs).any()
