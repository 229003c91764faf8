"""BinSFO's magnitude-aware masks: their probabilities, their derivation from SGD, their threshold and their sigma."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest
import torch

from lab.estimators import Levels
from lab.optimizers import Optimizer, Parameters
from lab.optimizers.ewm import EWM
from lab.optimizers.gaussian_latent import GaussianLatent
from lab.optimizers.gradient import SGD
from lab.optimizers.wpm import WPM
from lab.schedules import Linear, Progress
from tests.flips import NOW, allowed, both_levels, changed, generator, measured, random_signs, started, with_gradient

IMAGINED = [name for name, member in Optimizer.members.items() if issubclass(member, GaussianLatent)]


@both_levels
def test_ewm_flips_as_often_as_it_says(levels: Levels) -> None:
    count, lr, sigma = 100_000, 0.02, 0.05
    gradient = torch.tensor([-3.0, -1.0, -0.1, 0.0, 0.01, 0.3, 1.0, 5.0])
    for sign in (-1.0, 1.0):
        signs = torch.full((count, len(gradient)), sign)
        weight = with_gradient(signs, gradient.expand(count, -1), levels)
        measured(started(EWM(lr=lr, sigma=sigma), weight))
        stated = torch.special.erf(lr / (math.sqrt(2) * sigma) * gradient.abs()) * (gradient * sign > 0)
        frequency = changed(weight, signs).float().mean(0)
        assert ((frequency - stated).abs() <= allowed(stated, count)).all()


@pytest.mark.parametrize("scheduler", ["gaussian", "scaled-gaussian"])
def test_ewm_does_what_a_step_of_sgd_does_to_gaussian_latent_weights(scheduler: str) -> None:
    count, lr, sigma = 400_000, 0.03, 0.2
    latent = torch.randn(count, 4, generator=generator(5)) * sigma
    gradient = torch.tensor([-4.0, 0.5, 2.0, 20.0])
    scale = sigma * math.sqrt(2 / math.pi) if scheduler == "scaled-gaussian" else 1.0  # w = scale sign(r)
    moved = latent.clone().requires_grad_()
    moved.grad = gradient.expand(count, -1) / scale
    SGD(lr=lr, momentum=0.0, latent_clip=None).start(Parameters([], [moved]), generator()).step(NOW, measure=False)  # type: ignore[list-item]
    crossed = ((moved > 0) != (latent > 0)).float()
    weight = with_gradient(latent.sign(), gradient.expand(count, -1))
    measured(started(EWM(lr=lr, sigma=sigma, scheduler=scheduler), weight))  # type: ignore[arg-type]
    flipped = changed(weight, latent).float()
    both = (crossed.mean(0) + flipped.mean(0)) / 2
    assert (both > 0.01).all()
    assert ((crossed.mean(0) - flipped.mean(0)).abs() <= 2 * allowed(both, count)).all()


@pytest.mark.parametrize("name", IMAGINED)
def test_sigma_grows_as_the_spread_of_what_sgd_moves(name: str) -> None:
    lr, sigma = 0.1, 0.3
    weight = with_gradient(random_signs(60, 7), torch.zeros(60, 7))
    optimizer = Optimizer.members[name](lr=Linear(start=lr, end=0.0), sigma=sigma)
    updates = started(optimizer, weight)
    expected = sigma**2
    for step in range(5):
        gradient = torch.randn(60, 7, generator=generator(step))
        weight.parameter.grad = gradient
        updates.step(Progress(step, 10, 0, 1), measure=False)
        expected += (lr * (1 - step / 10)) ** 2 * torch.std(gradient).item() ** 2
        assert updates.state_dict()["variances"]["w"].item() == pytest.approx(expected, rel=1e-6)
        assert updates.rates == {"lr": pytest.approx(lr * (1 - step / 10))}


@pytest.mark.parametrize("name", IMAGINED)
def test_sigma_of_the_scaled_scheduler(name: str) -> None:
    lr, sigma = 0.01, 0.3
    weight = with_gradient(random_signs(60, 7), torch.zeros(60, 7))
    updates = started(Optimizer.members[name](lr=lr, sigma=sigma, scheduler="scaled-gaussian"), weight)
    for step in range(5):
        gradient = torch.randn(60, 7, generator=generator(step))
        weight.parameter.grad = gradient
        updates.step(NOW, measure=False)
        sigma = math.sqrt(sigma**2 + math.pi / 2 * lr**2 * (gradient.std().item() / sigma) ** 2)
        assert updates.state_dict()["variances"]["w"].item() == pytest.approx(sigma**2, rel=1e-6)


def test_every_tensor_has_a_sigma_of_its_own_and_uses_it_from_the_next_step_on() -> None:
    quiet, loud = (with_gradient(torch.ones(50), torch.linspace(-1, 1, 50) * size, name=str(size)) for size in (1, 100))
    updates = started(WPM(lr=1.0, sigma=1.0), quiet, loud)
    updates.step(NOW, measure=False)
    # With the new sigma, of 58, no gradient of the loud tensor up to 39 would flip anything.
    assert torch.equal(changed(loud, torch.ones(50)), torch.linspace(-1, 1, 50) * 100 > 0.6745)
    variances = updates.state_dict()["variances"]
    assert variances["1"] < 2 < variances["100"]


@both_levels
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_wpm_flips_from_a_reach_of_half_the_latent_weights_on(levels: Levels, sign: float) -> None:
    lr, sigma = 0.02, 0.05
    edge = NormalDist().inv_cdf(0.75) * sigma / lr  # half of the latent weights are nearer to 0 than .6745 sigma
    assert edge == pytest.approx(0.6745 * sigma / lr, rel=1e-4)
    gradient = torch.tensor([0.0, 0.5, 0.999, 1.001, 2.0, -0.5, -1.001, -5.0]) * edge
    weight = with_gradient(torch.full((8,), sign), gradient, levels)
    flips = measured(started(WPM(lr=lr, sigma=sigma), weight))
    right = gradient * sign
    assert changed(weight, torch.full((8,), sign)).tolist() == (right > edge).tolist()
    assert flips.realized == flips.attempted == (right > edge).float().mean().item()
