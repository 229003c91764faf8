"""What holds for every rule that flips bits: by their gradient alone, on both levels, resumable bit for bit."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch

from lab.estimators import Levels
from lab.models import BinaryWeight
from lab.optimizers import Optimizer, Parameters
from tests.flips import NOW, both_levels, changed, generator, measured, random_signs, started, with_gradient

BIT_RULES = [name for name, member in Optimizer.members.items() if member.needs_binary_weights]


def eager(name: str) -> Optimizer:
    """A member that flips some weights in its first step, and not all that may."""
    member = Optimizer.members[name]
    fields: dict[str, Any] = {"delta": 0.2, "lr": 0.01, "gamma": 0.1, "threshold": 0.05}
    return member.model_validate({field: value for field, value in fields.items() if field in member.model_fields})


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
