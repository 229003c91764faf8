"""Muon: every direction of a matrix is moved as far, however it lies in memory; vectors have their own optimizer."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from lab.models import BinaryWeight
from lab.optimizers import Flips, Parameters
from lab.optimizers.gradient import Adam
from lab.optimizers.muon import Muon
from lab.schedules import Linear, Progress

NOW = Progress(3, 100, 0, 10)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def stepped(parameters: list[nn.Parameter], gradients: list[Tensor], count: int = 1, **fields: Any) -> None:
    updates = Muon(**fields).start(Parameters([], parameters), torch.Generator())
    for _ in range(count):
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient.clone(memory_format=torch.preserve_format)
        updates.step(NOW, measure=False)


@given(st.integers(2, 24), st.integers(2, 24), st.integers(0, 1000))
def test_a_step_is_as_long_in_every_direction(rows: int, columns: int, seed: int) -> None:
    weight = nn.Parameter(torch.zeros(rows, columns))
    stepped([weight], [drawn(rows, columns, seed=seed)], lr=1.0)
    scale = 0.2 * max(rows, columns) ** 0.5
    lengths = torch.linalg.svdvals(weight.detach()) / scale
    # Five iterations come close to 1; how close is said by Jordan et al.; what is nearly singular stays shorter.
    assert lengths.max() < 1.3
    assert lengths.median() > 0.6
    assert weight.detach().square().mean().sqrt() < 0.25


def test_a_matrix_is_moved_as_by_pytorch() -> None:
    ours, theirs = (nn.Parameter(drawn(6, 9)) for _ in range(2))
    stepped([ours], [drawn(6, 9, seed=1)], count=3, lr=0.1, momentum=0.8, iterations=3)
    reference = torch.optim.Muon(
        [theirs], lr=0.1, weight_decay=0, momentum=0.8, ns_steps=3, adjust_lr_fn="match_rms_adamw"
    )
    for _ in range(3):
        theirs.grad = drawn(6, 9, seed=1)
        reference.step()
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("shape", [(8, 5, 3, 3), (4, 1, 5, 5), (6, 3, 1, 1)])
def test_a_kernel_is_moved_alike_however_it_lies_in_memory(shape: tuple[int, ...]) -> None:
    gradient = drawn(*shape, seed=2)
    channels_last = torch.channels_last
    found = []
    for of_weight in (torch.contiguous_format, channels_last):
        for of_gradient in (torch.contiguous_format, channels_last):
            weight = nn.Parameter(drawn(*shape).contiguous(memory_format=of_weight))
            stepped([weight], [gradient.contiguous(memory_format=of_gradient)], count=2)
            assert not torch.equal(weight, drawn(*shape))
            found.append(weight.detach())
    for other in found[1:]:  # sums of bfloat16 in another order
        torch.testing.assert_close(other, found[0], atol=2e-4, rtol=0)


def test_vectors_are_moved_by_their_own_optimizer() -> None:
    adam = Adam(lr=0.03)
    vectors = [nn.Parameter(drawn(7)), nn.Parameter(drawn(7))]
    stepped([nn.Parameter(drawn(3, 3)), vectors[0]], [drawn(3, 3), drawn(7, seed=1)], count=4, others=adam)
    alone = adam.start(Parameters([], [vectors[1]]), torch.Generator())
    for _ in range(4):
        vectors[1].grad = drawn(7, seed=1)
        alone.step(NOW, measure=False)
    assert torch.equal(*vectors)


@pytest.mark.parametrize("shapes", [[(4, 3)], [(5,)], [(4, 3), (5,)]])
def test_takes_up_what_it_remembered_of_whatever_there_is(shapes: list[tuple[int, ...]]) -> None:
    straight = [nn.Parameter(drawn(*shape)) for shape in shapes]
    updates = Muon().start(Parameters([], straight), torch.Generator())

    def step(parameters: list[nn.Parameter], worker: Any, first_seed: int) -> None:
        for seed, parameter in enumerate(parameters, start=first_seed):
            parameter.grad = drawn(*parameter.shape, seed=seed)
        worker.step(NOW, measure=False)

    step(straight, updates, 0)
    resumed = copy.deepcopy(straight)
    again = Muon().start(Parameters([], resumed), torch.Generator())
    again.load_state_dict(copy.deepcopy(updates.state_dict()))
    for parameters, worker in ((straight, updates), (resumed, again)):
        step(parameters, worker, 10)
    for one, other in zip(straight, resumed, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("shape", [(3, 4), ()])
def test_a_momentum_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    updates = Muon().start(Parameters([], [nn.Parameter(drawn(4, 3))]), torch.Generator())
    state = {"matrices": {"state": {0: {"momentum_buffer": drawn(*shape)}}, "param_groups": []}}
    with pytest.raises(ValueError, match="another shape"):
        updates.load_state_dict(state)


def test_latent_weights_are_clipped_and_their_flips_told_along_a_schedule() -> None:
    latent, theirs = nn.Parameter(drawn(6, 9) / 2), nn.Parameter(drawn(6, 9) / 2)
    parameters = Parameters([BinaryWeight("w", latent, "-1/+1")], [])
    updates = Muon(lr=Linear(start=2.0, end=0.0), latent_clip=0.5).start(parameters, torch.Generator())
    reference = torch.optim.Muon([theirs], lr=0, weight_decay=0, adjust_lr_fn="match_rms_adamw")
    flipped = []
    for step in range(5):
        gradient, signs = drawn(6, 9, seed=step), latent.detach() > 0
        latent.grad, theirs.grad = gradient.clone(), gradient.clone()
        flips = updates.step(Progress(20 * step, 100, 0, 10), measure=True)
        reference.param_groups[0]["lr"] = 2.0 - 0.4 * step
        reference.step()
        theirs.data.clamp_(-0.5, 0.5)
        torch.testing.assert_close(latent, theirs)
        assert updates.rates == {"lr": pytest.approx(2.0 - 0.4 * step)}
        assert flips == Flips(attempted=None, realized=int(((latent > 0) != signs).sum()) / latent.numel())
        flipped.append(flips.realized)
    assert max(flipped) > 0
    assert latent.abs().max() == 0.5
