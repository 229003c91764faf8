"""Flips by the size of the gradient: their shares, their probabilities, and which weights are taken first."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lab.estimators import Levels
from lab.optimizers.proportional import Proportional, in_units_of_size, probabilities
from lab.optimizers.top_delta import TopDelta
from tests.flips import allowed, both_levels, changed, generator, measured, random_signs, started, with_gradient

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
    updates, flipped = started(Proportional(delta=0.1, power=power, in_units_of="nothing"), weight), torch.zeros(count)
    for _ in range(rounds):
        weight.parameter.data.copy_((signs > 0).float() if levels == "0/1" else signs)
        measured(updates)
        flipped += changed(weight, signs)
    assert ((flipped / rounds - stated).abs() <= allowed(stated, rounds)).all()
    assert stated.mean().item() == pytest.approx(0.1)


@pytest.mark.parametrize("rule", [Proportional(delta=0.01, in_units_of="nothing"), TopDelta(delta=0.01)])
def test_each_tensor_flips_its_share(rule: Proportional | TopDelta) -> None:
    rounds, sizes = 300, {"small": 40, "large": 400}
    signs = {name: random_signs(size) for name, size in sizes.items()}
    scale = {"small": 1.0, "large": 1e-5}
    weights = [
        with_gradient(signs[name], torch.randn(size, generator=generator(2)) * scale[name], name=name)
        for name, size in sizes.items()
    ]
    updates, shares = started(rule, *weights), {name: 0.0 for name in sizes}
    for _ in range(rounds):
        for weight in weights:
            weight.parameter.data.copy_(signs[weight.name])
        measured(updates)
        for weight in weights:
            shares[weight.name] += changed(weight, signs[weight.name]).float().mean().item() / rounds
    for name, size in sizes.items():
        bound = allowed(torch.tensor([0.01, 0.01]), rounds * size).max().item()
        assert shares[name] == pytest.approx(0.01, abs=bound)


@pytest.mark.parametrize("dim", [0, 1])
def test_lines_in_units_of_their_size_but_for_those_without_signal(dim: int) -> None:
    sizes = torch.tensor([1e-9, 1e-2, 1.0, 30.0])
    gradient = torch.randn(4, 50, generator=generator(4)) * 1e-5 * sizes[:, None]
    scaled = in_units_of_size(gradient if dim == 1 else gradient.T, dim)
    found = scaled.square().mean(dim).sqrt()
    assert found[0] < 1e-6
    assert found[1] == pytest.approx(0.4, abs=0.2), "a thousandth of the usual size is halfway"
    assert found[2:].tolist() == pytest.approx([1.0, 1.0], abs=0.05)
    assert not in_units_of_size(torch.zeros(3, 5), dim).any()


@pytest.mark.parametrize("shape", [(5, 40), (5, 4, 2, 5)])
@pytest.mark.parametrize("units", ["nothing", "unit", "unit and input"])
def test_the_size_of_a_units_gradient_decides_only_where_it_is_to(units: str, shape: tuple[int, ...]) -> None:
    signs, gradient = random_signs(*shape), torch.randn(shape, generator=generator(5))
    by_unit = torch.tensor([1.0, 3.0, 0.2, 7.0, 0.5]).view(-1, *[1] * (len(shape) - 1))

    def flipped(gradient: Tensor) -> Tensor:
        weight = with_gradient(signs, gradient)
        measured(started(Proportional.model_validate({"delta": 0.1, "power": 1, "in_units_of": units}), weight))
        return changed(weight, signs)

    assert torch.equal(flipped(gradient), flipped(gradient * by_unit)) == (units != "nothing")
    assert flipped(gradient).any()


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
