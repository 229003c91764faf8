"""Rules that flip bits by the size of their gradient: their probabilities, thresholds, and what they keep."""

from __future__ import annotations

import copy
import math
from statistics import NormalDist
from typing import Any, get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from lab.estimators import Levels
from lab.models import BinaryWeight
from lab.optimizers import Flips, Optimizer, Parameters, Updates
from lab.optimizers.ewm import EWM
from lab.optimizers.gaussian_latent import GaussianLatent
from lab.optimizers.gradient import SGD
from lab.optimizers.proportional import Proportional, probabilities
from lab.optimizers.second_order_bop import SecondOrderBop
from lab.optimizers.top_delta import TopDelta
from lab.optimizers.wpm import WPM
from lab.schedules import Linear, Progress

NOW = Progress(0, 100, 0, 10)
FALSE_ALARMS = 1e-6
"""How often all comparisons of one test together may fail by chance."""
BIT_RULES = [name for name, member in Optimizer.members.items() if member.needs_binary_weights]
IMAGINED = [name for name, member in Optimizer.members.items() if issubclass(member, GaussianLatent)]

both_levels = pytest.mark.parametrize("levels", get_args(Levels))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def with_gradient(signs: Tensor, gradient: Tensor, levels: Levels = "-1/+1", name: str = "w") -> BinaryWeight:
    """Binary weights that are as some signs say, with a gradient."""
    parameter = nn.Parameter((signs > 0).float() if levels == "0/1" else signs.clone())
    parameter.grad = gradient.clone()
    return BinaryWeight(name, parameter, levels)


def started(optimizer: Optimizer, *weights: BinaryWeight, seed: int = 0) -> Updates:
    return optimizer.start(Parameters([*weights], []), generator(seed))


def measured(updates: Updates, progress: Progress = NOW) -> Flips:
    flips = updates.step(progress, measure=True)
    assert flips is not None
    return flips


def random_signs(*shape: int, seed: int = 3) -> Tensor:
    return torch.randint(2, shape, generator=generator(seed)) * 2.0 - 1


def changed(weight: BinaryWeight, signs: Tensor) -> Tensor:
    return (weight.parameter > 0) != (signs > 0)


# Every rule


@both_levels
@pytest.mark.parametrize("name", BIT_RULES)
def test_only_flips_that_lower_the_loss_to_first_order(name: str, levels: Levels) -> None:
    signs, gradient = random_signs(40, 50), torch.randn(40, 50, generator=generator(1))
    gradient[::3] = 0.0
    weight = with_gradient(signs, gradient, levels)
    updates = started(eager(name), weight)
    measured(updates)
    flipped = changed(weight, signs)
    assert flipped.any()
    assert (gradient * signs)[flipped].min() > 0
    assert set(weight.parameter.unique().tolist()) <= ({0.0, 1.0} if levels == "0/1" else {-1.0, 1.0})


@both_levels
@pytest.mark.parametrize("name", BIT_RULES)
def test_zero_gradients_never_flip(name: str, levels: Levels) -> None:
    signs = random_signs(300)
    weight = with_gradient(signs, torch.zeros(300), levels)
    updates = started(eager(name), weight)
    for _ in range(20):
        flips = measured(updates)
        assert flips.realized == 0
    assert not changed(weight, signs).any()


@pytest.mark.parametrize("name", BIT_RULES)
def test_attempts_at_least_what_it_flips(name: str) -> None:
    signs = random_signs(2000)
    weight = with_gradient(signs, torch.randn(2000, generator=generator(1)))
    flips = measured(started(eager(name), weight))
    assert flips.realized == changed(weight, signs).double().mean().item() > 0
    assert flips.attempted is None or flips.attempted >= flips.realized


@both_levels
@pytest.mark.parametrize("name", BIT_RULES)
def test_the_levels_change_nothing_but_the_values(name: str, levels: Levels) -> None:
    signs, results = random_signs(500), []
    for each in (levels, "-1/+1"):
        weight = with_gradient(signs, torch.randn(500, generator=generator(1)), each)
        updates = started(eager(name), weight)
        for _ in range(4):
            measured(updates)
        results.append(weight.parameter > 0)
    assert torch.equal(*results)


@pytest.mark.parametrize("name", BIT_RULES)
@pytest.mark.parametrize("shape", [(1,), (3, 2, 3, 3), (0, 4)])
def test_tensors_of_any_shape(name: str, shape: tuple[int, ...]) -> None:
    signs = torch.ones(shape)
    weight = with_gradient(signs, torch.ones(shape))
    updates = started(eager(name), weight)
    for _ in range(3):
        updates.step(NOW, measure=False)
    assert weight.parameter.shape == shape
    assert (weight.parameter.abs() == 1).all()


@pytest.mark.parametrize("name", BIT_RULES)
def test_weights_whose_channels_lie_side_by_side(name: str) -> None:
    signs, gradient = random_signs(8, 6, 3, 3), torch.randn(8, 6, 3, 3, generator=generator(1))
    results = []
    for layout in (torch.contiguous_format, torch.channels_last):
        weight = with_gradient(signs.contiguous(memory_format=layout), gradient.contiguous(memory_format=layout))
        updates = started(eager(name), weight)
        measured(updates)
        results.append(weight.parameter.detach().clone())
    assert torch.equal(*results)


@pytest.mark.parametrize("name", BIT_RULES)
def test_goes_on_from_its_state_bit_for_bit(name: str) -> None:
    def give(weights: list[BinaryWeight], seed: int) -> None:
        for number, weight in enumerate(weights):
            weight.parameter.grad = torch.randn(weight.parameter.shape, generator=generator(10 * seed + number))

    def made() -> list[BinaryWeight]:
        shapes = {"a": (30, 20), "b": (20, 5)}
        return [with_gradient(random_signs(*shape), torch.zeros(shape), name=key) for key, shape in shapes.items()]

    weights, again, draws = made(), made(), generator(7)
    optimizer = eager(name)
    straight = optimizer.start(Parameters(weights, []), draws)
    for seed in range(6):
        give(weights, seed)
        straight.step(NOW, measure=seed % 2 == 0)
    later = generator()
    later.set_state(draws.get_state())
    for weight, other in zip(weights, again, strict=True):
        other.parameter.data.copy_(weight.parameter)
    resumed = optimizer.start(Parameters(again, []), later)
    resumed.load_state_dict(copy.deepcopy(straight.state_dict()))
    before = [weight.parameter.detach().clone() for weight in weights]
    for seed in range(6, 12):
        for updates, of in ((straight, weights), (resumed, again)):
            give(of, seed)
            updates.step(NOW, measure=False)
    assert not all(torch.equal(old, weight.parameter) for old, weight in zip(before, weights, strict=True))
    assert all(torch.equal(a.parameter, b.parameter) for a, b in zip(weights, again, strict=True))


def eager(name: str) -> Optimizer:
    """A member that flips some weights in its first step, and not all that may."""
    member = Optimizer.members[name]
    fields: dict[str, Any] = {"delta": 0.2, "lr": 0.01, "gamma": 0.1, "threshold": 0.05}
    return member.model_validate({field: value for field, value in fields.items() if field in member.model_fields})


# BinSFO's Gaussian latent weights


def allowed(probability: Tensor, count: int) -> Tensor:
    """How far frequencies in so many draws may be from their probabilities: Bernstein's bound, for all together."""
    log = math.log(2 * probability.numel() / FALSE_ALARMS)
    return (2 * log * probability * (1 - probability) / count).sqrt() + 2 * log / (3 * count)


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


# Gradient-proportional and top-delta flips

GAINS = st.lists(st.sampled_from([0.0, 0.0]) | st.floats(1e-6, 1e3), min_size=1, max_size=40)


@given(gains=GAINS, power=st.floats(0, 4), delta=st.floats(0, 1))
def test_probabilities_have_the_mean_delta_and_are_proportional(gains: list[float], power: float, delta: float) -> None:
    values = torch.tensor(gains)
    chances = probabilities(values, power, delta)
    assert ((chances >= 0) & (chances <= 1)).all()
    assert (chances[values == 0] == 0).all()
    helpful = int((values > 0).sum())
    assert chances.sum().item() == pytest.approx(min(delta * len(gains), helpful), rel=1e-4, abs=1e-6)
    uncertain = (chances < 1) & (chances > 1e-30)
    scores = values[uncertain].double() ** power
    if len(scores):
        ratio = chances[uncertain].double() / scores
        assert ratio.max() / ratio.min() == pytest.approx(1, rel=1e-3)
        # What is certain has no smaller gain than what is not.
        assert not (chances == 1).any() or values[chances == 1].min() >= values[uncertain].max() * (1 - 1e-5)


@pytest.mark.parametrize(
    ("gains", "power", "delta", "expected"),
    [
        ([1.0, 2.0, 3.0, 0.0], 1.0, 0.25, [1 / 6, 2 / 6, 3 / 6, 0.0]),
        ([1.0, 2.0, 3.0, 0.0], 2.0, 0.25, [1 / 14, 4 / 14, 9 / 14, 0.0]),
        ([1.0, 2.0, 9.0, 0.0], 0.0, 0.25, [1 / 3, 1 / 3, 1 / 3, 0.0]),
        ([1.0, 1.0, 98.0, 0.0], 1.0, 0.5, [0.5, 0.5, 1.0, 0.0]),
        ([1.0, 4.0, 100.0, 0.0], 1.0, 0.625, [0.5, 1.0, 1.0, 0.0]),
        ([1.0, 4.0, 100.0, 0.0], 1.0, 0.75, [1.0, 1.0, 1.0, 0.0]),
        ([1.0, 4.0, 100.0, 0.0], 1.0, 1.0, [1.0, 1.0, 1.0, 0.0]),
        ([0.0, 0.0], 4.0, 0.5, [0.0, 0.0]),
        ([1e-30, 2e-30], 1.0, 0.25, [1 / 6, 2 / 6]),
        ([1e-3, 1.0], 16.0, 0.5, [0.0, 1.0]),
    ],
)
def test_probabilities_by_hand(gains: list[float], power: float, delta: float, expected: list[float]) -> None:
    assert probabilities(torch.tensor(gains), power, delta).tolist() == pytest.approx(expected, abs=1e-6)


@both_levels
@pytest.mark.parametrize("power", [0.0, 1.0, 4.0])
def test_proportional_flips_as_often_as_it_says(levels: Levels, power: float) -> None:
    rounds, count = 4000, 40
    signs, gradient = random_signs(count), torch.randn(count, generator=generator(1)) * 1e-4
    stated = probabilities((gradient * signs).clamp(min=0), power, 0.1)
    weight = with_gradient(signs, gradient, levels)
    updates, flipped = started(Proportional(delta=0.1, power=power), weight), torch.zeros(count)
    for _ in range(rounds):
        weight.parameter.data.copy_((signs > 0).float() if levels == "0/1" else signs)
        measured(updates)
        flipped += changed(weight, signs)
    assert ((flipped / rounds - stated).abs() <= allowed(stated, rounds)).all()
    assert stated.mean().item() == pytest.approx(0.1)


@pytest.mark.parametrize("rule", [Proportional, TopDelta])
def test_each_tensor_flips_its_share(rule: type[Proportional | TopDelta]) -> None:
    rounds, sizes = 300, {"small": 40, "large": 400}
    signs = {name: random_signs(size) for name, size in sizes.items()}
    scale = {"small": 1.0, "large": 1e-5}
    weights = [
        with_gradient(signs[name], torch.randn(size, generator=generator(2)) * scale[name], name=name)
        for name, size in sizes.items()
    ]
    updates, shares = started(rule(delta=0.01), *weights), {name: 0.0 for name in sizes}
    for _ in range(rounds):
        for weight in weights:
            weight.parameter.data.copy_(signs[weight.name])
        measured(updates)
        for weight in weights:
            shares[weight.name] += changed(weight, signs[weight.name]).float().mean().item() / rounds
    for name, size in sizes.items():
        bound = allowed(torch.tensor([0.01, 0.01]), rounds * size).max().item()
        assert shares[name] == pytest.approx(0.01, abs=bound)


def test_large_powers_come_to_flip_the_largest_gradients() -> None:
    gains = torch.tensor([1.0, 1.6, 2.5, 4.0, 6.3])
    assert probabilities(gains, 16.0, 0.4).tolist() == pytest.approx([0, 0, 0, 1, 1], abs=0.001)


@given(size=st.integers(1, 60), delta=st.floats(0, 1), seed=st.integers(0, 99))
def test_top_delta_flips_the_largest_gains(size: int, delta: float, seed: int) -> None:
    signs, gradient = random_signs(size, seed=seed), torch.randn(size, generator=generator(seed))
    weight = with_gradient(signs, gradient)
    flips = measured(started(TopDelta(delta=delta), weight, seed=seed))
    flipped, gains = changed(weight, signs), gradient * signs
    helpful = int((gains > 0).sum())
    assert int(flipped.sum()) in {min(helpful, math.floor(delta * size)), min(helpful, math.ceil(delta * size))}
    if flipped.any() and not flipped.all():
        assert gains[flipped].min() >= gains[~flipped].max()
    assert flips.realized == flips.attempted == pytest.approx(flipped.float().mean().item())


# Second-order Bop


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
